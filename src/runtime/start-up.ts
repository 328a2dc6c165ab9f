/** How a runtime starts: check the app, open its channels, compile its flows, attach their consumers, open their sources (rule L1). */
import type { FlowGraph } from '../graph/graph.ts'
import type { Source } from '../message/source.ts'
import type { AnyMessage, ConsumeOptions, Subscription } from '../transport/transport.ts'
import { adapterOf } from './adapter-of.ts'
import { type CompiledFlow, type Segment, compile } from './compile.ts'
import { refuseInvalid } from './engine-app.ts'
import type { Engine } from './engine.ts'
import type { FlowRunner } from './flow-runner.ts'
import { keepHistory, keepMetrics } from './instrument.ts'
import { NodeCounter } from './metrics.ts'
import { RunningFlow } from './running-flow.ts'
import { SourceRunner } from './source-runner.ts'

/** The start of one engine. */
export class StartUp {
  private readonly engine: Engine

  constructor(engine: Engine) {
    this.engine = engine
  }

  /** Rejects, with everything undone, when something is missing. */
  async run(): Promise<void> {
    const { engine } = this
    try {
      refuseInvalid(engine.app, engine.functions)
      await engine.channels.open()
      for (const graph of engine.app.graph.flows) engine.flows.set(graph.id, this.compiled(graph))
      for (const flow of engine.flows.values()) await flow.open()
    } catch (error) {
      for (const flow of engine.flows.values()) flow.closeSources()
      engine.consumers.clear()
      await engine.channels.close().catch(() => undefined)
      engine.state = 'new'
      throw error
    }
    engine.state = 'running'
    engine.events.emit('started', { at: engine.clock.now() })
    for (const flow of engine.flows.values()) flow.feed()
  }

  private compiled(graph: FlowGraph): RunningFlow {
    const { engine } = this
    const bindings = {
      functionOf: (name: string) => engine.functions.get(name)!,
      channelOf: (id: string) => engine.channels.get(id),
    }
    const flow = compile(graph, bindings, engine)
    this.instrument(flow.runner)
    return this.running(graph, flow)
  }

  private running({ id, nodes }: FlowGraph, { runner, segments }: CompiledFlow): RunningFlow {
    const { engine } = this
    const intakes = segments.map((segment) => ({
      channel: engine.channels.get(segment.source.channelId),
      first: segment.node.kind === 'inlet' || segment.node.kind === 'source',
      credit: segment.node.kind === 'source' ? undefined : segment.node.concurrency,
      attach: (credit: number | undefined) => this.attach(runner, segment, credit),
    }))
    const sources = nodes.flatMap((node) => {
      if (node.kind !== 'source') return []
      const adapter = adapterOf<Source<unknown>>(node.adapter, engine.functions.get(node.adapter)!, 'open')
      return [new SourceRunner(id, node, adapter, engine.channels.get(node.channel), engine)]
    })
    return new RunningFlow(id, intakes, sources, engine)
  }

  private attach(runner: FlowRunner, segment: Segment, credit: number | undefined): Subscription {
    const { consumers, channels } = this.engine
    const channel = channels.get(segment.source.channelId)
    return consumers.attach(runner, segment, channel, this.wishesOf(segment, credit))
  }

  private wishesOf({ node }: Segment, credit: number | undefined): Omit<ConsumeOptions, 'name'> {
    const { functions } = this.engine
    const keyOf = node.kind === 'source' || node.orderBy === undefined ? undefined : functions.get(node.orderBy)!
    return {
      ...(credit === undefined ? {} : { credit }),
      ...(keyOf === undefined ? {} : { orderBy: (message: AnyMessage): unknown => keyOf(message.payload, message) }),
    }
  }

  private instrument(runner: FlowRunner): void {
    const { options, clock, counters } = this.engine
    for (const step of runner.steps) {
      if (options.history === true) keepHistory(step, clock)
      if (options.metrics !== true) continue
      const counter = new NodeCounter()
      counters.set(`${step.flowId}/${step.id}`, counter)
      keepMetrics(step, counter, clock)
    }
  }
}
