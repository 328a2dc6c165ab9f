/**
 * The operators as they are written in a file, made of the table in graph/shape.ts: the value of the operator's key is what the method of
 * the builder takes first, everything else stands beside it. A new kind of node is an operator here without being named.
 */
import { operatorOf } from '../flow/describe-node.ts'
import type { Field } from '../graph/field.ts'
import type { NodeKind } from '../graph/graph.ts'
import { NODE_SHAPES } from '../graph/shape.ts'
import { channelShape, fieldKeys, functionShape, idShape } from './field-shape.ts'
import { aplShape } from './apl-shape.ts'
import { builtInKeys } from './built-in-adapters.ts'
import type { ByKeyShape, KeyShape, Objection, RecordShape, Shape, StepShape } from './shape.ts'

/** Nodes that no operator makes by itself: beginnings, and what belongs to branches and ends. */
export const IMPLICIT: ReadonlySet<NodeKind> = new Set(['inlet', 'source', 'join', 'gather', 'reply'])

/** Fields that the method of an operator takes as its first argument; the first that a node has is it. */
const ARGUMENTS = ['header', 'property', 'headers', 'flow', 'service', 'channel', 'channels'] as const

/** The channel of these nodes is found without being named: it is their own, or that of the flow called. */
const FINDS_CHANNEL: ReadonlySet<NodeKind> = new Set(['source', 'delay', 'call'])

/** Steps in their order. */
export const stepsShape: Shape = {
  is: 'list',
  what: 'a list of steps',
  of: { is: 'lazy', name: 'step', shape: () => stepShape },
}
const branchesShape: Shape = { is: 'map', what: 'a mapping of names to steps', least: 1, of: stepsShape }

/** What a flow begins with. */
export const fromShape: Shape = {
  is: 'byKind',
  text: channelShape,
  mapping: byAdapter('source', fieldsOf('source'), {
    is: 'record',
    what: 'a channel to take messages from',
    short: 'channel',
    keys: fieldsOf('inlet'),
  }),
}

/** An adapter by the name of its function, or one of the built-in ones by what it is called; or something else. */
function byAdapter(
  of: 'source' | 'sink',
  { adapter, label, ...keys }: Readonly<Record<string, KeyShape>>,
  other: RecordShape,
): ByKeyShape {
  const named: RecordShape = { is: 'record', what: `a ${of}`, keys: { adapter: adapter!, label: label!, ...keys } }
  const instead = ['adapter', ...builtInKeys(of).map(([key]) => key)].filter((key) => !Object.hasOwn(other.keys, key))
  const without = builtInKeys(of).reduceRight<RecordShape | ByKeyShape>(
    (next, [key, shape]) => ({
      is: 'byKey',
      key,
      with: { is: 'record', what: `the ${of} ${key}`, keys: { [key]: shape, ...keys } },
      without: next,
    }),
    { ...other, instead },
  )
  return { is: 'byKey', key: 'adapter', with: named, without }
}

/** The field that an operator's value stands for; `undefined` for one whose value holds all its options. */
export function argumentOf(kind: NodeKind): string | undefined {
  const { fields } = NODE_SHAPES[kind]
  return ARGUMENTS.find((name) => Object.hasOwn(fields, name))
}

/** The keys for the fields of a node; the ids of nodes may always be left out. */
function fieldsOf(kind: NodeKind): Record<string, KeyShape> {
  const { id: _, ...fields } = NODE_SHAPES[kind].fields as Readonly<Record<string, Field>>
  const { channel, ...keys } = fieldKeys(fields)
  const found: Record<string, KeyShape> =
    channel === undefined ? {} : { channel: FINDS_CHANNEL.has(kind) ? { shape: channel.shape } : channel }
  return { id: { shape: idShape, says: 'Unique in its flow; left out, it is numbered.' }, ...found, ...keys }
}

/** What an operator's key holds, and the keys beside it. */
function operatorShape(kind: NodeKind): RecordShape {
  const operator = operatorOf(kind)
  const keys = fieldsOf(kind)
  const what = `the step ${operator}`
  const name = argumentOf(kind)
  if (name === undefined) {
    const mayBeEmpty = Object.values(keys).every(({ required }) => required !== true)
    const options: RecordShape = { is: 'record', what: `a mapping with the options of ${operator}`, keys }
    return {
      is: 'record',
      what,
      keys: { [operator]: { shape: options, required: true, ...(mayBeEmpty && { mayBeEmpty }) } },
    }
  }
  const { [name]: argument, ...beside } = keys
  return {
    is: 'record',
    what,
    keys: {
      [operator]: { shape: argument!.shape, required: true, ...(argument!.required !== true && { mayBeEmpty: true }) },
      ...beside,
    },
  }
}

const without = (keys: Readonly<Record<string, KeyShape>>, ...names: readonly string[]): Record<string, KeyShape> =>
  Object.fromEntries(Object.entries(keys).filter(([name]) => !names.includes(name)))

const record = (operator: string, shape: Shape, beside: Readonly<Record<string, KeyShape>>): RecordShape => ({
  is: 'record',
  what: `the step ${operator}`,
  keys: { [operator]: { shape, required: true }, ...beside },
})

const routeShape = (operator: string, shape: Shape): RecordShape =>
  record(operator, shape, {
    cases: { shape: branchesShape, required: true, says: 'The steps for each case.' },
    otherwise: { shape: stepsShape, says: 'The steps for what no case takes.' },
    ...without(fieldsOf('route'), 'by', 'cases', 'otherwise'),
  })

/** A delay may name a service, so a time with its unit would pass for one. */
function timeWithUnit(text: string): Objection | undefined {
  if (!/^\d+(?:\.\d+)? *(?:ms|s|sec|min|m|h|d)$/.test(text)) return undefined
  return {
    message: `"delay" is a number of milliseconds or the name of a service, and ${JSON.stringify(text)} looks like a time with its unit.`,
    fix: 'Write the milliseconds as a number, without quotes or a unit.',
  }
}

const sinkKeys = Object.fromEntries(['adapter', 'label'].map((name) => [name, fieldsOf('sink')[name]!]))

/** The operators that are not one node with one argument. */
const SPECIAL: Readonly<Record<string, RecordShape>> = {
  route: routeShape('route', { is: 'text', what: 'a property of the payload', mayBeEmpty: true }),
  routeBy: routeShape('routeBy', functionShape),
  scatterGather: record('scatterGather', branchesShape, without(fieldsOf('scatterGather'), 'branches')),
  loop: record('loop', stepsShape, fieldsOf('loop')),
  delay: record(
    'delay',
    {
      is: 'byKind',
      number: { is: 'number', least: 0, whole: false },
      text: { ...functionShape, objection: timeWithUnit },
    },
    without(fieldsOf('delay'), 'duration', 'service'),
  ),
  filter: record(
    'filter',
    {
      is: 'byKind',
      text: functionShape,
      mapping: {
        is: 'record',
        what: 'a mapping with a condition',
        short: 'when',
        keys: { when: { shape: aplShape, required: true } },
      },
    },
    without(fieldsOf('filter'), 'service'),
  ),
  to: record(
    'to',
    {
      is: 'byKind',
      text: channelShape,
      mapping: byAdapter('sink', sinkKeys, { is: 'record', what: 'a sink', short: 'adapter', keys: sinkKeys }),
    },
    without(fieldsOf('sink'), 'adapter', 'label'),
  ),
}

/** The kinds of node that are operators, by what users call them. */
export const OPERATOR_KINDS: ReadonlyMap<string, NodeKind> = new Map(
  (Object.keys(NODE_SHAPES) as NodeKind[])
    .filter((kind) => !IMPLICIT.has(kind))
    .map((kind) => [operatorOf(kind), kind]),
)

/** A step. */
export const stepShape: StepShape = {
  is: 'step',
  operators: {
    ...Object.fromEntries(
      [...OPERATOR_KINDS]
        .filter(([name]) => !Object.hasOwn(SPECIAL, name))
        .map(([name, kind]) => [name, operatorShape(kind)]),
    ),
    ...SPECIAL,
  },
}
