/** Loads an app from a module: what it exports is searched for an app, or for flows to make one of. */
import { relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type AnyApp, assemble } from '../app/app.ts'
import { AlloraError } from '../errors/allora-error.ts'
import { AppFileError } from '../errors/control-errors.ts'
import type { AnyFlow } from '../flow/flow-def.ts'
import { type AnyFunction, serviceEntry } from '../flow/service.ts'
import type { Transport } from '../transport/transport.ts'
import { isYaml } from './app-file.ts'

/** An app with what it is run with. */
export interface LoadedApp {
  readonly app: AnyApp
  readonly services: Readonly<Record<string, AnyFunction>>
  readonly transports: Readonly<Record<string, Transport>>
}

type Exports = Readonly<Record<string, unknown>>

/** Loads the app of a file, with the services that other modules export. */
export async function loadApp(file: string, servicesFile?: string): Promise<LoadedApp> {
  const extra = servicesFile === undefined ? {} : await loadServices(servicesFile)
  if (isYaml(file)) {
    throw new AppFileError(
      `${shown(file)} is YAML, which this version does not read yet. Export the app from a module: allora init shows how.`,
    )
  }
  const exports = await importModule(file)
  return {
    app: appIn(exports, file),
    services: { ...named(exports['services']), ...extra },
    transports: named<Transport>(exports['transports']),
  }
}

/** The functions that a module exports: by the name that `service` gave them or else their own, and those in `services`. */
export async function loadServices(file: string): Promise<Readonly<Record<string, AnyFunction>>> {
  const exports = await importModule(file)
  const all: Exports = { ...named(exports['services']), ...exports }
  return Object.fromEntries(
    Object.entries(all)
      .filter((entry): entry is [string, AnyFunction] => typeof entry[1] === 'function')
      .map(([name, fn]) => [serviceEntry(fn)?.name ?? name, fn]),
  )
}

async function importModule(file: string): Promise<Exports> {
  try {
    return (await import(pathToFileURL(file).href)) as Exports
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const typed = (cause as { code?: unknown } | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION'
    const hint = typed ? ' TypeScript without a build needs Node 22.18 or newer.' : ''
    throw new AppFileError(`${shown(file)} cannot be loaded: ${why}${hint}`, { cause })
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
      `${shown(file)} exports ${apps.length} apps. Export the one to run as default: export default app(...).`,
    )
  }
  const flows = [...new Set(values.filter(isFlow))]
  if (flows.length > 0) return together(flows, file)
  const names = Object.keys(exports)
  const came = names.length === 0 ? 'nothing' : names.join(', ')
  throw new AppFileError(
    `${shown(file)} exports no app and no flow, but ${came}. Write: export default app(flow('hello')...build()).`,
  )
}

function together(flows: readonly AnyFlow[], file: string): AnyApp {
  try {
    return assemble(flows)
  } catch (cause) {
    if (!(cause instanceof AlloraError)) throw cause
    throw new AppFileError(`The flows of ${shown(file)} do not go together: ${cause.message}`, { cause })
  }
}

/** By shape: an app of another copy of the library is an app too. */
function isApp(value: unknown): value is AnyApp {
  return isObject(value) && isObject(value['graph']) && 'flows' in value['graph'] && isObject(value['functions'])
}

function isFlow(value: unknown): value is AnyFlow {
  return isObject(value) && isObject(value['graph']) && 'nodes' in value['graph'] && isObject(value['functions'])
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

const named = <T = AnyFunction>(value: unknown): Readonly<Record<string, T>> =>
  isObject(value) ? (value as Record<string, T>) : {}

/** A path as short as it can be said. */
function shown(file: string): string {
  const short = relative(process.cwd(), file)
  return short === '' || short.startsWith('..') ? file : short
}
