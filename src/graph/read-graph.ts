/** Graphs from untyped data, such as parsed JSON: everything is looked at, and everything that is wrong is told at once. */
import { type Either, isLeft, left } from 'fp-ts/lib/Either.js'
import { match } from 'ts-pattern'
import { describeValue, quote } from '../errors/describe-value.ts'
import { type GraphProblem, InvalidGraphError } from '../errors/graph-errors.ts'
import {
  type Decoder,
  type Properties,
  type Property,
  alsoWrong,
  isObject,
  list,
  pathTo,
  problem,
  property,
  record,
  value,
  word,
} from './decode.ts'
import { closest } from './did-you-mean.ts'
import { deepFreeze } from './freeze.ts'
import {
  type AppGraph,
  type ChannelSpec,
  type FlowGraph,
  GRAPH_VERSION,
  type GraphEdge,
  type GraphNode,
  type NodeKind,
} from './graph.ts'
import type { Field, RecordField } from './field.ts'
import { CHANNEL_FIELDS, EDGE_FIELDS, NODE_SHAPES } from './shape.ts'

/**
 * Reads a flow from data, such as what `JSON.parse` gave: a frozen copy with nothing but known fields.
 *
 * The shape is checked completely, and that ids are unique and edges lead from node to node; `check` says whether the flow makes sense.
 *
 * @throws InvalidGraphError naming every problem, each with its path.
 *
 * @example
 * ```ts
 * import { readGraph } from 'allora'
 *
 * const graph = readGraph({
 *   version: 1,
 *   id: 'ping',
 *   channels: [{ id: 'ping', kind: 'direct' }],
 *   nodes: [{ id: 'in', kind: 'inlet', channel: 'ping' }, { id: 'out', kind: 'reply' }],
 *   edges: [{ from: 'in', to: 'out' }],
 * })
 * const kinds = graph.nodes.map((node) => node.kind) // => ['inlet', 'reply']
 * ```
 */
export function readGraph(json: unknown): FlowGraph {
  return accept('graph', flow(json, ''))
}

/**
 * Reads several flows from data, such as what `JSON.parse` gave: a frozen copy with nothing but known fields.
 *
 * @throws InvalidGraphError naming every problem, each with its path.
 *
 * @example
 * ```ts
 * import { direct, flow, readApp, toJson } from 'allora'
 *
 * const hello = flow('hello').from(direct('input')).handle((name: string) => `Hello, ${name}!`).build()
 * const json = toJson(hello)
 *
 * const ids = readApp(JSON.parse(json)).flows.map((graph) => graph.id) // => ['hello']
 * ```
 */
export function readApp(json: unknown): AppGraph {
  return accept('app', app(json, ''))
}

function accept<A>(what: 'graph' | 'app', decoded: Either<readonly GraphProblem[], A>): A {
  if (isLeft(decoded)) throw new InvalidGraphError(what, decoded.left)
  return deepFreeze(decoded.right)
}

const text = (expected: string): Decoder<string> => value(expected, (came) => typeof came === 'string')
const name = value('a string that is not empty', (came): came is string => typeof came === 'string' && came !== '')
const memberName: Decoder<string> = (came, path) =>
  came === '__proto__' ? left([problem(path, 'another name', describeValue(came))]) : name(came, path)
const required = <A>(decode: Decoder<A>): Property<A> => ({ decode, optional: false })
const texts = list(text('a string'))

const number = (orUnbounded: boolean): Decoder<number | 'unbounded'> => {
  const decode = value(
    `a finite number${orUnbounded ? ' or "unbounded"' : ''}`,
    (came): came is number | 'unbounded' => Number.isFinite(came) || (orUnbounded && came === 'unbounded'),
  )
  // JSON has no -0: it would read as another graph once it has been written.
  return (came, path) => decode(came === 0 ? 0 : came, path)
}

const byKey = record<{ readonly key: string }>({ key: required(text('a string')) })
const byService = record<{ readonly service: string }>({ service: required(text('the name of a function')) })

const selector: Decoder<object> = (came, path) => {
  if (isObject(came) && Object.hasOwn(came, 'key')) return byKey(came, path)
  if (isObject(came) && Object.hasOwn(came, 'service')) return byService(came, path)
  const actual = isObject(came) ? 'one with neither' : describeValue(came)
  return left([problem(path, 'an object with a "key" or a "service"', actual)])
}

function decoderOf(field: Field): Decoder<unknown> {
  return match(field)
    .with({ type: 'id', member: true }, () => memberName)
    .with({ type: 'id' }, () => name)
    .with({ type: 'text' }, () => text('a string'))
    .with({ type: 'texts' }, { type: 'channels' }, () => texts)
    .with({ type: 'flag' }, () => value('true or false', (came) => typeof came === 'boolean'))
    .with({ type: 'number' }, ({ orUnbounded = false }) => number(orUnbounded))
    .with({ type: 'oneOf' }, ({ values }) => word(values))
    .with({ type: 'function' }, () => text('the name of a function'))
    .with({ type: 'flow' }, () => text('the id of a flow'))
    .with({ type: 'channel' }, () => text('the id of a channel'))
    .with({ type: 'selector' }, () => selector)
    .with({ type: 'record' }, recordOrNumber)
    .exhaustive()
}

function recordOrNumber({ fields, orNumber }: RecordField): Decoder<unknown> {
  const whole = record(properties<object>(fields))
  if (orNumber === undefined) return whole
  const short = value('an object or a finite number', Number.isFinite as (came: unknown) => came is number)
  return (came, path) => (isObject(came) ? whole(came, path) : short(came, path))
}

/** The compiler holds the tables of shape.ts against the interfaces of graph.ts, so a row may be read as its interface. */
function properties<A>(fields: Readonly<Record<string, Field>>): Properties<A> {
  const entries = Object.entries(fields).map(([key, field]) => [
    key,
    { decode: decoderOf(field), optional: field.optional === true },
  ])
  return Object.fromEntries(entries) as Properties<A>
}

const KINDS = Object.keys(NODE_SHAPES) as NodeKind[]
const kindOf = word(KINDS)

/** Made when the first node of a kind comes: most programs read none. */
const nodes = new Map<NodeKind, Decoder<GraphNode>>()

function nodeOf(kind: NodeKind): Decoder<GraphNode> {
  const known = nodes.get(kind)
  if (known !== undefined) return known
  const decode = record(properties<GraphNode>({ kind: { type: 'oneOf', values: [kind] }, ...NODE_SHAPES[kind].fields }))
  nodes.set(kind, decode)
  return decode
}

const node: Decoder<GraphNode> = (came, path) => {
  const kind = kindOf(isObject(came) ? property(came, 'kind') : 'inlet', pathTo(path, 'kind'))
  return isLeft(kind) ? kind : nodeOf(kind.right)(came, path)
}

const version: Property<typeof GRAPH_VERSION> = required(
  value(`${GRAPH_VERSION}, the version of the format`, (came): came is typeof GRAPH_VERSION => came === GRAPH_VERSION),
)

const channels = list(record(properties<ChannelSpec>(CHANNEL_FIELDS)))

const flowShape = record<FlowGraph>({
  version,
  id: required(name),
  channels: required(channels),
  nodes: required(list(node)),
  edges: required(list(record(properties<GraphEdge>(EDGE_FIELDS)))),
})

const flow: Decoder<FlowGraph> = (came, path) =>
  alsoWrong(flowShape(came, path), [
    ...repeatedIds(came, path, 'channels'),
    ...repeatedIds(came, path, 'nodes'),
    ...looseEdges(came, path),
  ])

const appShape = record<AppGraph>({
  version,
  flows: required(list(flow)),
  channels: { decode: channels, optional: true },
})

const app: Decoder<AppGraph> = (came, path) =>
  alsoWrong(appShape(came, path), [...repeatedIds(came, path, 'flows'), ...repeatedIds(came, path, 'channels')])

/** The objects in an array of the data, whether or not all else is right: so that one mistake does not hide another. */
function items(came: unknown, path: string, key: string): { readonly item: object; readonly path: string }[] {
  const array = isObject(came) ? property(came, key) : undefined
  if (!Array.isArray(array)) return []
  return array.flatMap((item: unknown, i) => (isObject(item) ? [{ item, path: `${pathTo(path, key)}[${i}]` }] : []))
}

function repeatedIds(came: unknown, path: string, key: string): GraphProblem[] {
  const first = new Map<string, string>()
  return items(came, path, key).flatMap(({ item, path: at }) => {
    const id = property(item, 'id')
    if (typeof id !== 'string') return []
    const other = first.get(id)
    if (other !== undefined) return [problem(pathTo(at, 'id'), 'an id of its own', `${quote(id)}, the id of ${other}`)]
    first.set(id, at)
    return []
  })
}

/** Names that are looked for among those that are there. Whoever has more mistakes than this reads the first ones. */
const MOST_GUESSES = 100

function looseEdges(came: unknown, path: string): GraphProblem[] {
  const ids = new Set(items(came, path, 'nodes').map(({ item }) => property(item, 'id')))
  const names = [...ids].filter((id) => typeof id === 'string')
  let guesses = 0
  return items(came, path, 'edges').flatMap(({ item, path: at }) =>
    ['from', 'to'].flatMap((end) => {
      const id = property(item, end)
      if (typeof id !== 'string' || id === '' || ids.has(id)) return []
      const meant = guesses++ < MOST_GUESSES ? closest(id, names) : undefined
      return [problem(pathTo(at, end), 'the id of a node', `${quote(id)}, which no node has`, meant)]
    }),
  )
}
