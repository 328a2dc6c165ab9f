/** One stay of a message in a mailbox: its place in the order, its attempt, its key. */
import type { AnyMessage, Settlement } from '../transport/transport.ts'
import { retain } from '../message/retain.ts'
import type { Handling } from './handling.ts'
import { MemoryDelivery } from './memory-delivery.ts'

/** The mailbox, as its deliveries see it. */
export interface DeliveryOwner {
  settle(delivery: MailboxDelivery, as: Settlement): void
  giveBack(delivery: MailboxDelivery, delay: number): void
}

/** Whose credit a delivery uses up until it is settled. */
export interface CreditHolder {
  release(): void
}

/**
 * A message of a plain queue gets one when it is handed out. Where the order is not that of arrival (priority, redelivery, correlation,
 * delay) it has one while it is buffered, too.
 */
export class MailboxDelivery extends MemoryDelivery {
  readonly message: AnyMessage
  readonly attempt: number
  state: MemoryDelivery['state'] = 'buffered'
  before: MemoryDelivery | undefined = undefined
  after: MemoryDelivery | undefined = undefined
  /** Place in the order of arrival. */
  sequence: number
  /** The key that it has in work, or is held back for; `undefined` = none. */
  key: unknown = undefined
  /** Who waits for the handling of a `pubsub` message. */
  handling: Handling | undefined = undefined
  holder: CreditHolder | undefined = undefined
  private owner: DeliveryOwner

  constructor(owner: DeliveryOwner, message: AnyMessage, attempt: number, sequence: number) {
    super()
    this.message = message
    this.attempt = attempt
    this.owner = owner
    this.sequence = sequence
  }

  /** Only a direct channel hands over in the sender's own context. */
  get signal(): undefined {
    return undefined
  }

  /** Whether it is with somebody who has to settle it. */
  get isOut(): boolean {
    return this.state === 'out'
  }

  /** Whether it is settled, for good. */
  get isDone(): boolean {
    return this.state === 'done'
  }

  /** Whether it is no longer in the mailbox. */
  get gone(): boolean {
    return this.state !== 'buffered' && this.state !== 'held'
  }

  /** Stands for another stay of the same message, where all that knew of this one have forgotten it. */
  reuse(owner: DeliveryOwner, sequence: number): this {
    this.owner = owner
    this.sequence = sequence
    return this
  }

  /** The stay that follows this one, at the same place and with the same key. */
  next(attempt: number): MailboxDelivery {
    const next = new MailboxDelivery(this.owner, this.message, attempt, this.sequence)
    next.key = this.key
    next.handling = this.handling
    return next
  }

  protected override settled(as: Settlement): void {
    this.owner.settle(this, as)
  }

  protected override returned(delay: number): void {
    this.owner.giveBack(this, delay)
  }

  static {
    retain(new MailboxDelivery(undefined as never, undefined as never, 1, 0))
  }
}
