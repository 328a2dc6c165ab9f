/** What becomes of a message: known at the end of its frame, or of all that takes it and its parts further, such as groups. */

/** Called at an end, with whether it was reached without a failure. */
export type Ending = (succeeded: boolean) => void | Promise<void>

/** Nobody waits. */
export const NO_ENDINGS: readonly Ending[] = Object.freeze([])

/** Calls all, the last first. */
export function endAll(endings: readonly Ending[], succeeded: boolean): void | Promise<void> {
  const running = endings.toReversed().flatMap((then) => then(succeeded) ?? [])
  if (running.length > 0) return Promise.all(running).then(() => undefined)
}

/** Those who wait to know it. */
export class Fate {
  private waiting: Ending[] | undefined = undefined
  /** That of the message which this one is a branch of: should it fail later, those who were told of a success are called again. */
  private readonly whole: Fate | undefined
  /** Whether the frame has ended. */
  private over = false
  /** Whether that, or anything that takes a part of the message further, has failed. */
  private failed = false
  /** How many things take parts of it further. */
  private elsewhere = 0

  constructor(whole?: Fate) {
    this.whole = whole
  }

  wait(then: Ending): void {
    this.waiting ??= []
    this.waiting.push(then)
  }

  /** Gives those who wait away. */
  handOver(): readonly Ending[] {
    const { waiting = NO_ENDINGS } = this
    this.waiting = undefined
    return waiting
  }

  /** Something takes a part of the message further: gives what is to be called with the end of that. */
  postpone(): Ending {
    this.elsewhere++
    return (succeeded) => {
      this.elsewhere--
      return this.tell(succeeded)
    }
  }

  /** The frame has ended. */
  end(succeeded: boolean): void | Promise<void> {
    this.over = true
    return this.tell(succeeded)
  }

  /** Tells, as soon as it is known. */
  private tell(succeeded: boolean): void | Promise<void> {
    this.failed ||= !succeeded
    const { failed } = this
    if (!this.over || (!failed && this.elsewhere > 0)) return
    const waiting = this.handOver()
    if (waiting === NO_ENDINGS) return
    if (!failed) this.whole?.wait((whole) => (whole ? undefined : endAll(waiting, false)))
    return endAll(waiting, !failed)
  }
}
