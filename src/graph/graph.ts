/** The graph: what a flow is, as frozen JSON data. Read this file first; nothing in it knows the builder or the runtime. */

/** The version of the graph format this library reads and writes. */
export const GRAPH_VERSION = 1

/** How a channel hands messages over. */
export type ChannelKind = 'direct' | 'queue' | 'priority' | 'rendezvous' | 'pubsub'

/** What a full bounded channel does with one more message. */
export type Overflow = 'wait' | 'reject' | 'dropOldest' | 'dropNewest'

/** A channel as data. Options that do not belong to its kind are absent. */
export interface ChannelSpec {
  readonly id: string
  readonly kind: ChannelKind
  /** Messages held at most (`queue`, `priority`); absent = 1,024; `'unbounded'` stands for `Infinity`, which JSON cannot hold. */
  readonly capacity?: number | 'unbounded'
  /** `queue`, `priority`; absent = `'wait'`. */
  readonly overflow?: Overflow
  /** `direct` with several consumers; absent = exactly one consumer. */
  readonly dispatch?: 'roundRobin' | 'failover'
  /** `pubsub`: what `send` waits for; absent = `'accepted'`. */
  readonly await?: 'accepted' | 'handled'
  /** `pubsub`: fewer subscribers than this refuse the send; absent = 0. */
  readonly minSubscribers?: number
  /** `priority`: name of the comparator function; absent = by the `priority` header. */
  readonly compare?: string
  /** The transport this channel is bound to by name; absent = the runtime's default. */
  readonly transport?: string
  /** The name of the payload's type, where it is known: untyped input and drawings. */
  readonly payload?: string
}

/** What every node has. `id` is unique in its flow. */
interface NodeBase {
  readonly id: string
}

/** Where a function stands in the side table of the app: `<flow>/<node>` for a lambda, its own name for a service. */
export type FunctionName = string

/** Takes messages from a channel. */
export interface InletNode extends NodeBase {
  readonly kind: 'inlet'
  readonly channel: string
  /** Messages in work at the same time; absent = 1. */
  readonly concurrency?: number
  /** Function giving a key; messages of one key keep their order. */
  readonly orderBy?: FunctionName
}
/** Makes another payload (Message Translator). */
export interface TransformNode extends NodeBase {
  readonly kind: 'transform'
  readonly service: FunctionName
}
/** Calls a service (Service Activator). */
export interface HandleNode extends NodeBase {
  readonly kind: 'handle'
  readonly service: FunctionName
}
/** Lets a message pass or not (Message Filter). A `discard` edge leads to where rejected ones go. */
export interface FilterNode extends NodeBase {
  readonly kind: 'filter'
  readonly service: FunctionName
  /** Channel for what is rejected; absent = counted as dropped. */
  readonly discardTo?: string
  /** `'error'`: a rejected message fails. */
  readonly reject?: 'error'
}
/** One message into its parts (Splitter); without `service` the payload itself is iterated. */
export interface SplitNode extends NodeBase {
  readonly kind: 'split'
  readonly service?: FunctionName
}
/** Many messages into one (Aggregator). */
export interface AggregateNode extends NodeBase {
  readonly kind: 'aggregate'
  /** Function giving the group's key; absent = the correlation id. */
  readonly correlateBy?: FunctionName
  /** Group is complete at this many; absent = the split's size. */
  readonly size?: number
  /** Function that says whether the group is complete. */
  readonly when?: FunctionName
  /** Milliseconds after a group's first message. */
  readonly timeout?: number
  /** What a timeout does with the group; absent = `'emit'`. */
  readonly onTimeout?: 'emit' | 'discard' | 'deadLetter'
  /** Function that makes the payload; absent = the list of payloads. */
  readonly combine?: FunctionName
  /** Open groups at most; absent = 10,000. */
  readonly maxGroups?: number
  /** Completed keys remembered to tell late arrivals; absent = 10,000. */
  readonly remember?: number
  /** Channel for late and duplicate arrivals; absent = counted as dropped. */
  readonly discardTo?: string
}
/** One branch by a discriminant of the payload, or by a selector (Content-Based Router). Branches start at ports `case:<name>` and `otherwise`. */
export interface RouteNode extends NodeBase {
  readonly kind: 'route'
  readonly by: { readonly key: string } | { readonly service: FunctionName }
  readonly cases: readonly string[]
  readonly otherwise?: boolean
}
/** Where the branches of a route that go on meet again. */
export interface JoinNode extends NodeBase {
  readonly kind: 'join'
}
/** Adds one header (Content Enricher for headers). */
export interface SetHeaderNode extends NodeBase {
  readonly kind: 'setHeader'
  readonly header: string
  readonly service: FunctionName
}
/** Copies every message to a channel and goes on (Wire Tap). */
export interface TapNode extends NodeBase {
  readonly kind: 'tap'
  readonly channel: string
}
/** Sends to a channel and goes on as its consumer. */
export interface ThroughNode extends NodeBase {
  readonly kind: 'through'
  readonly channel: string
  readonly concurrency?: number
  readonly orderBy?: FunctionName
}
/** Request/reply into another flow of the app (Messaging Gateway). */
export interface CallNode extends NodeBase {
  readonly kind: 'call'
  /** Id of the flow called. */
  readonly flow: string
  /** Its source channel. */
  readonly channel: string
  /** Milliseconds; absent = 30,000. */
  readonly timeout?: number
}
/** Takes the failures of the nodes whose `error` edges lead here and goes on with what its function makes of them. */
export interface RecoverNode extends NodeBase {
  readonly kind: 'recover'
  readonly service: FunctionName
}
/** Takes the failures of the nodes whose `error` edges lead here to a channel (error channel). */
export interface ErrorOutletNode extends NodeBase {
  readonly kind: 'errorOutlet'
  readonly channel: string
}
/** Ends a flow by sending to a channel. */
export interface OutletNode extends NodeBase {
  readonly kind: 'outlet'
  readonly channel: string
}
/** Ends a flow by sending to several channels (Recipient List). */
export interface RecipientsNode extends NodeBase {
  readonly kind: 'recipients'
  readonly channels: readonly string[]
  /** `'continue'`: fails only when every send failed; absent = at the first refused one. */
  readonly onFailure?: 'continue'
}
/** Ends a flow by replying to who asked, if anybody did. */
export interface ReplyNode extends NodeBase {
  readonly kind: 'reply'
}

/** One step of a flow. */
export type GraphNode =
  | InletNode
  | TransformNode
  | HandleNode
  | FilterNode
  | SplitNode
  | AggregateNode
  | RouteNode
  | JoinNode
  | SetHeaderNode
  | TapNode
  | ThroughNode
  | CallNode
  | RecoverNode
  | ErrorOutletNode
  | OutletNode
  | RecipientsNode
  | ReplyNode

/** The name of a node's operator. */
export type NodeKind = GraphNode['kind']

/** A hop from one node to another. */
export interface GraphEdge {
  readonly from: string
  readonly to: string
  /** Absent = the normal way out; `case:<name>`, `otherwise`, or `error` (where a failure of `from` goes). */
  readonly port?: string
}

/** A flow: channels it names, nodes in the order they were written, edges between them. */
export interface FlowGraph {
  readonly version: typeof GRAPH_VERSION
  readonly id: string
  readonly channels: readonly ChannelSpec[]
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
}

/** Several flows as one piece of data: what `toJson(app)` gives. */
export interface AppGraph {
  readonly version: typeof GRAPH_VERSION
  readonly flows: readonly FlowGraph[]
}
