/** Those who take messages out of channels: the flows of the app, and handlers subscribed by hand. */
import type { ConsumeOptions, Consumer, Subscription } from '../transport/transport.ts'
import type { Activity } from './activity.ts'
import type { BoundChannel } from './bound-channel.ts'
import type { Segment } from './compile.ts'
import type { EventHub } from './events.ts'
import type { FlowRunner } from './flow-runner.ts'

/** The consumers of a runtime. */
export class Consumers {
  private readonly channels = new Map<Subscription, BoundChannel>()
  private readonly events: EventHub
  private readonly activity: Activity

  constructor(events: EventHub, activity: Activity) {
    this.events = events
    this.activity = activity
  }

  /** Whether no message waits for any of them. */
  get areServed(): boolean {
    return [...this.channels.values()].every(({ port }) => port.stats.buffered === 0)
  }

  /** Lets a stretch of a flow take what comes to a channel. Whoever stops it detaches it. */
  attach(
    runner: FlowRunner,
    segment: Segment,
    channel: BoundChannel,
    options: Omit<ConsumeOptions, 'name'>,
  ): Subscription {
    const { source, start } = segment
    const { listeners } = this.events
    const { lender } = source
    // A flow gives nothing back to a sender that still has the message.
    const acksOnly = source.handsOver ? { acksOnly: true } : undefined
    const wishes = { ...options, ...acksOnly, name: `flow "${source.flowId}"` }
    const consumer: Consumer = (delivery) => {
      if (listeners.accepted !== undefined) channel.announce(delivery.message)
      if (listeners.delivered !== undefined) channel.announceDelivery(delivery)
      return runner.deliver(delivery, start, source)
    }
    const subscription =
      lender === undefined ? channel.port.consume(wishes, consumer) : lender.consume(channel.port, wishes, consumer)
    this.reattach(subscription, channel)
    return subscription
  }

  /** Counts on one again that was detached. */
  reattach(subscription: Subscription, channel: BoundChannel): void {
    this.channels.set(subscription, channel)
  }

  /** Counts on one no more, for now or for good: what it leaves in its channel is nobody's work. */
  detach(subscription: Subscription): void {
    this.channels.delete(subscription)
    this.activity.touch()
  }

  /** Takes no more messages. Nobody is stopped, so that what waits for them is left in the channels, and named. */
  pause(): void {
    for (const subscription of this.channels.keys()) subscription.pause()
  }

  /** Forgets all. */
  clear(): void {
    this.channels.clear()
  }
}
