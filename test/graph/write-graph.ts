/** Graphs for tests in few words. */
import type { AppGraph, ChannelSpec, FlowGraph, GraphEdge, GraphNode } from '../../src/graph/graph.ts'
import { checkGraph } from '../../src/graph/check.ts'

/** A node whose id is its place in the flow, unless it is given. */
export type LooseNode = GraphNode extends infer N
  ? N extends GraphNode
    ? Omit<N, 'id'> & { readonly id?: string }
    : never
  : never

/** A channel by its id, or in full. */
export type LooseChannel = string | ChannelSpec

/** A flow of nodes one behind the other; `edges` come on top. Channels given by id are direct. */
export function line(
  id: string,
  channels: readonly LooseChannel[],
  nodes: readonly LooseNode[],
  edges: readonly GraphEdge[] = [],
): FlowGraph {
  const steps = nodes.map((node, i): GraphNode => ({ ...node, id: node.id ?? `n${i}` }))
  const between = steps.slice(1).map((node, i): GraphEdge => ({ from: steps[i]!.id, to: node.id }))
  return {
    version: 1,
    id,
    channels: channels.map((channel) => (typeof channel === 'string' ? { id: channel, kind: 'direct' } : channel)),
    nodes: steps,
    edges: [...between, ...edges],
  }
}

/** An app of flows. */
export function appOf(...flows: readonly FlowGraph[]): AppGraph {
  return { version: 1, flows }
}

export const queue = (id: string): ChannelSpec => ({ id, kind: 'queue' })

/** What is found in an app, each as `ALLORA101 error` and the place: node, channel or flow. Every service of the tests is called `f`. */
export function found(...flows: readonly FlowGraph[]): string[] {
  return checkGraph(appOf(...flows), new Set(['f'])).map(
    ({ code, severity, flowId, nodeId, channelId }) =>
      `${code} ${severity} ${nodeId === undefined ? (channelId ?? flowId) : `${flowId}/${nodeId}`}`,
  )
}
