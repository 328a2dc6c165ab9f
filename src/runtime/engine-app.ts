/** What an engine is given to run: an app without its types, with its services bound. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { MissingServiceError } from '../errors/lifecycle-errors.ts'
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
  const functions = new Map<string, Function>()
  for (const given of [app.functions, services])
    for (const name of Object.keys(given)) functions.set(name, given[name]!)
  return functions
}
