/** Order per key (`orderBy`): while a message of a key is in work, later ones of that key are held back and others overtake. */
import type { AnyMessage } from '../transport/transport.ts'
import { BinaryHeap } from './binary-heap.ts'
import type { MailboxDelivery } from './mailbox-delivery.ts'

/** What gives the key of a message. */
export type OrderBy = (message: AnyMessage) => unknown

/**
 * One lane for each key that some delivery holds: in work, delayed for redelivery, or next in the channel. The key passes from a message
 * to its own redelivery, and then to the first one held back.
 */
export class KeyLanes {
  readonly orderBy: OrderBy
  private readonly lanes = new Map<unknown, BinaryHeap<MailboxDelivery>>()
  private readonly precedes: (a: MailboxDelivery, b: MailboxDelivery) => boolean

  constructor(orderBy: OrderBy, precedes: (a: MailboxDelivery, b: MailboxDelivery) => boolean) {
    this.orderBy = orderBy
    this.precedes = precedes
  }

  /** Whether no key is held. */
  get idle(): boolean {
    return this.lanes.size === 0
  }

  isHeld(message: AnyMessage): boolean {
    return this.lanes.has(this.keyOf(message))
  }

  /** Gives the delivery its key, or holds it back and returns false. */
  claim(delivery: MailboxDelivery): boolean {
    if (delivery.key !== undefined) return true
    const key = this.keyOf(delivery.message)
    if (key === undefined) return true
    delivery.key = key
    const lane = this.lanes.get(key)
    if (lane === undefined) {
      this.lanes.set(key, new BinaryHeap(this.precedes))
      return true
    }
    delivery.state = 'held'
    lane.push(delivery)
    return false
  }

  /** Takes a key back. Gives the next delivery of that key, which holds it from now on. */
  release(key: unknown): MailboxDelivery | undefined {
    const next = this.lanes.get(key)?.pop()
    if (next === undefined) this.lanes.delete(key)
    else next.state = 'buffered'
    return next
  }

  /** To be called when a delivery that is held back was taken from elsewhere. */
  lost(key: unknown): void {
    this.lanes.get(key)!.lost()
  }

  /** The deliveries held back, in no order. */
  held(): MailboxDelivery[] {
    return [...this.lanes.values()].flatMap((lane) => lane.toArray())
  }

  /** The delivery held back that comes first. */
  first(): MailboxDelivery | undefined {
    let first: MailboxDelivery | undefined
    for (const lane of this.lanes.values()) {
      const candidate = lane.peek()
      if (candidate !== undefined && (first === undefined || this.precedes(candidate, first))) first = candidate
    }
    return first
  }

  /** A message without a key, or whose key cannot be told, keeps no order: it must not stop the channel. */
  private keyOf(message: AnyMessage): unknown {
    try {
      return this.orderBy(message)
    } catch {
      return undefined
    }
  }
}
