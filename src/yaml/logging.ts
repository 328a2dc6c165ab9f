/** Allora's `logging.yml`: how much is logged, and how a line looks. */
import { join } from 'node:path'
import type { LogLevel, Logger } from '../runtime/logger.ts'
import { type Datum, textOf, valueOf } from './datum.ts'
import { readFileFromDisk } from './load-files.ts'
import { readText } from './read-text.ts'
import { Report } from './report.ts'
import { SourceText } from './source-text.ts'

/** What `logging.yml` says. */
export interface LoggingSettings {
  /** Levels by target, as in `info,allora=debug`; `off` for nothing. */
  readonly filter: string
  /** Whether a terminal gets colours; absent in the file = true. */
  readonly ansi: boolean
  /** Whether lines begin with the time; absent in the file = true. */
  readonly withTimestamp: boolean
  /** The path of the file; `default` when there is none. One that cannot be read says so behind the path. */
  readonly source: string
}

const DEFAULTS = { filter: 'info', ansi: true, withTimestamp: true } as const

/**
 * Reads `logging.yml` of a folder, or of the working directory when the folder has none. As in Allora, what cannot be understood leaves
 * the defaults: logging never keeps an app from starting.
 */
export function readLogging(
  folder: string,
  cwd: string = process.cwd(),
  readFile: (path: string) => string = readFileFromDisk,
): LoggingSettings {
  for (const path of new Set([join(folder, 'logging.yml'), join(cwd, 'logging.yml')])) {
    try {
      return settingsOf(readFile(path), path)
    } catch (error) {
      if ((error as { readonly code?: unknown }).code === 'ENOENT') continue
      return { ...DEFAULTS, source: `${path} (read error, using defaults)` }
    }
  }
  return { ...DEFAULTS, source: 'default' }
}

function settingsOf(text: string, source: string): LoggingSettings {
  const datum = readText(new SourceText(text), new Report())?.datum
  return {
    // YAML 1.2 reads `off` as a text, which is what is meant.
    filter: textOf(valueOf(datum, 'filter')) ?? textOf(valueOf(datum, 'level')) ?? DEFAULTS.filter,
    ansi: flagOf(valueOf(datum, 'ansi')),
    withTimestamp: flagOf(valueOf(valueOf(datum, 'format'), 'with_timestamp')),
    source,
  }
}

const flagOf = (datum: Datum | undefined): boolean => !(datum?.kind === 'scalar' && datum.value === false)

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
const COLOURS = { debug: 34, info: 32, warn: 33, error: 31 } as const

/** A logger that keeps to the settings and writes whole lines. */
export function loggerOf(
  { filter, ansi, withTimestamp }: LoggingSettings,
  write: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
  now: () => number = Date.now,
): Logger {
  const least = leastLevel(filter)
  const log = (level: LogLevel, line: string): void => {
    if (LEVELS.indexOf(level) < least) return
    const word = level.toUpperCase().padStart(5)
    const shown = ansi ? `\u001b[${COLOURS[level]}m${word}\u001b[0m` : word
    write(`${withTimestamp ? `${new Date(now()).toISOString()} ` : ''}${shown} ${line}`)
  }
  return {
    debug: (line) => log('debug', line),
    info: (line) => log('info', line),
    warn: (line) => log('warn', line),
    error: (line) => log('error', line),
  }
}

/** The lowest level that is logged, as its index: that of `allora` if the filter names it, or the one for everything. */
function leastLevel(filter: string): number {
  const directives = filter.split(',').map((directive) => directive.trim().toLowerCase())
  const own = directives.findLast((directive) => directive.startsWith('allora='))?.slice('allora='.length)
  const level = own ?? directives.findLast((directive) => !directive.includes('=')) ?? 'error'
  if (level === 'off') return LEVELS.length
  return level === 'trace' ? 0 : Math.max(0, LEVELS.indexOf(level as LogLevel))
}
