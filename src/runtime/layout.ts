/** The edges of a graph as indexes of steps: where each port leads, and which aggregator a split ends in. */
import type { FlowGraph, GraphNode } from '../graph/graph.ts'
import type { Aggregator } from './patterns/aggregator.ts'
import { END } from './step.ts'

/** Where edges lead, as step indexes; joins are skipped, since nothing happens there. */
export class Layout {
  private readonly nodes: readonly GraphNode[]
  private readonly indexes: ReadonlyMap<string, number>
  private readonly targets: ReadonlyMap<string, string>

  constructor(graph: FlowGraph) {
    this.nodes = graph.nodes
    this.indexes = new Map(graph.nodes.map(({ id }, index) => [id, index]))
    this.targets = new Map(graph.edges.map(({ from, to, port }) => [keyOf(from, port), to]))
  }

  /** The index of the step behind a port; `END` when nothing is there. */
  target(from: string, port: string | undefined): number {
    const to = this.targets.get(keyOf(from, port))
    if (to === undefined) return END
    const index = this.indexes.get(to)!
    return this.nodes[index]!.kind === 'join' ? this.target(to, undefined) : index
  }

  /** The aggregator that completes by a split: straight behind it, before any other way can be taken, and not that of a split within. */
  aggregatorBehind(index: number, aggregators: ReadonlyMap<number, Aggregator>): Aggregator | undefined {
    let within = 0
    for (
      let at = this.target(this.nodes[index]!.id, undefined);
      at !== END;
      at = this.target(this.nodes[at]!.id, undefined)
    ) {
      const { kind } = this.nodes[at]!
      const aggregator = aggregators.get(at)
      if (kind === 'through' || kind === 'delay' || kind === 'resequence' || aggregator?.bySplit === false)
        return undefined
      if (kind === 'split') within++
      else if (aggregator !== undefined && within-- === 0) return aggregator
    }
    return undefined
  }
}

const keyOf = (from: string, port: string | undefined): string => JSON.stringify([from, port])
