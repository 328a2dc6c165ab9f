/** What a function, or something else that the app was given, gave against its contract: one sentence for all. */
import type { ErrorPlace } from './allora-error.ts'
import { describeValue } from './describe-value.ts'
import { HandlerResultError } from './handling-errors.ts'

/** `who` is what gave it, `expected` what its contract asks for, `fix` how to mend it. Nobody waits for a promise that came, also when it fails. */
export function unusableResult(
  who: string,
  expected: string,
  came: unknown,
  fix: string,
  place?: ErrorPlace,
): HandlerResultError {
  if (came instanceof Promise) came.catch(() => undefined)
  return new HandlerResultError(
    `${who} must give ${expected}, but it gave ${came === undefined ? 'undefined' : describeValue(came)}. ${fix}`,
    place,
  )
}
