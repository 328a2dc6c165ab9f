/** Order by key where a flow takes messages from a channel (rule C8). */
import type { GraphNode } from '../graph/graph.ts'
import type { AnyMessage } from '../transport/transport.ts'
import type { Segment } from './compile.ts'
import { atOnce, isThenable } from './outcome.ts'
import { Step } from './step.ts'

/**
 * What the channel of a node asks for keys, and where its messages begin. To the channel a promise is no key: the message comes without an
 * order, and fails here, since whoever wrote the function wants one.
 */
export function inOrder(keyOf: Function, node: GraphNode, own: Step): Pick<Segment, 'orderBy' | 'start'> {
  let promised = false
  const orderBy = (message: AnyMessage): unknown => {
    const key: unknown = keyOf(message.payload, message)
    promised ||= isThenable(key)
    return atOnce(key, 'orderBy')
  }
  const { next, scope } = own
  // What comes through a channel enters its own step on the way in. An inlet does not: a dead letter may begin there again.
  const start = node.kind === 'inlet' ? own : new Step(own.flowId, node, own.index)
  start.next = next
  start.scope = scope
  start.enter = (frame) => {
    if (promised) atOnce(keyOf(frame.payload, frame.message), 'orderBy')
    return next
  }
  return { orderBy, start }
}
