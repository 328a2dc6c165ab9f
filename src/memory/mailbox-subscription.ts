/** A consumer of a mailbox: in its line whenever it has credit, is not paused and not stopped. */
import { InvalidOptionError } from '../errors/channel-errors.ts'
import type { AnyMessage, ConsumeOptions, Consumer, Subscription } from '../transport/transport.ts'
import { isLinked, unlink } from './linked-list.ts'
import type { CreditHolder, MailboxDelivery } from './mailbox-delivery.ts'
import type { ReceiverLine } from './receiver-line.ts'
import type { Receiver } from './receiver.ts'
import { ignore } from './waiter.ts'

/** The mailbox, as its consumers see it. */
export interface ConsumerHost {
  readonly channelId: string
  readonly line: ReceiverLine
  /** Adds somebody who can take messages. */
  join(receiver: Receiver): void
  /** This consumer takes no more for now. */
  departed(): void
  /** This consumer gets nothing more. */
  stopped(subscription: MailboxSubscription): void
}

/** See {@link Subscription}. */
export class MailboxSubscription implements Subscription, Receiver, CreditHolder {
  readonly calls = true
  readonly options: ConsumeOptions
  readonly forgets: boolean
  before: Receiver | undefined = undefined
  after: Receiver | undefined = undefined
  private readonly mailbox: ConsumerHost
  readonly consumer: Consumer
  readonly atOnce: ConsumeOptions['atOnce']
  private granted: number
  private unsettled = 0
  private paused = false
  private stopped = false

  constructor(mailbox: ConsumerHost, options: ConsumeOptions, consumer: Consumer) {
    this.mailbox = mailbox
    this.options = options
    this.forgets = options.forgets === true
    this.consumer = consumer
    this.atOnce = options.atOnce
    this.granted = this.checked(options.credit ?? 1)
  }

  get credit(): number {
    return this.granted
  }

  set credit(credit: number) {
    this.granted = this.checked(credit)
    this.update()
  }

  get demand(): number {
    const demand = this.granted - this.unsettled
    return demand < 0 || this.paused || this.stopped ? 0 : demand
  }

  pause(): void {
    this.paused = true
    this.update()
  }

  resume(): void {
    this.paused = false
    this.update()
  }

  stop(): void {
    this.halt()
    this.mailbox.stopped(this)
  }

  /** Stops without telling the channel. */
  halt(): void {
    this.stopped = true
    this.update()
  }

  release(): void {
    this.unsettled--
    this.update()
  }

  receive(delivery: MailboxDelivery, consumer: Consumer = this.consumer): void {
    delivery.holder = this
    this.unsettled++
    try {
      consumer(delivery)?.catch(ignore)
    } catch {
      // Told to nobody, as the contract of consumers says: nobody waits.
    }
    // Last, because a consumer that settles at once is where it was.
    this.mailbox.line.giveWay(this)
  }

  dismiss(): void {}

  /** Whether it is in the line. */
  get waits(): boolean {
    return isLinked(this)
  }

  /** Takes a message without a delivery, if it can; gives the consumer to be called with one otherwise. */
  take(message: AnyMessage): Consumer | undefined {
    return this.atOnce === undefined ? this.consumer : this.atOnce(message)
  }

  /** Enters or leaves the line. */
  update(): void {
    if (this.demand === 0) {
      unlink(this)
      this.mailbox.departed()
    } else if (!isLinked(this)) this.mailbox.join(this)
  }

  private checked(credit: number): number {
    if (credit === Infinity || (Number.isInteger(credit) && credit > 0)) return credit
    throw new InvalidOptionError(
      `The credit of ${this.options.name} on channel "${this.mailbox.channelId}" must be a whole number of at least 1, or Infinity, but it is ${credit}. To stop deliveries for a while, call pause().`,
      { channelId: this.mailbox.channelId },
    )
  }
}
