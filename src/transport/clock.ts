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

/** Messages that share one reading of the clock at most: reading it costs as much as a fifth of sending a message. */
const MOST_SHARED = 16

/** Gives the time for the timestamps of messages, which may be read once for several that come one right after the other. */
export interface Stamps {
  /** Milliseconds since 1970. */
  next(): number
}

/**
 * Stamps by the system's clock, right to about a millisecond: a reading serves the next messages of the same turn of the event loop, as long as
 * those before took less than a millisecond together; when they take longer, every message has its own.
 */
class SharedStamps implements Stamps {
  private stamp = 0
  private share = 1
  private left = 0
  private forgetting = false

  next(): number {
    if (this.left === 0) this.read()
    this.left--
    return this.stamp
  }

  private read(): void {
    const now = Date.now()
    this.share = now - this.stamp > 1 ? 1 : Math.min(2 * this.share, MOST_SHARED)
    this.stamp = now
    this.left = this.share
    if (this.forgetting) return
    this.forgetting = true
    setImmediate(this.forget).unref()
  }

  /** The turn is over. */
  private readonly forget = (): void => {
    this.forgetting = false
    this.left = 0
  }
}

const shared = new SharedStamps()

/** What stamps messages by a clock. Only who knows that time goes on by itself can share a reading of it. */
export const stampsOf = (clock: Clock): Stamps => (clock === systemClock ? shared : { next: () => clock.now() })

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
