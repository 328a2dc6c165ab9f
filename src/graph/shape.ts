/**
 * The shape of graph data as tables: one row for each kind of node, one field for each of its properties. What reads, checks and
 * describes graphs works from here; a node or field of graph.ts that has no row does not compile.
 */
import type {
  ChannelField,
  ChannelsField,
  FieldType,
  FieldsOf,
  FlowField,
  FunctionField,
  IdField,
  NumberField,
  OneOfField,
  TextField,
  TextsField,
} from './field.ts'
import type {
  AggregateNode,
  ChannelKind,
  ChannelSpec,
  FilterNode,
  GraphEdge,
  GraphNode,
  LogNode,
  NodeKind,
  Overflow,
  RecipientListNode,
  RecipientsNode,
  ResequenceNode,
  Resilience,
  RetryPolicy,
  ScatterGatherNode,
} from './graph.ts'

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
const member: IdField = { type: 'id', member: true }
const text: TextField = { type: 'text' }
const texts: TextsField = { type: 'texts' }
const flow: FlowField = { type: 'flow' }
const fn: FunctionField = { type: 'function' }
const from: ChannelField = { type: 'channel', consumes: true, sends: 'never' }
const to: ChannelField = { type: 'channel', consumes: false, sends: 'always' }
const via: ChannelField = { type: 'channel', consumes: true, sends: 'always' }
const sometimesTo: ChannelField = { type: 'channel', consumes: false, sends: 'sometimes' }
const allOf: ChannelsField = { type: 'channels', consumes: false, sends: 'always' }
const someOf: ChannelsField = { type: 'channels', consumes: false, sends: 'sometimes' }
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

/** The fields of every node that calls user code. */
const resilience: FieldsOf<Resilience> = {
  retry: {
    type: 'record',
    fields: {
      attempts: count,
      delay: optional(milliseconds),
      factor: optional({ type: 'number', least: 1, whole: false }),
      max: optional(milliseconds),
      jitter: optional(oneOf<NonNullable<RetryPolicy['jitter']>>({ none: true, full: true, equal: true })),
      when: optional(fn),
    },
    optional: true,
  },
  timeout: {
    type: 'record',
    fields: { attempt: optional(milliseconds), overall: optional(milliseconds) },
    orNumber: milliseconds,
    optional: true,
  },
  circuitBreaker: {
    type: 'record',
    fields: { failures: count, window: optional(count), resetAfter: milliseconds },
    optional: true,
  },
  concurrency: optional(count),
  orderBy: optional(fn),
}

/** Every kind of node. */
export const NODE_SHAPES: { readonly [K in NodeKind]: NodeShape<Extract<GraphNode, { kind: K }>> } = {
  inlet: {
    fields: { id, channel: from, concurrency: optional(count), orderBy: optional(fn) },
    ...step,
    takes: 'nothing',
    canFail: false,
  },
  source: {
    fields: { id, adapter: fn, label: optional(text), channel: via, maxInFlight: optional(count) },
    ...step,
    takes: 'nothing',
    canFail: false,
  },
  transform: { fields: { id, service: fn, ...resilience }, ...step },
  handle: { fields: { id, service: fn, ...resilience }, ...step },
  filter: {
    fields: {
      id,
      service: fn,
      discardTo: optional(sometimesTo),
      reject: optional(oneOf<Word<FilterNode, 'reject'>>({ error: true })),
      ...resilience,
    },
    ...step,
    passesOn: 'sometimes',
  },
  split: { fields: { id, service: optional(fn), ...resilience }, ...step, passesOn: 'sometimes' },
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
      store: optional(fn),
      discardTo: optional(sometimesTo),
    },
    ...step,
    passesOn: 'sometimes',
  },
  resequence: {
    fields: {
      id,
      correlateBy: optional(fn),
      timeout: milliseconds,
      onTimeout: oneOf<ResequenceNode['onTimeout']>({ emit: true, discard: true }),
      maxGap: optional(countOrNone),
      discardTo: optional(sometimesTo),
    },
    ...step,
    passesOn: 'sometimes',
  },
  scatterGather: {
    fields: {
      id,
      branches: texts,
      timeout: milliseconds,
      onFailure: oneOf<ScatterGatherNode['onFailure']>({ fail: true, omit: true }),
    },
    ...step,
  },
  gather: { fields: { id }, ...end, canFail: false },
  route: {
    fields: { id, by: { type: 'selector' }, cases: texts, otherwise: optional({ type: 'flag' }), ...resilience },
    ...step,
    wayOut: 'cases',
    passesOn: 'sometimes',
  },
  loop: { fields: { id, while: fn, max: count }, ...step, passesOn: 'sometimes' },
  routingSlip: { fields: { id, service: fn, channels: someOf, max: count, timeout: optional(milliseconds) }, ...step },
  dynamicRoute: { fields: { id, service: fn, channels: someOf, max: count, timeout: optional(milliseconds) }, ...step },
  barrier: { fields: { id, correlateBy: optional(fn), timeout: milliseconds, trigger: from }, ...step },
  join: { fields: { id }, ...step, canFail: false },
  setHeader: { fields: { id, header: member, service: fn, ...resilience }, ...step },
  removeHeaders: { fields: { id, headers: texts }, ...step, canFail: false },
  enrich: { fields: { id, property: member, service: fn, ...resilience }, ...step },
  validate: {
    fields: { id, service: fn, invalidTo: optional(sometimesTo), ...resilience },
    ...step,
    passesOn: 'sometimes',
  },
  log: {
    fields: {
      id,
      level: optional(oneOf<Word<LogNode, 'level'>>({ debug: true, info: true, warn: true, error: true })),
      service: optional(fn),
    },
    ...step,
  },
  delay: {
    fields: {
      id,
      channel: via,
      duration: optional(milliseconds),
      service: optional(fn),
      concurrency: optional(count),
      orderBy: optional(fn),
    },
    ...step,
  },
  throttle: { fields: { id, rate: count, per: milliseconds }, ...step, canFail: false },
  idempotent: {
    fields: { id, key: fn, store: optional(fn), window: optional(milliseconds), discardTo: optional(sometimesTo) },
    ...step,
    passesOn: 'sometimes',
  },
  claimCheckIn: { fields: { id, store: fn }, ...step },
  claimCheckOut: { fields: { id, store: fn, remove: optional({ type: 'flag' }) }, ...step },
  tap: { fields: { id, channel: to }, ...step, canFail: false },
  through: { fields: { id, channel: via, concurrency: optional(count), orderBy: optional(fn) }, ...step },
  call: { fields: { id, flow, channel: to, ...resilience }, ...step },
  recover: { fields: { id, service: fn, when: optional(fn), ...resilience }, ...step, takes: 'failures' },
  errorOutlet: { fields: { id, channel: to, when: optional(fn) }, ...end, takes: 'failures' },
  outlet: { fields: { id, channel: to }, ...end },
  sink: { fields: { id, adapter: fn, label: optional(text), ...resilience }, ...end },
  recipients: {
    fields: {
      id,
      channels: allOf,
      onFailure: optional(oneOf<Word<RecipientsNode, 'onFailure'>>({ continue: true })),
    },
    ...end,
  },
  recipientList: {
    fields: {
      id,
      service: fn,
      channels: someOf,
      onFailure: optional(oneOf<Word<RecipientListNode, 'onFailure'>>({ continue: true })),
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
