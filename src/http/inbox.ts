/** Arrivals on their way into a flow: handed over when the runtime asks for one, and kept in line until it does. */
import type { Arrival, SourceEnv } from '../message/source.ts'

type Next = IteratorResult<Arrival<unknown>, undefined>

const END: IteratorReturnResult<undefined> = { done: true, value: undefined }

/** One who waits in line. */
interface Waiting {
  readonly arrival: Arrival<unknown>
  readonly late: () => void
  /** Milliseconds since 1970. */
  readonly deadline: number
}

/** What a source gives when it is opened. It ends with `return`, for which what is still in line is late. */
export class Inbox implements AsyncIterableIterator<Arrival<unknown>, undefined> {
  private readonly env: SourceEnv
  /** Milliseconds that one waits in line at most. */
  private readonly patience: number
  /** Called when the runtime asks for the first one, and at the end. */
  private readonly begun: () => void
  private readonly line = new Set<Waiting>()
  /** Stops the clock that looks who is late. */
  private sweeping: (() => void) | undefined = undefined
  private taker: ((next: Next) => void) | undefined = undefined
  private isClosed = false

  constructor(env: SourceEnv, patience: number, begun: () => void) {
    this.env = env
    this.patience = patience
    this.begun = begun
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Takes an arrival. `late` is called, and the arrival forgotten, when its turn has not come in time, or never will. */
  put(arrival: Arrival<unknown>, late: () => void): void {
    const { taker } = this
    if (this.isClosed) return late()
    if (taker === undefined) {
      this.line.add({ arrival, late, deadline: this.env.now() + this.patience })
      return this.watch()
    }
    this.taker = undefined
    taker({ done: false, value: arrival })
  }

  next(): Promise<Next> {
    this.begun()
    const [first] = this.line
    if (first === undefined) return this.isClosed ? Promise.resolve(END) : this.env.rest(this.more())
    this.line.delete(first)
    return Promise.resolve({ done: false, value: first.arrival })
  }

  return(): Promise<Next> {
    this.isClosed = true
    this.begun()
    this.sweep(Infinity)
    this.taker?.(END)
    this.taker = undefined
    return Promise.resolve(END)
  }

  private more(): Promise<Next> {
    this.sweeping?.()
    this.sweeping = undefined
    return new Promise((resolve) => (this.taker = resolve))
  }

  /** One clock for all in line, who are as patient as each other: the first is the first to be late. */
  private watch(): void {
    const [first] = this.line
    if (this.sweeping !== undefined || first === undefined || first.deadline === Infinity) return
    this.sweeping = this.env.schedule(first.deadline - this.env.now(), () => {
      this.sweeping = undefined
      this.sweep(this.env.now())
    })
  }

  private sweep(now: number): void {
    for (const waiting of this.line) {
      if (waiting.deadline > now) break
      this.line.delete(waiting)
      waiting.late()
    }
    this.sweeping?.()
    this.sweeping = undefined
    this.watch()
  }
}
