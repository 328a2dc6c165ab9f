/** The mailbox of one subscriber of a `pubsub` channel: it has one consumer, which takes messages in the sender's stack while it is idle. */
import type { AnyMessage, ConsumeOptions, Consumer, TakeAtOnce } from '../transport/transport.ts'
import type { MailboxDelivery } from './mailbox-delivery.ts'
import type { MailboxSubscription } from './mailbox-subscription.ts'
import { Mailbox, type MailboxSetup } from './mailbox.ts'

/** What the mailboxes of a channel know together: kept as it changes, since a sender cannot look at each. */
export interface Crowd {
  /** How many are full. */
  full: number
  /** How often something happened after which one might not be idle any more. */
  stirs: number
}

/** See {@link Mailbox}. */
export class SubscriberMailbox extends Mailbox {
  private readonly crowd: Crowd
  private consumer!: MailboxSubscription

  constructor(setup: MailboxSetup, crowd: Crowd) {
    super(setup)
    this.crowd = crowd
  }

  override consume(options: ConsumeOptions, consumer: Consumer): MailboxSubscription {
    if (options.atOnce === undefined) this.crowd.stirs++
    return (this.consumer = super.consume(options, consumer))
  }

  /** What its consumer takes messages with, if it has no need of deliveries. */
  get atOnce(): TakeAtOnce | undefined {
    return this.consumer.atOnce
  }

  /**
   * Takes in a message of which nothing has to be known: no delay, no expiry, nobody who waits for the handling. An idle consumer takes it at
   * once, with the `spare` delivery if there is one. What can be used for the same message again is given back.
   */
  pass(message: AnyMessage, spare: MailboxDelivery | undefined): MailboxDelivery | undefined {
    const { line, counts, consumer } = this
    if (line.busy || !consumer.waits || this.store.selective || this.full) {
      this.accept(message)
      return spare
    }
    counts.accepted++
    counts.inFlight++
    line.busy = true
    return this.took(message, consumer.take(message), spare)
  }

  /** Goes on after the call of its consumer, by which the message is settled if there is no `rest`. */
  took(
    message: AnyMessage,
    rest: Consumer | undefined,
    spare: MailboxDelivery | undefined,
  ): MailboxDelivery | undefined {
    const { line, counts } = this
    let unused = spare
    if (rest === undefined) {
      counts.inFlight--
      counts.settled++
    } else {
      this.crowd.stirs++
      unused = this.deliver(this.store.placePlain(message, spare), rest)
    }
    line.busy = false
    if (this.size > 0) this.goOn()
    return unused
  }

  override departed(): void {
    this.crowd.stirs++
  }

  /** Gives up what is in here and takes nothing back any more: its consumer is gone. */
  retire(): void {
    if (!this.retired && this.full) this.crowd.full--
    this.retired = true
    this.purge(() => true, 'no-subscriber')
  }

  protected override enter(): void {
    super.enter()
    this.crowd.stirs++
    if (this.size === this.capacity && !this.retired) this.crowd.full++
  }

  protected override leave(): void {
    if (this.size === this.capacity && !this.retired) this.crowd.full--
    super.leave()
  }

  /** Something came while its consumer was called, or waits for a delay. */
  private goOn(): void {
    this.crowd.stirs++
    this.line.serve()
  }

  /** Hands out a delivery that may be settled in the call; gives it back when it is, and nobody knows of it any more. */
  private deliver(delivery: MailboxDelivery, consumer: Consumer): MailboxDelivery | undefined {
    delivery.state = 'out'
    this.consumer.receive(delivery, consumer)
    if (delivery.isOut) this.unsettled.add(delivery)
    return delivery.isDone && this.consumer.forgets ? delivery : undefined
  }
}
