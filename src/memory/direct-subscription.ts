/** A consumer of a direct channel. */
import type { ConsumeOptions, Consumer, Subscription } from '../transport/transport.ts'

/** The port of a consumer. */
export interface DirectConsumers {
  /** One was paused, resumed or stopped. */
  changed(): void
}

/** See {@link Subscription}. Its credit has no meaning: there is never more in work than there are senders. */
export class DirectSubscription implements Subscription {
  credit: number
  readonly name: string
  readonly consumer: Consumer
  readonly acksOnly: boolean
  readonly atOnce: ConsumeOptions['atOnce']
  paused = false
  stopped = false
  private readonly port: DirectConsumers

  constructor(
    { name, credit = 1, acksOnly = false, atOnce }: ConsumeOptions,
    consumer: Consumer,
    port: DirectConsumers,
  ) {
    this.name = name
    this.credit = credit
    this.consumer = consumer
    this.acksOnly = acksOnly
    this.atOnce = atOnce
    this.port = port
  }

  pause(): void {
    this.paused = true
    this.port.changed()
  }

  resume(): void {
    this.paused = false
    this.port.changed()
  }

  stop(): void {
    this.stopped = true
    this.port.changed()
  }
}
