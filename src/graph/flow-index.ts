/** A flow with its nodes and edges as they belong together. */
import { appended } from './appended.ts'
import type { FlowGraph, GraphEdge, GraphNode } from './graph.ts'
import { NodePlaces } from './node-places.ts'
import { type ChannelUse, channelUses } from './references.ts'

/** A node in its flow. */
export interface Step {
  readonly flowId: string
  readonly node: GraphNode
  /** Its place in the list of its flow. */
  readonly place: number
  readonly uses: readonly ChannelUse[]
  /** The edges that start here, those that lead nowhere included. */
  readonly ways: readonly Way[]
  /** The edges that end here. */
  readonly arrivals: readonly GraphEdge[]
}

/** An edge as seen from where it starts. */
export interface Way {
  readonly port: string | undefined
  readonly to: Step | undefined
}

type OpenStep = Step & { ways: Way[]; arrivals: GraphEdge[] }

/** A flow and its nodes. */
export class FlowIndex {
  readonly graph: FlowGraph
  readonly steps: readonly Step[]
  /** Edges that begin or end at no node. */
  readonly loose: readonly GraphEdge[]
  private readonly places: NodePlaces

  constructor(graph: FlowGraph) {
    const steps: Step[] = []
    for (let place = 0; place < graph.nodes.length; place++) steps.push(stepOf(graph.id, graph.nodes[place]!, place))
    this.graph = graph
    this.steps = steps
    this.places = new NodePlaces(graph.nodes)
    this.loose = this.connect(graph.edges)
  }

  /** The node of this id; of several, the last. */
  step(id: string): Step | undefined {
    return this.steps[this.places.of(id)]
  }

  private connect(edges: readonly GraphEdge[]): GraphEdge[] {
    const loose: GraphEdge[] = []
    for (let i = 0; i < edges.length; i++) {
      const edge = edges[i]!
      // Open while the index is made.
      const from = this.step(edge.from) as OpenStep | undefined
      const to = this.step(edge.to) as OpenStep | undefined
      if (from === undefined || to === undefined) loose.push(edge)
      if (from !== undefined) from.ways = appended(from.ways, { port: edge.port, to })
      if (to !== undefined) to.arrivals = appended(to.arrivals, edge)
    }
    return loose
  }
}

const stepOf = (flowId: string, node: GraphNode, place: number): OpenStep => ({
  flowId,
  node,
  place,
  uses: channelUses(node),
  ways: NO_WAYS,
  arrivals: NO_ARRIVALS,
})

// Lists of one item are made anew, and those of none can be the same for all.
const NO_WAYS: Way[] = []
const NO_ARRIVALS: GraphEdge[] = []
