/** A consumer of a direct channel. */
import type { Consumer, Subscription } from '../transport/transport.ts'

/** See {@link Subscription}. Its credit has no meaning: there is never more in work than there are senders. */
export class DirectSubscription implements Subscription {
  credit: number
  readonly name: string
  readonly consumer: Consumer
  paused = false
  stopped = false
  private readonly changed: () => void

  constructor(name: string, credit: number, consumer: Consumer, changed: () => void) {
    this.name = name
    this.credit = credit
    this.consumer = consumer
    this.changed = changed
  }

  pause(): void {
    this.paused = true
    this.changed()
  }

  resume(): void {
    this.paused = false
    this.changed()
  }

  stop(): void {
    this.stopped = true
    this.changed()
  }
}
