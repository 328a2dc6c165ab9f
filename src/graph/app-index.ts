/** An app with everything that checking and drawing look up. */
import { appended } from './appended.ts'
import { FlowIndex, type Step } from './flow-index.ts'
import type { AppGraph, ChannelSpec, FlowGraph, FunctionName, NodeKind } from './graph.ts'

/** A channel with all that the flows say of it. */
export interface ChannelIndex {
  readonly id: string
  readonly spec: ChannelSpec
  /** The first one's flow is where diagnostics about the channel belong. */
  readonly declarations: readonly Declaration[]
  /** The flows that consume it, once for each node that does; see {@link AppIndex.note}. */
  readonly consumers: readonly string[]
  /** The flows that send to it, once for each node that does. */
  readonly senders: readonly string[]
}

/** The names of the functions that are there: a set or a map. */
export interface Names {
  has(name: FunctionName): boolean
  keys(): Iterable<FunctionName>
}

/** What one flow, or the app itself, says of a channel. */
export interface Declaration {
  /** Absent for a channel that the app has beside its flows. */
  readonly flowId?: string
  readonly spec: ChannelSpec
}

/**
 * An app, indexed. What keeps every node is gathered when it is asked for first: most apps are checked without, one flow after the other.
 */
export class AppIndex {
  readonly graph: AppGraph
  readonly functions: Names
  /** The declared channels. */
  readonly channels: ReadonlyMap<string, ChannelIndex>
  /** The kinds of node there are, as far as {@link note} was told. */
  readonly kinds: Set<NodeKind> = new Set()
  private readonly open: ReadonlyMap<string, OpenChannel>
  private byId: ReadonlyMap<string, FlowGraph> | undefined = undefined
  private indexed: readonly FlowIndex[] | undefined = undefined
  private all: readonly Step[] | undefined = undefined
  private consuming: ReadonlyMap<string, readonly Step[]> | undefined = undefined

  constructor(graph: AppGraph, functions: Names = new Set()) {
    this.graph = graph
    this.functions = functions
    this.channels = this.open = indexChannels(graph)
  }

  /** Of flows with the same id, the last. */
  get flowsById(): ReadonlyMap<string, FlowGraph> {
    return (this.byId ??= flowsById(this.graph.flows))
  }

  get flows(): readonly FlowIndex[] {
    return (this.indexed ??= this.graph.flows.map((flow) => new FlowIndex(flow)))
  }

  /** The nodes of all flows. */
  get steps(): readonly Step[] {
    return (this.all ??= this.flows.flatMap((flow) => flow.steps))
  }

  /** The nodes that consume a channel, such as `inlet` and `through`. */
  get consumers(): ReadonlyMap<string, readonly Step[]> {
    return (this.consuming ??= consumersAmong(this.steps))
  }

  /** Notes which channels a flow uses, and the kinds of its nodes. */
  note({ graph, steps }: FlowIndex): void {
    for (let s = 0; s < steps.length; s++) {
      const { uses, node } = steps[s]!
      this.kinds.add(node.kind)
      for (let i = 0; i < uses.length; i++) {
        const { channel, consumes, sends } = uses[i]!
        const known = this.open.get(channel)
        // A node may name a channel more than once.
        if (known === undefined || uses.findIndex((use) => use.channel === channel) < i) continue
        if (consumes) known.consumers = appended(known.consumers, graph.id)
        if (sends !== 'never') known.senders = appended(known.senders, graph.id)
      }
    }
  }
}

type OpenChannel = ChannelIndex & {
  spec: ChannelSpec
  declarations: Declaration[]
  consumers: string[]
  senders: string[]
}

function flowsById(flows: readonly FlowGraph[]): Map<string, FlowGraph> {
  const byId = new Map<string, FlowGraph>()
  for (const flow of flows) byId.set(flow.id, flow)
  return byId
}

const NONE: never[] = []

function indexChannels({ flows, channels = [] }: AppGraph): Map<string, OpenChannel> {
  const index = new Map<string, OpenChannel>()
  for (const { id: flowId, channels: declared } of flows) for (const spec of declared) declare(index, { flowId, spec })
  for (const spec of channels) declare(index, { spec })
  return index
}

function declare(index: Map<string, OpenChannel>, declaration: Declaration): void {
  const { spec } = declaration
  const known = index.get(spec.id)
  if (known === undefined) {
    index.set(spec.id, { id: spec.id, spec, declarations: [declaration], consumers: NONE, senders: NONE })
  } else {
    known.spec = { ...known.spec, ...spec }
    known.declarations.push(declaration)
  }
}

function consumersAmong(steps: readonly Step[]): Map<string, Step[]> {
  const consumers = new Map<string, Step[]>()
  for (const step of steps) {
    for (const { channel, consumes } of step.uses) {
      if (!consumes) continue
      const known = consumers.get(channel) ?? []
      // A node may name a channel more than once.
      if (known.at(-1) !== step) consumers.set(channel, appended(known, step))
    }
  }
  return consumers
}
