/** An app with everything that checking and drawing look up, gathered in one pass. */
import type { AppGraph, ChannelSpec, FlowGraph, FunctionName, GraphEdge, GraphNode } from './graph.ts'
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
}

/** A node in its flow. */
export interface Step {
  readonly flowId: string
  readonly node: GraphNode
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

type OpenStep = Step & { readonly ways: Way[]; readonly arrivals: GraphEdge[] }

function indexFlow(graph: FlowGraph): FlowIndex {
  const steps = graph.nodes.map((node): OpenStep => ({
    flowId: graph.id,
    node,
    uses: channelUses(node),
    ways: [],
    arrivals: [],
  }))
  const stepsById = byId(steps, ({ node }) => node.id)
  for (const edge of graph.edges) {
    const from = stepsById.get(edge.from)
    const to = stepsById.get(edge.to)
    from?.ways.push({ port: edge.port, to })
    to?.arrivals.push(edge)
  }
  return { graph, steps, stepsById }
}

function indexChannels({ flows, channels = [] }: AppGraph): Map<string, ChannelIndex> {
  const all: Declaration[] = [
    ...flows.flatMap(({ id, channels: named }) => named.map((spec) => ({ flowId: id, spec }))),
    ...channels.map((spec) => ({ spec })),
  ]
  return new Map(
    [...Map.groupBy(all, ({ spec }) => spec.id)].map(([id, declarations]) => [
      id,
      {
        declarations,
        spec: declarations.reduce((merged, { spec }) => ({ ...merged, ...spec }), declarations[0]!.spec),
      },
    ]),
  )
}

function users(steps: readonly Step[], isOne: (use: ChannelUse) => boolean): Map<string, Step[]> {
  const pairs = steps.flatMap((step) => {
    const channels = new Set(step.uses.filter(isOne).map(({ channel }) => channel))
    return [...channels].map((channel) => ({ channel, step }))
  })
  return new Map(
    [...Map.groupBy(pairs, ({ channel }) => channel)].map(([channel, group]) => [
      channel,
      group.map(({ step }) => step),
    ]),
  )
}

function byId<T>(items: readonly T[], idOf: (item: T) => string): Map<string, T> {
  return new Map(items.map((item) => [idOf(item), item]))
}
