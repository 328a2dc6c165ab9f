/** Decoders: untyped data in; out comes data of a known shape, or every problem with it. */
import { type Either, left, map, right } from 'fp-ts/lib/Either.js'
import type { NonEmptyArray } from 'fp-ts/lib/NonEmptyArray.js'
import { describeValue, quote } from '../errors/describe-value.ts'
import type { GraphProblem } from '../errors/graph-errors.ts'
import { closest } from './did-you-mean.ts'

/** Data, or what is wrong with it. */
export type Decoded<A> = Either<NonEmptyArray<GraphProblem>, A>

/** Takes a value found at a path. What it gives is a copy that shares nothing with the value. */
export type Decoder<A> = (value: unknown, path: string) => Decoded<A>

/** A property of an object: how to decode it, and whether it may be absent. */
export interface Property<out A> {
  readonly decode: Decoder<A>
  readonly optional: boolean
}

/** The properties of an object: one for each of `A`. */
export type Properties<A> = { readonly [K in keyof A]-?: Property<A[K]> }

/** The problem with what came at a path. */
export function problem(path: string, expected: string, actual: string, suggestion?: string): GraphProblem {
  return { path, expected, actual, ...(suggestion !== undefined && { suggestion }) }
}

/** A value that a test lets pass as it is. */
export function value<A>(expected: string, fits: (value: unknown) => value is A): Decoder<A> {
  return (came, path) => (fits(came) ? right(came) : left([problem(path, expected, describeValue(came))]))
}

/** One of a few words. */
export function word<T extends string>(words: readonly T[]): Decoder<T> {
  const expected = `one of ${words.map(quote).join(', ')}`
  return (came, path) => {
    const found = words.find((candidate) => candidate === came)
    if (found !== undefined) return right(found)
    const suggestion = typeof came === 'string' ? closest(came, words) : undefined
    return left([problem(path, expected, describeValue(came), suggestion)])
  }
}

/** An array of equals. */
export function list<A>(item: Decoder<A>): Decoder<readonly A[]> {
  return (came, path) => {
    if (!Array.isArray(came)) return left([problem(path, 'an array', describeValue(came))])
    return together(came.map((part: unknown, i) => item(part, `${path}[${i}]`)))
  }
}

/** An object with these properties and no others. */
export function record<A extends object>(properties: Properties<A>): Decoder<A> {
  const known = Object.entries<Property<unknown>>(properties)
  return (came, path) => {
    if (!isObject(came)) return left([problem(path, 'an object', describeValue(came))])
    const entries = known.flatMap(([key, { decode, optional }]) => {
      const part = property(came, key)
      if (part === undefined && optional) return []
      return [map((decoded: unknown) => [key, decoded] as const)(decode(part, pathTo(path, key)))]
    })
    const whole = map((decoded: readonly (readonly [string, unknown])[]) => Object.fromEntries(decoded) as A)(
      together(entries),
    )
    return alsoWrong(whole, unknownKeys(came, path, Object.keys(properties)))
  }
}

/** Adds problems to what was decoded. */
export function alsoWrong<A>(decoded: Decoded<A>, more: readonly GraphProblem[]): Decoded<A> {
  const problems = decoded._tag === 'Left' ? [...decoded.left, ...more] : more
  return isSome(problems) ? left(problems) : decoded
}

/** Whether a value is an object that is no array. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** An object's own property; absent ones are `undefined`. */
export function property(value: object, key: string): unknown {
  return Object.hasOwn(value, key) ? (value as Record<string, unknown>)[key] : undefined
}

/** The path of a property: `nodes[3].channel`, `["odd key"]`. */
export function pathTo(path: string, key: string): string {
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${path}[${quote(key)}]`
  return path === '' ? key : `${path}.${key}`
}

function together<A>(parts: Decoded<A>[]): Decoded<readonly A[]> {
  const problems = parts.flatMap((part) => (part._tag === 'Left' ? part.left : []))
  if (isSome(problems)) return left(problems)
  return right(parts.flatMap((part) => (part._tag === 'Right' ? [part.right] : [])))
}

/** fp-ts's own test asks for an array that may be changed. */
const isSome = <A>(items: readonly A[]): items is NonEmptyArray<A> => items.length > 0

function unknownKeys(came: object, path: string, known: readonly string[]): GraphProblem[] {
  const expected = `only ${known.map(quote).join(', ')}`
  return Object.keys(came)
    .filter((key) => !known.includes(key))
    .map((key) => problem(pathTo(path, key), expected, 'an unknown field', closest(key, known)))
}
