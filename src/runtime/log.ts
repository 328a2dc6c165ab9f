/** The log of one runtime: lines are made only when its logger wants them. */
import { observe } from '../transport/observe.ts'
import type { LogFields, LogLevel, LogPlace, Logger } from './logger.ts'

/** See above. */
export class Log {
  private readonly logger: Logger | undefined
  /** Names of properties that are in no line, beside those that `redacted` knows. */
  readonly secrets: readonly string[] | undefined

  constructor(logger: Logger | undefined, secrets: readonly string[] | undefined) {
    this.logger = logger
    this.secrets = secrets
  }

  /** Whether a line would be written. */
  wants(level: LogLevel, place: LogPlace): boolean {
    const { logger } = this
    let wanted: unknown
    if (logger?.isEnabled !== undefined) observe('The logger', () => (wanted = logger.isEnabled!(level, place)))
    return wanted !== false
  }

  write(level: LogLevel, line: () => string, fields: LogFields): void {
    const { logger } = this
    if (logger === undefined) return writeToConsole(level, line(), fields)
    if (!this.wants(level, fields)) return
    const text = line()
    observe('The logger', () => logger[level](text, fields))
  }
}

/** Sentences say where they come from: who reads them on a console needs no fields. */
function writeToConsole(level: LogLevel, line: string, { data }: LogFields): void {
  if (data === undefined) console[level](line)
  else console[level](line, data)
}
