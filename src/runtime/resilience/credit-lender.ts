/** Lets a channel go on while messages wait for a retry: they stay unsettled, but their place in the consumer's credit is lent (rules E3, C9). */
import type { Clock } from '../../transport/clock.ts'
import type { ChannelPort, ConsumeOptions, Consumer, Subscription } from '../../transport/transport.ts'
import { ended } from './guarded-call.ts'
import { Slots } from './slots.ts'

/** Messages of one consumer in back-off at most: more keep their place, so that a channel never empties itself into memory. */
const MOST_LENT = 1_000

/**
 * The subscription of a flow whose steps retry. Its credit is the number of messages in work at most; the channel's own subscription
 * has that of the messages in back-off on top. One that comes back waits until there is a place, before any that are still in the channel.
 */
export class CreditLender implements Subscription {
  private readonly inWork: Slots
  private subscription!: Subscription
  private lent = 0

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

  /** Waits without holding a place, and takes one again. */
  async lend(wait: () => Promise<void>, signal: AbortSignal): Promise<void> {
    if (this.lent === MOST_LENT) return wait()
    this.grant(+1)
    this.inWork.release()
    try {
      await wait().finally(() => this.grant(-1))
      if (!this.inWork.take()) await this.inWork.wait(signal)
    } catch (reason) {
      // It comes back as a failure, which is handled at once.
      this.inWork.force()
      throw reason
    }
  }

  get credit(): number {
    return this.inWork.limit
  }

  set credit(credit: number) {
    this.subscription.credit = credit + this.lent
    this.inWork.limit = credit
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

  private grant(more: number): void {
    this.lent += more
    this.subscription.credit = this.credit + this.lent
  }
}
