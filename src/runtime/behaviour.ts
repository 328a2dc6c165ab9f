/** The place where every kind of node gets its behaviour. */
import type { Sink } from '../flow/sink.ts'
import type { GraphNode, NodeKind, Resilience, RouteNode, SinkNode } from '../graph/graph.ts'
import { hasPolicy } from '../graph/resilience.ts'
import { adapterOf } from './adapter-of.ts'
import type { BoundChannel } from './bound-channel.ts'
import type { FlowRunner, RunnerHost } from './flow-runner.ts'
import { Later, RESILIENCE } from './later.ts'
import { answering } from './outcome.ts'
import type { Layout } from './layout.ts'
import type { Aggregator } from './patterns/aggregator.ts'
import { enrich, filter, handle, recover, removeHeaders, setHeader, validate } from './patterns/message-steps.ts'
import { route } from './patterns/route.ts'
import type { Selectable } from './patterns/selected-channels.ts'
import { call, errorOutlet, outlet, recipients, reply, tap } from './patterns/sending.ts'
import { sink, writing } from './patterns/sink.ts'
import type { Splitter } from './patterns/splitter.ts'
import { turnsEndedAt } from './patterns/turns.ts'
import type { Step } from './step.ts'

/** What compiling looks up. Both throw a named error for what is not there. */
export interface Bindings {
  functionOf(name: string): Function
  channelOf(id: string): BoundChannel
}

/** Gives the steps of one flow what they do. */
export class Behaviour {
  readonly runner: FlowRunner
  private readonly layout: Layout
  private readonly bindings: Bindings
  /** Those whose groups are in a store. */
  readonly kept: Aggregator[] = []
  /** By the indexes of their steps. */
  readonly aggregators: [index: number, aggregator: Aggregator][] = []
  readonly splitters: [index: number, splitter: Splitter][] = []

  constructor(runner: FlowRunner, layout: Layout, bindings: Bindings) {
    this.runner = runner
    this.layout = layout
    this.bindings = bindings
  }

  get host(): RunnerHost {
    return this.runner.host
  }

  /** Leads the steps to each other. */
  link(): void {
    for (const step of this.runner.steps) {
      step.next = this.target(step, undefined)
      step.scope = this.target(step, 'error')
    }
  }

  /** Fills the step at `index`. */
  give(node: GraphNode, index: number): void {
    const behaviour = BEHAVIOURS[node.kind]
    const give = (typeof behaviour === 'function' ? behaviour : behaviour.here[node.kind as never]) as Give<NodeKind>
    give(this, this.runner.steps[index]!, node)
  }

  /** The step behind a port of another. */
  target({ index }: Step, port: string | undefined): Step | undefined {
    const target = this.layout.target(index, port)
    return target === undefined ? undefined : this.runner.steps[target]
  }

  /** Tells splits which aggregator they end in, once every step is there. */
  connect(): void {
    if (this.splitters.length === 0) return
    const aggregators = new Map(this.aggregators)
    for (const [index, splitter] of this.splitters) splitter.behind = this.layout.aggregatorBehind(index, aggregators)
  }

  route(step: Step, node: RouteNode): void {
    const branches = new Map(node.cases.map((name) => [name, this.target(step, `case:${name}`)!]))
    const otherwise = node.otherwise === true ? this.target(step, 'otherwise') : undefined
    const selector = 'service' in node.by ? this.guard(step, this.fn(node.by.service), node) : undefined
    route(step, node, branches, otherwise, selector)
  }

  sink(step: Step, node: SinkNode): void {
    const adapter = adapterOf<Sink<unknown, unknown>>(node.adapter, this.fn(node.adapter), 'write')
    sink(step, this.guard(step, writing(adapter), node))
  }

  /** The headers of the loops that a failure has left when it comes to this error scope. */
  turnsEndedAt(scope: Step): readonly string[] {
    return turnsEndedAt(scope, this.runner.steps)
  }

  fn(name: string): Function {
    return this.bindings.functionOf(name)
  }

  optional(name: string | undefined): Function | undefined {
    return name === undefined ? undefined : this.fn(name)
  }

  /** The function of an option whose answer is needed at once. */
  answering(option: string, name: string | undefined): Function | undefined {
    return name === undefined ? undefined : answering(this.fn(name), option)
  }

  channel(id: string): BoundChannel {
    return this.bindings.channelOf(id)
  }

  maybe(id: string | undefined): BoundChannel | undefined {
    return id === undefined ? undefined : this.channel(id)
  }

  /** All that a node names. */
  channels({ channels }: { readonly channels: readonly string[] }): BoundChannel[] {
    return channels.map((id) => this.channel(id))
  }

  selectable(node: { readonly channels: readonly string[] }): Selectable {
    return new Map(this.channels(node).map((channel) => [channel.id, channel]))
  }

  /** The node's function under its policies. */
  guarded(step: Step, node: Resilience & { readonly service: string }): Function {
    return this.guard(step, this.fn(node.service), node)
  }

  guard(step: Step, fn: Function, record: Resilience): Function {
    if (!hasPolicy(record)) return fn
    return RESILIENCE.here.resilient(fn, record, {
      step,
      host: this.host,
      answering: (option, name) => this.answering(option, name),
    })
  }
}

/** Gives a step of this kind what it does. */
type Give<K extends NodeKind> = (of: Behaviour, step: Step, node: Extract<GraphNode, { readonly kind: K }>) => void

/** The same, exported by its kind's name from a file that is loaded when an app with such a node starts. */
type GiveLater<K extends NodeKind> = Later<{ readonly [P in K]: Give<K> }>

const nothing = (): void => {}

/** One row for each kind of node: most flows are made of what is here, the rest is loaded. A table, since flows are compiled by the thousand. */
export const BEHAVIOURS: { readonly [K in NodeKind]: Give<K> | GiveLater<K> } = {
  inlet: nothing,
  source: nothing,
  join: nothing,
  transform: (of, step, it) => handle(step, of.guarded(step, it)),
  handle: (of, step, it) => handle(step, of.guarded(step, it)),
  filter: (of, step, it) => filter(step, it, of.guarded(step, it), of.maybe(it.discardTo), of.host),
  split: new Later(() => import('./patterns/splitter.ts')),
  aggregate: new Later(() => import('./patterns/aggregate.ts')),
  resequence: new Later(() => import('./patterns/resequencer.ts')),
  scatterGather: new Later(() => import('./patterns/scatter-gather.ts')),
  route: (of, step, it) => of.route(step, it),
  loop: new Later(() => import('./patterns/loop.ts')),
  routingSlip: new Later(() => import('./patterns/travelling.ts')),
  dynamicRoute: new Later(() => import('./patterns/travelling.ts')),
  barrier: new Later(() => import('./patterns/barrier.ts')),
  setHeader: (of, step, it) => setHeader(step, it, of.guarded(step, it)),
  removeHeaders: (_, step, it) => removeHeaders(step, it),
  enrich: (of, step, it) => enrich(step, it, of.guarded(step, it)),
  validate: (of, step, it) => validate(step, of.guarded(step, it), of.maybe(it.invalidTo)),
  log: new Later(() => import('./patterns/log.ts')),
  delay: new Later(() => import('./patterns/pacing.ts')),
  throttle: new Later(() => import('./patterns/pacing.ts')),
  idempotent: new Later(() => import('./patterns/idempotent.ts')),
  claimCheckIn: new Later(() => import('./patterns/claim-check.ts')),
  claimCheckOut: new Later(() => import('./patterns/claim-check.ts')),
  tap: (of, step, it) => tap(step, of.channel(it.channel), of.host),
  outlet: (of, step, it) => outlet(step, of.channel(it.channel)),
  through: (of, step, it) => outlet(step, of.channel(it.channel)),
  sink: (of, step, it) => of.sink(step, it),
  recipients: (of, step, it) => recipients(step, it, of.channels(it), of.host),
  recipientList: new Later(() => import('./patterns/recipient-list.ts')),
  errorOutlet: (of, step, it) =>
    errorOutlet(step, of.channel(it.channel), of.answering('when', it.when), of.turnsEndedAt(step)),
  recover: (of, step, it) => recover(step, of.guarded(step, it), of.answering('when', it.when), of.turnsEndedAt(step)),
  call: (of, step, it) => call(step, it, of.channel(it.channel), of.host, (ask, record) => of.guard(step, ask, record)),
  gather: (of, step) => reply(step, of.host),
  reply: (of, step) => reply(step, of.host),
}
