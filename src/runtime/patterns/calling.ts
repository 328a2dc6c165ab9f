/** Steps that call user code once a message: transform, handle, setHeader, filter, routeBy, split and recover are made of this. */
import { withHeaders } from '../../message/headers.ts'
import type { Frame } from '../frame.ts'
import { asDraft, isPlain, promiseOf, unwrap } from '../outcome.ts'
import { type Next, SUSPENDED, type Step, type Take } from '../step.ts'

/** Makes `step` call `service` with payload and exchange and go on with `take`, at once or when the promise settles. */
export function calling(step: Step, service: Function, take: Take): void {
  step.service = service
  step.take = take
  step.enter = enter
  step.resume = resume
}

function enter(frame: Frame, step: Step): Next {
  const result: unknown = step.service!(frame.payload, frame)
  return isPlain(result) ? step.take!(frame, result, frame.headers, step) : resume(frame, result, step)
}

function resume(frame: Frame, result: unknown, step: Step): Next {
  const take = step.take!
  if (isPlain(result)) return take(frame, result, frame.headers, step)
  const pending = promiseOf(result)
  if (pending !== undefined) {
    frame.pending = pending
    return SUSPENDED
  }
  const value = unwrap(result)
  const draft = asDraft(value)
  return draft === undefined
    ? take(frame, value, frame.headers, step)
    : take(frame, draft.payload, withHeaders(frame.headers, draft.headers), step)
}
