/** The place where every kind of node gets its behaviour. */
import type { Sink } from '../flow/sink.ts'
import type {
  AggregateNode,
  BarrierNode,
  GraphNode,
  IdempotentNode,
  LoopNode,
  NodeKind,
  ResequenceNode,
  Resilience,
  RouteNode,
  ScatterGatherNode,
  SinkNode,
  SplitNode,
} from '../graph/graph.ts'
import { MemoryKeyStore } from '../memory/memory-key-store.ts'
import type { ClaimStore } from '../message/claim-store.ts'
import type { GroupStore } from '../message/group-store.ts'
import type { KeyStore } from '../message/key-store.ts'
import { adapterOf } from './adapter-of.ts'
import type { BoundChannel } from './bound-channel.ts'
import type { FlowRunner, RunnerHost } from './flow-runner.ts'
import type { Layout } from './layout.ts'
import { Aggregator } from './patterns/aggregator.ts'
import { Barrier } from './patterns/barrier.ts'
import { calling } from './patterns/calling.ts'
import { claimCheckIn, claimCheckOut } from './patterns/claim-check.ts'
import { GroupKeeper } from './patterns/group-keeper.ts'
import { idempotent } from './patterns/idempotent.ts'
import { loop, turnsHeader } from './patterns/loop.ts'
import { enrich, filter, handle, log, recover, removeHeaders, setHeader, validate } from './patterns/message-steps.ts'
import { delay, throttle } from './patterns/pacing.ts'
import { recipientList } from './patterns/recipient-list.ts'
import { Resequencer } from './patterns/resequencer.ts'
import { route } from './patterns/route.ts'
import { scatterGather } from './patterns/scatter-gather.ts'
import type { Selectable } from './patterns/selected-channels.ts'
import { call, errorOutlet, outlet, recipients, reply, tap } from './patterns/sending.ts'
import { sink, writing } from './patterns/sink.ts'
import { Splitter } from './patterns/splitter.ts'
import { dynamicRoute, routingSlip } from './patterns/travelling.ts'
import { resilient } from './resilience/resilient.ts'
import { END, placeOf, type Step } from './step.ts'
import { watchedCombine } from './watching.ts'

/** What compiling looks up. Both throw a named error for what is not there. */
export interface Bindings {
  functionOf(name: string): Function
  channelOf(id: string): BoundChannel
}

/** Gives the steps of one flow what they do. */
export class Behaviour {
  private readonly runner: FlowRunner
  private readonly layout: Layout
  private readonly bindings: Bindings
  /** Those whose groups are in a store. */
  readonly kept: Aggregator[] = []
  private readonly aggregators = new Map<number, Aggregator>()
  private readonly splitters = new Map<number, Splitter>()

  constructor(runner: FlowRunner, layout: Layout, bindings: Bindings) {
    this.runner = runner
    this.layout = layout
    this.bindings = bindings
  }

  get host(): RunnerHost {
    return this.runner.host
  }

  /** Fills the step at `index`. */
  give(node: GraphNode, index: number): void {
    // Kind and node belong together, which the compiler loses sight of.
    BEHAVIOURS[node.kind](this, this.runner.steps[index]!, node as never)
  }

  /** The headers of the loops that a failure has left when it comes to this error scope: those whose own failures come there. */
  turnsEndedAt({ index }: Step): readonly string[] {
    const { steps } = this.runner
    const comesHere = ({ scope }: Step): boolean => {
      let at = scope
      for (let hops = 0; at !== END && at !== index && hops < steps.length; hops++) at = steps[at]!.scope
      return at === index
    }
    return steps.filter((step) => step.kind === 'loop' && comesHere(step)).map(turnsHeader)
  }

  /** Tells splits which aggregator they end in, once every step is there. */
  connect(): void {
    for (const [index, splitter] of this.splitters) {
      splitter.behind = this.layout.aggregatorBehind(index, this.aggregators)
    }
  }

  split(step: Step, { service, ...record }: SplitNode): void {
    const splitter = new Splitter(step, this.runner)
    this.splitters.set(step.index, splitter)
    const partsOf = service === undefined ? itself : this.guarded(step, { service, ...record })
    calling(step, partsOf, (frame, parts) => splitter.split(frame, parts))
  }

  aggregate(step: Step, node: AggregateNode): void {
    const parts = {
      correlateBy: this.optional(node.correlateBy),
      when: this.optional(node.when),
      combine: this.combine(step, node),
      discard: this.maybe(node.discardTo),
      keeper: this.keeper(step, node),
    }
    const aggregator = new Aggregator(node, parts, step, step.index, this.runner)
    this.aggregators.set(step.index, aggregator)
    step.enter = (frame) => aggregator.enter(frame)
    step.resume = (frame, value) => aggregator.resume(frame, value)
    if (parts.keeper !== undefined) this.kept.push(aggregator)
  }

  private combine(step: Step, { combine }: AggregateNode): Function | undefined {
    const { instrumentation } = this.host
    const fn = this.optional(combine)
    return instrumentation === undefined ? fn : watchedCombine(fn, placeOf(step), instrumentation)
  }

  private keeper(step: Step, { store }: AggregateNode): GroupKeeper | undefined {
    if (store === undefined) return undefined
    return new GroupKeeper(this.fn(store)() as GroupStore, step, this.host)
  }

  resequence(step: Step, node: ResequenceNode): void {
    const parts = { correlateBy: this.optional(node.correlateBy), discard: this.maybe(node.discardTo) }
    const resequencer = new Resequencer(node, parts, step, this.runner)
    step.enter = (frame) => resequencer.enter(frame)
  }

  scatterGather(step: Step, node: ScatterGatherNode): void {
    const starts = node.branches.map((name) => this.layout.target(step.index, `branch:${name}`))
    scatterGather(step, node, starts, this.runner)
  }

  loop(step: Step, node: LoopNode): void {
    loop(step, node, this.layout.target(step.index, 'body'), this.fn(node.while))
  }

  route(step: Step, node: RouteNode): void {
    const { layout } = this
    const branches = new Map(node.cases.map((name) => [name, layout.target(step.index, `case:${name}`)]))
    const otherwise = node.otherwise === true ? layout.target(step.index, 'otherwise') : undefined
    const selector = 'service' in node.by ? this.guard(step, this.fn(node.by.service), node) : undefined
    route(step, node, branches, otherwise, selector)
  }

  barrier(step: Step, node: BarrierNode): void {
    const barrier = new Barrier(node, this.optional(node.correlateBy), step, this.host)
    step.enter = (frame) => barrier.enter(frame)
    step.resume = () => step.next
  }

  idempotent(step: Step, node: IdempotentNode): void {
    const { host } = this
    const store = node.store === undefined ? new MemoryKeyStore(host.clock) : (this.fn(node.store)() as KeyStore)
    idempotent(step, node, { key: this.fn(node.key), store, discard: this.maybe(node.discardTo) }, host)
  }

  writer(step: Step, node: SinkNode): Function {
    const adapter = adapterOf<Sink<unknown, unknown>>(node.adapter, this.fn(node.adapter), 'write')
    return this.guard(step, writing(adapter), node)
  }

  fn(name: string): Function {
    return this.bindings.functionOf(name)
  }

  optional(name: string | undefined): Function | undefined {
    return name === undefined ? undefined : this.fn(name)
  }

  channel(id: string): BoundChannel {
    return this.bindings.channelOf(id)
  }

  maybe(id: string | undefined): BoundChannel | undefined {
    return id === undefined ? undefined : this.channel(id)
  }

  selectable({ channels }: { readonly channels: readonly string[] }): Selectable {
    return new Map(channels.map((id) => [id, this.channel(id)]))
  }

  /** The node's function under its policies. */
  guarded(step: Step, node: Resilience & { readonly service: string }): Function {
    return this.guard(step, this.fn(node.service), node)
  }

  guard(step: Step, fn: Function, record: Resilience): Function {
    return resilient(fn, record, { step, host: this.host, functionOf: (name) => this.fn(name) })
  }
}

const itself = (payload: unknown): unknown => payload

type Give<K extends NodeKind> = (of: Behaviour, step: Step, node: Extract<GraphNode, { readonly kind: K }>) => void

const nothing = (): void => {}

/** One row for each kind of node. A table, since flows are compiled by the thousand. */
const BEHAVIOURS: { readonly [K in NodeKind]: Give<K> } = {
  inlet: nothing,
  source: nothing,
  join: nothing,
  transform: (of, step, it) => handle(step, of.guarded(step, it)),
  handle: (of, step, it) => handle(step, of.guarded(step, it)),
  filter: (of, step, it) => filter(step, it, of.guarded(step, it), of.maybe(it.discardTo), of.host),
  split: (of, step, it) => of.split(step, it),
  aggregate: (of, step, it) => of.aggregate(step, it),
  resequence: (of, step, it) => of.resequence(step, it),
  scatterGather: (of, step, it) => of.scatterGather(step, it),
  route: (of, step, it) => of.route(step, it),
  loop: (of, step, it) => of.loop(step, it),
  routingSlip: (of, step, it) => routingSlip(step, it, of.fn(it.service), of.selectable(it), of.host),
  dynamicRoute: (of, step, it) => dynamicRoute(step, it, of.fn(it.service), of.selectable(it), of.host),
  barrier: (of, step, it) => of.barrier(step, it),
  setHeader: (of, step, it) => setHeader(step, it, of.guarded(step, it)),
  removeHeaders: (_, step, it) => removeHeaders(step, it),
  enrich: (of, step, it) => enrich(step, it, of.guarded(step, it)),
  validate: (of, step, it) => validate(step, of.guarded(step, it), of.maybe(it.invalidTo)),
  log: (of, step, it) => log(step, it, of.optional(it.service), of.host),
  delay: (of, step, it) => delay(step, it, of.optional(it.service), of.channel(it.channel)),
  throttle: (of, step, it) => throttle(step, it, of.host),
  idempotent: (of, step, it) => of.idempotent(step, it),
  claimCheckIn: (of, step, it) => claimCheckIn(step, of.fn(it.store)() as ClaimStore),
  claimCheckOut: (of, step, it) => claimCheckOut(step, it, of.fn(it.store)() as ClaimStore, of.host),
  tap: (of, step, it) => tap(step, of.channel(it.channel), of.host),
  outlet: (of, step, it) => outlet(step, of.channel(it.channel)),
  through: (of, step, it) => outlet(step, of.channel(it.channel)),
  sink: (of, step, it) => sink(step, of.writer(step, it)),
  recipients: (of, step, it) =>
    recipients(
      step,
      it,
      it.channels.map((id) => of.channel(id)),
      of.host,
    ),
  recipientList: (of, step, it) => recipientList(step, it, of.fn(it.service), of.selectable(it), of.host),
  errorOutlet: (of, step, it) => errorOutlet(step, of.channel(it.channel), of.optional(it.when), of.turnsEndedAt(step)),
  recover: (of, step, it) => recover(step, of.guarded(step, it), of.optional(it.when), of.turnsEndedAt(step)),
  call: (of, step, it) => call(step, it, of.channel(it.channel), of.host, (ask, record) => of.guard(step, ask, record)),
  gather: (of, step) => reply(step, of.host),
  reply: (of, step) => reply(step, of.host),
}
