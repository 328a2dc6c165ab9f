/** The edges of a graph as indexes of steps: where each port leads, and which aggregator a split ends in. */
import type { FlowGraph, GraphNode } from '../graph/graph.ts'
import { NodePlaces } from '../graph/node-places.ts'
import type { Aggregator } from './patterns/aggregator.ts'

/** Where edges lead, as step indexes; joins are skipped, since nothing happens there. */
export class Layout {
  private readonly nodes: readonly GraphNode[]
  /** By index: where the normal way out leads. */
  private readonly nexts: (number | undefined)[]
  /** Where other ports lead; there if there are any. */
  private ports: Map<string, number> | undefined = undefined

  constructor({ nodes, edges }: FlowGraph) {
    this.nodes = nodes
    this.nexts = nodes.map(() => undefined)
    const places = new NodePlaces(nodes)
    for (const { from, to, port } of edges) this.lead(places.of(from), port, places.of(to))
  }

  /** The index of the step behind a port of a node; `undefined` when nothing is there. */
  target(from: number, port: string | undefined): number | undefined {
    const index = port === undefined ? this.nexts[from] : this.ports?.get(keyOf(from, port))
    return index !== undefined && this.nodes[index]!.kind === 'join' ? this.target(index, undefined) : index
  }

  /** The aggregator that completes by a split: straight behind it, before any other way can be taken, and not that of a split within. */
  aggregatorBehind(index: number, aggregators: ReadonlyMap<number, Aggregator>): Aggregator | undefined {
    let within = 0
    for (let at = this.target(index, undefined); at !== undefined; at = this.target(at, undefined)) {
      const { kind } = this.nodes[at]!
      const aggregator = aggregators.get(at)
      if (kind === 'through' || kind === 'delay' || kind === 'resequence' || aggregator?.bySplit === false)
        return undefined
      if (kind === 'split') within++
      else if (aggregator !== undefined && within-- === 0) return aggregator
    }
    return undefined
  }

  private lead(from: number, port: string | undefined, to: number): void {
    if (port === undefined) {
      this.nexts[from] = to
    } else {
      this.ports ??= new Map()
      this.ports.set(keyOf(from, port), to)
    }
  }
}

const keyOf = (from: number, port: string): string => `${from} ${port}`
