/** A call of user code as the policies of a resilience record see it, each wrapped around the next. */
import { promiseOf, isPlain, unwrap } from '../outcome.ts'
import type { Exchange, HistoryEntry } from '../../message/exchange.ts'
import type { HeadersInit } from '../../message/headers.ts'
import type { Message } from '../../message/message.ts'
import type { Frame } from '../frame.ts'

/**
 * Gives what the user's function gave, or a promise of it; throws or rejects for what it threw and for a `Left`, so that outer policies
 * need not look at results. The signal is aborted when an outer policy has given the call up.
 */
export type GuardedCall = (input: unknown, frame: Frame, signal: AbortSignal) => unknown

/** The innermost call. With `ownSignal` the function sees the signal of this call instead of the message's. */
export function guardedCall(fn: Function, ownSignal: boolean): GuardedCall {
  return (input, frame, signal) => {
    const result: unknown = fn(input, ownSignal ? new CallExchange(frame, signal) : frame)
    return isPlain(result) ? result : (promiseOf(result)?.then(refuseLeft) ?? refuseLeft(result))
  }
}

/** Does the work and tells how it ended, at once or when its promise settles. */
export function ended(work: () => unknown, then: (succeeded: boolean) => void): unknown {
  let result: unknown
  try {
    result = work()
  } catch (cause) {
    then(false)
    throw cause
  }
  if (result instanceof Promise) return watch(result, then)
  then(true)
  return result
}

async function watch(result: Promise<unknown>, then: (succeeded: boolean) => void): Promise<unknown> {
  let succeeded = false
  try {
    const value = await result
    succeeded = true
    return value
  } finally {
    then(succeeded)
  }
}

function refuseLeft(result: unknown): unknown {
  unwrap(result)
  return result
}

/** The exchange of one call: it goes on showing what the message's does, but is aborted by itself. */
class CallExchange implements Exchange<unknown, HeadersInit> {
  readonly signal: AbortSignal
  private readonly frame: Frame

  constructor(frame: Frame, signal: AbortSignal) {
    this.frame = frame
    this.signal = signal
  }

  get message(): Message<unknown, HeadersInit> {
    return this.frame.message
  }

  get correlationId(): string {
    return this.frame.correlationId
  }

  get attempt(): number {
    return this.frame.attempt
  }

  get history(): readonly HistoryEntry[] {
    return this.frame.history
  }

  get properties(): Map<string, unknown> {
    return this.frame.properties
  }
}
