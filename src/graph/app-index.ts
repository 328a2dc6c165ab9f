/** An app with everything that checking and drawing look up, gathered in one pass. */
import type { AppGraph, ChannelSpec, FlowGraph, FunctionName, GraphEdge, GraphNode } from './graph.ts'
import { appended } from './appended.ts'
import { type ChannelUse, channelUses } from './references.ts'

/** An app, indexed. Of things with the same id, a look-up by id gives the last. */
export interface AppIndex {
  readonly flows: readonly FlowIndex[]
  readonly flowsById: ReadonlyMap<string, FlowIndex>
  /** The nodes of all flows. */
  readonly steps: readonly Step[]
  /** The declared channels. */
  readonly channels: ReadonlyMap<string, ChannelIndex>
  /** The nodes that consume a channel: `inlet` and `through`. */
  readonly consumers: ReadonlyMap<string, readonly Step[]>
  /** The nodes that send to a channel. */
  readonly senders: ReadonlyMap<string, readonly Step[]>
  /** The functions that are there. */
  readonly functions: ReadonlySet<FunctionName>
}

/** A flow and its nodes. */
export interface FlowIndex {
  readonly graph: FlowGraph
  readonly steps: readonly Step[]
  readonly stepsById: ReadonlyMap<string, Step>
  /** Edges that begin or end at no node. */
  readonly loose: readonly GraphEdge[]
}

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

/** A channel with all that the flows say of it. */
export interface ChannelIndex {
  readonly spec: ChannelSpec
  /** The first one's flow is where diagnostics about the channel belong. */
  readonly declarations: readonly Declaration[]
}

/** What one flow, or the app itself, says of a channel. */
export interface Declaration {
  /** Absent for a channel that the app has beside its flows. */
  readonly flowId?: string
  readonly spec: ChannelSpec
}

/** Gathers what can be looked up. */
export function indexApp(app: AppGraph, functions: ReadonlySet<FunctionName>): AppIndex {
  const flows = app.flows.map(indexFlow)
  const steps = flows.flatMap((flow) => flow.steps)
  return {
    flows,
    flowsById: byId(flows, ({ graph }) => graph.id),
    steps,
    channels: indexChannels(app),
    consumers: users(steps, ({ consumes }) => consumes),
    senders: users(steps, ({ sends }) => sends !== 'never'),
    functions,
  }
}

type OpenStep = Step & { ways: Way[]; arrivals: GraphEdge[] }
type OpenChannel = { spec: ChannelSpec; readonly declarations: Declaration[] }

function indexFlow(graph: FlowGraph): FlowIndex {
  const steps = graph.nodes.map((node, place): OpenStep => ({
    flowId: graph.id,
    node,
    place,
    uses: channelUses(node),
    ways: [],
    arrivals: [],
  }))
  const stepsById = byId(steps, ({ node }) => node.id)
  const loose: GraphEdge[] = []
  for (const edge of graph.edges) {
    const from = stepsById.get(edge.from)
    const to = stepsById.get(edge.to)
    if (from === undefined || to === undefined) loose.push(edge)
    if (from !== undefined) from.ways = appended(from.ways, { port: edge.port, to })
    if (to !== undefined) to.arrivals = appended(to.arrivals, edge)
  }
  return { graph, steps, stepsById, loose }
}

function indexChannels({ flows, channels = [] }: AppGraph): Map<string, ChannelIndex> {
  const index = new Map<string, OpenChannel>()
  for (const flow of flows) for (const spec of flow.channels) declare(index, { flowId: flow.id, spec })
  for (const spec of channels) declare(index, { spec })
  return index
}

function declare(index: Map<string, OpenChannel>, declaration: Declaration): void {
  const { spec } = declaration
  const known = index.get(spec.id)
  if (known === undefined) {
    index.set(spec.id, { spec, declarations: [declaration] })
  } else {
    known.spec = { ...known.spec, ...spec }
    known.declarations.push(declaration)
  }
}

function users(steps: readonly Step[], isOne: (use: ChannelUse) => boolean): Map<string, Step[]> {
  const users = new Map<string, Step[]>()
  for (const step of steps) {
    for (const use of step.uses) {
      if (!isOne(use)) continue
      const known = users.get(use.channel)
      if (known === undefined) users.set(use.channel, [step])
      // A node may name a channel more than once.
      else if (known.at(-1) !== step) known.push(step)
    }
  }
  return users
}

function byId<T>(items: readonly T[], idOf: (item: T) => string): Map<string, T> {
  const index = new Map<string, T>()
  for (const item of items) index.set(idOf(item), item)
  return index
}
