/** Buffered messages and waiting takers by `correlationId` (rule C13). */
import type { AnyMessage } from '../transport/transport.ts'
import { BinaryHeap } from './binary-heap.ts'
import { LinkedList } from './linked-list.ts'
import type { MailboxDelivery } from './mailbox-delivery.ts'
import { headersOf } from './message-order.ts'
import type { Receiver, Taker } from './receiver.ts'

/** Made when somebody first asks for a correlation, and kept up to date from then on. */
export class CorrelationIndex {
  private readonly groups = new Map<string, BinaryHeap<MailboxDelivery>>()
  private readonly waiting = new Map<string, LinkedList<Receiver>>()
  private readonly precedes: (a: MailboxDelivery, b: MailboxDelivery) => boolean

  constructor(precedes: (a: MailboxDelivery, b: MailboxDelivery) => boolean) {
    this.precedes = precedes
  }

  add(delivery: MailboxDelivery): void {
    const id = headersOf(delivery.message).correlationId
    if (id === undefined) return
    const group = this.groups.get(id)
    if (group !== undefined) return group.push(delivery)
    const first = new BinaryHeap(this.precedes)
    first.push(delivery)
    this.groups.set(id, first)
  }

  /** To be called when a delivery is `gone`. */
  lost(delivery: MailboxDelivery): void {
    const id = headersOf(delivery.message).correlationId
    const group = id === undefined ? undefined : this.groups.get(id)
    if (group === undefined) return
    group.lost()
    if (group.length === 0) this.groups.delete(id!)
  }

  /** The first delivery of a correlation, left where it is. */
  peek(id: string): MailboxDelivery | undefined {
    return this.groups.get(id)?.peek()
  }

  wait<T>(id: string, taker: Taker<T>): void {
    let line = this.waiting.get(id)
    if (line === undefined) this.waiting.set(id, (line = new LinkedList()))
    line.push(taker)
    taker.left = () => {
      if (line.first === undefined) this.waiting.delete(id)
    }
  }

  /** Who waits first for the correlation of a message. */
  waiter(message: AnyMessage): Receiver | undefined {
    if (this.waiting.size === 0) return undefined
    const id = headersOf(message).correlationId
    return id === undefined ? undefined : this.waiting.get(id)?.first
  }

  waiters(): Receiver[] {
    return [...this.waiting.values()].flatMap((line) => line.toArray())
  }
}
