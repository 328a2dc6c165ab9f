/** The place where every kind of node gets its behaviour. */
import { match } from 'ts-pattern'
import type { Sink } from '../flow/sink.ts'
import type {
  AggregateNode,
  BarrierNode,
  GraphNode,
  IdempotentNode,
  ResequenceNode,
  Resilience,
  RouteNode,
  SinkNode,
  SplitNode,
} from '../graph/graph.ts'
import { MemoryKeyStore } from '../memory/memory-key-store.ts'
import type { ClaimStore } from '../message/claim-store.ts'
import type { GroupStore } from '../message/group-store.ts'
import type { KeyStore } from '../message/key-store.ts'
import { adapterOf } from './adapter-of.ts'
import type { BoundChannel } from './bound-channel.ts'
import type { FlowRunner } from './flow-runner.ts'
import type { Layout } from './layout.ts'
import { Aggregator } from './patterns/aggregator.ts'
import { Barrier } from './patterns/barrier.ts'
import { calling } from './patterns/calling.ts'
import { claimCheckIn, claimCheckOut } from './patterns/claim-check.ts'
import { GroupKeeper } from './patterns/group-keeper.ts'
import { idempotent } from './patterns/idempotent.ts'
import { loop } from './patterns/loop.ts'
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
import type { Step } from './step.ts'

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

  /** Fills the step at `index`. */
  give(node: GraphNode, index: number): void {
    const { host } = this.runner
    const step = this.runner.steps[index]!
    const channel = (id: string): BoundChannel => this.channel(id)
    const fn = (name: string): Function => this.fn(name)
    match(node)
      .with({ kind: 'inlet' }, { kind: 'source' }, { kind: 'join' }, () => undefined)
      .with({ kind: 'transform' }, { kind: 'handle' }, (it) => handle(step, this.guarded(step, it)))
      .with({ kind: 'filter' }, (it) => filter(step, it, this.guarded(step, it), this.maybe(it.discardTo), host))
      .with({ kind: 'split' }, (it) => this.split(step, it, index))
      .with({ kind: 'aggregate' }, (it) => this.aggregate(step, it, index))
      .with({ kind: 'resequence' }, (it) => this.resequence(step, it))
      .with({ kind: 'scatterGather' }, (it) => {
        const starts = it.branches.map((name) => this.layout.target(it.id, `branch:${name}`))
        scatterGather(step, it, starts, this.runner)
      })
      .with({ kind: 'route' }, (it) => this.route(step, it))
      .with({ kind: 'loop' }, (it) => loop(step, it, this.layout.target(it.id, 'body'), fn(it.while)))
      .with({ kind: 'routingSlip' }, (it) => routingSlip(step, it, fn(it.service), this.selectable(it), host))
      .with({ kind: 'dynamicRoute' }, (it) => dynamicRoute(step, it, fn(it.service), this.selectable(it), host))
      .with({ kind: 'barrier' }, (it) => this.barrier(step, it))
      .with({ kind: 'setHeader' }, (it) => setHeader(step, it, this.guarded(step, it)))
      .with({ kind: 'removeHeaders' }, (it) => removeHeaders(step, it))
      .with({ kind: 'enrich' }, (it) => enrich(step, it, this.guarded(step, it)))
      .with({ kind: 'validate' }, (it) => validate(step, this.guarded(step, it), this.maybe(it.invalidTo)))
      .with({ kind: 'log' }, (it) => log(step, it, this.optional(it.service), host))
      .with({ kind: 'delay' }, (it) => delay(step, it, this.optional(it.service), channel(it.channel)))
      .with({ kind: 'throttle' }, (it) => throttle(step, it, host))
      .with({ kind: 'idempotent' }, (it) => this.idempotent(step, it))
      .with({ kind: 'claimCheckIn' }, (it) => claimCheckIn(step, fn(it.store)() as ClaimStore))
      .with({ kind: 'claimCheckOut' }, (it) => claimCheckOut(step, it, fn(it.store)() as ClaimStore, host))
      .with({ kind: 'tap' }, (it) => tap(step, channel(it.channel), host))
      .with({ kind: 'outlet' }, { kind: 'through' }, (it) => outlet(step, channel(it.channel)))
      .with({ kind: 'sink' }, (it) => sink(step, this.writer(step, it)))
      .with({ kind: 'recipients' }, (it) => recipients(step, it, it.channels.map(channel), host))
      .with({ kind: 'recipientList' }, (it) => recipientList(step, it, fn(it.service), this.selectable(it), host))
      .with({ kind: 'errorOutlet' }, (it) => errorOutlet(step, channel(it.channel), this.optional(it.when)))
      .with({ kind: 'recover' }, (it) => recover(step, this.guarded(step, it), this.optional(it.when)))
      .with({ kind: 'call' }, (it) => {
        call(step, it, channel(it.channel), host, (ask, record) => this.guard(step, ask, record))
      })
      .with({ kind: 'gather' }, { kind: 'reply' }, () => reply(step, host))
      .exhaustive()
  }

  /** Tells splits which aggregator they end in, once every step is there. */
  connect(): void {
    for (const [index, splitter] of this.splitters) {
      splitter.behind = this.layout.aggregatorBehind(index, this.aggregators)
    }
  }

  private split(step: Step, { service, ...record }: SplitNode, index: number): void {
    const splitter = new Splitter(step, this.runner)
    this.splitters.set(index, splitter)
    const partsOf = service === undefined ? itself : this.guarded(step, { service, ...record })
    calling(step, partsOf, (frame, parts) => splitter.split(frame, parts))
  }

  private aggregate(step: Step, node: AggregateNode, index: number): void {
    const parts = {
      correlateBy: this.optional(node.correlateBy),
      when: this.optional(node.when),
      combine: this.optional(node.combine),
      discard: this.maybe(node.discardTo),
      keeper: this.keeper(step, node),
    }
    const aggregator = new Aggregator(node, parts, step, index, this.runner)
    this.aggregators.set(index, aggregator)
    step.enter = (frame) => aggregator.enter(frame)
    step.resume = (frame, value) => aggregator.resume(frame, value)
    if (parts.keeper !== undefined) this.kept.push(aggregator)
  }

  private keeper(step: Step, { store }: AggregateNode): GroupKeeper | undefined {
    if (store === undefined) return undefined
    return new GroupKeeper(this.fn(store)() as GroupStore, step, this.runner.host)
  }

  private resequence(step: Step, node: ResequenceNode): void {
    const parts = { correlateBy: this.optional(node.correlateBy), discard: this.maybe(node.discardTo) }
    const resequencer = new Resequencer(node, parts, step, this.runner)
    step.enter = (frame) => resequencer.enter(frame)
  }

  private route(step: Step, node: RouteNode): void {
    const { layout } = this
    const branches = new Map(node.cases.map((name) => [name, layout.target(node.id, `case:${name}`)]))
    const otherwise = node.otherwise === true ? layout.target(node.id, 'otherwise') : undefined
    const selector = 'service' in node.by ? this.guard(step, this.fn(node.by.service), node) : undefined
    route(step, node, branches, otherwise, selector)
  }

  private barrier(step: Step, node: BarrierNode): void {
    const barrier = new Barrier(node, this.optional(node.correlateBy), step, this.runner.host)
    step.enter = (frame) => barrier.enter(frame)
    step.resume = () => step.next
  }

  private idempotent(step: Step, node: IdempotentNode): void {
    const { host } = this.runner
    const store = node.store === undefined ? new MemoryKeyStore(host.clock) : (this.fn(node.store)() as KeyStore)
    idempotent(step, node, { key: this.fn(node.key), store, discard: this.maybe(node.discardTo) }, host)
  }

  private writer(step: Step, node: SinkNode): Function {
    const adapter = adapterOf<Sink<unknown, unknown>>(node.adapter, this.fn(node.adapter), 'write')
    return this.guard(step, writing(adapter), node)
  }

  private fn(name: string): Function {
    return this.bindings.functionOf(name)
  }

  private optional(name: string | undefined): Function | undefined {
    return name === undefined ? undefined : this.fn(name)
  }

  private channel(id: string): BoundChannel {
    return this.bindings.channelOf(id)
  }

  private maybe(id: string | undefined): BoundChannel | undefined {
    return id === undefined ? undefined : this.channel(id)
  }

  private selectable({ channels }: { readonly channels: readonly string[] }): Selectable {
    return new Map(channels.map((id) => [id, this.channel(id)]))
  }

  /** The node's function under its policies. */
  private guarded(step: Step, node: Resilience & { readonly service: string }): Function {
    return this.guard(step, this.fn(node.service), node)
  }

  private guard(step: Step, fn: Function, record: Resilience): Function {
    return resilient(fn, record, { step, host: this.runner.host, functionOf: (name) => this.fn(name) })
  }
}

const itself = (payload: unknown): unknown => payload
