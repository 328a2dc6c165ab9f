/** What a handler returned, taken apart: plain value, promise, `Either`, `Task`, `TaskEither` or message draft. */
import { HandlerResultError } from '../errors/handling-errors.ts'
import { unusableResult } from '../errors/unusable-result.ts'
import type { Failure } from '../message/failure.ts'
import type { HeadersInit } from '../message/headers.ts'
import { type MessageDraft, isDraft, isMessage } from '../message/message.ts'

/** Thrown inside the loop for a `Left`: not an `Error`, because making a stack costs more than all else and nobody would read it. */
export class TypedFailureSignal {
  readonly error: unknown
  constructor(error: unknown) {
    this.error = error
  }
}

/** What a step threw, as a failure. */
export function failureOf(cause: unknown): Failure<unknown> {
  return cause instanceof TypedFailureSignal ? { kind: 'failure', error: cause.error } : { kind: 'defect', cause }
}

/** Whether a handler's result is the payload itself. */
export function isPlain(result: unknown): boolean {
  if (typeof result !== 'object') return typeof result !== 'function'
  if (result === null) return true
  const { _tag, then } = result as { readonly _tag?: unknown; readonly then?: unknown }
  return _tag !== 'Right' && _tag !== 'Left' && typeof then !== 'function' && !isDraft(result) && !isMessage(result)
}

/** The promise in a result that has to be waited for. Runs a `Task`. */
export function promiseOf(result: unknown): Promise<unknown> | undefined {
  if (typeof result === 'function') {
    const started: unknown = (result as () => unknown)()
    if (isThenable(started)) return honest(started)
    throw new HandlerResultError(
      'The handler returned a function. Only a Task or TaskEither, a function that gives a promise when it is called, can be taken; return the value itself, or a promise of it.',
    )
  }
  return isThenable(result) ? honest(result) : undefined
}

/** The value in a settled result that is not plain. Throws a {@link TypedFailureSignal} for a `Left`. */
export function unwrap(result: unknown): unknown {
  if (typeof result !== 'object' || result === null) return result
  const either = result as { readonly _tag?: unknown; readonly left?: unknown; readonly right?: unknown }
  // oxlint-disable-next-line typescript/only-throw-error -- no error, see the class
  if (either._tag === 'Left' && 'left' in either) throw new TypedFailureSignal(either.left)
  if (either._tag === 'Right' && 'right' in either) return either.right
  return result
}

/** A draft, or a message, that a handler returned to set headers itself. */
export function asDraft(value: unknown): MessageDraft<unknown, HeadersInit> | undefined {
  return isDraft(value) || isMessage(value) ? (value as MessageDraft<unknown, HeadersInit>) : undefined
}

/** The function of an option, such as `correlateBy`, whose answer is needed at once. */
export function answering(fn: Function, option: string): Function {
  return (input: unknown, exchange: unknown): unknown => atOnce(fn(input, exchange), option)
}

/** The answer itself. Throws `HandlerResultError` for a promise. */
export function atOnce(answer: unknown, option: string): unknown {
  if (!isThenable(answer)) return answer
  throw unusableResult(
    `The function of ${option}`,
    'its answer at once',
    honest(answer),
    'Make it a function that is not async, and wait for what it needs in a step before.',
  )
}

/** A thenable that is no promise may answer twice, or throw: a promise around it does not. */
const honest = (thenable: PromiseLike<unknown>): Promise<unknown> =>
  thenable instanceof Promise ? thenable : Promise.resolve(thenable)

/** Whether a value has to be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { readonly then?: unknown }).then === 'function'
  )
}
