/** Loads an app from a module: what it exports is searched for an app, or for flows to make one of. */
import { type AnyApp, assemble } from '../app/app.ts'
import { AlloraError } from '../errors/allora-error.ts'
import { AppFileError } from '../errors/control-errors.ts'
import type { AnyFlow } from '../flow/flow-def.ts'
import type { Transport } from '../transport/transport.ts'
import { type Exports, functionsOf, importModule, objectIn, servicesIn } from './exports.ts'
import type { LoadedApp } from './load-app.ts'
import { shownPath } from './shown-path.ts'

/** See above. */
export async function loadModule(file: string, servicesFile?: string): Promise<LoadedApp> {
  const extra = servicesFile === undefined ? {} : servicesIn(await importModule(servicesFile))
  const exports = await importModule(file)
  return {
    app: appIn(exports, shownPath(file)),
    services: functionsOf({ ...objectIn(exports, 'services'), ...extra }),
    transports: objectIn<Transport>(exports, 'transports'),
    diagnostics: [],
    files: [],
  }
}

function appIn(exports: Exports, file: string): AnyApp {
  const { default: preferred, ...others } = exports
  const values = [preferred, ...Object.values(others)]
  const apps = [...new Set(values.filter(isApp))]
  if (isApp(preferred)) return preferred
  if (apps.length === 1) return apps[0]!
  if (apps.length > 1) {
    throw new AppFileError(
      `${file} exports ${apps.length} apps. Export the one to run as default: export default app(...).`,
    )
  }
  const flows = [...new Set(values.filter(isFlow))]
  if (flows.length > 0) return together(flows, file)
  const names = Object.keys(exports)
  throw new AppFileError(
    `${file} exports no app and no flow, but ${names.length === 0 ? 'nothing' : names.join(', ')}. Write: export default app(flow('hello')...build()).`,
  )
}

function together(flows: readonly AnyFlow[], file: string): AnyApp {
  try {
    return assemble(flows)
  } catch (cause) {
    if (!(cause instanceof AlloraError)) throw cause
    throw new AppFileError(`The flows of ${file} do not go together: ${cause.message}`, { cause })
  }
}

/** By shape: an app of another copy of the library is an app too. */
const isApp = (value: unknown): value is AnyApp => hasGraphWith(value, 'flows')

const isFlow = (value: unknown): value is AnyFlow => hasGraphWith(value, 'nodes')

function hasGraphWith(value: unknown, part: string): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { graph, functions } = value as { readonly graph?: unknown; readonly functions?: unknown }
  return typeof graph === 'object' && graph !== null && part in graph && typeof functions === 'object'
}
