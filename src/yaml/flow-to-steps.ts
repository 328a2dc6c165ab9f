/** From a flow to the steps that make it: the way back of steps-to-flow.ts. */
import { operatorOf } from '../flow/describe-node.ts'
import type { ChannelSpec, FlowGraph, GraphEdge, GraphNode } from '../graph/graph.ts'
import { NODE_SHAPES } from '../graph/shape.ts'
import { conditionFunction, conditionOf } from './apl-shape.ts'
import type { AlloraFile } from './allora-file.ts'
import { argumentOf } from './operators.ts'

/** What a file says, key by key in their order. */
export type Written = Map<string, unknown>

/** A flow as a file says it. */
export interface WrittenFlow {
  readonly from: unknown
  readonly steps: readonly Written[]
  /** Channels that need no declaration, since their node has them by itself. */
  readonly own: ReadonlySet<string>
}

/** The channel that a flow reads from, by its id. */
export type SourceOf = (flowId: string) => string | undefined

/** The sources and sinks that need no code, by the names of their functions. */
export type BuiltIns = AlloraFile['builtIns']

/** A flow as steps, when it looks as steps make flows. Whether it is quite the same, compiling it again shows. */
export function stepsOf(graph: FlowGraph, sourceOf: SourceOf, builtIns: BuiltIns): WrittenFlow | undefined {
  return new Unwinder(graph, sourceOf, builtIns).unwind()
}

/** The channel that a flow reads from. */
export function sourceOf({ nodes }: Pick<FlowGraph, 'nodes'>): string | undefined {
  return nodes.flatMap((node) => (node.kind === 'inlet' || node.kind === 'source' ? [node.channel] : []))[0]
}

type Tail = Omit<GraphEdge, 'to'>

interface Chain {
  readonly steps: Written[]
  tails: readonly Tail[]
  failing: readonly string[]
}

type Values = Readonly<Record<string, unknown>>

/** Goes through the nodes in their order and follows which ends are open, as the builder did. */
class Unwinder {
  private readonly graph: FlowGraph
  private readonly sourceOf: SourceOf
  private readonly builtIns: BuiltIns
  private readonly own = new Set<string>()
  private readonly inbound: ReadonlyMap<string, readonly GraphEdge[]>
  private at = 0

  constructor(graph: FlowGraph, sourceOf: SourceOf, builtIns: BuiltIns) {
    this.graph = graph
    this.sourceOf = sourceOf
    this.builtIns = builtIns
    this.inbound = Map.groupBy(graph.edges, ({ to }) => to)
  }

  unwind(): WrittenFlow | undefined {
    const first = this.graph.nodes[0]
    if (first?.kind !== 'inlet' && first?.kind !== 'source') return undefined
    const from = this.from(first)
    this.at++
    const { steps, tails } = this.chain([{ from: first.id }])
    if (tails.length > 0 && this.next()?.kind === 'reply') this.at++
    return this.at === this.graph.nodes.length ? { from, steps, own: this.own } : undefined
  }

  private from(node: GraphNode & { readonly kind: 'inlet' | 'source' }): unknown {
    const { channel, ...fields } = this.fields(node)
    if (node.kind === 'inlet' && Object.keys(fields).length === 0) return channel
    return written({ ...this.adapter(fields), ...(!this.isOwn(node, 'direct') && { channel }) })
  }

  /** The name of an adapter, or what it is when it needs no code. */
  private adapter({ adapter, label, ...beside }: Values): Values {
    const known = Object.hasOwn(this.builtIns, String(adapter)) ? this.builtIns[String(adapter)] : undefined
    return known === undefined ? { adapter, label, ...beside } : { [known.kind]: known.options, ...beside }
  }

  private chain(begin: readonly Tail[]): Chain {
    const chain: Chain = { steps: [], tails: begin, failing: [] }
    for (let node = this.next(); node !== undefined && this.continues(chain, node); node = this.next()) {
      this.at++
      chain.steps.push(this.step(chain, node))
    }
    return chain
  }

  private next(): GraphNode | undefined {
    return this.graph.nodes[this.at]
  }

  /** Whether a node is where a chain goes on, and not what closes it or begins beside it. */
  private continues({ tails, failing }: Chain, { id, kind }: GraphNode): boolean {
    if (kind === 'join' || kind === 'gather' || kind === 'reply') return false
    const expected = NODE_SHAPES[kind].takes === 'failures' ? failing.map((from) => ({ from, port: 'error' })) : tails
    const inbound = this.inbound.get(id) ?? []
    return expected.length > 0 && expected.every((tail, i) => isSame(tail, inbound[i]))
  }

  /** The step of a node, whose branches follow it; the chain goes on behind them. */
  private step(chain: Chain, node: GraphNode): Written {
    const { id, kind } = node
    if (kind === 'recover') chain.tails = [...chain.tails, { from: id }]
    else if (kind !== 'errorOutlet') chain.tails = NODE_SHAPES[kind].wayOut === 'end' ? [] : [{ from: id }]
    if (NODE_SHAPES[kind].takes === 'failures') chain.failing = []
    // What chooses leaves the others to the next scope; what takes everything leaves none.
    const takesAll = node.kind === 'errorOutlet' && node.when === undefined
    if (NODE_SHAPES[kind].canFail && !takesAll) chain.failing = [...chain.failing, id]
    if (node.kind === 'route') return this.route(chain, node)
    if (node.kind === 'scatterGather') return this.scatterGather(node)
    if (node.kind === 'loop') {
      const { steps, failing } = this.chain([{ from: id, port: 'body' }])
      chain.failing = [...chain.failing, ...failing]
      return written({ loop: steps, ...this.fields(node) })
    }
    return this.plain(node)
  }

  private route(chain: Chain, node: GraphNode & { readonly kind: 'route' }): Written {
    const { by: _by, cases: _cases, otherwise, ...fields } = this.fields(node)
    const branch = (port: string): Written[] => {
      const { steps, tails, failing } = this.chain([{ from: node.id, port }])
      open.push(...tails)
      chain.failing = [...chain.failing, ...failing]
      return steps
    }
    const open: Tail[] = []
    const cases = new Map(node.cases.map((name) => [name, branch(`case:${name}`)]))
    const other = otherwise === true ? branch('otherwise') : undefined
    chain.tails = open.length > 0 && this.next()?.kind === 'join' ? [{ from: this.graph.nodes[this.at++]!.id }] : []
    const head = 'key' in node.by ? { route: node.by.key } : { routeBy: node.by.service }
    return written({ ...head, ...fields, cases, otherwise: other })
  }

  private scatterGather(node: GraphNode & { readonly kind: 'scatterGather' }): Written {
    const { branches: _, ...fields } = this.fields(node)
    const branches = new Map(
      node.branches.map((name) => {
        const { steps } = this.chain([{ from: node.id, port: `branch:${name}` }])
        if (this.next()?.kind === 'gather') this.at++
        return [name, steps]
      }),
    )
    return written({ scatterGather: branches, ...fields })
  }

  private plain(node: GraphNode): Written {
    const { kind } = node
    const operator = operatorOf(kind)
    const fields = this.fields(node)
    if (kind === 'sink') {
      const { adapter, label, ...beside } = fields
      return written({ to: written(this.adapter({ adapter, label })), ...beside })
    }
    if (kind === 'delay') {
      const { duration, service, channel, ...beside } = fields
      return written({ delay: duration ?? service, ...beside, ...(!this.isOwn(node, 'queue') && { channel }) })
    }
    if (kind === 'call' && fields['channel'] === this.sourceOf(String(fields['flow']))) {
      const { flow, channel: _, ...beside } = fields
      return written({ call: flow, ...beside })
    }
    const name = argumentOf(kind)
    if (name === undefined) return written({ [operator]: Object.keys(fields).length === 0 ? null : written(fields) })
    const { [name]: argument = null, ...beside } = fields
    const condition =
      kind === 'filter' && conditionFunction(String(argument)) !== undefined ? conditionOf(String(argument)) : undefined
    return written({ [operator]: condition === undefined ? argument : written({ when: condition }), ...beside })
  }

  /** The fields of a node, without an id that it would have anyhow. */
  private fields(node: GraphNode): Values {
    const { id, kind: _, ...fields } = node as GraphNode & Values
    return id === `n${this.graph.nodes.indexOf(node)}` ? fields : { id, ...fields }
  }

  /** Whether a node has a channel of the name and kind that it has by itself. */
  private isOwn(node: GraphNode, kind: ChannelSpec['kind']): boolean {
    const id = `${this.graph.id}/${node.id}`
    const spec = this.graph.channels.find((channel) => channel.id === id)
    const own = (node as GraphNode & Values)['channel'] === id && spec?.kind === kind && Object.keys(spec).length === 2
    if (own) this.own.add(id)
    return own
  }
}

const isSame = (tail: Tail, edge: GraphEdge | undefined): boolean => edge?.from === tail.from && edge.port === tail.port

const written = (fields: Values): Written => new Map(Object.entries(fields).filter(([, value]) => value !== undefined))
