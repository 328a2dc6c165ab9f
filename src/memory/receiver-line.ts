/** The line in which takers and consumers wait for the messages of a mailbox: whoever came first is served first. */
import { LinkedList, unlink } from './linked-list.ts'
import type { MailboxDelivery } from './mailbox-delivery.ts'
import { type Receiver, type Taker, hand } from './receiver.ts'

/** Where the messages come from. */
export interface Supply {
  /** Messages that can be had, as far as is known. */
  readonly ready: number
  /** Hands out the next message; `undefined` when none can be had after all. */
  next(): MailboxDelivery | undefined
  /** Messages went out: lets waiting senders in. */
  admit(): void
}

/** Serves takers at once, and consumers in a microtask, or at once when they are called `inline`. */
export class ReceiverLine extends LinkedList<Receiver> {
  /** Somebody is being served: whoever else comes meanwhile is served after that. */
  busy = false
  private readonly supply: Supply
  private readonly inline: boolean
  private waitingTakers = 0
  private scheduled = false
  /** There once somebody consumed. */
  private pump: (() => void) | undefined = undefined

  constructor(supply: Supply, inline: boolean) {
    super()
    this.supply = supply
    this.inline = inline
  }

  get hasTakers(): boolean {
    return this.waitingTakers > 0
  }

  get isEmpty(): boolean {
    return this.first === undefined
  }

  pushTaker<T>(taker: Taker<T>): void {
    this.waitingTakers++
    taker.left = () => this.waitingTakers--
    this.push(taker)
  }

  /** Puts a receiver that was served behind all others, or out of the line when it takes no more for now. */
  giveWay(receiver: Receiver): void {
    const more = receiver.demand > 0
    if (more && this.isLast(receiver)) return
    unlink(receiver)
    if (more) this.push(receiver)
  }

  /** Whether all together would take more than this many messages. */
  demands(count: number): boolean {
    let demand = 0
    for (let receiver = this.first; receiver !== undefined && demand <= count; receiver = this.next(receiver)) {
      demand += receiver.demand
    }
    return demand > count
  }

  /** Serves the line as far as it may. A call from within is left to the loop outside. */
  serve(mayCall: boolean = this.inline): void {
    if (this.busy) return
    this.busy = true
    while (this.supply.ready > 0) {
      const receiver = this.first
      if (receiver === undefined) break
      if (receiver.calls && !mayCall) {
        this.schedule()
        break
      }
      const delivery = this.supply.next()
      if (delivery !== undefined) hand(delivery, receiver)
      const { ready } = this.supply
      this.supply.admit()
      // What is left cannot be had: held back by its key, or expired and not to be got rid of.
      if (delivery === undefined && this.supply.ready === ready) break
    }
    this.busy = false
  }

  /** One microtask for a burst of messages. */
  private schedule(): void {
    if (this.scheduled) return
    this.scheduled = true
    queueMicrotask((this.pump ??= () => this.serveLater()))
  }

  private serveLater(): void {
    this.scheduled = false
    this.serve(true)
  }
}
