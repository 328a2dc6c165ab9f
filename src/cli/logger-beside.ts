/** The logger that a `logging.yml` beside the app's file, or in the working directory, describes. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Logger } from '../runtime/logger.ts'

/** See above; `undefined` when there is no such file. */
export async function loggerBeside(file: string): Promise<Logger | undefined> {
  const folder = dirname(file)
  if (![folder, process.cwd()].some((each) => existsSync(join(each, 'logging.yml')))) return undefined
  // Loaded when it is needed, as a module needs nothing else of YAML.
  const { loggerOf, readLogging } = await import('../yaml/logging.ts')
  return loggerOf(readLogging(folder))
}
