/** A logger that writes lines: readable ones, or JSON. */
import type { LogFields, LogLevel, Logger } from '../runtime/logger.ts'
import { redacted } from '../runtime/redacted.ts'
import { levelFilter } from './level-filter.ts'

/** How lines look, and which are written. */
export interface LineLoggerOptions {
  /** Levels by target, see {@link levelFilter}; absent = `'info'`. */
  readonly filter?: string
  /** `json`: an object a line, with all that is known; absent = `text`. */
  readonly format?: 'text' | 'json'
  /** Whether the level has a colour; absent = false. */
  readonly ansi?: boolean
  /** Whether lines have the time; absent = true. */
  readonly time?: boolean
  /** Takes a line, which has no line break at its end; absent = to the standard error output. */
  readonly write?: (line: string) => void
  /** Milliseconds since 1970; absent = `Date.now`. */
  readonly now?: () => number
}

const COLOURS = { debug: 34, info: 32, warn: 33, error: 31 } as const

/**
 * Makes a logger of lines.
 *
 * @example
 * ```ts
 * import { app, direct, flow, runtime } from 'allora'
 * import { lineLogger } from 'allora/logging'
 *
 * const lines: string[] = []
 * const logger = lineLogger({ format: 'json', time: false, filter: 'info,quiet=warn', write: (line) => lines.push(line) })
 * const orders = flow('orders').from(direct('orders').of<string>()).log((order) => `got ${order}`, { id: 'seen' }).build()
 *
 * await using rt = await runtime(app(orders), { logger, ids: (n) => `m${n}` }).start()
 * await rt.send('orders', 'A-1')
 * lines // => ['{"level":"info","msg":"got A-1","flowId":"orders","nodeId":"seen","channelId":"orders","messageId":"m1"}']
 * ```
 */
export function lineLogger(options: LineLoggerOptions = {}): Logger {
  const { filter = 'info', format = 'text', write = toStandardError, now = Date.now } = options
  const isEnabled = levelFilter(filter)
  const lineOf = format === 'json' ? jsonLine : textLine
  const log = (level: LogLevel, text: string, fields: LogFields = {}): void => {
    if (isEnabled(level, fields)) write(lineOf(level, text, fields, options, now))
  }
  return {
    isEnabled,
    debug: (text, fields) => log('debug', text, fields),
    info: (text, fields) => log('info', text, fields),
    warn: (text, fields) => log('warn', text, fields),
    error: (text, fields) => log('error', text, fields),
  }
}

type LineOf = (
  level: LogLevel,
  text: string,
  fields: LogFields,
  options: LineLoggerOptions,
  now: () => number,
) => string

/** The sentence says where it comes from; only what a step gave to be logged is added. */
const textLine: LineOf = (level, text, { data }, { ansi = false, time = true }, now) => {
  const word = level.toUpperCase().padStart(5)
  const shown = ansi ? `\u001b[${COLOURS[level]}m${word}\u001b[0m` : word
  const said = data === undefined ? text : `${text} ${JSON.stringify(data)}`
  return `${time ? `${new Date(now()).toISOString()} ` : ''}${shown} ${said}`
}

const jsonLine: LineOf = (level, text, { error, data, ...place }, { time = true }, now) =>
  JSON.stringify({
    ...(time && { time: new Date(now()).toISOString() }),
    level,
    msg: text,
    ...place,
    ...(error !== undefined && { error: errorOf(error) }),
    ...(data !== undefined && { data }),
  })

function errorOf(error: unknown): unknown {
  if (!(error instanceof Error)) return redacted(error)
  const { name, message, stack } = error
  const { code } = error as { readonly code?: unknown }
  return { name, ...(typeof code === 'string' && { code }), message, stack }
}

const toStandardError = (line: string): void => void process.stderr.write(`${line}\n`)
