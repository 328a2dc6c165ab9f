/** Who waits for the messages of a mailbox: takers, for one each, and consumers, as long as they have credit. */
import { retain } from '../message/retain.ts'
import { type Linked, isLinked } from './linked-list.ts'
import type { MailboxDelivery } from './mailbox-delivery.ts'
import { Waiter } from './waiter.ts'

/** Somebody in a line. */
export interface Receiver extends Linked<Receiver> {
  /** How many messages it would take now. */
  readonly demand: number
  /** Whether `receive` runs code of the user, which a queue does not do in the sender's stack. */
  readonly calls: boolean
  /** Takes a delivery that was just handed out. */
  receive(delivery: MailboxDelivery): void
  /** The channel closes: a taker waits in vain, a consumer may still get what is buffered. */
  dismiss(reason: () => unknown): void
}

/** Waits for one message. */
export class Taker<T> extends Waiter<T | undefined, Receiver> implements Receiver {
  readonly demand = 1
  readonly calls = false
  private readonly accept: (delivery: MailboxDelivery) => T

  constructor(accept: (delivery: MailboxDelivery) => T) {
    super()
    this.accept = accept
  }

  receive(delivery: MailboxDelivery): void {
    this.resolve(this.accept(delivery))
  }

  dismiss(reason: () => unknown): void {
    this.reject(reason())
  }

  static {
    retain(new Taker(() => undefined))
  }
}

/** Gives a delivery to somebody who may have left while expired messages were dealt with: then it keeps its place. */
export function hand(delivery: MailboxDelivery, receiver: Receiver): void {
  if (isLinked(receiver)) receiver.receive(delivery)
  else delivery.nack()
}
