/** Deadlines of many that wait equally long: one timer for all of them, since a timer for each costs more than their work. */
import { LinkedList, type Linked } from '../memory/linked-list.ts'
import { type Clock, type Stamps, type Timer, stampsOf } from '../transport/clock.ts'

/** Somebody who waits until a time. */
export interface Mortal<T> extends Linked<T> {
  deadline: number
  /** The time is over. It leaves its list. */
  expire(): void
}

/** Those of one duration, the first to end first. */
class Line<T extends Mortal<T>> {
  private readonly list = new LinkedList<T>()
  private readonly clock: Clock
  /** Right to about a millisecond, which is what timers are. */
  private readonly stamps: Stamps
  private readonly duration: number
  /** Called when nobody has come for a while. */
  private readonly idle: () => void
  private timer: Timer | undefined
  /** A look whether anybody is left has been asked for. */
  private looking = false

  constructor(clock: Clock, duration: number, idle: () => void) {
    this.clock = clock
    this.stamps = stampsOf(clock)
    this.duration = duration
    this.idle = idle
  }

  add(mortal: T): void {
    mortal.deadline = this.stamps.next() + this.duration
    this.list.push(mortal)
    this.timer ??= this.clock.schedule(this.duration, this.elapsed)
  }

  /** Somebody has left. The timer of a line that is empty at the end of this turn of the event loop is stopped: until then others may come. */
  left(): void {
    if (this.list.first !== undefined || this.looking) return
    this.looking = true
    setImmediate(this.look).unref()
  }

  stop(): void {
    this.timer?.cancel()
    this.timer = undefined
  }

  private end(): void {
    this.stop()
    this.idle()
  }

  private readonly look = (): void => {
    this.looking = false
    if (this.list.first === undefined) this.end()
  }

  private readonly elapsed = (): void => {
    this.timer = undefined
    const now = this.clock.now()
    let first = this.list.first
    for (; first !== undefined && first.deadline <= now; first = this.list.first) first.expire()
    if (first !== undefined) this.timer = this.clock.schedule(first.deadline - now, this.elapsed)
  }
}

/** Lines by duration, in milliseconds. */
export class Deadlines<T extends Mortal<T>> {
  private readonly clock: Clock
  private readonly lines = new Map<number, Line<T>>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Durations that somebody waits. */
  get size(): number {
    return this.lines.size
  }

  /** Adds somebody who is in no list, for so long from now. */
  add(mortal: T, duration: number): void {
    let line = this.lines.get(duration)
    if (line === undefined) {
      // Durations may be computed, and all be different: a line that stays empty is forgotten.
      line = new Line(this.clock, duration, () => this.lines.delete(duration))
      this.lines.set(duration, line)
    }
    line.add(mortal)
  }

  /** Somebody of this duration has left. */
  left(duration: number): void {
    this.lines.get(duration)?.left()
  }

  stop(): void {
    for (const line of this.lines.values()) line.stop()
  }
}
