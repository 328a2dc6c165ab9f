/** Where a runtime writes the lines of `log` steps, and what it has to say itself. */

/** How much a line matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** Where a line comes from; what it has nothing to do with is absent. */
export interface LogPlace {
  readonly flowId?: string
  readonly nodeId?: string
  /** The channel that the message was taken from, or the one that a line is about. */
  readonly channelId?: string
}

/** What a line is about, for loggers that write more than text. */
export interface LogFields extends LogPlace {
  readonly messageId?: string
  readonly error?: unknown
  /** What the function of a `log` step gave, with secrets taken out. */
  readonly data?: unknown
}

/**
 * What a runtime logs to. `console` is one. Other loggers, such as pino, are adapted by `allora/logging`, which also brings one that writes
 * lines, with levels by flow and channel. What a logger throws, or a promise of it rejects with, is a warning of the process.
 */
export type Logger = { readonly [level in LogLevel]: (line: string, fields?: LogFields) => void } & {
  /** Whether lines of this level are wanted from this place; asked before a line is made. Absent = all are. */
  readonly isEnabled?: (level: LogLevel, place: LogPlace) => boolean
}
