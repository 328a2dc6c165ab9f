/** The computed recipient list: the same message to the channels that a function names (rule T4). */
import { RoutingError } from '../../errors/handling-errors.ts'
import type { RecipientListNode } from '../../graph/graph.ts'
import type { Behaviour } from '../behaviour.ts'
import type { Step } from '../step.ts'
import { calling } from './calling.ts'
import { selectedChannels } from './selected-channels.ts'
import { sendToAll } from './sending.ts'

/** `recipients`: each selected channel gets the message once, in the order of the selection. */
export function recipientList(of: Behaviour, step: Step, node: RecipientListNode): void {
  const channels = of.selectable(node)
  calling(step, of.fn(node.service), (frame, ids) => {
    const selected = new Set(selectedChannels(ids, channels))
    if (selected.size === 0)
      throw new RoutingError(
        'The selector gave no channel, so the message would be lost. Give at least one, or filter such messages out before.',
      )
    return sendToAll(frame, step, node, [...selected], of.host)
  })
}
