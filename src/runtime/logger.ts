/** Where a runtime writes the lines of `log` steps. */

/** How much a line matters. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What a runtime logs to; `console` is one, and so are most loggers. */
export type Logger = { readonly [level in LogLevel]: (line: string) => void }
