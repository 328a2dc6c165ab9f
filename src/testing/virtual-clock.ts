/** A clock whose time a test moves, so that nothing in a test sleeps. */
import { BinaryHeap } from '../memory/binary-heap.ts'
import type { Clock, Timer } from '../transport/clock.ts'

/** See {@link virtualClock}. */
export interface VirtualClock extends Clock {
  /** Timers that have not run. */
  readonly pending: number
  /**
   * Moves the time on by this many milliseconds and runs each timer when it is due: in the order of their times, those of one time in
   * the order in which they were started. After each one, promises settle before the time moves on. What a timer throws rejects the call.
   */
  advance(milliseconds: number): Promise<void>
  /** Moves the time on from timer to timer until none is left. Rejects after 100,000 timers, which start each other without end. */
  runAll(): Promise<void>
}

/**
 * Makes a clock that stands still until it is told to move. Give it to a runtime or a transport in place of the system's clock.
 *
 * @param start - its time at first, in milliseconds since 1970; 0 by default.
 *
 * @example
 * ```ts
 * import { virtualClock } from 'allora/testing'
 *
 * const clock = virtualClock()
 * const seen: string[] = []
 * clock.schedule(50, () => seen.push('second'))
 * clock.schedule(10, () => seen.push('first'))
 * await clock.advance(49)
 * seen // => ['first']
 * await clock.advance(1)
 * clock.now() // => 50
 * clock.pending // => 0
 * ```
 */
export function virtualClock(start = 0): VirtualClock {
  return new SteppedClock(start)
}

const MOST_TIMERS = 100_000

class VirtualTimer implements Timer {
  gone = false
  readonly due: number
  readonly order: number
  readonly task: () => void
  private readonly timers: BinaryHeap<VirtualTimer>

  constructor(due: number, order: number, task: () => void, timers: BinaryHeap<VirtualTimer>) {
    this.due = due
    this.order = order
    this.task = task
    this.timers = timers
  }

  cancel(): void {
    if (this.gone) return
    this.gone = true
    this.timers.lost()
  }
}

class SteppedClock implements VirtualClock {
  private time: number
  private started = 0
  private readonly timers = new BinaryHeap<VirtualTimer>(
    (a, b) => a.due < b.due || (a.due === b.due && a.order < b.order),
  )

  constructor(start: number) {
    this.time = start
  }

  get pending(): number {
    return this.timers.length
  }

  now(): number {
    return this.time
  }

  schedule(delay: number, task: () => void): Timer {
    const timer = new VirtualTimer(this.time + Math.max(0, delay), this.started++, task, this.timers)
    this.timers.push(timer)
    return timer
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds
    await settled()
    while (await this.runNext(end));
    this.time = end
  }

  async runAll(): Promise<void> {
    await settled()
    for (let run = 0; await this.runNext(Infinity); run++) {
      if (run === MOST_TIMERS)
        throw new Error(
          `The virtual clock ran ${MOST_TIMERS} timers and there are more: they start each other without end. Use advance() instead.`,
        )
    }
  }

  /** Runs the next timer, if it is due by `end`, and lets promises settle. */
  private async runNext(end: number): Promise<boolean> {
    const next = this.timers.peek()
    if (next === undefined || next.due > end) return false
    this.timers.pop()
    next.gone = true
    this.time = Math.max(this.time, next.due)
    next.task()
    await settled()
    return true
  }
}

/** Resolves when no promise is left that can settle by itself: an immediate runs after all microtasks. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
