/** How a runtime starts: check the app, open its channels, compile its flows, attach their consumers, open their sources (rule L1). */
import { appended } from '../graph/appended.ts'
import type { FlowGraph } from '../graph/graph.ts'
import type { Source } from '../message/source.ts'
import { adapterOf } from './adapter-of.ts'
import type { Bindings } from './behaviour.ts'
import { type CompiledFlow, compile } from './compile.ts'
import type { Engine } from './engine.ts'
import type { FlowRunner } from './flow-runner.ts'
import { CHECK, COUNTING, SOURCES, WATCHING } from './later.ts'
import { load } from './loading.ts'
import type { Aggregator } from './patterns/aggregator.ts'
import { RunningFlow } from './running-flow.ts'
import { stoppedWhileStarting } from './runtime-state.ts'
import type { SourceRunner } from './source-runner.ts'

/** The start of one engine. */
export class StartUp {
  private readonly engine: Engine
  /** Aggregators that go on with the groups in their stores. */
  private readonly kept: Aggregator[] = []
  private readonly bindings: Bindings
  private readonly end = Promise.withResolvers<void>()

  constructor(engine: Engine) {
    this.engine = engine
    this.bindings = {
      functionOf: (name) => engine.functions.get(name)!,
      channelOf: (id) => engine.channels.get(id),
    }
  }

  /** Rejects, with everything undone, when something is missing, and when it is given up. */
  begin(): Promise<void> {
    void this.run()
      .then(this.end.resolve, this.end.reject)
      .then(() => this.engine.activity.touch())
    return this.end.promise
  }

  /** The stop waits no longer. What is still to come is undone when it comes. */
  giveUp(): void {
    this.engine.state = 'stopping'
    this.end.reject(stoppedWhileStarting())
  }

  private async run(): Promise<void> {
    const { engine } = this
    const { instrumentation } = engine
    try {
      const loading = load(engine.app, engine.options)
      if (loading !== undefined) await loading
      CHECK.here.refuseInvalid(engine.app, engine.functions)
      engine.unobserve = instrumentation?.observe?.(engine)
      await engine.channels.open()
      this.refuseStopped()
      for (const graph of engine.app.graph.flows) engine.flows.set(graph.id, this.compiled(graph))
      for (const aggregator of this.kept) await aggregator.load()
      this.refuseStopped()
      for (const flow of engine.flows.values()) {
        const opening = flow.open()
        if (opening === undefined) continue
        await opening
        this.refuseStopped()
      }
    } catch (error) {
      for (const flow of engine.flows.values()) flow.closeSources()
      engine.consumers.clear()
      await engine.channels.close().catch(() => undefined)
      engine.unobserve?.()
      if (engine.state === 'starting') engine.state = 'new'
      throw error
    }
    if (instrumentation?.request !== undefined) WATCHING.here.watchRequests(engine, instrumentation)
    engine.state = 'running'
    engine.events.emit('started', { at: engine.clock.now() })
    for (const aggregator of this.kept) aggregator.begin()
    for (const flow of engine.flows.values()) flow.feed()
  }

  /** A stop has not waited for this start. */
  private refuseStopped(): void {
    if (this.engine.state !== 'starting') throw stoppedWhileStarting()
  }

  private compiled(graph: FlowGraph): RunningFlow {
    const flow = compile(graph, this.bindings, this.engine)
    this.instrument(flow.runner)
    for (const aggregator of flow.kept) this.kept.push(aggregator)
    return this.running(graph, flow)
  }

  private running({ id, nodes }: FlowGraph, { runner, segments }: CompiledFlow): RunningFlow {
    const { engine } = this
    let sources: SourceRunner[] = []
    for (let i = 0; i < nodes.length; i++) {
      const node = nodes[i]!
      if (node.kind !== 'source') continue
      const adapter = adapterOf<Source<unknown>>(node.adapter, engine.functions.get(node.adapter)!, 'open')
      const channel = engine.channels.get(node.channel)
      sources = appended(sources, new SOURCES.here.SourceRunner(id, node, adapter, channel, engine))
    }
    return new RunningFlow(runner, segments, sources, engine.consumers)
  }

  private instrument(runner: FlowRunner): void {
    const { options, clock, counters, instrumentation } = this.engine
    if (instrumentation !== undefined) WATCHING.here.watchRunner(runner, instrumentation)
    if (options.history !== true && options.metrics !== true) return
    const { keepHistory, keepMetrics } = COUNTING.here
    for (const step of runner.steps) {
      if (options.history === true) keepHistory(step, clock)
      if (options.metrics === true) counters.set(`${step.flowId}/${step.id}`, keepMetrics(step, clock))
    }
  }
}
