/** The check that an app has to pass before it is started. */
import { InvalidAppError } from '../errors/lifecycle-errors.ts'
import { checkGraph } from '../graph/check.ts'
import { formatDiagnostic } from '../graph/diagnostic.ts'
import type { EngineApp } from './engine-app.ts'

/** Throws `InvalidAppError` for an app with errors. */
export function refuseInvalid(app: EngineApp, functions: ReadonlyMap<string, Function>): void {
  const errors = checkGraph(app.graph, functions).filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return
  throw new InvalidAppError(
    `The app has ${errors.length === 1 ? 'an error' : `${errors.length} errors`} and was not started:\n\n${errors.map(formatDiagnostic).join('\n\n')}`,
  )
}
