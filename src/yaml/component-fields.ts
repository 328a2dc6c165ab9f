/** From a flow to the component of version 1 that makes it: the way back of component-flows.ts, where there is one. */
import type { FlowGraph, GraphNode } from '../graph/graph.ts'
import { conditionOf } from './apl-shape.ts'
import type { ComponentKind } from './components.ts'

/** The keys of a filter or a service activator without its id; nothing when the flow does more than such a component can say. */
export function componentFields(
  kind: ComponentKind,
  { nodes }: FlowGraph,
): Readonly<Record<string, string>> | undefined {
  const [inlet, step, end, another] = nodes
  if (inlet?.kind !== 'inlet' || step === undefined || another !== undefined || !isPlain(inlet, step, end))
    return undefined
  const to = end?.kind === 'outlet' ? { to: end.channel } : end?.kind === 'reply' ? {} : undefined
  if (to === undefined) return undefined
  if (kind === 'filter' && step.kind === 'filter') {
    const when = conditionOf(step.service)
    return when === undefined ? undefined : { from: inlet.channel, ...to, when }
  }
  return kind === 'service-activator' && step.kind === 'handle'
    ? { 'ref-name': step.service, from: inlet.channel, ...to }
    : undefined
}

/** Whether nodes have nothing but what they need, and the ids they are given by themselves. */
function isPlain(...nodes: readonly (GraphNode | undefined)[]): boolean {
  return nodes.every((node, i) => {
    if (node === undefined) return true
    const { id, kind: _, ...fields } = node
    return id === `n${i}` && Object.keys(fields).length <= 1
  })
}
