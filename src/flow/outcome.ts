/** What a handler may return, and how it reads as a payload, a typed failure and headers. */
import type { Left, Right } from 'fp-ts/lib/Either.js'
import type { Envelope, Message, MessageDraft } from '../message/message.ts'

/** A value of type `A` in any form a handler may return it: plain, `Promise`, fp-ts `Either`, `Task` or `TaskEither`, with any typed failure. */
export type Outcome<A> = Result<AnyLeft, A> | PromiseLike<Result<AnyLeft, A>> | (() => PromiseLike<Result<AnyLeft, A>>)

/** {@link Outcome} with failures of type `E` only. */
export type TypedOutcome<E, A> =
  | Result<Left<E>, A>
  | PromiseLike<Result<Left<E>, A>>
  | (() => PromiseLike<Result<Left<E>, A>>)

type Result<L, A> = A | Right<A> | L

/** Names no type for the failure: from `Left<unknown>` the compiler would take `unknown` for that of an inline `right(...)`. */
interface AnyLeft {
  readonly _tag: 'Left'
}

/** The payload a handler's result carries. */
export type ValueOf<R> = R extends Lifted ? Payload<Success<Settled<R>>> : R

/** The typed failure a handler's result carries; `never` when it declares none. */
export type FailureOf<R> = R extends Lifted ? Failed<Settled<R>> : never

/** The headers known after a handler: a returned draft adds its own to those there were. */
export type HeadersAfter<H, R> = R extends Lifted ? Headed<H, Success<Settled<R>>> : H

/** `H` with the headers of `D` set; a type they had before is gone. */
export type Override<H, D> = [keyof H & keyof D] extends [never] ? H & D : Omit<H, keyof D> & D

/** `H` where each header may be missing. */
export type Maybe<H> = {} extends H ? H : Partial<H>

// Most results are plain: one test says so, and the rest is not looked at. Here and below `Promise` comes first, by name: to match it
// with the structure of `PromiseLike` costs three times as much.
type Lifted =
  | Promise<any>
  | (() => Promise<any>)
  | PromiseLike<any>
  | Left<any>
  | Right<any>
  | (() => PromiseLike<any>)
  | Envelope<any>

type Settled<R> =
  R extends Promise<infer A>
    ? A
    : R extends PromiseLike<infer A>
      ? A
      : R extends () => Promise<infer A>
        ? A
        : R extends () => PromiseLike<infer A>
          ? A
          : R

type Success<S> = S extends Left<any> ? never : S extends Right<infer A> ? A : S

type Failed<S> = unknown extends S ? never : S extends Left<infer E> ? E : never

type Payload<A> = A extends Envelope<infer P> ? P : A

type Headed<H, A> = A extends Enveloped<infer D> ? Override<H, D> : H

type Enveloped<D> = MessageDraft<any, D> | Message<any, D>
