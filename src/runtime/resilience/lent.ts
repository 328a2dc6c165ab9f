/**
 * The one rule of waiting: a message that waits for another one to go on lends its place in its consumer's credit meanwhile. If it kept the
 * place, the one it waits for might need just that to go on, and both would wait for ever.
 *
 * These wait so: `retry` for its time, since that place is what others take (rule E3); `orderBy` of a step for the message before, which may
 * be the one that waits for its time; `idempotent` for the message that has the same key; `barrier` for its trigger. What else takes time
 * keeps its place, since it ends without anybody who needs one: calls, `throttle`, stores, `concurrency` of a step, a full channel.
 */
import type { Frame } from '../frame.ts'

/**
 * Waits by that rule: as long as `wait` does, and then until there is a place again; after an abort of the signal there is one at once.
 * Where no place is to be lent it only waits: where no step of the flow lends, where the sender holds the message, for groups that a timer
 * emits, and for one branch of several.
 */
export function lent<T>(frame: Frame, signal: AbortSignal, wait: () => Promise<T>): Promise<T> {
  const { lender } = frame
  return lender === undefined ? wait() : lender.lend(wait, signal)
}
