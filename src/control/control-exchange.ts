/** A request to a running app while it is worked on. */
import type { Controlled } from './controlled.ts'

/** A request while it is worked on. */
export interface ControlExchange {
  readonly runtime: Controlled
  /** What `info` says besides: facts about the program. */
  readonly about: Readonly<Record<string, unknown>>
  readonly args: Readonly<Record<string, unknown>>
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal
  /** Tells the client something before the end. Resolves when it was written, false when it could not be. */
  readonly emit: (event: unknown) => Promise<boolean>
  /** Bytes that wait to be written to the client. */
  readonly backlog: () => number
}
