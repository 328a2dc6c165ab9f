/** A pino logger as the logger of a runtime. */
import type { LogFields, LogLevel, Logger } from '../runtime/logger.ts'

/** What is used of pino. */
export type PinoLike = { readonly [level in LogLevel]: (fields: object, line: string) => void } & {
  /** Whether lines of the level are written. */
  isLevelEnabled(level: string): boolean
}

/**
 * Adapts pino, which takes the fields before the text, and calls errors `err`. Levels are those of the pino logger.
 *
 * @example
 * ```ts no-run
 * import { app, direct, flow, runtime } from 'allora'
 * import { pinoLogger } from 'allora/logging'
 * import { pino } from 'pino'
 *
 * const orders = flow('orders').from(direct('orders')).log().build()
 * const rt = runtime(app(orders), { logger: pinoLogger(pino({ level: 'debug' })) })
 * ```
 */
export function pinoLogger(pino: PinoLike): Logger {
  const log =
    (level: LogLevel) =>
    (line: string, { error, ...fields }: LogFields = {}): void =>
      pino[level](error === undefined ? fields : { ...fields, err: error }, line)
  return {
    isEnabled: (level) => pino.isLevelEnabled(level),
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
  }
}
