/** The exchange: a message in flight, as the second argument of every handler. */
import type { Message } from './message.ts'

/** One node a message passed; kept when the runtime is asked to (`history: true`). */
export interface HistoryEntry {
  readonly flowId: string
  readonly nodeId: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/**
 * A message in flight. It is valid while the message is in the flow: a handler that keeps it for later sees what the message
 * has become by then; keep `exchange.message` instead.
 */
export interface Exchange<out P, out H = {}> {
  /** The message as it entered this step. */
  readonly message: Message<P, H>
  /** The `correlationId` header, or else the id of the message as it entered the flow. */
  readonly correlationId: string
  /** 1 for the first delivery, one more with each redelivery. */
  readonly attempt: number
  /** Aborted when the runtime's stop deadline passes, or the sender's own signal is. */
  readonly signal: AbortSignal
  /** The nodes passed so far; empty unless the runtime keeps history. */
  readonly history: readonly HistoryEntry[]
  /** Notes from step to step within this flow; never sent anywhere. */
  readonly properties: Map<string, unknown>
}
