/**
 * The shape of graph data as tables: one row for each kind of node, one field for each of its properties. What reads, checks and
 * describes graphs works from here; a node or field of graph.ts that has no row does not compile.
 */
import type {
  AggregateNode,
  ChannelKind,
  ChannelSpec,
  FilterNode,
  GraphEdge,
  GraphNode,
  NodeKind,
  Overflow,
  RecipientsNode,
} from './graph.ts'

/** What a field holds. */
export type FieldType =
  | IdField
  | TextField
  | TextsField
  | FlagField
  | NumberField
  | OneOfField<string>
  | FunctionField
  | FlowField
  | ChannelField
  | ChannelsField
  | SelectorField

/** A name: text that is not empty. */
export interface IdField {
  readonly type: 'id'
}
/** Any text. */
export interface TextField {
  readonly type: 'text'
}
/** A list of texts. */
export interface TextsField {
  readonly type: 'texts'
}
/** True or false. */
export interface FlagField {
  readonly type: 'flag'
}
/** A finite number. */
export interface NumberField {
  readonly type: 'number'
  /** The smallest that makes sense. */
  readonly least: number
  /** Whether fractions make no sense. */
  readonly whole: boolean
  /** Whether the word `'unbounded'` may stand instead. */
  readonly orUnbounded?: true
}
/** One of a few words. */
export interface OneOfField<out T extends string> {
  readonly type: 'oneOf'
  readonly values: readonly T[]
}
/** The name of a function in the side table of the app. */
export interface FunctionField {
  readonly type: 'function'
}
/** The id of a flow. */
export interface FlowField {
  readonly type: 'flow'
}
/** How a node uses the channel a field names. */
export interface ChannelRole {
  readonly consumes: boolean
  /** Whether every message that gets to the node is sent there, only some, or none. */
  readonly sends: 'always' | 'sometimes' | 'never'
}
/** The id of a channel. */
export interface ChannelField extends ChannelRole {
  readonly type: 'channel'
}
/** The ids of several channels. */
export interface ChannelsField extends ChannelRole {
  readonly type: 'channels'
}
/** What a route goes by: a key of the payload or a function. */
export interface SelectorField {
  readonly type: 'selector'
}

/** A property of graph data. */
export type Field = FieldType & { readonly optional?: true }

/** The kinds of field that can hold a `T`. */
type FieldTypeFor<T> = [T] extends [boolean]
  ? FlagField
  : [T] extends [number | 'unbounded']
    ? NumberField
    : [T] extends [string]
      ? string extends T
        ? IdField | TextField | FunctionField | FlowField | ChannelField
        : OneOfField<T>
      : [T] extends [readonly string[]]
        ? TextsField | ChannelsField
        : SelectorField

/** A field for every property of `T`, optional where the property is. */
export type FieldsOf<T> = {
  readonly [K in keyof T]-?: FieldTypeFor<Required<T>[K]> &
    (Pick<T, K> extends Required<Pick<T, K>> ? { readonly optional?: never } : { readonly optional: true })
}

/** What the library knows about a kind of node. */
export interface NodeShape<N> {
  readonly fields: FieldsOf<Omit<N, 'kind'>>
  /** What comes in by edges: messages, failures of other nodes, or nothing. */
  readonly takes: 'messages' | 'failures' | 'nothing'
  /** `next`: one normal edge; `cases`: an edge for each case; `end`: none. */
  readonly wayOut: 'next' | 'cases' | 'end'
  /** Whether everything that comes in goes on, unless it fails. */
  readonly passesOn: 'always' | 'sometimes'
  /** Whether an `error` edge may start here. */
  readonly canFail: boolean
}

/** Which kinds of channel have an option; absent = all. */
export interface OfKinds {
  readonly kinds?: readonly ChannelKind[]
}

/** The words an optional field may hold. */
type Word<N, K extends keyof N> = Extract<Required<N>[K], string>

const id: IdField = { type: 'id' }
const text: TextField = { type: 'text' }
const texts: TextsField = { type: 'texts' }
const flow: FlowField = { type: 'flow' }
const fn: FunctionField = { type: 'function' }
const from: ChannelField = { type: 'channel', consumes: true, sends: 'never' }
const to: ChannelField = { type: 'channel', consumes: false, sends: 'always' }
const via: ChannelField = { type: 'channel', consumes: true, sends: 'always' }
const sometimesTo: ChannelField = { type: 'channel', consumes: false, sends: 'sometimes' }
const allOf: ChannelsField = { type: 'channels', consumes: false, sends: 'always' }
const count: NumberField = { type: 'number', least: 1, whole: true }
const countOrNone: NumberField = { type: 'number', least: 0, whole: true }
const milliseconds: NumberField = { type: 'number', least: 0, whole: false }

/** The words as keys, so that the compiler sees whether one is missing. */
const oneOf = <T extends string>(words: Readonly<Record<T, true>>): OneOfField<T> => ({
  type: 'oneOf',
  values: Object.keys(words) as T[],
})
const optional = <F extends FieldType>(field: F): F & { readonly optional: true } => ({ ...field, optional: true })

/** What most steps are like; rows say where theirs differs. */
const step = { takes: 'messages', wayOut: 'next', passesOn: 'always', canFail: true } as const
const end = { ...step, wayOut: 'end' } as const

/** Every kind of node. */
export const NODE_SHAPES: { readonly [K in NodeKind]: NodeShape<Extract<GraphNode, { kind: K }>> } = {
  inlet: {
    fields: { id, channel: from, concurrency: optional(count), orderBy: optional(fn) },
    ...step,
    takes: 'nothing',
    canFail: false,
  },
  transform: { fields: { id, service: fn }, ...step },
  handle: { fields: { id, service: fn }, ...step },
  filter: {
    fields: {
      id,
      service: fn,
      discardTo: optional(sometimesTo),
      reject: optional(oneOf<Word<FilterNode, 'reject'>>({ error: true })),
    },
    ...step,
    passesOn: 'sometimes',
  },
  split: { fields: { id, service: optional(fn) }, ...step, passesOn: 'sometimes' },
  aggregate: {
    fields: {
      id,
      correlateBy: optional(fn),
      size: optional(count),
      when: optional(fn),
      timeout: optional(milliseconds),
      onTimeout: optional(oneOf<Word<AggregateNode, 'onTimeout'>>({ emit: true, discard: true, deadLetter: true })),
      combine: optional(fn),
      maxGroups: optional(count),
      remember: optional(countOrNone),
      discardTo: optional(sometimesTo),
    },
    ...step,
    passesOn: 'sometimes',
  },
  route: {
    fields: { id, by: { type: 'selector' }, cases: texts, otherwise: optional({ type: 'flag' }) },
    ...step,
    wayOut: 'cases',
    passesOn: 'sometimes',
  },
  join: { fields: { id }, ...step, canFail: false },
  setHeader: { fields: { id, header: id, service: fn }, ...step },
  tap: { fields: { id, channel: to }, ...step, canFail: false },
  through: { fields: { id, channel: via, concurrency: optional(count), orderBy: optional(fn) }, ...step },
  call: { fields: { id, flow, channel: to, timeout: optional(milliseconds) }, ...step },
  recover: { fields: { id, service: fn }, ...step, takes: 'failures' },
  errorOutlet: { fields: { id, channel: to }, ...end, takes: 'failures', canFail: false },
  outlet: { fields: { id, channel: to }, ...end },
  recipients: {
    fields: {
      id,
      channels: allOf,
      onFailure: optional(oneOf<Word<RecipientsNode, 'onFailure'>>({ continue: true })),
    },
    ...end,
  },
  reply: { fields: { id }, ...end, canFail: false },
}

/** A channel. */
export const CHANNEL_FIELDS: FieldsOf<ChannelSpec> & Readonly<Record<keyof ChannelSpec, OfKinds>> = {
  id,
  kind: oneOf<ChannelKind>({ direct: true, queue: true, priority: true, rendezvous: true, pubsub: true }),
  capacity: { ...count, orUnbounded: true, optional: true, kinds: ['queue', 'priority'] },
  overflow: {
    ...oneOf<Overflow>({ wait: true, reject: true, dropOldest: true, dropNewest: true }),
    optional: true,
    kinds: ['queue', 'priority'],
  },
  dispatch: {
    ...oneOf<Word<ChannelSpec, 'dispatch'>>({ roundRobin: true, failover: true }),
    optional: true,
    kinds: ['direct'],
  },
  await: { ...oneOf<Word<ChannelSpec, 'await'>>({ accepted: true, handled: true }), optional: true, kinds: ['pubsub'] },
  minSubscribers: { ...countOrNone, optional: true, kinds: ['pubsub'] },
  compare: { ...fn, optional: true, kinds: ['priority'] },
  transport: optional(id),
  payload: optional(text),
}

/** An edge. */
export const EDGE_FIELDS: FieldsOf<GraphEdge> = { from: id, to: id, port: optional(text) }
