/** A flow that is run: its consumers and its sources, which the control bus pauses, resumes, stops and starts (rule L6). */
import type { Subscription } from '../transport/transport.ts'
import type { BoundChannel } from './bound-channel.ts'
import type { Consumers } from './consumers.ts'
import type { SourceRunner } from './source-runner.ts'

/** Whether a flow takes messages: for now not, when it is paused. */
export type FlowState = 'running' | 'paused' | 'stopped'

/** A place where a flow takes messages from a channel. */
export interface Intake {
  readonly channel: BoundChannel
  /** At the beginning of the flow, and not on its way: its concurrency is that of the flow. */
  readonly first: boolean
  /** Messages in work at the same time; absent = 1. */
  readonly credit: number | undefined
  /** Adds the consumer. */
  attach(credit: number | undefined): Subscription
}

/** What a flow needs of its runtime. */
export interface FlowHost {
  /** Those who take messages now. */
  readonly consumers: Pick<Consumers, 'detach' | 'reattach'>
}

/** See above. Asked for the state it is in, it does nothing. */
export class RunningFlow {
  readonly id: string
  readonly sources: readonly SourceRunner[]
  state: FlowState = 'stopped'
  private readonly intakes: readonly Intake[]
  private readonly host: FlowHost
  private attached: readonly { readonly subscription: Subscription; readonly intake: Intake }[] = []
  private granted: number | undefined

  constructor(id: string, intakes: readonly Intake[], sources: readonly SourceRunner[], host: FlowHost) {
    this.id = id
    this.intakes = intakes
    this.sources = sources
    this.host = host
    this.granted = intakes.find(({ first }) => first)!.credit
  }

  /** The channels it takes messages from. */
  get channels(): readonly string[] {
    return this.intakes.map(({ channel }) => channel.id)
  }

  get concurrency(): number {
    return this.sources[0]?.maxInFlight ?? this.granted ?? 1
  }

  set concurrency(most: number) {
    this.granted = most
    for (const source of this.sources) source.maxInFlight = most
    for (const { subscription, intake } of this.attached) if (intake.first) subscription.credit = most
  }

  /** Attaches the consumers and opens the sources. Undone when that fails. */
  async open(): Promise<void> {
    this.state = 'running'
    try {
      for (const intake of this.intakes) {
        const subscription = intake.attach(intake.first ? this.granted : intake.credit)
        this.attached = [...this.attached, { subscription, intake }]
      }
      for (const source of this.sources) await source.open()
    } catch (error) {
      await this.stop()
      throw error
    }
  }

  /** Lets the sources begin, once all is there that their messages may need. */
  feed(): void {
    for (const source of this.sources) source.feed()
  }

  async start(): Promise<void> {
    if (this.state !== 'stopped') return
    await this.open()
    this.feed()
  }

  pause(): void {
    if (this.state !== 'running') return
    this.state = 'paused'
    for (const source of this.sources) source.pause()
    for (const { subscription } of this.attached) {
      subscription.pause()
      this.host.consumers.detach(subscription)
    }
  }

  resume(): void {
    if (this.state !== 'paused') return
    this.state = 'running'
    for (const { subscription } of this.attached) {
      this.host.consumers.reattach(subscription)
      subscription.resume()
    }
    for (const source of this.sources) source.resume()
  }

  async stop(): Promise<void> {
    this.state = 'stopped'
    this.closeSources()
    const { attached } = this
    this.attached = []
    for (const { subscription } of attached) {
      this.host.consumers.detach(subscription)
      await subscription.stop()
    }
  }

  /** Asks the sources for no more. */
  closeSources(): void {
    for (const source of this.sources) source.close()
  }
}
