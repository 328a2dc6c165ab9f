/** Somebody who waits in a line: a promise that is served, runs out of time, or is given up by its signal. */
import type { Abortable } from '../message/lazy-signal.ts'
import type { Clock, Timer } from '../transport/clock.ts'
import { type Linked, unlink } from './linked-list.ts'

/** How long somebody waits; the waiting part of the options of `send` and `take`. */
export interface Patience {
  readonly timeout?: number
  readonly signal?: Abortable
}

/** Whether these options say to wait at all. */
export function mayWait(timeout: number | undefined): boolean {
  return timeout === undefined || timeout > 0
}

/** A place in a line. However the wait ends, the place, the timer and the listener are gone at once. */
export class Waiter<T, Line extends Linked<Line> = never> implements Linked<Line> {
  before: Line | undefined = undefined
  after: Line | undefined = undefined
  readonly promise: Promise<T>
  /** Called when the place is gone. */
  left: (() => void) | undefined = undefined
  private succeed!: (value: T | Promise<T>) => void
  private fail!: (reason: unknown) => void
  private timer: Timer | undefined
  private signal: Abortable | undefined

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.succeed = resolve
      this.fail = reject
    })
  }

  /** Ends the wait when the signal is aborted, or by `elapsed` when the time is over. */
  limit(clock: Clock, { timeout, signal }: Patience, elapsed: () => void): this {
    if (timeout !== undefined && timeout < Infinity) this.timer = clock.schedule(timeout, elapsed)
    this.signal = signal
    signal?.addEventListener('abort', this)
    return this
  }

  resolve(value: T | Promise<T>): void {
    this.leave()
    this.succeed(value)
  }

  reject(reason: unknown): void {
    this.leave()
    this.fail(reason)
  }

  /** The signal calls this. */
  handleEvent(): void {
    this.reject(this.signal!.reason)
  }

  /** Gives up the place, but not the promise. */
  leave(): void {
    unlink(this)
    this.left?.()
    this.timer?.cancel()
    this.signal?.removeEventListener('abort', this)
  }
}

/** For promises whose rejection is told in another way. */
export const ignore = (): void => {}
