/** The words that the sentences of the rules share. */
import { quote } from '../../errors/describe-value.ts'
import type { Step } from '../app-index.ts'

/** As the subject of a sentence: `The outlet "n3" of flow "orders"`. */
export function theNode({ node, flowId }: Step): string {
  return `The ${node.kind} ${quote(node.id)} of flow ${quote(flowId)}`
}

/** Where a diagnostic about a node belongs. */
export function at({ node, flowId }: Step): { readonly flowId: string; readonly nodeId: string } {
  return { flowId, nodeId: node.id }
}

const LISTED = 5

/** `"a", "b" and "c"`; of many the first five and how many more. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, names.length > LISTED ? LISTED : -1).map(quote)
  const last = names.length > LISTED ? `${names.length - LISTED} more` : quote(names.at(-1) ?? '')
  return shown.length === 0 ? last : `${shown.join(', ')} and ${last}`
}
