/** Those who take messages out of channels: the flows of the app, and handlers subscribed by hand. */
import { type Linked, LinkedList, unlink } from '../memory/linked-list.ts'
import type { Consumer, Subscription } from '../transport/transport.ts'
import type { Activity } from './activity.ts'
import type { BoundChannel } from './bound-channel.ts'
import type { Segment } from './compile.ts'
import type { FlowRunner } from './flow-runner.ts'
import type { Instrumentation } from './instrumentation.ts'
import { WATCHING } from './later.ts'

/** A stretch of a flow that takes messages from a channel. In the list of those that do now, if it does. */
export class Attachment implements Linked<Attachment> {
  before: Attachment | undefined = undefined
  after: Attachment | undefined = undefined
  readonly runner: FlowRunner
  readonly segment: Segment
  readonly subscription: Subscription

  constructor(runner: FlowRunner, segment: Segment, subscription: Subscription) {
    this.runner = runner
    this.segment = segment
    this.subscription = subscription
  }

  get channel(): BoundChannel {
    return this.segment.channel
  }
}

/** The consumers of a runtime. */
export class Consumers {
  private readonly active = new LinkedList<Attachment>()
  private readonly activity: Activity
  /** There if it watches how messages are handled. */
  private readonly instrumentation: Instrumentation | undefined

  constructor(activity: Activity, instrumentation?: Instrumentation) {
    this.activity = activity
    this.instrumentation = instrumentation?.handle === undefined ? undefined : instrumentation
  }

  /** Whether no message waits for any of them. */
  get areServed(): boolean {
    return this.find(({ channel }) => channel.port.stats.buffered > 0) === undefined
  }

  /** Lets a stretch of a flow take what comes to its channel, `credit` messages at the same time. Whoever stops it detaches it. */
  attach(runner: FlowRunner, segment: Segment, credit = 1): Attachment {
    const { source, start, channel, orderBy } = segment
    const { lender, flowId } = source
    const { instrumentation } = this
    const own: Consumer = (delivery) => {
      channel.announceDelivery(delivery.message, delivery.attempt)
      return runner.deliver(delivery, start, source)
    }
    const consumer =
      instrumentation === undefined ? own : WATCHING.here.watchedConsumer(own, channel, flowId, instrumentation)
    // A flow gives nothing back to a sender that still has the message.
    const wishes = { name: nameOf(segment), credit, acksOnly: source.handsOver, forgets: true }
    const ordered = orderBy === undefined ? wishes : { ...wishes, orderBy }
    // What is watched is watched from its delivery on.
    const isPlain = lender === undefined && instrumentation === undefined
    const options = isPlain ? { ...ordered, atOnce: runner.atOnce(channel, consumer, segment) } : ordered
    const subscription =
      lender === undefined ? channel.port.consume(options, consumer) : lender.consume(channel.port, options, consumer)
    const attachment = new Attachment(runner, segment, subscription)
    this.reattach(attachment)
    return attachment
  }

  /** Counts on one again that was detached. */
  reattach(attachment: Attachment): void {
    this.active.push(attachment)
  }

  /** That of a flow at a channel, if it takes messages now. */
  of(channelId: string, flowId: string): Attachment | undefined {
    return this.find(({ channel, segment }) => channel.id === channelId && segment.source.flowId === flowId)
  }

  /** The flow whose consumer has this name at a channel. */
  flowOf(channelId: string, name: string): string | undefined {
    return this.find(({ channel, segment }) => channel.id === channelId && nameOf(segment) === name)?.segment.source
      .flowId
  }

  /** Counts on one no more, for now or for good: what it leaves in its channel is nobody's work. */
  detach(attachment: Attachment): void {
    unlink(attachment)
    this.activity.touch()
  }

  /** Takes no more messages. Nobody is stopped, so that what waits for them is left in the channels, and named. */
  pause(): void {
    for (const { subscription } of this.active.toArray()) subscription.pause()
  }

  /** Forgets all. */
  clear(): void {
    for (const attachment of this.active.toArray()) unlink(attachment)
  }

  private find(is: (attachment: Attachment) => boolean): Attachment | undefined {
    const { active } = this
    let attachment = active.first
    while (attachment !== undefined && !is(attachment)) attachment = active.next(attachment)
    return attachment
  }
}

const nameOf = ({ source }: Segment): string => `flow "${source.flowId}"`
