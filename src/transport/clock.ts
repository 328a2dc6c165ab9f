/** Time comes from outside: the system's clock in production, a virtual one in tests. */

/** A running timer; what `Clock.schedule` gives back. */
export interface Timer {
  /** Stops the timer; harmless when it has run. */
  cancel(): void
}

/** The time, and the only way the library waits for it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs `task` once, `delay` milliseconds from now (0 or less: as soon as possible, never within the call). */
  schedule(delay: number, task: () => void): Timer
}

/** Node's timers hold 31 bits of milliseconds; longer delays are slept in pieces. */
const LONGEST = 0x7fff_ffff

/** The system's clock. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  schedule(delay: number, task: () => void): Timer {
    let left = Math.max(0, delay)
    let handle: NodeJS.Timeout
    const sleep = (): void => {
      const piece = Math.min(left, LONGEST)
      left -= piece
      handle = setTimeout(left > 0 ? sleep : task, piece)
    }
    sleep()
    return { cancel: () => clearTimeout(handle) }
  },
})
