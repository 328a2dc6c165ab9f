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
import { Mailbox, type MailboxOwner } from './mailbox.ts'
import { MemoryPort } from './memory-port.ts'
import { FIFO } from './message-order.ts'
import { closedUnhandled, full, noSubscriber } from './refusals.ts'
import { ignore } from './waiter.ts'

/**
 * A channel to all. A message is accepted by all subscribers or by none: with `overflow: 'wait'` a sender waits until each has room for it.
 * A subscriber that has credit and no backlog is called in the sender's stack. Counts are of copies: n subscribers make n of each message;
 * a message without a subscriber is accepted once and dropped once, and so is each copy that a stopping subscriber leaves behind.
 */
export class PubsubPort extends MemoryPort implements MailboxOwner {
  /** Replaced rather than changed: a subscriber may come or go while a message is on its way to all. */
  private mailboxes: readonly Mailbox[] = []
  private readonly handlings = new LinkedList<Handling>()
  private readonly capacity: number
  private readonly drop: 'dropOldest' | 'dropNewest' | undefined
  private readonly minSubscribers: number

  constructor(spec: ChannelSpec, env: TransportEnv) {
    super(spec, env)
    this.capacity = capacityOf(spec)
    this.drop = droppingOf(spec)
    this.minSubscribers = spec.minSubscribers ?? 0
  }

  override consume(options: ConsumeOptions, consumer: Consumer): Subscription {
    const mailbox = new Mailbox({
      channelId: this.spec.id,
      owner: this,
      env: this.env,
      counts: this.stats,
      order: FIFO,
      capacity: this.capacity,
      drop: this.drop,
      inline: true,
      subscriber: options.name,
    })
    const subscription = mailbox.consume(options, this.spec.await === 'handled' ? watched(consumer) : consumer)
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

  stopped(mailbox: Mailbox): void {
    this.mailboxes = this.mailboxes.filter((other) => other !== mailbox)
    mailbox.retire()
    this.admit()
  }

  protected override admits(): boolean {
    if (this.mailboxes.length < this.minSubscribers) return false
    if (this.drop !== undefined) return true
    return !this.mailboxes.some((mailbox) => mailbox.full)
  }

  protected override refusal(message: AnyMessage): AlloraError | undefined {
    if (this.mailboxes.length < this.minSubscribers) return noSubscriber(this.spec, message, this.mailboxes.length)
    return this.spec.overflow === 'reject' ? full(this.spec, message, this.capacity) : undefined
  }

  protected override accept(message: AnyMessage, options: SendOptions | undefined): void | Promise<void> {
    if (this.mailboxes.length === 0) return this.dropUnheard(message)
    const handling = this.spec.await === 'handled' ? this.handling(options) : undefined
    for (const mailbox of this.mailboxes) mailbox.accept(message, options?.delay, handling)
    return handling?.promise
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
