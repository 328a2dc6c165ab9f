/** Allora's `logging.yml`: how much is logged, and how a line looks. */
import { join } from 'node:path'
import { lineLogger } from '../logging/line-logger.ts'
import type { Logger } from '../runtime/logger.ts'
import { type Datum, textOf, valueOf } from './datum.ts'
import { readFileFromDisk } from './load-files.ts'
import { readText } from './read-text.ts'
import { Report } from './report.ts'
import { SourceText } from './source-text.ts'

/** What `logging.yml` says. */
export interface LoggingSettings {
  /** Levels by target, as in `info,orders=debug`, see `levelFilter` of `allora/logging`; `off` for nothing. */
  readonly filter: string
  /** Whether a terminal gets colours; absent in the file = true. */
  readonly ansi: boolean
  /** Whether lines begin with the time; absent in the file = true. */
  readonly withTimestamp: boolean
  /** There if lines are JSON (`format: { json: true }`, which Allora has not). */
  readonly json?: boolean
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
  const format = valueOf(datum, 'format')
  return {
    // YAML 1.2 reads `off` as a text, which is what is meant.
    filter: textOf(valueOf(datum, 'filter')) ?? textOf(valueOf(datum, 'level')) ?? DEFAULTS.filter,
    ansi: flagOf(valueOf(datum, 'ansi')),
    withTimestamp: flagOf(valueOf(format, 'with_timestamp')),
    ...(isTrue(valueOf(format, 'json')) && { json: true }),
    source,
  }
}

const isTrue = (datum: Datum | undefined): boolean => datum?.kind === 'scalar' && datum.value === true

const flagOf = (datum: Datum | undefined): boolean => !(datum?.kind === 'scalar' && datum.value === false)

/**
 * A logger that keeps to the settings and writes whole lines, to the standard error output unless it is told where to. Colours are only
 * for a terminal, and not where the environment has `NO_COLOR`.
 */
export function loggerOf(
  { filter, ansi, withTimestamp, json = false }: LoggingSettings,
  write?: (line: string) => void,
  now?: () => number,
): Logger {
  return lineLogger({
    filter,
    ansi: ansi && (write !== undefined || hasColours()),
    time: withTimestamp,
    format: json ? 'json' : 'text',
    ...(write !== undefined && { write }),
    ...(now !== undefined && { now }),
  })
}

// A pipe or a file has no such method.
const hasColours = (): boolean => process.stderr.isTTY && process.stderr.hasColors()
