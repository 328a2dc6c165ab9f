/** A flow that is run: its consumers and its sources, which the control bus pauses, resumes, stops and starts (rule L6). */
import { appended } from '../graph/appended.ts'
import type { Segment } from './compile.ts'
import type { Attachment, Consumers } from './consumers.ts'
import type { FlowRunner } from './flow-runner.ts'
import type { SourceRunner } from './source-runner.ts'

/** Whether a flow takes messages: for now not, when it is paused. */
export type FlowState = 'running' | 'paused' | 'stopped'

/** See above. Asked for the state it is in, it does nothing. */
export class RunningFlow {
  readonly id: string
  readonly sources: readonly SourceRunner[]
  state: FlowState = 'stopped'
  private readonly runner: FlowRunner
  private readonly segments: readonly Segment[]
  private readonly consumers: Consumers
  private attached: Attachment[] = []
  private granted: number | undefined

  constructor(
    runner: FlowRunner,
    segments: readonly Segment[],
    sources: readonly SourceRunner[],
    consumers: Consumers,
  ) {
    this.id = runner.flowId
    this.runner = runner
    this.segments = segments
    this.sources = sources
    this.consumers = consumers
    this.granted = creditOf(segments.find(isFirst)!)
  }

  /** The channels it takes messages from. */
  get channels(): readonly string[] {
    return this.segments.map(({ channel }) => channel.id)
  }

  get concurrency(): number {
    return this.sources[0]?.maxInFlight ?? this.granted ?? 1
  }

  set concurrency(most: number) {
    this.granted = most
    for (const source of this.sources) source.maxInFlight = most
    for (const { subscription, segment } of this.attached) if (isFirst(segment)) subscription.credit = most
  }

  /** Attaches the consumers and opens the sources; gives nothing when there was nothing to wait for. Undone when that fails. */
  open(): void | Promise<void> {
    this.state = 'running'
    try {
      for (const segment of this.segments) {
        const credit = isFirst(segment) ? this.granted : creditOf(segment)
        this.attached = appended(this.attached, this.consumers.attach(this.runner, segment, credit))
      }
    } catch (error) {
      return this.undo(error)
    }
    if (this.sources.length > 0) return this.openSources()
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
    for (const attachment of this.attached) {
      attachment.subscription.pause()
      this.consumers.detach(attachment)
    }
  }

  resume(): void {
    if (this.state !== 'paused') return
    this.state = 'running'
    for (const attachment of this.attached) {
      this.consumers.reattach(attachment)
      attachment.subscription.resume()
    }
    for (const source of this.sources) source.resume()
  }

  async stop(): Promise<void> {
    this.state = 'stopped'
    this.closeSources()
    const { attached } = this
    this.attached = []
    for (const attachment of attached) {
      this.consumers.detach(attachment)
      await attachment.subscription.stop()
    }
  }

  /** Asks the sources for no more. */
  closeSources(): void {
    for (const source of this.sources) source.close()
  }

  private async openSources(): Promise<void> {
    try {
      for (const source of this.sources) await source.open()
    } catch (error) {
      await this.undo(error)
    }
  }

  private async undo(error: unknown): Promise<never> {
    await this.stop()
    throw error
  }
}

/** At the beginning of a flow, and not on its way: its concurrency is that of the flow. */
const isFirst = ({ node }: Segment): boolean => node.kind === 'inlet' || node.kind === 'source'

/** Messages in work at the same time; absent = 1. A source says itself how many. */
const creditOf = ({ node }: Segment): number | undefined => (node.kind === 'source' ? undefined : node.concurrency)
