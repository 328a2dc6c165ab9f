/** What the control socket asks of a runtime: every `Runtime` has it. */
import type { ChannelSendOptions } from '../runtime/channel.ts'
import type { Control } from '../runtime/control.ts'
import type { DeadLetters } from '../runtime/dead-letters.ts'
import type { RuntimeEvents } from '../runtime/events.ts'
import type { MetricsSnapshot } from '../runtime/metrics.ts'
import type { StopReport } from '../runtime/stop-report.ts'

/** A runtime of any app. */
export interface Controlled {
  readonly state: string
  /** Sends a payload, or `message(payload, headers)`, after its validation. */
  sendUnknown(id: string, payload: unknown, options?: ChannelSendOptions): Promise<void>
  /** A channel by its id; throws `UnknownChannelError`. */
  channel(id: string): object
  /** Listens to an event; gives the function that stops listening. */
  on<K extends keyof RuntimeEvents>(event: K, listener: (event: RuntimeEvents[K]) => void): () => void
  /** Counts, taken now. */
  metrics(): MetricsSnapshot
  readonly deadLetters: DeadLetters
  readonly control: Control
  /** Stops; `timeout` in milliseconds. */
  stop(options?: { readonly timeout?: number }): Promise<StopReport>
}
