/** The types of what steps are given and make of it, where the outcome of a handler alone does not say it. */
import type { Exchange } from '../message/exchange.ts'
import type { Failure, TypedFailure } from '../message/failure.ts'
import type { KnownHeaders } from '../message/headers.ts'
import type { FailureOf, Outcome, ValueOf } from './outcome.ts'
import type { Named } from './service.ts'

/** Takes a failure and makes a payload to go on with. The exchange is as it was when it entered the failing step. */
export interface Recover<in E, in H, out R, out N = never> extends Named<N> {
  (failure: Failure<E>, exchange: Exchange<unknown, Partial<H>>): R
}

/** Says which failures an error scope takes. */
export type Choice<E> = (failure: Failure<E>, exchange: Exchange<unknown>) => boolean

/** The typed failures that a choice leaves to the next scope: none without one, and those it rules out if it is a type guard. */
export type LeftBy<E, W> = [undefined] extends [W]
  ? never
  : W extends ((failure: any, exchange: never) => failure is infer T)
    ? Exclude<E, ErrorsIn<T>>
    : E

type ErrorsIn<T> = T extends TypedFailure<infer E> ? E : never

/** The payload that a predicate lets pass: narrowed, if it is a type guard. */
export type Passed<P, F> = F extends ((payload: any, exchange: never) => payload is infer Q)
  ? [Q] extends [P]
    ? Q
    : P
  : P

/** The typed failures of a predicate; most give a plain `boolean`. */
export type FailedBy<F> = F extends (...args: never) => boolean
  ? never
  : F extends (...args: never) => infer R
    ? FailureOf<R>
    : never

/** What can be split: anything iterable but text. */
export type Parts = readonly unknown[] | (Iterable<unknown> & object) | AsyncIterable<unknown>

/** One part. Arrays come first: to match one with the structure of `Iterable` costs ten times as much. */
export type PartOf<S> = S extends readonly (infer T)[]
  ? T
  : S extends Iterable<infer T>
    ? T
    : S extends AsyncIterable<infer T>
      ? T
      : never

/** What is split: what the splitter gives, or, without one, the payload itself. */
export type SplitsBy<P, Q> = [Q] extends [never] ? P : ValueOf<Q>

/** What the function of a header may return: the known ones have their types. */
export type HeaderOutcome<K> = K extends keyof KnownHeaders ? Outcome<NonNullable<KnownHeaders[K]>> : unknown

/** `H` with one header set; of a computed name nothing is known. */
export type WithHeader<H, K extends string, V> = string extends K
  ? H
  : [K & keyof H] extends [never]
    ? H & { readonly [k in K]: V }
    : Omit<H, K> & { readonly [k in K]: V }
