/** The rest of the way of a frame that had to wait: one object and one promise a frame, however often it waits. */
import { type Linked, isLinked, unlink } from '../memory/linked-list.ts'
import { retain } from '../message/retain.ts'
import type { FlowRunner } from './flow-runner.ts'
import type { Frame } from './frame.ts'
import { BEGIN, END, type Next, SUSPENDED } from './step.ts'

/** How a frame ends: for those that were launched with a settled delivery, for parts and groups by telling their maker. */
export interface FrameEnd {
  done(frame: Frame): void | Promise<void>
  /** Ends in throwing what the waiting are to be told. */
  failed(frame: Frame, error: unknown): Promise<never>
}

/** Goes on with a frame whenever what it waits for settles, until it ends, fails, or is aborted. */
export class Continuation implements Linked<Continuation> {
  before: Continuation | undefined = undefined
  after: Continuation | undefined = undefined
  readonly frame: Frame
  /** Settles when the frame has ended. */
  private readonly promise: Promise<void>
  private readonly runner: FlowRunner
  private readonly frameEnd: FrameEnd
  private resolve!: (value: void | Promise<void>) => void
  private reject!: (error: unknown) => void

  constructor(runner: FlowRunner, frame: Frame, frameEnd: FrameEnd) {
    this.runner = runner
    this.frame = frame
    this.frameEnd = frameEnd
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve
      this.reject = reject
    })
  }

  /** Waits for the first time. */
  begin(): Promise<void> {
    this.runner.host.suspended.add(this)
    this.wait()
    return this.promise
  }

  /** Ends the waiting with an error. What the handler still answers is ignored. */
  abort(error: unknown): void {
    this.fail(error)
  }

  private wait(): void {
    const { pending } = this.frame
    this.frame.pending = undefined
    pending!.then(this.onValue, this.onError)
  }

  private readonly onValue = (value: unknown): void => {
    if (!isLinked(this)) return
    const { frame } = this
    const step = frame.at!
    let next: Next
    try {
      next = frame.leaving ? END : value === BEGIN ? step : step.resume(frame, value, step)
    } catch (cause) {
      return this.onError(cause)
    }
    this.proceed(next)
  }

  private readonly onError = (cause: unknown): void => {
    if (!isLinked(this)) return
    let next: Next
    try {
      next = this.runner.scopeOf(this.frame, this.frame.at!, cause)
    } catch (error) {
      return this.fail(error)
    }
    this.proceed(next)
  }

  private proceed(next: Next): void {
    let ended: boolean
    try {
      ended = next !== SUSPENDED && this.runner.advance(this.frame, next)
    } catch (error) {
      return this.fail(error)
    }
    if (!ended) return this.wait()
    this.end()
    this.resolve(this.frameEnd.done(this.frame))
  }

  private fail(error: unknown): void {
    this.end()
    try {
      this.frameEnd.failed(this.frame, error).catch(this.reject)
    } catch (failure) {
      this.reject(failure)
    }
  }

  private end(): void {
    unlink(this)
  }

  static {
    const nothing = undefined as never
    retain(new Continuation(nothing, nothing, nothing))
  }
}
