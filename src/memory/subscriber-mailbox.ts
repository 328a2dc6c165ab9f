/** The mailbox of one subscriber of a `pubsub` channel: it has one consumer, which takes messages in the sender's stack while it is idle. */
import type { AnyMessage, ConsumeOptions, Consumer } from '../transport/transport.ts'
import type { MailboxDelivery } from './mailbox-delivery.ts'
import type { MailboxSubscription } from './mailbox-subscription.ts'
import { Mailbox, type MailboxSetup } from './mailbox.ts'

/** How many mailboxes of a channel are full: counted as they fill, since a sender cannot look at each. */
export interface Fullness {
  full: number
}

/** See {@link Mailbox}. */
export class SubscriberMailbox extends Mailbox {
  private readonly fullness: Fullness
  private consumer!: MailboxSubscription

  constructor(setup: MailboxSetup, fullness: Fullness) {
    super(setup)
    this.fullness = fullness
  }

  override consume(options: ConsumeOptions, consumer: Consumer): MailboxSubscription {
    return (this.consumer = super.consume(options, consumer))
  }

  /**
   * Takes in a message of which nothing has to be known: no delay, no expiry, nobody who waits for the handling. An idle consumer takes it at
   * once, with the `spare` delivery if there is one. What can be used for the same message again is given back.
   */
  pass(message: AnyMessage, spare: MailboxDelivery | undefined): MailboxDelivery | undefined {
    const { line, counts, consumer } = this
    // What waits for a delay may fill it while its consumer is idle.
    if (line.busy || !consumer.waits || this.store.selective || this.full) {
      this.accept(message)
      return spare
    }
    counts.accepted++
    counts.inFlight++
    line.busy = true
    const rest = consumer.take(message)
    let unused = spare
    if (rest === undefined) {
      counts.inFlight--
      counts.settled++
    } else {
      unused = this.deliver(this.store.placePlain(message, spare), rest)
    }
    line.busy = false
    if (this.size > 0) line.serve()
    return unused
  }

  /** Gives up what is in here and takes nothing back any more: its consumer is gone. */
  retire(): void {
    if (!this.retired && this.full) this.fullness.full--
    this.retired = true
    this.purge(() => true, 'no-subscriber')
  }

  protected override enter(): void {
    super.enter()
    if (this.size === this.capacity && !this.retired) this.fullness.full++
  }

  protected override leave(): void {
    if (this.size === this.capacity && !this.retired) this.fullness.full--
    super.leave()
  }

  /** Hands out a delivery that may be settled in the call; gives it back when it is, and nobody knows of it any more. */
  private deliver(delivery: MailboxDelivery, consumer: Consumer): MailboxDelivery | undefined {
    delivery.state = 'out'
    this.consumer.receive(delivery, consumer)
    if (delivery.isOut) this.unsettled.add(delivery)
    return delivery.isDone && this.consumer.forgets ? delivery : undefined
  }
}
