/** The logger that a `logging.yml` beside the app's file, or in the working directory, describes. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Diagnostic } from '../graph/diagnostic.ts'
import type { Logger } from '../runtime/logger.ts'
import { shownPath } from './shown-path.ts'

/** A logger, and what is wrong with its description. */
export interface LoggerBeside {
  readonly logger: Logger
  readonly mistakes: readonly Diagnostic[]
}

/** See above; `undefined` when there is no such file. */
export async function loggerBeside(file: string): Promise<LoggerBeside | undefined> {
  const folder = dirname(file)
  const path = [folder, process.cwd()].map((each) => join(each, 'logging.yml')).find((each) => existsSync(each))
  if (path === undefined) return undefined
  // Loaded when it is needed, as a module needs nothing else of YAML.
  const { loggerOf, readLogging } = await import('../yaml/logging.ts')
  return { logger: loggerOf(readLogging(folder)), mistakes: await mistakesIn(path) }
}

async function mistakesIn(path: string): Promise<readonly Diagnostic[]> {
  const { loggingMistakes } = await import('../yaml/logging-mistakes.ts')
  try {
    return loggingMistakes(readFileSync(path, 'utf8'), shownPath(path))
  } catch (error) {
    const message = `${shownPath(path)} cannot be read: ${(error as Error).message}.`
    return [{ code: 'ALLORA601', severity: 'warning', message, fix: 'Make it readable: until then, info is logged.' }]
  }
}
