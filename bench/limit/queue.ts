/** The hand-written queue that everything is compared with: a ring buffer with waiting senders and receivers. */

/** A bounded FIFO queue with one promise a call. The ring grows up to the bound, as a queue that may hold a million has to. */
export class LimitQueue<M> {
  private readonly capacity: number
  private ring: (M | undefined)[] = Array.from({ length: 16 }, () => undefined)
  private head = 0
  private length = 0
  private readonly receivers: ((message: M) => void)[] = []
  private readonly senders: { readonly message: M; resolve(): void }[] = []

  constructor(capacity = 1_024) {
    this.capacity = capacity
  }

  send(message: M): Promise<void> {
    return this.put(message) ?? Promise.resolve()
  }

  receive(): Promise<M> {
    if (this.length === 0) return new Promise((resolve) => this.receivers.push(resolve))
    const mask = this.ring.length - 1
    const message = this.ring[this.head]!
    this.ring[this.head] = undefined
    this.head = (this.head + 1) & mask
    this.length--
    const sender = this.senders.shift()
    if (sender !== undefined) {
      this.push(sender.message)
      sender.resolve()
    }
    return Promise.resolve(message)
  }

  /** Sends without a promise of its own: gives one only if the sender has to wait. */
  put(message: M): Promise<void> | undefined {
    const receiver = this.receivers.shift()
    if (receiver !== undefined) receiver(message)
    else if (this.length < this.capacity) this.push(message)
    else return new Promise((resolve) => this.senders.push({ message, resolve }))
    return undefined
  }

  private push(message: M): void {
    if (this.length === this.ring.length) this.grow()
    this.ring[(this.head + this.length) & (this.ring.length - 1)] = message
    this.length++
  }

  private grow(): void {
    const { ring, head } = this
    this.ring = Array.from({ length: ring.length * 2 }, (_, i) => ring[(head + i) & (ring.length - 1)])
    for (let i = ring.length; i < this.ring.length; i++) this.ring[i] = undefined
    this.head = 0
  }
}
