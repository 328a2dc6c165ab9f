/** Error scopes that take some failures and leave the others to the next scope (rule E5). */
import type { Frame } from '../frame.ts'
import type { Step } from '../step.ts'

/** Lets a scope do its work on the failures that `when` accepts. The others go on as they came. */
export function choosing(step: Step, when: Function): void {
  const { enter } = step
  step.enter = (frame: Frame) => {
    if (when(frame.failure, frame) === true) return enter(frame, step)
    if (step.scope === undefined) throw frame.error!
    return step.scope
  }
}
