/** `direct`: hands a message to one consumer in the sender's own stack, and the sender waits for what comes of it. */
import type { AlloraError } from '../errors/allora-error.ts'
import type { ChannelSpec } from '../graph/graph.ts'
import { DoubleConsumerError } from '../errors/channel-errors.ts'
import { HandlersFailedError } from '../errors/handling-errors.ts'
import type {
  AnyMessage,
  ConsumeOptions,
  Consumer,
  Leftover,
  SendOptions,
  Settlement,
  Subscription,
  TellSettled,
  TransportEnv,
} from '../transport/transport.ts'
import { retain } from '../message/retain.ts'
import { DelayedDeliveries } from './delayed-deliveries.ts'
import { DirectSubscription } from './direct-subscription.ts'
import { leftovers } from './leftovers.ts'
import { LinkedSet, unlink } from './linked-list.ts'
import { MemoryDelivery } from './memory-delivery.ts'
import { MemoryPort } from './memory-port.ts'
import { isExpired, mayExpire } from './message-order.ts'
import { closedUnhandled, expiredAndParked, expiredAndRefused, noSubscriber } from './refusals.ts'
import { Waiter, ignore } from './waiter.ts'

/** A delivery whose sender is there. */
class DirectDelivery extends MemoryDelivery {
  readonly message: AnyMessage
  readonly attempt: number
  /** What its sender said. */
  readonly options: SendOptions | undefined
  state: MemoryDelivery['state'] = 'buffered'
  before: MemoryDelivery | undefined = undefined
  after: MemoryDelivery | undefined = undefined
  /** Set when it does not come at once (a delay, a redelivery): what its sender waits for. */
  outcome: Waiter<void> | undefined = undefined
  /** Set when it was given back: what its sender waits for instead. */
  again: Promise<void> | undefined = undefined
  protected readonly port: DirectPort

  constructor(port: DirectPort, message: AnyMessage, attempt: number, options: SendOptions | undefined) {
    super()
    this.port = port
    this.message = message
    this.attempt = attempt
    this.options = options
  }

  get signal(): AbortSignal | undefined {
    return this.options?.signal
  }

  /** The delivery that follows this one. */
  next(): DirectDelivery {
    return new DirectDelivery(this.port, this.message, this.attempt + 1, this.options)
  }

  protected override settled(as: Settlement): void {
    this.port.settle(this, as)
  }

  protected override returned(delay: number): void {
    this.port.giveBack(this, delay)
  }

  static {
    retain(new DirectDelivery(undefined as never, undefined as never, 1, undefined))
  }
}

/** A delivery in failover. Given back, it starts anew with the first consumer; failed, it goes to the next. */
class FailoverDelivery extends DirectDelivery {
  /** Who has it. */
  holder: DirectSubscription | undefined = undefined
  /** Who has failed it, and with what. */
  tried: readonly DirectSubscription[] = []
  failures: readonly unknown[] = []

  override next(): FailoverDelivery {
    return new FailoverDelivery(this.port, this.message, this.attempt + 1, this.options)
  }

  passOn(failure: unknown): boolean {
    return this.state === 'out' && this.port.passOn(this, failure)
  }
}

/**
 * A channel without a buffer. While all its consumers are paused, senders wait as at a full queue. A message that is nacked goes to a
 * consumer again, and its sender goes on waiting: the result of the last delivery counts. With `dispatch: 'failover'` a consumer passes
 * on what it fails, or fails without having settled it, and the next one is called.
 */
export class DirectPort extends MemoryPort {
  private readonly failover: boolean
  private readonly roundRobin: boolean
  private consumers: readonly DirectSubscription[] = []
  /** The consumers that are not paused. */
  private active: readonly DirectSubscription[] = []
  /** The one that is not paused, if there is one and nobody takes turns: most channels have no other. */
  private only: DirectSubscription | undefined = undefined
  private turn = 0
  private ended = false
  private readonly unsettled = new LinkedSet<MemoryDelivery>()
  /** There once something had to come later. */
  private delayed: DelayedDeliveries<DirectDelivery> | undefined = undefined
  /** Accepted messages whose time has come. */
  private readonly ready: DirectDelivery[] = []

  constructor(spec: ChannelSpec, env: TransportEnv) {
    super(spec, env)
    this.failover = spec.dispatch === 'failover'
    this.roundRobin = spec.dispatch === 'roundRobin'
  }

  override consume(options: ConsumeOptions, consumer: Consumer): Subscription {
    const { name } = options
    const [first] = this.consumers
    if (first !== undefined && this.spec.dispatch === undefined) {
      throw new DoubleConsumerError(
        `Channel "${this.spec.id}" is direct and has one consumer already, ${first.name}, so ${name} cannot consume from it. Set dispatch: 'roundRobin' or 'failover' to share it, or make it a pubsub channel to give both every message.`,
        { channelId: this.spec.id },
      )
    }
    const acksOnly = options.acksOnly === true && !this.failover
    const subscription = new DirectSubscription({ ...options, acksOnly }, consumer, this)
    this.update([...this.consumers, subscription])
    return subscription
  }

  changed(): void {
    this.update(this.consumers)
  }

  protected override end(): Leftover[] {
    this.ended = true
    this.consumers = this.active = []
    this.only = undefined
    this.delayed?.cancel()
    const delayed = this.delayed?.toArray() ?? []
    const ready = this.ready.splice(0)
    for (const { outcome } of [...delayed, ...ready]) outcome!.reject(closedUnhandled(this.spec))
    return leftovers(this.spec.id, this.env.clock.now(), {
      buffered: ready,
      delayed,
      unsettled: this.unsettled.toArray(),
    })
  }

  settle(delivery: DirectDelivery, as: Settlement): void {
    unlink(delivery)
    this.stats.inFlight--
    this.stats[as]++
  }

  giveBack(delivery: DirectDelivery, delay: number): void {
    unlink(delivery)
    this.stats.inFlight--
    delivery.again = this.handLater(delivery.next(), this.ended ? 0 : delay)
  }

  /** Lets the next consumer try a message that the one who has it failed. False when each has tried. */
  passOn(delivery: FailoverDelivery, failure: unknown): boolean {
    const tried = [...delivery.tried, delivery.holder!]
    if (this.active.every((consumer) => tried.includes(consumer))) return false
    unlink(delivery)
    this.stats.inFlight--
    delivery.state = 'returned'
    const next = delivery.next()
    next.tried = tried
    next.failures = [...delivery.failures, failure]
    delivery.again = this.handLater(next, 0)
    return true
  }

  protected override admits(): boolean {
    return this.only !== undefined || this.active.length > 0
  }

  protected override refusal(message: AnyMessage): AlloraError | undefined {
    return this.consumers.length === 0 ? noSubscriber(this.spec, message) : undefined
  }

  protected override accept(message: AnyMessage, options: SendOptions | undefined): void | Promise<void> {
    this.stats.accepted++
    const delay = options?.delay ?? 0
    if (this.failover) {
      const delivery = new FailoverDelivery(this, message, 1, options)
      return delay > 0 ? this.handLater(delivery, delay) : this.hand(delivery)
    }
    if (delay > 0) return this.handLater(new DirectDelivery(this, message, 1, options), delay)
    if (mayExpire(message)) return this.hand(new DirectDelivery(this, message, 1, options))
    return this.handAtOnce(message, options)
  }

  /** Hands over a message of which nothing has to be known: it needs a delivery only if it is not settled with that. */
  private handAtOnce(message: AnyMessage, options: SendOptions | undefined): void | Promise<void> {
    const { stats } = this
    const subscription = this.turnOf()
    let { consumer } = subscription
    if (subscription.atOnce !== undefined) {
      stats.inFlight++
      const rest = subscription.atOnce(message, options, this.tellSettled)
      if (typeof rest === 'object') return rest
      stats.inFlight--
      if (rest === undefined) {
        stats.settled++
        return
      }
      consumer = rest
    }
    return this.call(new DirectDelivery(this, message, 1, options), consumer, subscription.acksOnly)
  }

  private readonly tellSettled: TellSettled = (as) => {
    this.stats.inFlight--
    this.stats[as]++
  }

  /** Calls the consumer whose turn it is. */
  private hand(delivery: DirectDelivery): void | Promise<void> {
    if (mayExpire(delivery.message) && isExpired(delivery.message, this.env.clock.now())) return this.expire(delivery)
    const { consumer, acksOnly } = this.consumerFor(delivery)
    return this.call(delivery, consumer, acksOnly)
  }

  private call(delivery: DirectDelivery, consumer: Consumer, acksOnly: boolean): void | Promise<void> {
    delivery.state = 'out'
    this.stats.inFlight++
    let running: void | Promise<void>
    try {
      running = consumer(delivery)
    } catch (failure) {
      this.keep(delivery)
      return this.failed(delivery, failure)
    }
    this.keep(delivery)
    if (running === undefined) return delivery.again
    if (acksOnly) return running
    return running.then(
      () => delivery.again,
      (failure: unknown) => this.failed(delivery, failure),
    )
  }

  /** Notes a delivery that was not settled at once. */
  private keep(delivery: DirectDelivery): void {
    if (delivery.state === 'out') this.unsettled.add(delivery)
  }

  private consumerFor(delivery: DirectDelivery): DirectSubscription {
    if (!(delivery instanceof FailoverDelivery)) return this.turnOf()
    const { active } = this
    delivery.holder = active.find((consumer) => !delivery.tried.includes(consumer)) ?? active[0]!
    return delivery.holder
  }

  private turnOf(): DirectSubscription {
    const { only, active } = this
    return only ?? active[this.roundRobin ? this.turn++ % active.length : 0]!
  }

  private failed(delivery: DirectDelivery, failure: unknown): void | Promise<void> {
    if (delivery instanceof FailoverDelivery && delivery.again === undefined) delivery.passOn(failure)
    if (delivery.again !== undefined) return delivery.again
    if (!(delivery instanceof FailoverDelivery) || delivery.failures.length === 0) throw failure
    const failures = [...delivery.failures, failure]
    throw new HandlersFailedError(
      `All ${failures.length} consumers of channel "${this.spec.id}" failed to handle the message. See the errors of this one.`,
      { channelId: this.spec.id, messageId: delivery.message.id, attempt: delivery.attempt, errors: failures },
    )
  }

  /** Its time has passed: it becomes a dead letter, and its sender is told. */
  private expire({ message }: DirectDelivery): never {
    const { id } = this.spec
    try {
      this.env.onExpired(id, message)
    } catch (refusal) {
      this.stats.dropped++
      this.env.onDropped(id, message, 'refused')
      throw expiredAndRefused(id, message, refusal)
    }
    this.stats.expired++
    throw expiredAndParked(id, message)
  }

  /** Keeps an accepted message until the delay is over, or the stack of whoever gave it back. */
  private handLater(delivery: DirectDelivery, delay: number): Promise<void> {
    this.stats.buffered++
    delivery.outcome = new Waiter()
    delivery.outcome.promise.catch(ignore)
    if (delay > 0) {
      this.delayed ??= this.waitingRoom()
      this.delayed.add(delivery, delay)
    } else {
      this.ready.push(delivery)
      queueMicrotask(() => this.handDue())
    }
    return delivery.outcome.promise
  }

  due(delivery: DirectDelivery): void {
    this.ready.push(delivery)
    this.handDue()
  }

  private waitingRoom(): DelayedDeliveries<DirectDelivery> {
    const room = new DelayedDeliveries<DirectDelivery>(this.env.clock, this)
    if (this.ended) room.cancel()
    return room
  }

  /** Hands over what is due, unless all consumers are paused. */
  private handDue(): void {
    while (this.ready.length > 0 && (this.active.length > 0 || this.consumers.length === 0)) {
      const delivery = this.ready.shift()!
      this.stats.buffered--
      try {
        delivery.outcome!.resolve(this.handOrDrop(delivery))
      } catch (failure) {
        delivery.outcome!.reject(failure)
      }
    }
  }

  private handOrDrop(delivery: DirectDelivery): void | Promise<void> {
    if (this.active.length > 0) return this.hand(delivery)
    this.stats.dropped++
    this.env.onDropped(this.spec.id, delivery.message, 'no-subscriber')
    throw noSubscriber(this.spec, delivery.message)
  }

  private update(consumers: readonly DirectSubscription[]): void {
    this.consumers = those(consumers, ({ stopped }) => !stopped)
    this.active = those(this.consumers, ({ paused }) => !paused)
    this.only = this.active.length === 1 && !this.roundRobin ? this.active[0] : undefined
    this.handDue()
    this.admit()
  }
}

/** Mostly all of them: a list that `filter` makes has room for many more. */
const those = <T>(all: readonly T[], are: (one: T) => boolean): readonly T[] => (all.every(are) ? all : all.filter(are))
