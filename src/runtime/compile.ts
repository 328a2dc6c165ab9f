/** Compiles a graph into steps, once: they lead to each other as its edges do, its nodes get their behaviour, its consumers their segments. */
import { appended } from '../graph/appended.ts'
import type { DelayNode, FlowGraph, InletNode, SourceNode, ThroughNode } from '../graph/graph.ts'
import { resilienceOf } from '../graph/resilience.ts'
import type { ConsumeOptions } from '../transport/transport.ts'
import { Behaviour, type Bindings } from './behaviour.ts'
import type { BoundChannel } from './bound-channel.ts'
import { FlowRunner, type RunnerHost } from './flow-runner.ts'
import type { FrameSource } from './frame.ts'
import { CREDIT, KEY_ORDER } from './later.ts'
import { Layout } from './layout.ts'
import type { Aggregator } from './patterns/aggregator.ts'
import { Step } from './step.ts'

/** A stretch of a flow that one consumer runs: from the inlet or the source, or from behind a `through`. */
export interface Segment {
  readonly node: InletNode | SourceNode | ThroughNode | DelayNode
  readonly source: FrameSource
  /** Its first step. */
  readonly start: Step
  readonly channel: BoundChannel
  /** Messages with the same key keep their order. One function, however often the flow is started: the channel knows it again, and the order of what it holds. */
  readonly orderBy: ConsumeOptions['orderBy'] | undefined
}

/** A flow ready to run. */
export interface CompiledFlow {
  readonly runner: FlowRunner
  readonly segments: readonly Segment[]
  /** Aggregators whose groups are in a store. */
  readonly kept: readonly Aggregator[]
}

/** Compiles one flow, for a runner that has no steps yet. */
export function compile(
  graph: FlowGraph,
  bindings: Bindings,
  host: RunnerHost,
  runner: FlowRunner = new FlowRunner(graph.id, host),
): CompiledFlow {
  const layout = new Layout(graph)
  runner.steps = graph.nodes.map((node, index) => new Step(graph.id, node, index))
  const behaviour = new Behaviour(runner, layout, bindings)
  behaviour.link()
  for (let index = 0; index < graph.nodes.length; index++) behaviour.give(graph.nodes[index]!, index)
  behaviour.connect()
  return { runner, segments: segmentsOf(graph, behaviour, bindings), kept: behaviour.kept }
}

function segmentsOf(graph: FlowGraph, { runner: { steps, host } }: Behaviour, bindings: Bindings): Segment[] {
  const lends = graph.nodes.some((node) => node.kind === 'barrier' || resilienceOf(node).retry !== undefined)
  const segment = (node: Segment['node'], start: Step, own: Step): Segment => {
    const channel = bindings.channelOf(node.channel)
    const { handsOver } = channel
    const lender = lends && !handsOver ? { lender: new CREDIT.here.CreditLender(host.clock) } : undefined
    const source = { flowId: graph.id, channelId: node.channel, handsOver, ...lender }
    const keyOf = node.kind === 'source' || node.orderBy === undefined ? undefined : bindings.functionOf(node.orderBy)
    const ordered = keyOf === undefined ? { orderBy: undefined, start } : KEY_ORDER.here.inOrder(keyOf, node, own)
    return { node, source, channel, ...ordered }
  }
  let segments: Segment[] = []
  for (let index = 0; index < graph.nodes.length; index++) {
    const node = graph.nodes[index]!
    const step = steps[index]!
    // Triggers are consumed like what comes `through` a channel, and enter the barrier itself.
    if (node.kind === 'barrier')
      segments = appended(segments, segment({ id: node.id, kind: 'through', channel: node.trigger }, step, step))
    else if (node.kind === 'inlet' || node.kind === 'source' || node.kind === 'through' || node.kind === 'delay')
      segments = appended(segments, segment(node, step.next!, step))
  }
  return segments
}
