/** A consumer of a direct channel. */
import type { ConsumeOptions, Consumer, Subscription } from '../transport/transport.ts'

/** See {@link Subscription}. Its credit has no meaning: there is never more in work than there are senders. */
export class DirectSubscription implements Subscription {
  credit: number
  readonly name: string
  readonly consumer: Consumer
  readonly acksOnly: boolean
  readonly atOnce: ConsumeOptions['atOnce']
  paused = false
  stopped = false
  private readonly changed: () => void

  constructor({ name, credit = 1, acksOnly = false, atOnce }: ConsumeOptions, consumer: Consumer, changed: () => void) {
    this.name = name
    this.credit = credit
    this.consumer = consumer
    this.acksOnly = acksOnly
    this.atOnce = atOnce
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
