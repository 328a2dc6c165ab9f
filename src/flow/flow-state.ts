/** What a builder has gathered so far, and the pure functions that add to it. */
import { DuplicateNodeError, InvalidNameError, InvalidStepError } from '../errors/flow-errors.ts'
import { describeValue } from '../errors/describe-value.ts'
import { deepFreeze } from '../graph/freeze.ts'
import { type FlowGraph, GRAPH_VERSION, type GraphEdge, type GraphNode, type NodeKind } from '../graph/graph.ts'
import { NODE_SHAPES } from '../graph/shape.ts'
import { type Given, describeNode, operatorOf } from './describe-node.ts'
import type { AnyFlow } from './flow-def.ts'
import { type FlowParts, more } from './flow-parts.ts'

/** A flow half built. Never changed, only copied. */
export interface FlowState extends Readonly<FlowParts> {
  readonly id: string
  /** Stands for the chain: each branch has its own. */
  readonly chain: object
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  /** The ways out that the next node attaches to; none when the chain has ended. */
  readonly tails: readonly Tail[]
  /** Nodes of this chain whose failures no error scope has taken yet. */
  readonly failing: readonly string[]
  readonly calls: readonly AnyFlow[]
}

type Tail = Omit<GraphEdge, 'to'>

/** A copy that a step is being added to: the one copy that is made for it. */
type Draft = { -readonly [K in keyof FlowState]: FlowState[K] }

const NONE: readonly never[] = Object.freeze([])

/** A flow with nothing in it. */
export function emptyState(id: string): FlowState {
  return {
    id,
    chain: {},
    nodes: NONE,
    edges: NONE,
    tails: NONE,
    failing: NONE,
    calls: NONE,
    channels: NONE,
    schemas: NONE,
    functions: NONE,
    contracts: NONE,
  }
}

/** Adds a node behind the tails. */
export function addStep(state: FlowState, kind: NodeKind, given: Given = {}): FlowState {
  const { takes, wayOut, canFail } = NODE_SHAPES[kind]
  if (takes !== 'nothing') refuseAfterEnd(state, kind)
  const next = addNode(state, kind, given, state.tails)
  const { id } = lastNode(next)
  next.tails = wayOut === 'end' ? NONE : [{ from: id }]
  if (canFail) next.failing = more(state.failing, id)
  return next
}

/** Adds a node that takes the failures of all before it in this chain and goes on to what follows the chain's own tails. */
export function addRecover(state: FlowState, given: Given): FlowState {
  refuseAfterEnd(state, 'recover')
  const next = addNode(state, 'recover', given, failuresOf(state))
  const { id } = lastNode(next)
  next.tails = more(state.tails, { from: id })
  next.failing = [id]
  return next
}

/** Adds a node that takes the failures of all before it in this chain away, or those it chooses. */
export function addErrorOutlet(state: FlowState, given: Given): FlowState {
  const next = addNode(state, 'errorOutlet', given, failuresOf(state))
  next.failing = given['when'] === undefined ? NONE : [lastNode(next).id]
  return next
}

/** The flow with a reply where nothing else ends it. */
export function endFlow(state: FlowState): FlowState {
  return state.tails.length === 0 ? state : addStep(state, 'reply')
}

/** The finished graph of a flow. */
export function graphOfState({ id, channels, nodes, edges }: FlowState): FlowGraph {
  // Channels and edges have nothing within; those of tokens are frozen.
  for (const node of nodes) deepFreeze(node)
  for (const edge of edges) Object.freeze(edge)
  // A copy has no room for more.
  return Object.freeze({
    version: GRAPH_VERSION,
    id,
    channels: Object.freeze(channels.slice()),
    nodes: Object.freeze(nodes.slice()),
    edges: Object.freeze(edges.slice()),
  })
}

/** The node added last. */
export function lastNode(state: FlowState): GraphNode {
  return state.nodes.at(-1)!
}

/** The chain of a branch: it starts at a port of a router. */
export function openBranch(state: FlowState, router: string, port: string): FlowState {
  return { ...state, chain: {}, tails: [{ from: router, port }], failing: [] }
}

/** Back in the chain of `outer`, with all that is open in it and in the branch. */
export function closeBranch(outer: FlowState, branch: FlowState): FlowState {
  return {
    ...branch,
    chain: outer.chain,
    tails: [...outer.tails, ...branch.tails],
    failing: [...outer.failing, ...branch.failing],
  }
}

/** Back in the chain of `outer`, at its loop: what is open in the body leads back there. */
export function closeBody(outer: FlowState, loop: string, body: FlowState): FlowState {
  const back = body.tails.map(({ from, ...port }) => ({ from, to: loop, ...port }))
  return { ...closeBranch(outer, body), tails: outer.tails, edges: [...body.edges, ...back] }
}

/** Back in the chain of `outer`, as it was: a branch that is asked ends by itself, and what it fails with is an answer. */
export function closeAskedBranch({ chain, tails, failing }: FlowState, branch: FlowState): FlowState {
  return { ...branch, chain, tails, failing }
}

/** The id of a channel that only the next node uses. */
export function ownChannelId(state: FlowState, nodeId: unknown = nextNodeId(state)): string {
  return `${state.id}/${String(nodeId)}`
}

/** The id of the next node, unless it is given one: its number, or the next one that no other node was given as its id. */
function nextNodeId(state: FlowState): string {
  let number = state.nodes.length
  while (nodeOf(state, numbered(number)) !== undefined) number++
  return numbered(number)
}

const numbered = (number: number): string => (NODE_IDS[number] ??= `n${number}`)

/** All flows have the same, so each is made once. */
const NODE_IDS: string[] = []

const failuresOf = (state: FlowState): readonly Tail[] => state.failing.map((from) => ({ from, port: 'error' }))

function addNode(state: FlowState, kind: NodeKind, given: Given, inbound: readonly Tail[]): Draft {
  const id = given['id'] === undefined ? nextNodeId(state) : ownNodeId(state, kind, given['id'])
  const next: Draft = { ...state }
  next.nodes = more(state.nodes, describeNode(next, { flowId: state.id, nodeId: id, kind }, given))
  for (const { from, port } of inbound)
    next.edges = more(next.edges, port === undefined ? { from, to: id } : { from, to: id, port })
  return next
}

function refuseAfterEnd(state: FlowState, kind: NodeKind): void {
  if (state.tails.length > 0) return
  const last = lastNode(state)
  throw new InvalidStepError(
    `Flow "${state.id}" has ended with .${operatorOf(last.kind)}(...), node "${last.id}", so .${operatorOf(kind)}(...) cannot follow. Put it before.`,
    {
      flowId: state.id,
      nodeId: last.id,
    },
  )
}

function nodeOf({ nodes }: FlowState, id: string): GraphNode | undefined {
  for (let i = 0; i < nodes.length; i++) if (nodes[i]!.id === id) return nodes[i]
  return undefined
}

const NUMBERED = 'A node without an { id } is numbered by its place, n0, n1 and so on. '

/** The id that a node was given. */
function ownNodeId(state: FlowState, kind: NodeKind, id: unknown): string {
  if (typeof id !== 'string' || id === '') {
    throw new InvalidNameError(
      `Flow "${state.id}": the id of ${operatorOf(kind)} must be a string that is not empty, but it is ${describeValue(id)}. Leave it out to have it numbered.`,
      { flowId: state.id },
    )
  }
  const other = nodeOf(state, id)
  if (other === undefined) return id
  throw new DuplicateNodeError(
    `Flow "${state.id}" has two nodes "${id}": ${operatorOf(other.kind)} and ${operatorOf(kind)}. ${/^n\d+$/.test(id) ? NUMBERED : ''}Give one of them another { id }.`,
    {
      flowId: state.id,
      nodeId: id,
    },
  )
}
