/** What modules of the user export. */
import { existsSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { AppFileError } from '../errors/control-errors.ts'
import { quote } from '../errors/describe-value.ts'
import { isRegistry } from '../flow/service-registry.ts'
import { type AnyFunction, serviceEntry } from '../flow/service.ts'
import { shownPath } from './shown-path.ts'

/** The exports of a module, by name. */
export type Exports = Readonly<Record<string, unknown>>

/** Imports a module. Rejects with `AppFileError`, whose cause is what the module threw. */
export async function importModule(file: string): Promise<Exports> {
  if (!existsSync(file))
    throw new AppFileError(`There is no file ${quote(shownPath(file))}. Name the module by its path from this folder.`)
  try {
    return (await import(pathToFileURL(file).href)) as Exports
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const typed =
      (cause as { code?: unknown } | undefined)?.code === 'ERR_UNKNOWN_FILE_EXTENSION' && /\.[cm]?ts$/.test(file)
    const hint = typed ? '. TypeScript without a build needs Node 22.18 or newer.' : ''
    throw new AppFileError(`${shownPath(file)} cannot be loaded: ${why}${hint}`, { cause })
  }
}

/**
 * Services that a module exports: functions by the name that `service` gave them, classes by that of `@Service`, those of a registry by
 * theirs, everything else by its own, and those in `services`. Throws `AppFileError` when a name stands for two.
 */
export function servicesIn(exports: Exports): Readonly<Record<string, unknown>> {
  const found = new Map<string, unknown>()
  const { services, ...others } = exports
  const all = [...Object.entries(objectIn({ services }, 'services')), ...Object.entries(others)]
  for (const [name, value] of all.flatMap(namedServices)) {
    if (found.has(name) && found.get(name) !== value) {
      throw new AppFileError(`Two services are called "${name}". Give one of them another name.`)
    }
    found.set(name, value)
  }
  return Object.fromEntries(found)
}

function namedServices([name, value]: [string, unknown]): [string, unknown][] {
  if (isRegistry(value)) return Object.entries(value.functions)
  const entry = typeof value === 'function' ? serviceEntry(value as AnyFunction) : undefined
  // A class stands for the function of its instance.
  return entry === undefined ? [[name, value]] : [[entry.name, entry.fn ?? value]]
}

/** An export that is an object, or the functions of a registry; empty without one. */
export function objectIn<T = unknown>(exports: Exports, name: string): Readonly<Record<string, T>> {
  const value = exports[name]
  if (isRegistry(value)) return value.functions as Readonly<Record<string, T>>
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, T>>) : {}
}

/** Those of the values that are functions; of a class with `@Service` it is that of its instance. */
export function functionsOf(values: Readonly<Record<string, unknown>>): Readonly<Record<string, AnyFunction>> {
  return Object.fromEntries(
    Object.entries(values)
      .filter((entry): entry is [string, AnyFunction] => typeof entry[1] === 'function')
      .map(([name, fn]) => [name, serviceEntry(fn)?.fn ?? fn]),
  )
}
