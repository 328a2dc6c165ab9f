/** What a handler may return, and how it reads as a payload, a typed failure and headers. */
import type { Either, Left, Right } from 'fp-ts/lib/Either.js'
import type { MessageDraft } from '../message/message.ts'

/** A value of type `A` in any form a handler may return it: plain, `Promise`, fp-ts `Either`, `Task` or `TaskEither`. */
export type Outcome<A, E = unknown> = A | Either<E, A> | PromiseLike<A | Either<E, A>> | (() => PromiseLike<A | Either<E, A>>)

type Lifted = PromiseLike<any> | Left<any> | Right<any> | (() => PromiseLike<any>) | MessageDraft<any, any>
type IsAny<R> = 0 extends 1 & R ? true : false

/** The payload a handler's result carries. */
export type ValueOf<R> = R extends Lifted ? Unlift<R> : R

type Unlift<R> =
  IsAny<R> extends true
    ? R
    : R extends Left<any>
      ? never
      : R extends Right<infer A>
        ? ValueOf<A>
        : R extends MessageDraft<infer A, any>
          ? A
          : R extends PromiseLike<infer A>
            ? ValueOf<A>
            : R extends () => PromiseLike<infer A>
              ? ValueOf<A>
              : never

/** The typed failure a handler's result carries; `never` when it declares none. */
export type FailureOf<R> = R extends Lifted ? Failed<R> : never

type Failed<R> =
  IsAny<R> extends true
    ? never
    : R extends Left<infer E>
      ? E
      : R extends PromiseLike<infer A>
        ? FailureOf<A>
        : R extends () => PromiseLike<infer A>
          ? FailureOf<A>
          : never

/** The headers known after a handler: a returned draft adds its own to those there were. */
export type HeadersAfter<H, R> = R extends Lifted ? Headed<H, R> : H

type Headed<H, R> =
  IsAny<R> extends true
    ? H
    : R extends Left<any>
      ? never
      : R extends Right<infer A>
        ? HeadersAfter<H, A>
        : R extends MessageDraft<any, infer D>
          ? Override<H, D>
          : R extends PromiseLike<infer A>
            ? HeadersAfter<H, A>
            : R extends () => PromiseLike<infer A>
              ? HeadersAfter<H, A>
              : never

/** `H` with the headers of `D` set; a type they had before is gone. */
export type Override<H, D> = [keyof H & keyof D] extends [never] ? H & D : Omit<H, keyof D> & D
