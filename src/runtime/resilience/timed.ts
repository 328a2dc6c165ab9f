/** Timeouts: a call that takes too long fails, is told so by its signal, and is not listened to any more (rule E8). */
import { StepTimeoutError } from '../../errors/handling-errors.ts'
import { Waiter } from '../../memory/waiter.ts'
import type { RunnerHost } from '../flow-runner.ts'
import type { Frame } from '../frame.ts'
import type { Step } from '../step.ts'
import type { GuardedCall } from './guarded-call.ts'

/** What is limited: one call, or all that the step does with a message. */
type TimeoutKind = 'attempt' | 'overall'

/** The call with a limit of so many milliseconds. Without one it still ends as soon as an outer timeout has given it up. */
export function timed(
  call: GuardedCall,
  kind: TimeoutKind,
  timeout: number | undefined,
  step: Step,
  host: RunnerHost,
): GuardedCall {
  const patience = timeout === undefined ? {} : { timeout }
  return (input, frame, outer) => {
    const controller = new AbortController()
    if (outer.aborted) controller.abort(outer.reason)
    const running = call(input, frame, controller.signal)
    if (!(running instanceof Promise)) return running
    const waiter = new Waiter<unknown>()
    const giveUp = (reason: unknown): void => {
      waiter.reject(reason)
      controller.abort(reason)
    }
    const outerAborted = (): void => {
      if (outer.reason instanceof StepTimeoutError) return giveUp(outer.reason)
      // The sender has given up, or the runtime stops. The function is told, but what it still gives counts, until the frame is cut off.
      controller.abort(outer.reason)
      if (host.aborting) waiter.leave()
    }
    outer.addEventListener('abort', outerAborted)
    waiter.left = () => outer.removeEventListener('abort', outerAborted)
    waiter.limit(host.clock, patience, () => giveUp(timeoutError(kind, timeout!, step, frame)))
    running.then(
      (value) => waiter.resolve(value),
      (cause: unknown) => waiter.reject(cause),
    )
    return waiter.promise
  }
}

function timeoutError(kind: TimeoutKind, timeout: number, { flowId, id }: Step, frame: Frame): StepTimeoutError {
  const what = kind === 'attempt' ? 'The call took' : 'The calls, with retries and waiting, took'
  return new StepTimeoutError(
    `${what} longer than the ${timeout} ms that timeout.${kind} allows. Give it more time, or find out what is slow; exchange.signal tells the function to stop.`,
    { flowId, nodeId: id, messageId: frame.entry.id, attempt: frame.attempt },
  )
}
