/** Places for work: a limited number, given to those who wait in the order they came. */
import { LinkedList } from '../../memory/linked-list.ts'
import { Waiter, ignore } from '../../memory/waiter.ts'
import type { Clock } from '../../transport/clock.ts'
import { ended, type GuardedCall } from './guarded-call.ts'
import { lent } from './lent.ts'

class SlotWaiter extends Waiter<void, SlotWaiter> {}

/** Counts who is at work, and lets no more in than the limit. */
export class Slots {
  private readonly clock: Clock
  private readonly waiting = new LinkedList<SlotWaiter>()
  private most: number
  private taken = 0

  constructor(limit: number, clock: Clock) {
    this.most = limit
    this.clock = clock
  }

  get limit(): number {
    return this.most
  }

  set limit(limit: number) {
    this.most = limit
    this.serve()
  }

  /** Whether nobody is at work, and so nobody waits. */
  get idle(): boolean {
    return this.taken === 0
  }

  /** Takes a place if there is one. Nobody waits then: a place that comes free is handed on at once. */
  take(): boolean {
    if (this.taken >= this.most) return false
    this.taken++
    return true
  }

  /** Takes a place whether or not there is one. */
  force(): void {
    this.taken++
  }

  /** Takes a place as soon as there is one. Rejects with the signal's reason when that comes first. */
  wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const waiter = new SlotWaiter()
    this.waiting.push(waiter)
    return waiter.limit(this.clock, { signal }, ignore).promise
  }

  release(): void {
    this.taken--
    this.serve()
  }

  private serve(): void {
    for (let first = this.waiting.first; first !== undefined && this.take(); first = this.waiting.first) first.resolve()
  }
}

/** The call, running at most so many times at once (rule C9). A call that was given up but goes on keeps its place until it ends. */
export function limited(call: GuardedCall, limit: number, clock: Clock): GuardedCall {
  const slots = new Slots(limit, clock)
  const wait = (signal: AbortSignal): Promise<void> => slots.wait(signal)
  return (input, frame, signal) => holding(slots, signal, wait, () => call(input, frame, signal))
}

/** The call, for one message of each key after the other (rule C8). A message without a key keeps no order. */
export function inTurn(call: GuardedCall, keyOf: Function, clock: Clock): GuardedCall {
  const lanes = new Map<unknown, Slots>()
  return (input, frame, signal) => {
    const key: unknown = keyOf(input, frame)
    if (key === undefined) return call(input, frame, signal)
    const lane = lanes.get(key) ?? new Slots(1, clock)
    lanes.set(key, lane)
    const left = (): unknown => lane.idle && lanes.delete(key)
    const wait = (): Promise<void> => lent(frame, signal, () => lane.wait(signal))
    return ended(() => holding(lane, signal, wait, () => call(input, frame, signal)), left)
  }
}

/** Does the work in a place, at once or when there is one. */
function holding(
  slots: Slots,
  signal: AbortSignal,
  wait: (signal: AbortSignal) => Promise<void>,
  work: () => unknown,
): unknown {
  const run = (): unknown => ended(work, () => slots.release())
  if (slots.take()) return run()
  return wait(signal).then(() => {
    if (!signal.aborted) return run()
    slots.release()
    throw signal.reason
  })
}
