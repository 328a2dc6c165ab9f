/** What a queue, a priority or a rendezvous channel must do, said as naively as possible: arrays, searched from the front. */

/** What a channel of the model is set up with. */
export interface ModelSpec {
  readonly kind: 'queue' | 'priority' | 'rendezvous'
  readonly capacity: number
  readonly overflow: 'wait' | 'reject' | 'dropOldest' | 'dropNewest'
  /** Whether consumers keep order by the key of the message. */
  readonly keyed: boolean
}

/** A message as the model sees it. */
export interface Item {
  readonly id: string
  readonly priority: number
  readonly correlationId: string | undefined
  readonly key: string
  readonly expiresAt: number
}

interface Held extends Item {
  readonly attempt: number
  /** Place in the order of arrival. */
  readonly place: number
  /** Whether it has its key in work. */
  locks: boolean
}

interface Out extends Held {
  readonly consumer: ConsumerModel | undefined
}

interface Timed {
  /** When it gives up, or is due. */
  readonly time: number
  readonly order: number
}

interface SenderModel extends Timed {
  readonly handle: number
  readonly item: Item
  readonly delay: number
}

interface TakerModel extends Timed {
  readonly handle: number
  readonly correlationId: string | undefined
  /** `receive` rather than `take`. */
  readonly acks: boolean
}

interface ConsumerModel {
  readonly consumer: number
  readonly acks: boolean
  credit: number
  unsettled: number
  paused: boolean
  stopped: boolean
}

type ReceiverModel = TakerModel | ConsumerModel

const isTaker = (receiver: ReceiverModel): receiver is TakerModel => 'handle' in receiver

/** The counts of rule C10. */
export interface CountsModel {
  accepted: number
  settled: number
  dead: number
  expired: number
  dropped: number
  inFlight: number
  buffered: number
}

/** A channel. Every operation leaves it at rest: whatever can be admitted, handed out or expired has been. */
export class BufferedModel {
  readonly spec: ModelSpec
  readonly counts: CountsModel = { accepted: 0, settled: 0, dead: 0, expired: 0, dropped: 0, inFlight: 0, buffered: 0 }
  /** What became of each send and take, by handle; those that still wait are absent. */
  readonly results: Map<number, string> = new Map()
  /** Each delivery to a consumer, in order: `consumer id#attempt`. */
  readonly calls: string[] = []
  /** Messages given up, as `reason id`. */
  readonly dropped: string[] = []
  readonly expired: string[] = []
  readonly out: Out[] = []
  readonly consumers: ConsumerModel[] = []
  senders: SenderModel[] = []
  line: ReceiverModel[] = []
  correlated: TakerModel[] = []
  now = 0
  closed = false
  private ready: Held[] = []
  private delayed: (Timed & { readonly item: Held })[] = []
  private keyed = false
  private place = 0
  private order = 0
  private handles = 0

  constructor(spec: ModelSpec) {
    this.spec = spec
  }

  nextHandle(): number {
    return this.handles++
  }

  send(handle: number, item: Item, timeout: number, delay: number): void {
    if (this.closed) return this.end(handle, 'ChannelClosedError')
    if (this.isNext() && this.hasRoom(item)) {
      this.accept(item, delay)
      return this.end(handle, 'sent')
    }
    if (this.spec.overflow === 'reject' && this.spec.kind !== 'rendezvous') return this.end(handle, 'ChannelFullError')
    if (timeout <= 0) return this.end(handle, 'SendTimeoutError')
    this.senders.push({ handle, item, delay, ...this.timer(timeout) })
    this.rest()
  }

  trySend(handle: number, item: Item): void {
    const accepted = !this.closed && this.isNext() && this.hasRoom(item)
    if (accepted) this.accept(item, 0)
    this.end(handle, String(accepted))
  }

  take(handle: number, timeout: number, correlationId: string | undefined, acks: boolean): void {
    if (correlationId === undefined && this.line.some(isTaker)) {
      if (timeout <= 0) return this.end(handle, 'undefined')
      this.line.push({ handle, correlationId, acks, ...this.timer(timeout) })
      return
    }
    const found = this.find(correlationId)
    if (found !== undefined) {
      this.serve(found, { handle, acks })
      return this.rest()
    }
    this.rest()
    if (timeout <= 0) return this.end(handle, 'undefined')
    if (this.closed) return this.end(handle, 'ChannelClosedError')
    const taker = { handle, correlationId, acks, ...this.timer(timeout) }
    if (correlationId === undefined) this.line.push(taker)
    else this.correlated.push(taker)
    this.rest()
  }

  /** The handle of a waiting send or take ends by its signal. */
  abort(handle: number): void {
    this.forget(handle)
    this.end(handle, 'aborted')
    this.rest()
  }

  ack(id: string, as: 'settled' | 'dead' | 'dropped' | 'expired'): void {
    const [item] = this.out.splice(
      this.out.findIndex((one) => one.id === id),
      1,
    )
    this.counts.inFlight--
    this.counts[as]++
    this.freeCredit(item!.consumer)
    this.rest()
  }

  nack(id: string, delay: number): void {
    const [{ consumer, ...item }] = this.out.splice(
      this.out.findIndex((one) => one.id === id),
      1,
    ) as [Out]
    this.counts.inFlight--
    this.counts.buffered++
    const again = { ...item, attempt: item.attempt + 1 }
    if (delay > 0) this.delayed.push({ item: again, ...this.timer(delay) })
    else this.ready.push(again)
    this.freeCredit(consumer)
    this.rest()
  }

  consume(acks: boolean, credit: number): void {
    this.keyed ||= this.spec.keyed
    const consumer = { consumer: this.consumers.length, acks, credit, unsettled: 0, paused: false, stopped: false }
    this.consumers.push(consumer)
    this.rejoin(consumer)
    this.rest()
  }

  change(index: number, change: Partial<Pick<ConsumerModel, 'credit' | 'paused' | 'stopped'>>): void {
    const consumer = this.consumers[index]!
    Object.assign(consumer, change)
    this.rejoin(consumer)
    this.rest()
  }

  /** Gives the ids of what was removed, in order. */
  purge(predicate: (id: string) => boolean): string[] {
    const ready = this.inOrder().filter(({ id }) => predicate(id))
    const delayed = this.delayed.filter(({ item }) => predicate(item.id)).map(({ item }) => item)
    this.ready = this.ready.filter(({ id }) => !predicate(id))
    this.delayed = this.delayed.filter(({ item }) => !predicate(item.id))
    for (const { id } of [...ready, ...delayed]) this.drop(id, 'purged')
    this.rest()
    return [...ready, ...delayed].map(({ id }) => id)
  }

  close(): void {
    this.closed = true
    for (const { handle } of [...this.senders, ...this.line.filter(isTaker), ...this.correlated])
      this.end(handle, 'ChannelClosedError')
    this.senders = []
    this.correlated = []
    this.line = this.line.filter((receiver) => !isTaker(receiver))
  }

  advance(milliseconds: number): void {
    const end = this.now + milliseconds
    for (;;) {
      const waiting = [...this.senders, ...this.line.filter(isTaker), ...this.correlated, ...this.delayed]
      const [next] = waiting.filter(({ time }) => time <= end).toSorted((a, b) => a.time - b.time || a.order - b.order)
      if (next === undefined) break
      this.now = next.time
      this.elapsed(next)
    }
    this.now = end
  }

  /** What is left, by state. */
  get states(): Record<'buffered' | 'delayed' | 'unsettled', string[]> {
    return {
      buffered: this.inOrder().map(({ id }) => id),
      delayed: this.delayed.map(({ item }) => item.id),
      unsettled: this.out.map(({ id }) => id),
    }
  }

  private elapsed(next: Timed): void {
    if ('delay' in next) this.end((next as SenderModel).handle, 'SendTimeoutError')
    else if ('handle' in next) this.end((next as TakerModel).handle, 'undefined')
    if ('handle' in next) return this.forget((next as TakerModel).handle)
    const due = this.delayed.find(({ order }) => order === next.order)!
    this.delayed = this.delayed.filter((one) => one !== due)
    this.ready.push(due.item.attempt === 1 ? { ...due.item, place: this.place++ } : due.item)
    this.rest()
  }

  private forget(handle: number): void {
    this.senders = this.senders.filter((sender) => sender.handle !== handle)
    this.correlated = this.correlated.filter((taker) => taker.handle !== handle)
    this.line = this.line.filter((receiver) => !isTaker(receiver) || receiver.handle !== handle)
  }

  /** Whether no waiting sender comes before a new one. At a rendezvous those that wait are not who is asked for. */
  private isNext(): boolean {
    return this.senders.length === 0 || this.spec.kind === 'rendezvous'
  }

  private hasRoom({ correlationId }: Item): boolean {
    const { kind, overflow, capacity } = this.spec
    if (kind !== 'rendezvous') return overflow.startsWith('drop') || this.counts.buffered < capacity
    return this.correlated.some((taker) => taker.correlationId === correlationId) || this.line.length > 0
  }

  private accept(item: Item, delay: number): void {
    const full = this.counts.buffered >= this.spec.capacity
    const { overflow, kind } = this.spec
    const dropping = full && kind !== 'rendezvous'
    this.counts.accepted++
    this.counts.buffered++
    if (dropping && overflow === 'dropNewest') return this.drop(item.id, 'overflow')
    const held: Held = { ...item, attempt: 1, place: this.place++, locks: false }
    if (delay > 0) this.delayed.push({ item: held, ...this.timer(delay) })
    else this.ready.push(held)
    if (dropping && overflow === 'dropOldest') this.dropWeakest()
    this.rest()
  }

  /** The lowest priority, and of these the oldest; what is delayed only when there is nothing else. */
  private dropWeakest(): void {
    const byPriority = this.spec.kind === 'priority' ? (item: Held) => item.priority : () => 0
    const [weakest] = this.ready.toSorted((a, b) => byPriority(a) - byPriority(b) || a.place - b.place)
    if (weakest === undefined) this.drop(this.delayed.shift()!.item.id, 'overflow')
    else this.drop(weakest.id, 'overflow')
    this.ready = this.ready.filter((item) => item !== weakest)
  }

  private drop(id: string, reason: string): void {
    this.counts.buffered--
    this.counts.dropped++
    this.dropped.push(`${reason} ${id}`)
  }

  private inOrder(): Held[] {
    const byPriority = this.spec.kind === 'priority' ? (item: Held) => item.priority : () => 0
    return this.ready.toSorted((a, b) => byPriority(b) - byPriority(a) || a.place - b.place)
  }

  private isHeldBack(item: Held): boolean {
    const locked = [...this.out, ...this.ready, ...this.delayed.map(({ item: held }) => held)]
    return this.keyed && !item.locks && locked.some((other) => other.locks && other.key === item.key)
  }

  /** The first message that can be had. Expired ones before it are given up; then waiting senders are asked. */
  private find(correlationId: string | undefined): Held | undefined {
    for (const item of this.inOrder()) {
      if (this.isHeldBack(item) || (correlationId !== undefined && item.correlationId !== correlationId)) continue
      if (item.expiresAt > this.now) return item
      this.ready = this.ready.filter((other) => other !== item)
      this.counts.buffered--
      this.counts.expired++
      this.expired.push(item.id)
    }
    const sender = this.admissible(correlationId)
    if (sender === undefined) return undefined
    this.admit(sender)
    return this.find(correlationId)
  }

  /** The waiting sender that comes next: where there is room, or at a rendezvous whoever has what is asked for. */
  private admissible(correlationId: string | undefined): SenderModel | undefined {
    if (this.spec.kind !== 'rendezvous') return this.counts.buffered < this.spec.capacity ? this.senders[0] : undefined
    return this.senders.find(({ item }) => correlationId === undefined || item.correlationId === correlationId)
  }

  private admit(sender: SenderModel): void {
    this.senders = this.senders.filter((other) => other !== sender)
    this.end(sender.handle, 'sent')
    this.counts.accepted++
    this.counts.buffered++
    const held = { ...sender.item, attempt: 1, place: this.place++, locks: false }
    if (sender.delay > 0) this.delayed.push({ item: held, ...this.timer(sender.delay) })
    else this.ready.push(held)
  }

  private handOut(item: Held, consumer: ConsumerModel | undefined): void {
    this.ready = this.ready.filter((other) => other !== item)
    item.locks ||= this.keyed
    this.counts.buffered--
    this.counts.inFlight++
    this.out.push({ ...item, consumer })
  }

  /** Lets in, hands out and expires until nothing moves. */
  private rest(): void {
    while (this.step());
  }

  private step(): boolean {
    const waiter = this.correlated.find(({ correlationId }) => this.find(correlationId) !== undefined)
    if (waiter !== undefined) {
      const item = this.find(waiter.correlationId)!
      this.forget(waiter.handle)
      this.give(item, waiter)
      return true
    }
    const sender = this.spec.kind === 'rendezvous' ? undefined : this.admissible(undefined)
    if (sender !== undefined) {
      this.admit(sender)
      return true
    }
    const [receiver] = this.line
    const { expired } = this.counts
    const item = receiver === undefined ? undefined : this.find(undefined)
    if (item === undefined) return this.counts.expired > expired
    this.give(item, receiver!)
    return true
  }

  private give(item: Held, receiver: ReceiverModel): void {
    this.line = this.line.filter((other) => other !== receiver)
    if (isTaker(receiver)) return this.serve(item, receiver)
    this.calls.push(`${receiver.consumer} ${item.id}#${item.attempt}`)
    receiver.unsettled++
    this.handOut(item, receiver)
    if (receiver.acks) {
      this.settleLast()
      receiver.unsettled--
    }
    this.rejoin(receiver)
  }

  private serve(item: Held, { handle, acks }: Pick<TakerModel, 'handle' | 'acks'>): void {
    this.handOut(item, undefined)
    if (acks) this.settleLast()
    this.end(handle, acks ? item.id : `${item.id}#${item.attempt}`)
  }

  private settleLast(): void {
    this.out.pop()
    this.counts.inFlight--
    this.counts.settled++
  }

  private freeCredit(consumer: ConsumerModel | undefined): void {
    if (consumer === undefined) return
    consumer.unsettled--
    this.rejoin(consumer)
  }

  /** Puts a consumer at the end of the line when it has credit and is not there, and takes it out when it has none. */
  private rejoin(consumer: ConsumerModel): void {
    const may = !consumer.stopped && !consumer.paused && consumer.unsettled < consumer.credit
    if (!may) this.line = this.line.filter((other) => other !== consumer)
    else if (!this.line.includes(consumer)) this.line.push(consumer)
  }

  private timer(milliseconds: number): Timed {
    return { time: this.now + milliseconds, order: this.order++ }
  }

  private end(handle: number, result: string): void {
    this.results.set(handle, result)
  }
}
