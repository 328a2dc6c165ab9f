/** Retry: a failed call is repeated after a delay that grows, while the channel goes on with other messages (rule E3). */
import type { RetryPolicy } from '../../graph/graph.ts'
import { Waiter } from '../../memory/waiter.ts'
import type { Clock } from '../../transport/clock.ts'
import type { RunnerHost } from '../flow-runner.ts'
import type { Frame } from '../frame.ts'
import { failureOf } from '../outcome.ts'
import type { Step } from '../step.ts'
import type { GuardedCall } from './guarded-call.ts'
import { lent } from './lent.ts'

/** The milliseconds before call `n + 1`, computed from `n` alone: `min(max, delay * factor^(n-1))`, and what chance makes of it. */
export function backOffDelay(
  { delay = 0, factor = 1, max = Infinity, jitter = 'none' }: RetryPolicy,
  n: number,
  random: () => number,
): number {
  // The power may be infinite, and nothing times that is no number.
  const whole = delay === 0 ? 0 : Math.min(max, delay * factor ** (n - 1))
  if (jitter === 'none') return whole
  return jitter === 'full' ? random() * whole : (whole + random() * whole) / 2
}

/** The call, repeated with the message as it came. What is thrown in the end is what the last call threw. */
export function retrying(
  call: GuardedCall,
  policy: RetryPolicy,
  when: Function | undefined,
  step: Step,
  host: RunnerHost,
): GuardedCall {
  const goOn = async (thrown: unknown, input: unknown, frame: Frame, signal: AbortSignal): Promise<unknown> => {
    let cause = thrown
    for (let n = 1; ; n++) {
      if (n >= policy.attempts || signal.aborted || !isWorthAnother(cause, when)) throw cause
      const delay = Math.max(backOffDelay(policy, n, host.random), retryAfterOf(cause))
      announce(n + 1, delay, frame, step, host)
      if (delay > 0) await backOff(delay, frame, signal, host.clock)
      try {
        return await call(input, frame, signal)
      } catch (again) {
        cause = again
      }
    }
  }
  return (input, frame, signal) => {
    let result: unknown
    try {
      result = call(input, frame, signal)
    } catch (cause) {
      return goOn(cause, input, frame, signal)
    }
    return result instanceof Promise ? result.catch((cause: unknown) => goOn(cause, input, frame, signal)) : result
  }
}

/** Whether the failure is worth another call: `when` decides, and without one an error that says of itself that it is not. */
function isWorthAnother(cause: unknown, when: Function | undefined): boolean {
  if (when !== undefined) return when(failureOf(cause)) === true
  return (errorIn(cause) as { readonly retryable?: unknown }).retryable !== false
}

/** Milliseconds that an error asks to wait at least, such as that of an HTTP request for status 429. */
function retryAfterOf(cause: unknown): number {
  const { retryAfter } = errorIn(cause) as { readonly retryAfter?: unknown }
  return Number.isFinite(retryAfter) ? (retryAfter as number) : 0
}

/** What was thrown or is in the `Left`, as an object to ask. */
function errorIn(cause: unknown): object {
  const failure = failureOf(cause)
  return Object(failure.kind === 'failure' ? failure.error : failure.cause) as object
}

function announce(attempt: number, delay: number, frame: Frame, { flowId, id }: Step, { events }: RunnerHost): void {
  if (events.listeners.retried === undefined) return
  events.emit('retried', {
    channelId: frame.source.channelId,
    flowId,
    nodeId: id,
    message: frame.message,
    attempt,
    delay,
  })
}

/** Waits, with its place lent to other messages. Rejects with the signal's reason when that comes first. */
async function backOff(delay: number, frame: Frame, signal: AbortSignal, clock: Clock): Promise<void> {
  await lent(frame, signal, () => {
    const waiter = new Waiter<void>()
    return waiter.limit(clock, { timeout: delay, signal }, () => waiter.resolve()).promise
  })
  signal.throwIfAborted()
}
