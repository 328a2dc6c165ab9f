/** Lets a channel go on while messages wait: they stay unsettled, but their place in the consumer's credit is lent (rules E3, C9; `lent.ts` says who waits so). */
import type { Clock } from '../../transport/clock.ts'
import type { ChannelPort, ConsumeOptions, Consumer, Subscription } from '../../transport/transport.ts'
import { ended } from './guarded-call.ts'
import { Slots } from './slots.ts'

/** For so many waiting messages of one consumer others are taken at most, so that a channel never empties itself into memory. */
const MOST_LENT = 1_000

/**
 * The subscription of a flow whose steps retry or wait for a trigger. Its credit is the number of messages in work at most; the channel's own
 * subscription has that of the waiting messages on top. One that comes back waits until there is a place, before any that are still in the
 * channel.
 */
export class CreditLender implements Subscription {
  private readonly inWork: Slots
  private subscription!: Subscription
  /** Messages without a place, which wait. */
  private waiting = 0

  constructor(clock: Clock) {
    this.inWork = new Slots(1, clock)
  }

  /** Subscribes; once more after a stop. */
  consume(port: ChannelPort, options: ConsumeOptions, consumer: Consumer): this {
    this.inWork.limit = options.credit ?? 1
    const counted: Consumer = (delivery) => {
      this.inWork.force()
      return ended(
        () => consumer(delivery),
        () => this.inWork.release(),
      ) as void | Promise<void>
    }
    this.subscription = port.consume(options, counted)
    return this
  }

  /** Waits without holding a place, and takes one again; at once when the signal was aborted, since it comes back as a failure then. */
  async lend<T>(wait: () => Promise<T>, signal: AbortSignal): Promise<T> {
    // It waits before others go on, for they may come to wait for the same.
    const over = wait()
    this.inWork.release()
    this.wait(+1)
    try {
      return await over
    } finally {
      this.wait(-1)
      await this.comeBack(signal)
    }
  }

  get credit(): number {
    return this.inWork.limit
  }

  set credit(credit: number) {
    this.inWork.limit = credit
    this.wait(0)
  }

  pause(): void {
    this.subscription.pause()
  }

  resume(): void {
    this.subscription.resume()
  }

  stop(): void | Promise<void> {
    return this.subscription.stop()
  }

  private async comeBack(signal: AbortSignal): Promise<void> {
    if (!signal.aborted && this.inWork.take()) return
    try {
      await this.inWork.wait(signal)
    } catch {
      this.inWork.force()
    }
  }

  private wait(more: number): void {
    this.waiting += more
    this.subscription.credit = this.credit + Math.min(this.waiting, MOST_LENT)
  }
}
