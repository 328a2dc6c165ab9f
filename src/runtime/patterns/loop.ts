/** The loop: sends a message through a body while a condition holds (rule T14). */
import { withHeaders, withoutHeader } from '../../message/headers.ts'
import { HopLimitError } from '../../errors/handling-errors.ts'
import type { LoopNode } from '../../graph/graph.ts'
import type { Behaviour } from '../behaviour.ts'
import type { Step } from '../step.ts'
import { calling } from './calling.ts'
import { turnsHeader } from './turns.ts'

/**
 * The condition is asked before every turn, and each turn has a message of its own. Its number travels in a header, since the body
 * may lead through channels.
 */
export function loop(of: Behaviour, step: Step, node: LoopNode): void {
  const header = turnsHeader(step)
  const body = of.target(step, 'body')!
  calling(step, of.fn(node.while), (frame, holds) => {
    const turns = Number(frame.headers[header] ?? 0)
    const goesOn = holds === true && turns < node.max
    if (goesOn) {
      const turn = turns + 1
      frame.rebase(
        frame.message.derive(frame.payload, withHeaders(frame.headers, { [header]: turn }), step.place, turn),
      )
      return body
    }
    if (turns > 0) frame.become(frame.payload, withoutHeader(frame.headers, header), step)
    if (holds !== true) return step.next
    throw new HopLimitError(
      `The loop has taken ${turns} turns, as many as its max allows, and its condition still holds. Let the body end it sooner, or raise { max }.`,
    )
  })
}
