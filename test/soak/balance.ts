/** Whether the numbers of a runtime balance. */
import type { AppGraph, MetricsSnapshot } from 'allora'
import { NODE_SHAPES } from '../../src/graph/shape.ts'

/** What is wrong with them at any time; with the app's graph also what is wrong once it is idle. */
export function objectionsTo(
  { channels, nodes, openGroups, pendingRequests }: MetricsSnapshot,
  idle?: AppGraph,
): string[] {
  const objections: string[] = []
  for (const [id, { accepted, settled, dead, expired, dropped, inFlight, buffered }] of Object.entries(channels)) {
    const found = settled + dead + expired + dropped + inFlight + buffered
    if (found !== accepted) objections.push(`Channel "${id}" accepted ${accepted} messages and knows of ${found}.`)
    if (idle !== undefined && inFlight + buffered > 0)
      objections.push(
        `Channel "${id}" has ${inFlight} messages in flight and ${buffered} buffered, though all is quiet.`,
      )
  }
  if (idle === undefined) return objections
  for (const [id, { inFlight }] of Object.entries(nodes))
    if (inFlight !== 0) objections.push(`Node "${id}" has ${inFlight} messages in flight, though all is quiet.`)
  if (openGroups > 0) objections.push(`${openGroups} groups are open, though all is quiet.`)
  if (pendingRequests > 0) objections.push(`${pendingRequests} requests are pending, though all is quiet.`)
  return [...objections, ...unused(idle, nodes)]
}

/** Kinds of nodes that no message came to. Where messages begin, and where branches meet, is no step, and counts none. */
function unused({ flows }: AppGraph, nodes: MetricsSnapshot['nodes']): string[] {
  const uncounted: readonly string[] = ['inlet', 'source', 'join']
  const used = flows.flatMap((flow) =>
    flow.nodes.filter(({ id, kind }) => uncounted.includes(kind) || nodes[`${flow.id}/${id}`]!.entered > 0),
  )
  const kinds = new Set<string>(used.map(({ kind }) => kind))
  return Object.keys(NODE_SHAPES)
    .filter((kind) => !kinds.has(kind))
    .map((kind) => `No message ever came to a node of kind "${kind}".`)
}
