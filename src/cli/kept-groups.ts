/** Open groups on their way from one runtime to the next: aggregators that would keep them in memory get a store that outlives the runtime. */
import type { AnyApp } from '../app/app.ts'
import type { FlowGraph, GraphNode } from '../graph/graph.ts'
import { memoryGroupStore } from '../memory/memory-group-store.ts'
import type { LeftMessage } from '../runtime/stop-report.ts'

/** The name of the function that gives the store. */
const STORE = 'allora.groups of this process'

/** See above. */
export class KeptGroups {
  private readonly store = memoryGroupStore()
  /** The aggregators that ever had their groups here, as `<flow>/<node>`, each with its flow and node. */
  private readonly known = new Map<string, { readonly flowId: string; readonly nodeId: string }>()
  private current: ReadonlySet<string> = new Set()

  /** The app with its groups in this store, but for those that have one of their own. */
  keeping(app: AnyApp): AnyApp {
    const { graph, functions } = app
    const flows = graph.flows.map((flow) => ({ ...flow, nodes: flow.nodes.map(inStore) }))
    const mine = flows.flatMap(keptIn)
    this.current = new Set(mine.map(({ name }) => name))
    for (const { name, ...place } of mine) this.known.set(name, place)
    return { ...app, graph: { ...graph, flows }, functions: { ...functions, [STORE]: () => this.store } }
  }

  /** Whether a message is in a group that goes over. */
  has({ state, flowId, nodeId }: LeftMessage): boolean {
    return state === 'grouped' && this.known.has(nameOf({ flowId: flowId ?? '', nodeId: nodeId ?? '' }))
  }

  /** Messages of groups whose aggregator is gone: they wait for a reload that brings it back. */
  async homeless(): Promise<readonly LeftMessage[]> {
    const gone = [...this.known].filter(([name]) => !this.current.has(name))
    const groups = await Promise.all(gone.map(async ([name, place]) => ({ place, ...(await this.store.load(name)) })))
    return groups.flatMap(({ place, open }) =>
      open.flatMap(({ members }) =>
        members.map(({ message: { id, timestamp }, channelId }): LeftMessage => ({
          ...place,
          messageId: id,
          channelId,
          state: 'grouped',
          age: Date.now() - timestamp,
        })),
      ),
    )
  }
}

const nameOf = ({ flowId, nodeId }: { readonly flowId: string; readonly nodeId: string }): string =>
  `${flowId}/${nodeId}`

const inStore = (node: GraphNode): GraphNode =>
  node.kind === 'aggregate' && node.store === undefined ? { ...node, store: STORE } : node

const keptIn = ({ id: flowId, nodes }: FlowGraph) =>
  nodes.flatMap((node) =>
    node.kind === 'aggregate' && node.store === STORE
      ? [{ name: nameOf({ flowId, nodeId: node.id }), flowId, nodeId: node.id }]
      : [],
  )
