/** The engine behind `Runtime`: its channels, consumers, requests and dead letters, and their life from start to stop. */
import type { Either } from 'fp-ts/lib/Either.js'
import type { AlloraError } from '../errors/allora-error.ts'
import { StoppedError } from '../errors/lifecycle-errors.ts'
import { LinkedSet } from '../memory/linked-list.ts'
import { prefixedIds } from '../message/identity.ts'
import { CopyableSignal, LazySignal } from '../message/lazy-signal.ts'
import { isDraft, message } from '../message/message.ts'
import type { Reply, ReplyWish } from '../message/source.ts'
import { type Clock, type Timer, systemClock } from '../transport/clock.ts'
import { expired } from '../transport/expiry.ts'
import type { AnyMessage, SendOptions } from '../transport/transport.ts'
import { Acceptance } from './acceptance.ts'
import { Activity } from './activity.ts'
import { type BoundChannel, DONE } from './bound-channel.ts'
import { type ChannelHandle, channelHandle } from './channel-handles.ts'
import { Channels } from './channels.ts'
import { Consumers } from './consumers.ts'
import type { Continuation } from './continuation.ts'
import { ControlBus } from './control.ts'
import { type DeadReason, type Death, MemoryDeadLetters } from './dead-letters.ts'
import { type EngineApp, bindFunctions } from './engine-app.ts'
import type { EngineOptions } from './engine-options.ts'
import { type DropReason, EventHub, type RuntimeEvents } from './events.ts'
import type { RunnerHost } from './flow-runner.ts'
import type { Frame } from './frame.ts'
import { failedMessage } from './flow-error.ts'
import { Gateway, REPLY_TIMEOUT } from './gateway.ts'
import type { Instrumentation } from './instrumentation.ts'
import { Log } from './log.ts'
import type { MetricsSnapshot, NodeCounter } from './metrics.ts'
import type { OpenGroup } from './open-group.ts'
import type { RunningFlow } from './running-flow.ts'
import { wayAgain } from './redrive.ts'
import { Shutdown } from './shutdown.ts'
import { type RuntimeState, badTimeout, belowZero, cannotSend, cannotStart, refuseBadNumbers } from './runtime-state.ts'
import { StartUp } from './start-up.ts'
import type { LeftMessage, StopReport } from './stop-report.ts'
import { validate } from './validate.ts'

const DEAD_LETTER_CAPACITY = 10_000

/** Runs an app. Untyped: `Runtime` is its typed face. */
export class Engine implements RunnerHost {
  state: RuntimeState = 'new'
  readonly clock: Clock
  readonly random: () => number
  readonly events: EventHub = new EventHub()
  readonly activity: Activity = new Activity()
  readonly gateway: Gateway
  readonly deadLetters: MemoryDeadLetters
  readonly groups: Set<OpenGroup> = new Set()
  readonly suspended: LinkedSet<Continuation> = new LinkedSet()
  readonly unparked: Map<Frame, () => void> = new Map()
  readonly channels: Channels
  readonly consumers: Consumers
  readonly log: Log
  readonly flows: Map<string, RunningFlow> = new Map()
  readonly control: ControlBus = new ControlBus(this)
  readonly aborted: LeftMessage[] = []
  aborting = false
  readonly acceptance: Acceptance
  private readonly abortion = new CopyableSignal()
  readonly app: EngineApp
  readonly options: EngineOptions
  /** The functions and services of the app, by name. */
  readonly functions: ReadonlyMap<string, Function>
  /** The numbers of each node, where metrics are kept. */
  readonly counters: Map<string, NodeCounter> = new Map()
  private readonly sleeping = new Set<Timer>()
  private readonly drops = new Map<DropReason, number>()
  private readonly handles = new Map<string, ChannelHandle>()
  /** There once it was started. */
  startUp: StartUp | undefined = undefined
  /** Ends what the instrumentation looks at by itself; there while it does. */
  unobserve: (() => void) | undefined = undefined
  private stopped: Promise<StopReport> | undefined = undefined
  private shutdown: Shutdown | undefined = undefined

  constructor(app: EngineApp, options: EngineOptions = {}) {
    refuseBadNumbers(options)
    this.random = options.random ?? Math.random
    const ids = options.ids ?? prefixedIds(this.random)
    this.app = app
    this.options = options
    this.clock = options.clock ?? systemClock
    this.acceptance = new Acceptance(ids, this.clock)
    this.consumers = new Consumers(this.activity, options.instrumentation)
    this.log = new Log(options.logger, options.redact)
    this.gateway = new Gateway(ids(0), this.clock, this.activity)
    this.functions = bindFunctions(app, options.services ?? {})
    const { capacity = DEAD_LETTER_CAPACITY, letters = [] } = options.deadLetters ?? {}
    this.deadLetters = new MemoryDeadLetters(capacity, letters, (letter, from) => wayAgain(this, letter, from))
    this.channels = new Channels(app.graph, {
      transports: options.transports ?? {},
      interceptors: Object.fromEntries(
        Object.entries(options.interceptors ?? {}).map(([id, list]) => [id, list ?? []]),
      ),
      events: this.events,
      instrumentation: options.instrumentation,
      env: {
        clock: this.clock,
        random: this.random,
        functions: options.services === undefined ? app.functions : { ...app.functions, ...options.services },
        onExpired: (channelId, message, consumer) => this.expire(channelId, message, consumer),
        onDropped: (channelId, message, reason) => {
          this.channels.get(channelId).announce(message)
          this.drop({ reason: reason as DropReason, message, channelId })
        },
      },
    })
  }

  get signal(): AbortSignal {
    return this.abortion.signal
  }

  /** Each send of a step looks at it, and most need no more than that. */
  get sendOptions(): SendOptions {
    return this.abortion
  }

  get instrumentation(): Instrumentation | undefined {
    return this.options.instrumentation
  }

  // Life

  async start(): Promise<this> {
    if (this.state !== 'new') throw cannotStart(this.state)
    this.state = 'starting'
    this.startUp = new StartUp(this)
    await this.startUp.begin()
    return this
  }

  stop(options: { readonly timeout?: number } = {}): Promise<StopReport> {
    const refusal = belowZero('timeout of stop()', options.timeout)
    if (refusal !== undefined) return Promise.reject(refusal)
    if (this.stopped === undefined) {
      this.shutdown = new Shutdown(this)
      this.stopped = this.shutdown.run(options.timeout)
    } else if (options.timeout !== undefined) this.shutdown!.expireIn(options.timeout)
    return this.stopped
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Resolves when nothing is outstanding: no message in a flow or waiting for one, no timer, open group or reply. */
  idle(): Promise<void> {
    return this.activity.until(() => this.isDrained() && this.groups.size === 0 && this.gateway.pending === 0)
  }

  /** Whether no message is in a flow or waits in a channel that somebody is taking messages from. */
  isDrained(): boolean {
    return this.activity.count === 0 && this.consumers.areServed
  }

  abort(): void {
    this.aborting = true
    for (const timer of this.sleeping) timer.cancel()
    this.abortion.abort(
      new StoppedError('The runtime was stopped before this work ended. Give stop() a longer { timeout }.'),
    )
  }

  // Messages

  send(id: string, value: unknown, options?: SendOptions): Promise<void> {
    try {
      return this.running().get(id).send(this.acceptance.accept(value), options) ?? DONE
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Sends from untyped code: the payload, or that of a draft, is validated by the channel's schema, if it has one. */
  async sendUnknown(id: string, payload: unknown, options?: SendOptions): Promise<void> {
    this.running().require(id)
    const { schemas } = this.app
    const schema = Object.hasOwn(schemas, id) ? schemas[id] : undefined
    if (!isDraft(payload)) return this.send(id, await validate(schema, payload, id), options)
    return this.send(id, message(await validate(schema, payload.payload, id), payload.headers), options)
  }

  request(
    id: string,
    value: unknown,
    options: { readonly timeout?: number; readonly signal?: AbortSignal } = {},
  ): Promise<Either<unknown, unknown>> {
    try {
      return this.openRequest(this.running().get(id), value, options)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** The request of a source: its message comes from outside too, but the source is there only while the runtime takes messages. */
  ask(
    channel: BoundChannel,
    payload: unknown,
    wish: ReplyWish,
    sent: (sending: void | Promise<void>) => void,
  ): Promise<Either<unknown, Reply>> {
    // With its headers a reply is what `Reply` says.
    return this.openRequest(channel, payload, wish, sent) as Promise<Either<unknown, Reply>>
  }

  private openRequest(
    channel: BoundChannel,
    value: unknown,
    { timeout = this.options.requestTimeout ?? REPLY_TIMEOUT, signal }: ReplyWish,
    sent?: (sending: void | Promise<void>) => void,
  ): Promise<Either<unknown, unknown>> {
    if (!(timeout >= 0)) throw badTimeout(channel.id, timeout)
    const options = {
      kind: 'request',
      channelId: channel.id,
      timeout,
      signal,
      withHeaders: sent !== undefined,
    } as const
    return this.gateway.open(options, (replyTo) => {
      const sending = channel.send(
        this.acceptance.acceptRequest(value, replyTo),
        signal === undefined || signal instanceof LazySignal ? signal : { signal },
      )
      sent?.(sending)
      return sending
    })
  }

  /** The handle of a channel; it can be had before the start, and used after it. */
  channel(id: string): ChannelHandle {
    const known = this.handles.get(id)
    if (known !== undefined) return known
    const handle = channelHandle(this, this.channels.require(id))
    this.handles.set(id, handle)
    return handle
  }

  on<K extends keyof RuntimeEvents>(event: K, listener: (event: RuntimeEvents[K]) => void): () => void {
    return this.events.on(event, listener)
  }

  metrics(): MetricsSnapshot {
    return {
      at: this.clock.now(),
      channels: Object.fromEntries(
        [...this.channels.all].map(({ id, port }) => [id, { ...port.stats, kind: port.spec.kind }]),
      ),
      nodes: Object.fromEntries([...this.counters].map(([id, counter]) => [id, counter.snapshot()])),
      dropped: Object.fromEntries(this.drops),
      deadLetters: this.deadLetters.size,
      openGroups: this.groups.size,
      pendingRequests: this.gateway.pending,
    }
  }

  // What runners and handles ask of it

  channelOf(id: string): BoundChannel {
    return this.channels.get(id)
  }

  /** The channels while messages may come from outside; throws otherwise. */
  running(): Channels {
    if (this.state !== 'running') throw cannotSend(this.state)
    return this.channels
  }

  bury(frame: Frame, error: AlloraError, reason: DeadReason): void {
    const { source, attempt, history, origins } = frame
    const { channelId, flowId } = source
    const failed = failedMessage(error)
    this.park(
      Array.from(origins, (message) => ({
        message,
        ...(failed === undefined ? {} : { failed }),
        reason,
        error,
        channelId,
        flowId,
        nodeId: error.nodeId!,
        attempts: attempt,
        history,
      })),
    )
    frame.gathered?.forget()
  }

  drop(dropped: RuntimeEvents['dropped']): void {
    this.drops.set(dropped.reason, (this.drops.get(dropped.reason) ?? 0) + 1)
    if (this.events.listeners.dropped !== undefined) this.events.emit('dropped', dropped)
  }

  offer(channel: BoundChannel, message: AnyMessage, failed: (error: unknown) => void): boolean {
    if (channel.synchronous) return channel.trySend(message)
    channel.send(message)?.catch(failed)
    return true
  }

  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = this.clock.schedule(milliseconds, () => {
        this.sleeping.delete(timer)
        resolve()
      })
      this.sleeping.add(timer)
    })
  }

  noteAborted(frame: Frame): void {
    const { source, at, origins } = frame
    for (const message of origins) {
      this.aborted.push({
        messageId: message.id,
        channelId: source.channelId,
        flowId: source.flowId,
        ...(at === undefined ? {} : { nodeId: at.id }),
        state: 'aborted',
        age: this.clock.now() - message.timestamp,
      })
    }
  }

  private expire(channelId: string, message: AnyMessage, consumer: string | undefined): void {
    this.channels.get(channelId).announce(message)
    const error = expired(channelId, message.id)
    const flowId = consumer === undefined ? undefined : this.consumers.flowOf(channelId, consumer)
    const flow = flowId === undefined ? undefined : { flowId }
    this.park([{ message, reason: 'expired', error, channelId, ...flow, attempts: 0, history: [] }])
    this.gateway.fail(message.headers.replyTo, { kind: 'defect', cause: error }, error)
    this.activity.touch()
  }

  private park(deaths: readonly Death[]): void {
    for (const letter of this.deadLetters.take(deaths, this.clock.now())) this.events.emit('dead', letter)
  }
}
