/** The buffered messages of a mailbox in their order: who comes next, who is held back, who comes again. */
import type { AnyMessage } from '../transport/transport.ts'
import { BinaryHeap } from './binary-heap.ts'
import { CorrelationIndex } from './correlation-index.ts'
import type { Handling } from './handling.ts'
import { KeyLanes, type OrderBy } from './key-lanes.ts'
import { type DeliveryOwner, MailboxDelivery } from './mailbox-delivery.ts'
import { type MessageOrder, mayExpire } from './message-order.ts'
import type { Receiver } from './receiver.ts'
import { RingBuffer } from './ring-buffer.ts'

/**
 * Messages of a plain queue lie in a ring, one slot each. What must not go by arrival lies in a heap before it: messages that came back,
 * those of a priority channel, those found by correlation. Keys in work have lanes for what is held back. So the heap and the lanes always
 * come before the ring.
 */
export class MessageStore {
  private readonly ring = new RingBuffer<AnyMessage>()
  /** There once a message had to lie in it. */
  private heap: BinaryHeap<MailboxDelivery> | undefined = undefined
  /** Whether who is served next may depend on the message. */
  selective = false
  /** There once order per key was asked for. */
  lanes: KeyLanes | undefined
  private index: CorrelationIndex | undefined
  private nextSequence = 0
  private readonly owner: DeliveryOwner
  private readonly order: MessageOrder

  constructor(owner: DeliveryOwner, order: MessageOrder) {
    this.owner = owner
    this.order = order
  }

  /** Messages that are not held back, as far as is known. */
  get ready(): number {
    return this.ring.length + (this.heap?.length ?? 0)
  }

  /** Keeps order by this key from now on. Gives false when that is impossible: another one is held, or `wanted` by somebody. */
  keepOrder(orderBy: OrderBy, wanted: boolean): boolean {
    if (this.lanes?.orderBy === orderBy) return true
    if (this.lanes !== undefined && (wanted || !this.lanes.idle)) return false
    this.lanes = new KeyLanes(orderBy, (a, b) => this.precedes(a, b))
    this.selective = true
    return true
  }

  /** The index by correlation; made at the first call. */
  get correlations(): CorrelationIndex {
    if (this.index !== undefined) return this.index
    const index = new CorrelationIndex((a, b) => this.precedes(a, b))
    for (const delivery of this.deliveries()) index.add(delivery)
    this.index = index
    this.selective = true
    for (let next = this.shiftRing(); next !== undefined; next = this.shiftRing()) this.putBack(next)
    return index
  }

  /** Who waits first for this message by its correlation. */
  waiterFor(message: AnyMessage): Receiver | undefined {
    return this.index?.waiter(message)
  }

  /** Whether the message's key is in work. */
  isHeld(message: AnyMessage): boolean {
    return this.lanes?.isHeld(message) ?? false
  }

  /** Who waits for a correlation. */
  waiters(): readonly Receiver[] {
    return this.index?.waiters() ?? []
  }

  /** Adds a new message behind all that came before. */
  add(message: AnyMessage, handling?: Handling): void {
    if (!this.order.fifo || this.index !== undefined || handling !== undefined)
      return this.putBack(this.place(message, handling))
    this.nextSequence++
    this.ring.push(message)
  }

  /** A new message at the end of the order, but not in it. */
  place(message: AnyMessage, handling?: Handling): MailboxDelivery {
    const delivery = new MailboxDelivery(this.owner, message, 1, this.nextSequence++)
    delivery.handling = handling
    return delivery
  }

  /** The same for a message of which nothing has to be known. `spare` is a delivery of it that can be used again. */
  placePlain(message: AnyMessage, spare: MailboxDelivery | undefined): MailboxDelivery {
    const sequence = this.nextSequence++
    return spare === undefined
      ? new MailboxDelivery(this.owner, message, 1, sequence)
      : spare.reuse(this.owner, sequence)
  }

  /** Adds a message at the place it had. */
  putBack(delivery: MailboxDelivery): void {
    delivery.state = 'buffered'
    this.sorted.push(delivery)
    this.index?.add(delivery)
  }

  /** Takes out the first message, or the first of a correlation. Messages whose key is in work are held back, unless asked for by correlation. */
  take(correlationId?: string): MailboxDelivery | undefined {
    if (correlationId !== undefined) return this.takeOut(this.correlations.peek(correlationId))
    if (this.lanes === undefined && this.heap === undefined) return this.shiftRing()
    for (;;) {
      const delivery = this.heap?.pop() ?? this.shiftRing()
      if (delivery === undefined) return undefined
      if (this.lanes !== undefined && !this.lanes.claim(delivery)) continue
      delivery.state = 'out'
      this.index?.lost(delivery)
      return delivery
    }
  }

  /** Takes the first message without a delivery, if nothing has to be known of it but its payload. */
  takePlain(): AnyMessage | undefined {
    if (this.lanes !== undefined || (this.heap !== undefined && this.heap.length > 0)) return undefined
    const first = this.ring.peek()
    return first === undefined || mayExpire(first) ? undefined : this.ring.shift()
  }

  /** Takes out what `overflow: 'dropOldest'` gives up: the oldest of those that rank last. */
  takeWeakest(): MailboxDelivery | undefined {
    return this.order.fifo ? this.takeOldest() : this.takeOut(this.oldestOfLastRank())
  }

  /** Lets the next message of the delivery's key come, when it has one. */
  release(delivery: MailboxDelivery): void {
    if (delivery.key === undefined) return
    const next = this.lanes!.release(delivery.key)
    if (next !== undefined) this.sorted.push(next)
  }

  /** All messages in their order. */
  messages(): AnyMessage[] {
    return [...this.deliveries().map((delivery) => delivery.message), ...this.ring]
  }

  /** Takes out the messages that `doomed` accepts, in their order. */
  remove(doomed: (message: AnyMessage) => boolean): MailboxDelivery[] {
    const removed = this.deliveries().filter(({ message }) => doomed(message))
    for (const delivery of removed) this.takeOut(delivery)
    for (let left = this.ring.length; left > 0; left--) {
      const delivery = this.shiftRing()!
      if (doomed(delivery.message)) removed.push(delivery)
      else this.ring.push(delivery.message)
    }
    return removed
  }

  private get sorted(): BinaryHeap<MailboxDelivery> {
    return (this.heap ??= new BinaryHeap((a, b) => this.precedes(a, b)))
  }

  /** What lies in the heap or is held back, in its order. */
  private deliveries(): MailboxDelivery[] {
    const deliveries = (this.heap?.toArray() ?? []).concat(this.lanes?.held() ?? [])
    return deliveries.sort((a, b) => (this.precedes(a, b) ? -1 : 1))
  }

  private oldestOfLastRank(): MailboxDelivery | undefined {
    const { order } = this
    return this.deliveries().findLast(
      ({ message }, i, all) => i === 0 || order.compare(all[i - 1]!.message, message) !== 0,
    )
  }

  private takeOldest(): MailboxDelivery | undefined {
    const held = this.lanes?.first()
    const first = this.heap?.peek()
    if (held !== undefined && (first === undefined || this.precedes(held, first))) return this.takeOut(held)
    if (first !== undefined) return this.takeOut(first)
    return this.shiftRing()
  }

  private takeOut(delivery: MailboxDelivery | undefined): MailboxDelivery | undefined {
    if (delivery === undefined) return undefined
    const held = delivery.state === 'held'
    delivery.state = 'out'
    if (held) {
      this.lanes!.lost(delivery.key)
      delivery.key = undefined
    } else {
      this.heap!.lost()
    }
    this.index?.lost(delivery)
    return delivery
  }

  private shiftRing(): MailboxDelivery | undefined {
    const { ring } = this
    if (ring.length === 0) return undefined
    const delivery = new MailboxDelivery(this.owner, ring.shift()!, 1, this.nextSequence - ring.length - 1)
    delivery.state = 'out'
    return delivery
  }

  private precedes(a: MailboxDelivery, b: MailboxDelivery): boolean {
    const order = this.order.compare(a.message, b.message)
    return order < 0 || (order === 0 && a.sequence < b.sequence)
  }
}
