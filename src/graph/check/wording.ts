/** The words that the sentences of the rules share. */
import { quote } from '../../errors/describe-value.ts'
import type { Declaration } from '../app-index.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { Step } from '../flow-index.ts'

/** Where a diagnostic belongs. */
export type Place = Pick<Diagnostic, 'flowId' | 'nodeId' | 'channelId'>

/** As the subject of a sentence: `The outlet "n3" of flow "orders"`. */
export function theNode({ node, flowId }: Step): string {
  return `The ${node.kind} ${quote(node.id)} of flow ${quote(flowId)}`
}

/** Where a diagnostic about a node belongs. */
export function at({ node, flowId }: Step): Place {
  return { flowId, nodeId: node.id }
}

/** Where a diagnostic about a channel belongs: to the flow that declares it, if one does. */
export function atChannel({ flowId, spec }: Declaration): Place {
  return { ...(flowId !== undefined && { flowId }), channelId: spec.id }
}

const LISTED = 5

/** `"a", "b" and "c"`; of many the first five and how many more. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, LISTED).map(quote)
  const last = names.length > LISTED ? `${names.length - LISTED} more` : shown.pop()
  return shown.length === 0 ? (last ?? '') : `${shown.join(', ')} and ${last}`
}
