/** A mailbox: messages on one side, takers and consumers in a line on the other, and deliveries out until they are settled. */
import type {
  AnyMessage,
  ConsumeOptions,
  Consumer,
  Leftover,
  Settlement,
  TakeOptions,
  TransportEnv,
} from '../transport/transport.ts'
import type { Counts } from './counts.ts'
import { type DelayOwner, DelayedDeliveries } from './delayed-deliveries.ts'
import type { Handling } from './handling.ts'
import { leftovers } from './leftovers.ts'
import { LinkedSet, unlink } from './linked-list.ts'
import type { DeliveryOwner, MailboxDelivery } from './mailbox-delivery.ts'
import { type ConsumerHost, MailboxSubscription } from './mailbox-subscription.ts'
import type { MemoryDelivery } from './memory-delivery.ts'
import { type MessageOrder, headersOf, isExpired, mayExpire } from './message-order.ts'
import { MessageStore } from './message-store.ts'
import { ReceiverLine, type Supply } from './receiver-line.ts'
import { type Receiver, Taker, hand } from './receiver.ts'
import { closedForTaking, expiredAndParked, otherKey } from './refusals.ts'
import { mayWait } from './waiter.ts'

/** The channel a mailbox belongs to. */
export interface MailboxOwner {
  /** There may be room, or somebody to receive: let waiting senders in. */
  admit(): void
  /** A consumer has stopped for good. */
  stopped(mailbox: Mailbox): void
}

/** How a mailbox is set up. */
export interface MailboxSetup {
  readonly channelId: string
  readonly owner: MailboxOwner
  readonly env: TransportEnv
  readonly counts: Counts
  readonly order: MessageOrder
  /** 0 = a sender waits for somebody to receive. */
  readonly capacity: number
  /** What to give up when one more message comes; `undefined` = the owner sees to it that there is room. */
  readonly drop: 'dropOldest' | 'dropNewest' | undefined
  /** Whether consumers are called in the sender's stack rather than in a microtask. */
  readonly inline: boolean
  /** Whose copies it holds, when it is one subscriber's. */
  readonly subscriber?: string
}

/** Takes every message it is given: whether one may come is its owner's business. */
export class Mailbox implements DeliveryOwner, DelayOwner<MailboxDelivery>, ConsumerHost, Supply {
  readonly channelId: string
  readonly line: ReceiverLine
  /** Messages in here, delayed and held back ones included. */
  size = 0
  private readonly setup: MailboxSetup
  private readonly owner: MailboxOwner
  protected readonly capacity: number
  protected readonly counts: Counts
  protected readonly store: MessageStore
  private readonly delayed: DelayedDeliveries<MailboxDelivery>
  protected readonly unsettled: LinkedSet<MemoryDelivery> = new LinkedSet()
  /** There once somebody consumed. */
  private consumers: Set<MailboxSubscription> | undefined = undefined
  /** What a caller would take this very moment, without waiting in the line. */
  private asked: TakeOptions | undefined
  private closed = false
  /** Its only consumer is gone: it takes nothing back any more. */
  protected retired: boolean = false

  constructor(setup: MailboxSetup) {
    this.channelId = setup.channelId
    this.setup = setup
    this.owner = setup.owner
    this.capacity = setup.capacity
    this.counts = setup.counts
    this.line = new ReceiverLine(this, setup.inline)
    this.store = new MessageStore(this, setup.order)
    this.delayed = new DelayedDeliveries(setup.env.clock, this)
  }

  get full(): boolean {
    return this.size >= this.capacity
  }

  get ready(): number {
    return this.store.ready
  }

  /** Whether who is served next may depend on the message. */
  get selective(): boolean {
    return this.store.selective || this.asked?.correlationId !== undefined
  }

  /** Whether somebody is there to receive this message now (`rendezvous`). */
  awaits(message: AnyMessage): boolean {
    const { asked, store } = this
    if (store.waiterFor(message) !== undefined) return true
    if (asked?.correlationId !== undefined && asked.correlationId === headersOf(message).correlationId) return true
    if (store.isHeld(message)) return false
    const unasked = asked === undefined || asked.correlationId !== undefined
    return this.line.demands(unasked ? store.ready : store.ready - 1)
  }

  /** Takes a message in. */
  accept(message: AnyMessage, delay = 0, handling?: Handling): void {
    this.counts.accepted++
    this.asked = undefined
    const drop = this.full ? this.setup.drop : undefined
    this.enter()
    if (this.retired) this.giveUp(this.store.place(message, handling), 'no-subscriber')
    else if (drop === 'dropNewest') this.giveUp(this.store.place(message, handling), 'overflow')
    else if (delay > 0) this.delayed.add(this.store.place(message, handling), delay)
    else this.store.add(message, handling)
    if (drop === 'dropOldest') this.dropWeakest()
    this.arrived(message)
  }

  /** The next message, or a promise of it; `accept` makes of it what the caller wants. */
  take<T>(
    options: TakeOptions | undefined,
    accept: (delivery: MailboxDelivery) => T,
  ): T | undefined | Promise<T | undefined> {
    options?.signal?.throwIfAborted()
    const delivery = this.tryTake(options)
    if (delivery !== undefined) return accept(delivery)
    if (!mayWait(options?.timeout)) return undefined
    if (this.closed) throw closedForTaking(this.channelId)
    return this.wait(options ?? NO_OPTIONS, accept)
  }

  tryTake(options: TakeOptions = NO_OPTIONS): MailboxDelivery | undefined {
    // Takers are served in their order, also while a consumer at the head of the line is still to be called.
    if (this.line.hasTakers && options.correlationId === undefined) return undefined
    let delivery = this.next(options.correlationId)
    while (delivery === undefined && this.ask(options)) delivery = this.next(options.correlationId)
    this.stir()
    return delivery
  }

  /** Takes a message and counts it settled at once, in the plain case; see `take` for the others. */
  tryReceive(options: TakeOptions | undefined): AnyMessage | undefined {
    if (this.line.hasTakers || options?.correlationId !== undefined || options?.signal?.aborted === true)
      return undefined
    const message = this.store.takePlain()
    if (message === undefined) return undefined
    this.leave()
    this.counts.settled++
    this.stir()
    return message
  }

  consume(options: ConsumeOptions, consumer: Consumer): MailboxSubscription {
    const subscription = new MailboxSubscription(this, options, consumer)
    if (options.orderBy !== undefined) {
      const ordered = [...(this.consumers ?? [])].some(({ options: { orderBy } }) => orderBy !== undefined)
      if (!this.store.keepOrder(options.orderBy, ordered)) throw otherKey(this.channelId, options.name)
    }
    this.consumers ??= new Set()
    this.consumers.add(subscription)
    subscription.update()
    return subscription
  }

  join(receiver: Receiver): void {
    this.line.push(receiver)
    this.stir()
  }

  departed(): void {}

  stopped(subscription: MailboxSubscription): void {
    this.consumers!.delete(subscription)
    this.owner.stopped(this)
  }

  settle(delivery: MailboxDelivery, as: Settlement): void {
    unlink(delivery)
    this.counts.inFlight--
    this.counts[as]++
    this.finish(delivery)
    delivery.holder?.release()
    this.stir()
  }

  giveBack(delivery: MailboxDelivery, delay: number): void {
    unlink(delivery)
    this.counts.inFlight--
    const next = delivery.next(delivery.attempt + 1)
    this.enter()
    if (this.retired) this.giveUp(next, 'no-subscriber')
    else if (delay > 0) this.delayed.add(next, delay)
    else this.store.putBack(next)
    this.arrived(delivery.message)
    delivery.holder?.release()
  }

  /** Gives up buffered messages and returns them. */
  purge(predicate: (message: AnyMessage) => boolean, reason = 'purged'): readonly AnyMessage[] {
    const delayed = this.delayed.toArray()
    const doomed = new Set(this.store.messages().concat(delayed.map(messageOf)).filter(predicate))
    const removed = this.store.remove((message) => doomed.has(message))
    removed.push(...delayed.filter(({ message }) => doomed.has(message)))
    for (const delivery of removed) {
      this.delayed.remove(delivery)
      this.giveUp(delivery, reason)
    }
    this.stir()
    return removed.map(messageOf)
  }

  /** Sends waiting takers away; what is in here can still be taken and consumed. */
  close(): void {
    this.closed = true
    const reason = (): unknown => closedForTaking(this.channelId)
    for (const receiver of [...this.line.toArray(), ...this.store.waiters()]) receiver.dismiss(reason)
  }

  /** Stops everything that would go on by itself, and names what is left. */
  shutDown(): Leftover[] {
    for (const consumer of this.consumers ?? []) consumer.halt()
    this.delayed.cancel()
    return leftovers(this.channelId, this.setup.env.clock.now(), {
      buffered: this.store.messages().map((message) => ({ message })),
      delayed: this.delayed.toArray(),
      unsettled: this.unsettled.toArray(),
    })
  }

  /** Hands out the next message that has not expired. Whoever calls it lets waiting senders in afterwards. */
  next(correlationId?: string): MailboxDelivery | undefined {
    let delivery = this.store.take(correlationId)
    if (delivery !== undefined && mayExpire(delivery.message)) delivery = this.nextAlive(delivery, correlationId)
    if (delivery === undefined) return undefined
    this.leave()
    return this.handOut(delivery)
  }

  admit(): void {
    this.owner.admit()
  }

  /** Lets waiting senders in, where there is room or because somebody asks (`rendezvous`), and says whether any came. */
  private ask(options: TakeOptions): boolean {
    const { accepted } = this.counts
    this.asked = options
    this.owner.admit()
    this.asked = undefined
    return this.counts.accepted > accepted
  }

  private wait<T>(options: TakeOptions, accept: (delivery: MailboxDelivery) => T): Promise<T | undefined> {
    const taker = new Taker(accept)
    if (options !== NO_OPTIONS) taker.limit(this.setup.env.clock, options, () => taker.resolve(undefined))
    if (options.correlationId !== undefined) {
      this.store.correlations.wait(options.correlationId, taker)
    } else {
      this.line.pushTaker(taker)
      this.stir()
    }
    return taker.promise
  }

  private handOut(delivery: MailboxDelivery): MailboxDelivery {
    delivery.state = 'out'
    this.counts.inFlight++
    this.unsettled.add(delivery)
    return delivery
  }

  /** Passes over expired messages. One that could not be dealt with keeps its place. */
  private nextAlive(first: MailboxDelivery, correlationId: string | undefined): MailboxDelivery | undefined {
    const stuck: MailboxDelivery[] = []
    let delivery: MailboxDelivery | undefined = first
    while (delivery !== undefined && isExpired(delivery.message, this.setup.env.clock.now())) {
      if (!this.expire(delivery)) stuck.push(delivery.next(delivery.attempt))
      delivery = this.store.take(correlationId)
    }
    for (const again of stuck) this.store.putBack(again)
    return delivery
  }

  private expire(delivery: MailboxDelivery): boolean {
    try {
      this.setup.env.onExpired(this.channelId, delivery.message, this.setup.subscriber)
    } catch {
      return false
    }
    this.leave()
    this.counts.expired++
    delivery.handling?.failed(expiredAndParked(this.channelId, delivery.message))
    this.finish(delivery)
    return true
  }

  private dropWeakest(): void {
    const weakest = this.store.takeWeakest() ?? this.delayed.toArray()[0]!
    this.delayed.remove(weakest)
    this.giveUp(weakest, 'overflow')
  }

  private giveUp(delivery: MailboxDelivery, reason: string): void {
    this.leave()
    this.counts.dropped++
    this.finish(delivery)
    this.setup.env.onDropped(this.channelId, delivery.message, reason)
  }

  /** The message will not come again: its key is free, and who waits for its handling has one copy less to wait for. */
  private finish(delivery: MailboxDelivery): void {
    this.store.release(delivery)
    delivery.handling?.ended()
  }

  due(delivery: MailboxDelivery): void {
    // A delayed send has its place from now on, a redelivery the one it had.
    if (delivery.attempt === 1) this.store.add(delivery.message, delivery.handling)
    else this.store.putBack(delivery)
    this.arrived(delivery.message)
  }

  /** A message can be had: whoever waits for it by its correlation comes before the line. */
  private arrived(message: AnyMessage): void {
    const waiter = this.store.waiterFor(message)
    if (waiter !== undefined) {
      const delivery = this.next(headersOf(message).correlationId)
      if (delivery !== undefined) hand(delivery, waiter)
      // A delayed message had room, which it leaves.
      this.admit()
    }
    if (!this.line.isEmpty) this.line.serve()
  }

  private stir(): void {
    this.owner.admit()
    if (!this.line.isEmpty) this.line.serve()
  }

  protected enter(): void {
    this.size++
    this.counts.buffered++
  }

  protected leave(): void {
    this.size--
    this.counts.buffered--
  }
}

const NO_OPTIONS: TakeOptions = {}

const messageOf = ({ message }: MailboxDelivery): AnyMessage => message
