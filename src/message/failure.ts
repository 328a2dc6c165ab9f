/** Failures as data: what an error scope is given. */
import type { Message } from './message.ts'

/** A typed failure (a `Left`, of type `E`), or a defect (anything thrown or rejected). */
export type Failure<E> = TypedFailure<E> | Defect

/** A handler returned `Left(error)`. */
export interface TypedFailure<out E> {
  readonly kind: 'failure'
  readonly error: E
}

/** A handler threw or rejected, or a send was refused. */
export interface Defect {
  readonly kind: 'defect'
  readonly cause: unknown
}

/** What `errorsTo` sends. */
export interface ErrorMessage<out E> {
  readonly failure: Failure<E>
  /** As it entered the failing step. */
  readonly failed: Message<unknown>
  /** As it entered the flow. */
  readonly original: Message<unknown>
  readonly flowId: string
  readonly nodeId: string
  /** The delivery it failed in, from 1. */
  readonly attempt: number
}
