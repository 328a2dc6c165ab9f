/** The turns of loops: counted in a header, which a failure takes out of its loop. */
import type { Step } from '../step.ts'

/** The header that counts the turns of a loop. */
export const turnsHeader = ({ flowId, id }: Step): string => `loop:${flowId}/${id}`

/** The headers of the loops that a failure has left when it comes to this error scope: those whose own failures come there. */
export function turnsEndedAt(here: Step, steps: readonly Step[]): readonly string[] {
  const comesHere = ({ scope }: Step): boolean => {
    let at = scope
    for (let hops = 0; at !== here && hops < steps.length; hops++) at = at?.scope
    return at === here
  }
  return steps.filter((step) => step.kind === 'loop' && comesHere(step)).map(turnsHeader)
}
