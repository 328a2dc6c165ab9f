/** A limit of time for work that heeds a signal. */
import type { Clock } from '../transport/clock.ts'

/** What ends the work early. */
export interface TimeLimit {
  /** Milliseconds. */
  readonly timeout: number
  readonly clock: Clock
  /** Ends it too. */
  readonly signal: AbortSignal
  /** What it fails with when the time is over. */
  readonly late: () => Error
}

/** Does the work with a signal of its own, which is aborted when the time is over or the outer signal is. It rejects with the reason then. */
export async function withinTime<T>(
  { timeout, clock, signal, late }: TimeLimit,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  const own = new AbortController()
  // Not AbortSignal.any: the outer signal lives as long as the runtime, and every call would leave something with it.
  const abort = (): void => own.abort(signal.reason)
  signal.addEventListener('abort', abort)
  const timer = timeout === Infinity ? undefined : clock.schedule(timeout, () => own.abort(late()))
  try {
    return await work(own.signal)
  } catch (cause) {
    throw own.signal.aborted ? own.signal.reason : cause
  } finally {
    timer?.cancel()
    signal.removeEventListener('abort', abort)
  }
}
