/** What an engine is given to run: an app without its types, checked and with its services bound. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InvalidAppError, MissingServiceError } from '../errors/lifecycle-errors.ts'
import { checkGraph } from '../graph/check.ts'
import { formatDiagnostic } from '../graph/diagnostic.ts'
import type { AppGraph } from '../graph/graph.ts'

/** The parts of an app that the engine runs. */
export interface EngineApp {
  readonly graph: AppGraph
  readonly functions: Readonly<Record<string, Function>>
  readonly contracts: readonly string[]
  readonly schemas: Readonly<Record<string, StandardSchemaV1>>
}

/** Every function of the app by name, with its services. Throws `MissingServiceError`. */
export function bindFunctions(
  app: EngineApp,
  services: Readonly<Record<string, Function>>,
): ReadonlyMap<string, Function> {
  const missing = app.contracts.filter((name) => !Object.hasOwn(services, name) || typeof services[name] !== 'function')
  if (missing.length > 0) {
    const names = missing.map((name) => JSON.stringify(name)).join(', ')
    throw new MissingServiceError(
      `The app needs ${missing.length === 1 ? 'a service' : 'services'} that the runtime was not given: ${names}. Pass ${missing.length === 1 ? 'it' : 'them'} as runtime(app, { services: { ${missing.map((name) => `${JSON.stringify(name)}: ...`).join(', ')} } }).`,
    )
  }
  return new Map([...Object.entries(app.functions), ...Object.entries(services)])
}

/** Throws `InvalidAppError` for an app with errors. */
export function refuseInvalid(app: EngineApp, functions: ReadonlyMap<string, Function>): void {
  const errors = checkGraph(app.graph, new Set(functions.keys())).filter(({ severity }) => severity === 'error')
  if (errors.length === 0) return
  throw new InvalidAppError(
    `The app has ${errors.length === 1 ? 'an error' : `${errors.length} errors`} and was not started:\n\n${errors.map(formatDiagnostic).join('\n\n')}`,
  )
}
