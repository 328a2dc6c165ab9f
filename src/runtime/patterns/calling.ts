/** Steps that call user code once a message: transform, handle, setHeader, filter, routeBy, split and recover are made of this. */
import { type HeadersInit, withHeaders } from '../../message/headers.ts'
import type { Frame } from '../frame.ts'
import { asDraft, isPlain, promiseOf, unwrap } from '../outcome.ts'
import { SUSPENDED, type Step } from '../step.ts'

/** Goes on with the value of a call; gives the index of the next step. */
type Take = (frame: Frame, value: unknown, headers: HeadersInit) => number

/** Makes `step` call `fn` with payload and exchange and go on with `take`, at once or when the promise settles. */
export function calling(step: Step, fn: Function, take: Take): void {
  const settle = (frame: Frame, result: unknown): number => {
    if (isPlain(result)) return take(frame, result, frame.headers)
    const pending = promiseOf(result)
    if (pending !== undefined) {
      frame.pending = pending
      return SUSPENDED
    }
    const value = unwrap(result)
    const draft = asDraft(value)
    return draft === undefined
      ? take(frame, value, frame.headers)
      : take(frame, draft.payload, withHeaders(frame.headers, draft.headers))
  }
  step.enter = (frame) => {
    const result: unknown = fn(frame.payload, frame)
    return isPlain(result) ? take(frame, result, frame.headers) : settle(frame, result)
  }
  step.resume = settle
}
