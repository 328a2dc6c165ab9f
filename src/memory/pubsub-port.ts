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
import { type Fullness, SubscriberMailbox } from './subscriber-mailbox.ts'
import { ignore } from './waiter.ts'

/**
 * A channel to all. A message is accepted by all subscribers or by none: with `overflow: 'wait'` a sender waits until each has room for it.
 * A subscriber that has credit and no backlog is called in the sender's stack. Counts are of copies: n subscribers make n of each message;
 * a message without a subscriber is accepted once and dropped once, and so is each copy that a stopping subscriber leaves behind.
 */
export class PubsubPort extends MemoryPort implements MailboxOwner {
  /** Replaced rather than changed: a subscriber may come or go while a message is on its way to all. */
  private mailboxes: readonly SubscriberMailbox[] = []
  private readonly fullness: Fullness = { full: 0 }
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
      this.fullness,
    )
    const subscription = mailbox.consume(options, this.awaitsHandling ? watched(consumer) : consumer)
    this.mailboxes = [...this.mailboxes, mailbox]
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
    mailbox.retire()
    this.admit()
  }

  protected override admits(): boolean {
    if (this.mailboxes.length < this.minSubscribers) return false
    if (this.drop !== undefined) return true
    return this.fullness.full === 0
  }

  protected override refusal(message: AnyMessage): AlloraError | undefined {
    if (this.mailboxes.length < this.minSubscribers) return noSubscriber(this.spec, message, this.mailboxes.length)
    return this.spec.overflow === 'reject' ? full(this.spec, message, this.capacity) : undefined
  }

  protected override accept(message: AnyMessage, options: SendOptions | undefined): void | Promise<void> {
    if (this.mailboxes.length === 0) return this.dropUnheard(message)
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
    let spare: MailboxDelivery | undefined
    for (const mailbox of this.mailboxes) spare = mailbox.pass(message, spare)
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
