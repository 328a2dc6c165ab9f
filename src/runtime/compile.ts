/** Compiles a graph into flat steps, once: the place where every node kind gets its behaviour. */
import { match } from 'ts-pattern'
import type { FlowGraph, GraphNode, InletNode, ThroughNode } from '../graph/graph.ts'
import { hashName } from '../message/identity.ts'
import type { BoundChannel } from './bound-channel.ts'
import { FlowRunner, type RunnerHost } from './flow-runner.ts'
import type { FrameSource } from './frame.ts'
import { Aggregator } from './patterns/aggregator.ts'
import { calling } from './patterns/calling.ts'
import { filter, handle, recover, setHeader } from './patterns/message-steps.ts'
import { route } from './patterns/route.ts'
import { call, errorOutlet, outlet, recipients, reply, tap } from './patterns/sending.ts'
import { Splitter } from './patterns/splitter.ts'
import { END, type Step } from './step.ts'

/** What compiling looks up. Both throw a named error for what is not there. */
export interface Bindings {
  functionOf(name: string): Function
  channelOf(id: string): BoundChannel
}

/** A stretch of a flow that one consumer runs: from the inlet, or from behind a `through`. */
export interface Segment {
  readonly node: InletNode | ThroughNode
  readonly source: FrameSource
  /** Index of its first step. */
  readonly start: number
}

/** A flow ready to run. */
export interface CompiledFlow {
  readonly runner: FlowRunner
  readonly segments: readonly Segment[]
}

/** Compiles one flow. */
export function compile(graph: FlowGraph, bindings: Bindings, host: RunnerHost): CompiledFlow {
  const runner = new FlowRunner(graph.id, host)
  const layout = new Layout(graph)
  const aggregators = new Map<number, Aggregator>()
  for (const node of graph.nodes) runner.steps.push(emptyStep(graph.id, node, layout))
  const splitters = new Map<number, Splitter>()
  graph.nodes.forEach((node, index) => fill(node, index, { runner, layout, aggregators, splitters, bindings, host }))
  for (const [index, splitter] of splitters) splitter.behind = layout.aggregatorBehind(index, aggregators)
  return { runner, segments: segmentsOf(graph, layout, bindings) }
}

interface Context {
  readonly runner: FlowRunner
  readonly layout: Layout
  readonly aggregators: Map<number, Aggregator>
  readonly splitters: Map<number, Splitter>
  readonly bindings: Bindings
  readonly host: RunnerHost
}

/** Gives a step its behaviour by its node's kind. */
function fill(
  node: GraphNode,
  index: number,
  { runner, layout, aggregators, splitters, bindings, host }: Context,
): void {
  const step = runner.steps[index]!
  const fn = (name: string): Function => bindings.functionOf(name)
  const optional = (name: string | undefined): Function | undefined => (name === undefined ? undefined : fn(name))
  const channel = (id: string): BoundChannel => bindings.channelOf(id)
  const maybe = (id: string | undefined): BoundChannel | undefined => (id === undefined ? undefined : channel(id))
  match(node)
    .with({ kind: 'inlet' }, { kind: 'join' }, () => undefined)
    .with({ kind: 'transform' }, { kind: 'handle' }, ({ service }) => handle(step, fn(service)))
    .with({ kind: 'setHeader' }, (header) => setHeader(step, header, fn(header.service)))
    .with({ kind: 'filter' }, (it) => filter(step, it, fn(it.service), maybe(it.discardTo), host))
    .with({ kind: 'split' }, ({ service }) => {
      const splitter = new Splitter(step, runner)
      splitters.set(index, splitter)
      const partsOf = optional(service) ?? ((payload: unknown) => payload)
      calling(step, partsOf, (frame, parts) => splitter.split(frame, parts))
    })
    .with({ kind: 'aggregate' }, (it) => {
      const parts = {
        correlateBy: optional(it.correlateBy),
        when: optional(it.when),
        combine: optional(it.combine),
        discard: maybe(it.discardTo),
      }
      const aggregator = new Aggregator(it, parts, step, index, runner)
      aggregators.set(index, aggregator)
      step.enter = (frame) => aggregator.enter(frame)
      step.resume = (frame, value) => aggregator.resume(frame, value)
    })
    .with({ kind: 'route' }, (it) => {
      const branches = new Map(it.cases.map((name) => [name, layout.target(node.id, `case:${name}`)]))
      const otherwise = it.otherwise === true ? layout.target(node.id, 'otherwise') : undefined
      route(step, it, branches, otherwise, 'service' in it.by ? fn(it.by.service) : undefined)
    })
    .with({ kind: 'tap' }, (it) => tap(step, channel(it.channel), host))
    .with({ kind: 'outlet' }, { kind: 'through' }, (it) => outlet(step, channel(it.channel)))
    .with({ kind: 'recipients' }, (it) => recipients(step, it, it.channels.map(channel), host))
    .with({ kind: 'errorOutlet' }, (it) => errorOutlet(step, channel(it.channel)))
    .with({ kind: 'recover' }, ({ service }) => recover(step, fn(service)))
    .with({ kind: 'call' }, (it) => call(step, it, channel(it.channel), host))
    .with({ kind: 'reply' }, () => reply(step, host))
    .exhaustive()
}

const RELAYS: ReadonlySet<GraphNode['kind']> = new Set([
  'outlet',
  'through',
  'errorOutlet',
  'filter',
  'aggregate',
  'reply',
])

function emptyStep(flowId: string, node: GraphNode, layout: Layout): Step {
  const { high, low } = hashName(`${flowId}/${node.id}`)
  return {
    flowId,
    id: node.id,
    kind: node.kind,
    high,
    low,
    next: layout.target(node.id, undefined),
    scope: layout.target(node.id, 'error'),
    relays: RELAYS.has(node.kind),
    enter: () => END,
    resume: () => END,
  }
}

function segmentsOf(graph: FlowGraph, layout: Layout, bindings: Bindings): Segment[] {
  return graph.nodes
    .filter((node) => node.kind === 'inlet' || node.kind === 'through')
    .map((node) => {
      const handsOver = bindings.channelOf(node.channel).handsOver
      return {
        node,
        source: { flowId: graph.id, channelId: node.channel, handsOver },
        start: layout.target(node.id, undefined),
      }
    })
}

/** Where edges lead, as step indexes; joins are skipped, since nothing happens there. */
class Layout {
  private readonly nodes: readonly GraphNode[]
  private readonly indexes: ReadonlyMap<string, number>
  private readonly targets: ReadonlyMap<string, string>

  constructor(graph: FlowGraph) {
    this.nodes = graph.nodes
    this.indexes = new Map(graph.nodes.map(({ id }, index) => [id, index]))
    this.targets = new Map(graph.edges.map(({ from, to, port }) => [keyOf(from, port), to]))
  }

  /** The index of the step behind a port; `END` when nothing is there. */
  target(from: string, port: string | undefined): number {
    const to = this.targets.get(keyOf(from, port))
    if (to === undefined) return END
    const index = this.indexes.get(to)!
    return this.nodes[index]!.kind === 'join' ? this.target(to, undefined) : index
  }

  /** The aggregator that completes by a split: straight behind it, before any other way can be taken, and not that of a split within. */
  aggregatorBehind(index: number, aggregators: ReadonlyMap<number, Aggregator>): Aggregator | undefined {
    let within = 0
    for (
      let at = this.target(this.nodes[index]!.id, undefined);
      at !== END;
      at = this.target(this.nodes[at]!.id, undefined)
    ) {
      const { kind } = this.nodes[at]!
      const aggregator = aggregators.get(at)
      if (kind === 'through' || aggregator?.bySplit === false) return undefined
      if (kind === 'split') within++
      else if (aggregator !== undefined && within-- === 0) return aggregator
    }
    return undefined
  }
}

const keyOf = (from: string, port: string | undefined): string => JSON.stringify([from, port])
