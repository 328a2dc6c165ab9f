/** The hand-written queue that everything is compared with: a ring buffer with waiting senders and receivers, and nothing else. */

/** The least a message can be. */
export interface LimitMessage {
  readonly payload: number
  readonly headers: object
}

/** The headers of every message here. */
export const NONE: object = Object.freeze({})

/** A bounded FIFO queue with one promise a call. */
export class LimitQueue {
  private readonly ring: (LimitMessage | undefined)[]
  private readonly receivers: ((message: LimitMessage) => void)[] = []
  private readonly senders: { message: LimitMessage; resolve: () => void }[] = []
  private head = 0
  private length = 0

  constructor(capacity: number) {
    this.ring = Array.from({ length: capacity }, () => undefined)
  }

  async send(message: LimitMessage): Promise<void> {
    const receiver = this.receivers.shift()
    if (receiver !== undefined) return receiver(message)
    if (this.length < this.ring.length) return this.push(message)
    return new Promise((resolve) => this.senders.push({ message, resolve }))
  }

  async receive(): Promise<LimitMessage> {
    if (this.length === 0) return new Promise((resolve) => this.receivers.push(resolve))
    const message = this.ring[this.head]!
    this.ring[this.head] = undefined
    this.head = (this.head + 1) % this.ring.length
    this.length--
    const sender = this.senders.shift()
    if (sender !== undefined) {
      this.push(sender.message)
      sender.resolve()
    }
    return message
  }

  private push(message: LimitMessage): void {
    this.ring[(this.head + this.length) % this.ring.length] = message
    this.length++
  }
}
