/** Those who take messages out of channels: the flows of the app, and handlers subscribed by hand. */
import type { ConsumeOptions, Consumer, Subscription } from '../transport/transport.ts'
import type { Activity } from './activity.ts'
import type { BoundChannel } from './bound-channel.ts'
import type { Segment } from './compile.ts'
import type { FlowRunner } from './flow-runner.ts'
import type { Instrumentation } from './instrumentation.ts'
import { WATCHING } from './later.ts'

/** A stretch of a flow that takes messages from a channel. */
export interface Attachment {
  readonly channel: BoundChannel
  readonly runner: FlowRunner
  readonly segment: Segment
}

/** The consumers of a runtime. */
export class Consumers {
  private readonly known = new WeakMap<Subscription, Attachment>()
  private readonly active = new Map<Subscription, Attachment>()
  private readonly activity: Activity
  /** There if it watches how messages are handled. */
  private readonly instrumentation: Instrumentation | undefined

  constructor(activity: Activity, instrumentation?: Instrumentation) {
    this.activity = activity
    this.instrumentation = instrumentation?.handle === undefined ? undefined : instrumentation
  }

  /** Whether no message waits for any of them. */
  get areServed(): boolean {
    return [...this.active.values()].every(({ channel: { port } }) => port.stats.buffered === 0)
  }

  /** Lets a stretch of a flow take what comes to a channel. Whoever stops it detaches it. */
  attach(
    runner: FlowRunner,
    segment: Segment,
    channel: BoundChannel,
    options: Omit<ConsumeOptions, 'name'>,
  ): Subscription {
    const { source, start } = segment
    const { lender, flowId } = source
    const { instrumentation } = this
    // A flow gives nothing back to a sender that still has the message.
    const acksOnly = source.handsOver ? { acksOnly: true } : undefined
    const own: Consumer = (delivery) => {
      channel.announceDelivery(delivery.message, delivery.attempt)
      return runner.deliver(delivery, start, source)
    }
    const consumer =
      instrumentation === undefined ? own : WATCHING.here.watchedConsumer(own, channel, flowId, instrumentation)
    // What is watched is watched from its delivery on.
    const isPlain = lender === undefined && instrumentation === undefined
    const atOnce = isPlain ? { atOnce: runner.atOnce(channel, consumer, segment) } : undefined
    const wishes = { ...options, ...acksOnly, ...atOnce, forgets: true, name: nameOf(segment) }
    const subscription =
      lender === undefined ? channel.port.consume(wishes, consumer) : lender.consume(channel.port, wishes, consumer)
    this.known.set(subscription, { channel, runner, segment })
    this.reattach(subscription)
    return subscription
  }

  /** Counts on one again that was detached. */
  reattach(subscription: Subscription): void {
    this.active.set(subscription, this.known.get(subscription)!)
  }

  /** That of a flow at a channel, if it takes messages now. */
  find(channelId: string, flowId: string): Attachment | undefined {
    return [...this.active.values()].find(
      ({ channel, segment }) => channel.id === channelId && segment.source.flowId === flowId,
    )
  }

  /** The flow whose consumer has this name at a channel. */
  flowOf(channelId: string, name: string): string | undefined {
    return [...this.active.values()].find(
      ({ channel, segment }) => channel.id === channelId && nameOf(segment) === name,
    )?.segment.source.flowId
  }

  /** Counts on one no more, for now or for good: what it leaves in its channel is nobody's work. */
  detach(subscription: Subscription): void {
    this.active.delete(subscription)
    this.activity.touch()
  }

  /** Takes no more messages. Nobody is stopped, so that what waits for them is left in the channels, and named. */
  pause(): void {
    for (const subscription of this.active.keys()) subscription.pause()
  }

  /** Forgets all. */
  clear(): void {
    this.active.clear()
  }
}

const nameOf = ({ source }: Segment): string => `flow "${source.flowId}"`
