/** The computed recipient list: the same message to the channels that a function names (rule T4). */
import { RoutingError } from '../../errors/handling-errors.ts'
import type { RecipientListNode } from '../../graph/graph.ts'
import type { RunnerHost } from '../flow-runner.ts'
import type { Step } from '../step.ts'
import { calling } from './calling.ts'
import { type Selectable, selectedChannels } from './selected-channels.ts'
import { sendToAll } from './sending.ts'

/** `recipients`: each selected channel gets the message once, in the order of the selection. */
export function recipientList(
  step: Step,
  node: RecipientListNode,
  select: Function,
  channels: Selectable,
  host: RunnerHost,
): void {
  calling(step, select, (frame, ids) => {
    const selected = new Set(selectedChannels(ids, channels))
    if (selected.size === 0)
      throw new RoutingError(
        'The selector gave no channel, so the message would be lost. Give at least one, or filter such messages out before.',
      )
    return sendToAll(frame, step, node, [...selected], host)
  })
}
