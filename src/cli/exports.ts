/** What modules of the user export. */
import { pathToFileURL } from 'node:url'
import { AppFileError } from '../errors/control-errors.ts'
import { type AnyFunction, serviceEntry } from '../flow/service.ts'
import { shownPath } from './shown-path.ts'

/** The exports of a module, by name. */
export type Exports = Readonly<Record<string, unknown>>

/** Imports a module. Rejects with `AppFileError`, whose cause is what the module threw. */
export async function importModule(file: string): Promise<Exports> {
  try {
    return (await import(pathToFileURL(file).href)) as Exports
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const typed = (cause as { code?: unknown } | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION'
    const hint = typed ? ' TypeScript without a build needs Node 22.18 or newer.' : ''
    throw new AppFileError(`${shownPath(file)} cannot be loaded: ${why}${hint}`, { cause })
  }
}

/** Services that a module exports: functions by the name that `service` gave them, everything else by its own, and those in `services`. */
export function servicesIn(exports: Exports): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries({ ...objectIn(exports, 'services'), ...exports }).map(([name, value]) => [
      (typeof value === 'function' ? serviceEntry(value as AnyFunction)?.name : undefined) ?? name,
      value,
    ]),
  )
}

/** An export that is an object; empty without one. */
export function objectIn<T = unknown>(exports: Exports, name: string): Readonly<Record<string, T>> {
  const value = exports[name]
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, T>>) : {}
}

/** Those of the values that are functions. */
export function functionsOf(values: Readonly<Record<string, unknown>>): Readonly<Record<string, AnyFunction>> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, AnyFunction] => typeof entry[1] === 'function'),
  )
}
