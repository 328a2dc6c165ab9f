/** The rest of the way of a frame that had to wait: one object a frame, however often it waits. */
import type { FlowRunner } from './flow-runner.ts'
import type { Frame } from './frame.ts'
import { END, SUSPENDED } from './step.ts'

/** Goes on with a frame whenever what it waits for settles, until it ends, fails, or is aborted. */
export class Continuation {
  readonly frame: Frame
  private readonly runner: FlowRunner
  private readonly done: () => void
  private readonly failed: (error: unknown) => void
  private ended = false

  constructor(runner: FlowRunner, frame: Frame, done: () => void, failed: (error: unknown) => void) {
    this.runner = runner
    this.frame = frame
    this.done = done
    this.failed = failed
    runner.host.suspended.add(this)
    this.wait()
  }

  /** Ends the waiting with an error. What the handler still answers is ignored. */
  abort(error: unknown): void {
    this.end(() => this.failed(error))
  }

  private wait(): void {
    const { pending } = this.frame
    this.frame.pending = undefined
    pending!.then(this.value, this.error)
  }

  private readonly value = (value: unknown): void => {
    if (!this.ended) this.goOn(() => (this.frame.leaving ? END : this.frame.at!.resume(this.frame, value)))
  }

  private readonly error = (cause: unknown): void => {
    if (!this.ended) this.goOn(() => this.runner.scopeOf(this.frame, this.frame.at!, cause))
  }

  private goOn(next: () => number): void {
    const { runner, frame } = this
    let index: number
    try {
      index = this.decide(next)
      if (index >= 0) index = runner.advance(frame, index)
    } catch (error) {
      this.end(() => this.failed(error))
      return
    }
    if (index === SUSPENDED) this.wait()
    else if (index === END) this.end(this.done)
  }

  /** What `resume` throws goes to the scope of its step like everything else. */
  private decide(next: () => number): number {
    try {
      return next()
    } catch (cause) {
      return this.runner.scopeOf(this.frame, this.frame.at!, cause)
    }
  }

  private end(report: () => void): void {
    if (this.ended) return
    this.ended = true
    this.runner.host.suspended.delete(this)
    report()
  }
}
