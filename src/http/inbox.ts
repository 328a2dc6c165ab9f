/** Arrivals on their way into a flow: handed over when the runtime asks for one, and kept in line until it does. */
import type { Arrival, SourceEnv } from '../message/source.ts'

type Next = IteratorResult<Arrival<unknown>, undefined>

const END: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** One who waits in line. */
interface Waiting {
  readonly arrival: Arrival<unknown>
  readonly late: () => void
  /** Stops the clock that would make it late. */
  cancel: () => void
}

/** What a source gives when it is opened. It ends with `return`, for which what is still in line is late. */
export class Inbox implements AsyncIterableIterator<Arrival<unknown>, undefined> {
  private readonly env: SourceEnv
  /** Called when the runtime asks for the first one, and at the end. */
  private readonly begun: () => void
  private readonly line = new Set<Waiting>()
  private taker: ((next: Next) => void) | undefined = undefined
  private isClosed = false

  constructor(env: SourceEnv, begun: () => void) {
    this.env = env
    this.begun = begun
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Takes an arrival. `late` is called, and the arrival forgotten, when its turn has not come within so many milliseconds, or never will. */
  put(arrival: Arrival<unknown>, patience: number, late: () => void): void {
    const { taker } = this
    if (this.isClosed) return late()
    if (taker !== undefined) {
      this.taker = undefined
      return taker({ done: false, value: arrival })
    }
    const waiting: Waiting = { arrival, late, cancel: () => undefined }
    if (patience < Infinity) waiting.cancel = this.env.schedule(patience, () => this.leave(waiting))
    this.line.add(waiting)
  }

  next(): Promise<Next> {
    this.begun()
    const [first] = this.line
    if (first === undefined) return this.isClosed ? Promise.resolve(END) : this.env.rest(this.more())
    first.cancel()
    this.line.delete(first)
    return Promise.resolve({ done: false, value: first.arrival })
  }

  return(): Promise<Next> {
    this.isClosed = true
    this.begun()
    for (const waiting of this.line) this.leave(waiting)
    this.taker?.(END)
    this.taker = undefined
    return Promise.resolve(END)
  }

  private more(): Promise<Next> {
    return new Promise((resolve) => (this.taker = resolve))
  }

  private leave(waiting: Waiting): void {
    waiting.cancel()
    this.line.delete(waiting)
    waiting.late()
  }
}
