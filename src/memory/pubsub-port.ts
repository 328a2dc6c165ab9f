/** `pubsub`: every subscriber gets every message, each through a mailbox of its own. */
import type { AlloraError } from '../errors/allora-error.ts'
import type { ChannelSpec } from '../graph/graph.ts'
import type {
  AnyMessage,
  ConsumeOptions,
  Consumer,
  Leftover,
  SendOptions,
  Subscription,
  TakeAtOnce,
  TransportEnv,
} from '../transport/transport.ts'
import { capacityOf, droppingOf } from './capacity.ts'
import { Handling } from './handling.ts'
import { LinkedList } from './linked-list.ts'
import type { MailboxDelivery } from './mailbox-delivery.ts'
import type { MailboxOwner } from './mailbox.ts'
import { MemoryPort } from './memory-port.ts'
import { FIFO, mayExpire } from './message-order.ts'
import { closedUnhandled, full, noSubscriber } from './refusals.ts'
import { type Crowd, SubscriberMailbox } from './subscriber-mailbox.ts'
import { ignore } from './waiter.ts'

/**
 * A channel to all. A message is accepted by all subscribers or by none: with `overflow: 'wait'` a sender waits until each has room for it.
 * A subscriber that has credit and no backlog is called in the sender's stack. Counts are of copies: n subscribers make n of each message;
 * a message without a subscriber is accepted once and dropped once, and so is each copy that a stopping subscriber leaves behind.
 */
export class PubsubPort extends MemoryPort implements MailboxOwner {
  /** Replaced rather than changed: a subscriber may come or go while a message is on its way to all. */
  private mailboxes: readonly SubscriberMailbox[] = []
  private readonly crowd: Crowd = { full: 0, stirs: 0 }
  /** At this many stirs all were idle. */
  private calmAt = 0
  /** What the subscribers take messages with while all are idle, in the order of their mailboxes. */
  private lane: readonly TakeAtOnce[] | undefined = undefined
  /** The mailboxes of a lane along which a message is on its way, and the place of the one whose consumer is being called. */
  private called: readonly SubscriberMailbox[] | undefined = undefined
  private place = 0
  private readonly handlings = new LinkedList<Handling>()
  private readonly capacity: number
  private readonly drop: 'dropOldest' | 'dropNewest' | undefined
  private readonly minSubscribers: number
  /** A sender waits until all have handled its message. */
  private readonly awaitsHandling: boolean

  constructor(spec: ChannelSpec, env: TransportEnv) {
    super(spec, env)
    this.capacity = capacityOf(spec)
    this.drop = droppingOf(spec)
    this.minSubscribers = spec.minSubscribers ?? 0
    this.awaitsHandling = spec.await === 'handled'
  }

  override consume(options: ConsumeOptions, consumer: Consumer): Subscription {
    const mailbox = new SubscriberMailbox(
      {
        channelId: this.spec.id,
        owner: this,
        env: this.env,
        counts: this.stats,
        order: FIFO,
        capacity: this.capacity,
        drop: this.drop,
        inline: true,
        subscriber: options.name,
      },
      this.crowd,
    )
    const subscription = mailbox.consume(options, this.awaitsHandling ? watched(consumer) : consumer)
    this.mailboxes = [...this.mailboxes, mailbox]
    this.lane = undefined
    this.crowd.stirs++
    this.admit()
    return subscription
  }

  override shutDown(): Leftover[] {
    this.close()
    const left = this.mailboxes.flatMap((mailbox) => mailbox.shutDown())
    for (const handling of this.handlings.toArray()) handling.reject(closedUnhandled(this.spec))
    return left
  }

  stopped(mailbox: SubscriberMailbox): void {
    this.mailboxes = this.mailboxes.filter((other) => other !== mailbox)
    this.lane = undefined
    this.crowd.stirs++
    mailbox.retire()
    this.admit()
  }

  protected override admits(): boolean {
    if (this.mailboxes.length < this.minSubscribers) return false
    if (this.drop !== undefined) return true
    return this.crowd.full === 0
  }

  protected override refusal(message: AnyMessage): AlloraError | undefined {
    if (this.mailboxes.length < this.minSubscribers) return noSubscriber(this.spec, message, this.mailboxes.length)
    return this.spec.overflow === 'reject' ? full(this.spec, message, this.capacity) : undefined
  }

  protected override accept(message: AnyMessage, options: SendOptions | undefined): void | Promise<void> {
    if (this.mailboxes.length === 0) return this.dropUnheard(message)
    if (this.called !== undefined) this.leaveLane(this.called[this.place]!)
    const delay = options?.delay ?? 0
    if (this.awaitsHandling) {
      const handling = this.handling(options)
      for (const mailbox of this.mailboxes) mailbox.accept(message, delay, handling)
      return handling.promise
    }
    if (delay > 0 || mayExpire(message)) {
      for (const mailbox of this.mailboxes) mailbox.accept(message, delay)
      return
    }
    const { stirs } = this.crowd
    if (stirs === this.calmAt) {
      this.lane ??= this.mailboxes.map(({ atOnce }) => atOnce!)
      return this.passAlong(this.lane, stirs, message)
    }
    this.pass(message, this.mailboxes, 0, undefined)
    if (this.crowd.stirs === stirs) this.calmAt = stirs
  }

  private pass(
    message: AnyMessage,
    mailboxes: readonly SubscriberMailbox[],
    first: number,
    unused: MailboxDelivery | undefined,
  ): void {
    let spare = unused
    for (let i = first; i < mailboxes.length; i++) spare = mailboxes[i]!.pass(message, spare)
  }

  /** Calls one idle consumer after the other, and touches no mailbox as long as nothing else happens. */
  private passAlong(lane: readonly TakeAtOnce[], stirs: number, message: AnyMessage): void {
    const { mailboxes, crowd, stats } = this
    this.called = mailboxes
    stats.inFlight++
    for (let i = 0; i < lane.length; i++) {
      this.place = i
      stats.accepted++
      const rest = lane[i]!(message)
      if (rest !== undefined || crowd.stirs !== stirs) {
        this.leaveLane(mailboxes[i]!)
        return this.pass(message, mailboxes, i + 1, mailboxes[i]!.took(message, rest, undefined))
      }
      stats.settled++
    }
    stats.inFlight--
    this.called = undefined
  }

  /** Has the subscriber whose consumer is being called look like one that was called beside the lane. */
  private leaveLane(called: SubscriberMailbox): void {
    this.called = undefined
    this.crowd.stirs++
    called.line.busy = true
  }

  private handling(options: SendOptions | undefined): Handling {
    const handling = new Handling(this.spec.id, this.mailboxes.length)
    this.handlings.push(handling)
    const { signal } = options ?? {}
    return signal === undefined ? handling : handling.limit(this.env.clock, { signal }, ignore)
  }

  private dropUnheard(message: AnyMessage): void {
    this.stats.accepted++
    this.stats.dropped++
    this.env.onDropped(this.spec.id, message, 'no-subscriber')
  }
}

/** The same consumer, with its end and its failures told to the sender that waits for them. A redelivered message counts by its last delivery. */
function watched(consumer: Consumer): Consumer {
  return async (delivery) => {
    const { handling } = delivery as MailboxDelivery
    handling!.started()
    try {
      await consumer(delivery)
    } catch (failure) {
      if ((delivery as MailboxDelivery).state !== 'returned') handling!.failed(failure)
    }
    handling!.ended()
  }
}
