/** What `stop()` gives back: how it went and every message that is left. */

/** A message that was still somewhere when the runtime stopped. */
export interface LeftMessage {
  readonly messageId: string
  readonly channelId?: string
  readonly flowId?: string
  readonly nodeId?: string
  /** `buffered` and `delayed`: in its channel. `aborted`: in a step that did not end before the deadline. `grouped`: in an open group of an aggregator. */
  readonly state: 'buffered' | 'delayed' | 'aborted' | 'grouped'
  /** Milliseconds since the message's timestamp. */
  readonly age: number
}

/** How a stop went. */
export interface StopReport {
  /** Whether all work in flight ended before the deadline. */
  readonly drained: boolean
  /** Messages whose step was aborted at the deadline. */
  readonly aborted: number
  /** Every message left, aborted ones included. */
  readonly left: readonly LeftMessage[]
}
