/** Counts the work outstanding and wakes those who wait for it to end. */

/** Work in flight by number: frames, open groups, pending requests. */
export class Activity {
  private working = 0
  private wake: (() => void) | undefined = undefined
  private changed: Promise<void> | undefined = undefined

  get count(): number {
    return this.working
  }

  enter(): void {
    this.working++
  }

  leave(): void {
    this.working--
    if (this.working === 0) this.touch()
  }

  /** Something that may end the waiting changed. */
  touch(): void {
    const wake = this.wake
    if (wake === undefined) return
    this.wake = this.changed = undefined
    wake()
  }

  /** Resolves once `quiet` holds; it is asked again whenever the work changes. */
  async until(quiet: () => boolean): Promise<void> {
    while (!quiet()) {
      this.changed ??= new Promise((resolve) => (this.wake = resolve))
      await this.changed
    }
  }
}
