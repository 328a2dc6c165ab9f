/** The log of one runtime: lines are made only when its logger wants them. */
import type { LogFields, LogLevel, LogPlace, Logger } from './logger.ts'
import { redacted } from './redacted.ts'

/** See above. */
export class Log {
  private readonly logger: Logger | undefined
  private readonly secrets: readonly string[] | undefined

  constructor(logger: Logger | undefined, secrets: readonly string[] | undefined) {
    this.logger = logger
    this.secrets = secrets
  }

  /** Whether a line would be written. */
  wants(level: LogLevel, place: LogPlace): boolean {
    return this.logger?.isEnabled?.(level, place) !== false
  }

  write(level: LogLevel, line: () => string, fields: LogFields): void {
    const { logger } = this
    if (logger === undefined) writeToConsole(level, line(), fields)
    else if (this.wants(level, fields)) logger[level](line(), fields)
  }

  /** A line with data, of which secrets are taken out. */
  writeData(level: LogLevel, line: () => string, fields: LogFields, data: unknown): void {
    if (this.wants(level, fields)) this.write(level, line, { ...fields, data: redacted(data, this.secrets) })
  }
}

/** Sentences say where they come from: who reads them on a console needs no fields. */
function writeToConsole(level: LogLevel, line: string, { data }: LogFields): void {
  if (data === undefined) console[level](line)
  else console[level](line, data)
}
