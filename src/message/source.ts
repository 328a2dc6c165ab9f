/** What brings messages into a flow from outside the app: the contract of sources. */
import type { Envelope } from './message.ts'

/**
 * Begins a flow in place of a channel (Channel Adapter). It is pulled: the runtime asks for the next arrival only while there
 * is room for it (`maxInFlight`), so a source needs no buffer and is never ahead of its flow.
 */
export interface Source<out P> {
  /** What it is, in a few words, for drawings: `every 1000 ms`. */
  readonly label: string
  /**
   * Begins, once for each start of the flow. What it throws or rejects with fails the start; what the iteration throws ends the
   * source. The iteration ends when there will be no more.
   */
  open(env: SourceEnv): AsyncIterable<Arrival<P>> | Promise<AsyncIterable<Arrival<P>>>
}

/** Something that came in, to be sent into the flow. Exactly one of its functions is called, unless the runtime is stopped before that. */
export interface Arrival<out P> {
  /** The payload, or one with headers (`message(...)`). */
  readonly payload: P | Envelope<P>
  /** The flow is done with the message. What it rejects with is logged and changes nothing. */
  handled?(): void | Promise<void>
  /** The message failed and no `onError` took it; where it is now, the error says. */
  failed?(error: unknown): void | Promise<void>
}

/** What a runtime lends a source. */
export interface SourceEnv {
  /** Aborted when the source is to end. */
  readonly signal: AbortSignal
  /** Milliseconds since 1970, by the runtime's clock. */
  now(): number
  /** Waits by the runtime's clock; gives false, at once, when the source is to end. Meanwhile the source is idle. */
  sleep(milliseconds: number): Promise<boolean>
  /** Waits for something that may never come. Meanwhile the source is idle: `rt.idle()` does not wait for it. */
  rest<T>(waiting: PromiseLike<T>): Promise<T>
  /** Writes a line to the runtime's log. */
  warn(line: string): void
}
