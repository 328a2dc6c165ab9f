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

/**
 * How a step deals with user code that fails or takes long. What is outermost is fixed: the overall timeout, then the turn by `orderBy`,
 * retry, circuit breaker, timeout of one call, and concurrency innermost.
 */
export interface Resilience {
  readonly retry?: RetryPolicy
  /** Milliseconds for one call, or for one call and for all there is to it. A `call` node's one call is one request: absent = 30,000. */
  readonly timeout?: number | StepTimeout
  readonly circuitBreaker?: CircuitBreakerPolicy
  /** Calls running at the same time at most, over all messages; absent = as many as there are messages. */
  readonly concurrency?: number
  /** Function giving a key: messages of one key pass the step one after the other, in the order they came. */
  readonly orderBy?: FunctionName
}
/** Milliseconds that a step may take. */
export interface StepTimeout {
  /** For one call; absent = no limit. */
  readonly attempt?: number
  /** For everything: calls, retries and waiting; absent = no limit. */
  readonly overall?: number
}
/** How a failed call is repeated. */
export interface RetryPolicy {
  /** Calls at most, the first one included. */
  readonly attempts: number
  /** Milliseconds before the second call; absent = 0. */
  readonly delay?: number
  /** Each delay is this many times the one before; absent = 1. */
  readonly factor?: number
  /** Milliseconds that no delay exceeds; absent = no limit. */
  readonly max?: number
  /** What chance makes of a delay: `'full'` any part of it, `'equal'` at least half of it; absent = `'none'`. */
  readonly jitter?: 'none' | 'full' | 'equal'
  /** Function that says whether a failure is worth another call; absent = each one whose error does not say `retryable: false` of itself. */
  readonly when?: FunctionName
}
/** When calls are refused because the last ones failed (Circuit Breaker). */
export interface CircuitBreakerPolicy {
  /** Opens when this many of the last `window` calls failed. */
  readonly failures: number
  /** Absent = `failures`, so that they have to be consecutive. */
  readonly window?: number
  /** Milliseconds until one call is let through to see. */
  readonly resetAfter: number
}

/** Takes messages from a channel. */
export interface InletNode extends NodeBase {
  readonly kind: 'inlet'
  readonly channel: string
  /** Messages in work at the same time; absent = 1. */
  readonly concurrency?: number
  /** Function giving a key; messages of one key keep their order. */
  readonly orderBy?: FunctionName
}
/** Brings messages in from outside the app (Channel Adapter): it sends them to a channel of its own and takes them from there. */
export interface SourceNode extends NodeBase {
  readonly kind: 'source'
  /** Function giving the adapter. */
  readonly adapter: FunctionName
  /** What the adapter is, for drawings. */
  readonly label?: string
  /** Where messages begin: their dead letters are redriven from here. */
  readonly channel: string
  /** Messages in work at the same time; absent = 1. */
  readonly maxInFlight?: number
}
/** Makes another payload (Message Translator). */
export interface TransformNode extends NodeBase, Resilience {
  readonly kind: 'transform'
  readonly service: FunctionName
}
/** Calls a service (Service Activator). */
export interface HandleNode extends NodeBase, Resilience {
  readonly kind: 'handle'
  readonly service: FunctionName
}
/** Lets a message pass or not (Message Filter). A `discard` edge leads to where rejected ones go. */
export interface FilterNode extends NodeBase, Resilience {
  readonly kind: 'filter'
  readonly service: FunctionName
  /** Channel for what is rejected; absent = counted as dropped. */
  readonly discardTo?: string
  /** `'error'`: a rejected message fails. */
  readonly reject?: 'error'
}
/** One message into its parts (Splitter); without `service` the payload itself is iterated. */
export interface SplitNode extends NodeBase, Resilience {
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
  /** Function giving the store of groups; absent = memory. */
  readonly store?: FunctionName
  /** Channel for late and duplicate arrivals; absent = counted as dropped. */
  readonly discardTo?: string
}
/** Puts messages into the order of their `sequence` headers (Resequencer). */
export interface ResequenceNode extends NodeBase {
  readonly kind: 'resequence'
  /** Function giving the key of a sequence; absent = the correlation id. */
  readonly correlateBy?: FunctionName
  /** Milliseconds that messages wait for one that is missing before them. */
  readonly timeout: number
  /** What becomes then of the messages that waited. */
  readonly onTimeout: 'emit' | 'discard'
  /** Messages missing before one at most: with more, it does not wait; absent = any number. */
  readonly maxGap?: number
  /** Channel for late, duplicate and discarded messages; absent = counted as dropped. */
  readonly discardTo?: string
}
/** Asks several branches at the same time and gathers their replies (Scatter-Gather). Branches start at ports `branch:<name>`. */
export interface ScatterGatherNode extends NodeBase {
  readonly kind: 'scatterGather'
  readonly branches: readonly string[]
  /** Milliseconds that a branch has for its reply. */
  readonly timeout: number
  /** `'fail'`: a branch without a reply fails the message; `'omit'`: its reply is left out. */
  readonly onFailure: 'fail' | 'omit'
}
/** Ends a branch of a scatter-gather: the payload is its reply. */
export interface GatherNode extends NodeBase {
  readonly kind: 'gather'
}
/** One branch by a discriminant of the payload, or by a selector (Content-Based Router). Branches start at ports `case:<name>` and `otherwise`. */
export interface RouteNode extends NodeBase, Resilience {
  readonly kind: 'route'
  readonly by: { readonly key: string } | { readonly service: FunctionName }
  readonly cases: readonly string[]
  readonly otherwise?: boolean
}
/** Sends messages through a body again and again while a condition holds. The body starts at port `body` and leads back here. */
export interface LoopNode extends NodeBase {
  readonly kind: 'loop'
  /** Function that says whether there is another turn. */
  readonly while: FunctionName
  /** Turns of one message at most. */
  readonly max: number
}
/** Takes each message to several flows, one after the other, in an order made for it (Routing Slip). */
export interface RoutingSlipNode extends NodeBase {
  readonly kind: 'routingSlip'
  /** Function giving the channels to ask, in order. */
  readonly service: FunctionName
  /** The source channels of the flows that may be asked. */
  readonly channels: readonly string[]
  /** Channels on one slip at most. */
  readonly max: number
  /** Milliseconds for each reply; absent = 30,000. */
  readonly timeout?: number
}
/** Takes each message from flow to flow until its function names no other (Dynamic Router). */
export interface DynamicRouteNode extends NodeBase {
  readonly kind: 'dynamicRoute'
  /** Function giving the next channel to ask, asked before every hop. */
  readonly service: FunctionName
  /** The source channels of the flows that may be asked. */
  readonly channels: readonly string[]
  /** Hops of one message at most. */
  readonly max: number
  /** Milliseconds for each reply; absent = 30,000. */
  readonly timeout?: number
}
/** Holds messages until a trigger with the same key comes by another channel. */
export interface BarrierNode extends NodeBase {
  readonly kind: 'barrier'
  /** Function giving the key of messages and triggers; absent = the correlation id. */
  readonly correlateBy?: FunctionName
  /** Milliseconds that a message, or a trigger that came first, waits. */
  readonly timeout: number
  /** The channel triggers come by. */
  readonly trigger: string
}
/** Where the branches of a route that go on meet again. */
export interface JoinNode extends NodeBase {
  readonly kind: 'join'
}
/** Adds one header (Content Enricher for headers). */
export interface SetHeaderNode extends NodeBase, Resilience {
  readonly kind: 'setHeader'
  readonly header: string
  readonly service: FunctionName
}
/** Takes headers away (Content Filter for headers). */
export interface RemoveHeadersNode extends NodeBase {
  readonly kind: 'removeHeaders'
  readonly headers: readonly string[]
}
/** Adds a property to the payload (Content Enricher). */
export interface EnrichNode extends NodeBase, Resilience {
  readonly kind: 'enrich'
  readonly property: string
  readonly service: FunctionName
}
/** Lets only messages pass that fit a schema. The function gives the result of a Standard Schema. */
export interface ValidateNode extends NodeBase, Resilience {
  readonly kind: 'validate'
  readonly service: FunctionName
  /** Channel for messages that do not fit (Invalid Message Channel); absent = they fail. */
  readonly invalidTo?: string
}
/** Writes a line to the runtime's log and goes on. */
export interface LogNode extends NodeBase {
  readonly kind: 'log'
  /** Absent = `'info'`. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error'
  /** Function giving the line; absent = the place and the message's id. */
  readonly service?: FunctionName
}
/** Holds messages for a time in a channel of its own (Delayer). */
export interface DelayNode extends NodeBase {
  readonly kind: 'delay'
  /** Where the messages wait. */
  readonly channel: string
  /** Milliseconds; absent when a function gives them. */
  readonly duration?: number
  readonly service?: FunctionName
  readonly concurrency?: number
  readonly orderBy?: FunctionName
}
/** Lets at most `rate` messages pass in any `per` milliseconds; the others wait, and whoever sends them. */
export interface ThrottleNode extends NodeBase {
  readonly kind: 'throttle'
  readonly rate: number
  /** Milliseconds. */
  readonly per: number
}
/** Lets each key pass once (Idempotent Receiver). */
export interface IdempotentNode extends NodeBase {
  readonly kind: 'idempotent'
  /** Function giving the key. */
  readonly key: FunctionName
  /** Function giving the store of keys; absent = memory. */
  readonly store?: FunctionName
  /** Milliseconds that a key is remembered; absent = until there are too many. */
  readonly window?: number
  /** Channel for what came before; absent = counted as dropped. */
  readonly discardTo?: string
}
/** Puts the payload into a store and goes on with a reference (Claim Check). */
export interface ClaimCheckInNode extends NodeBase {
  readonly kind: 'claimCheckIn'
  /** Function giving the store. */
  readonly store: FunctionName
}
/** Takes the payload that a reference stands for out of its store (Claim Check). */
export interface ClaimCheckOutNode extends NodeBase {
  readonly kind: 'claimCheckOut'
  readonly store: FunctionName
  /** Whether the store forgets the payload once the flow has handled the message; absent = false. */
  readonly remove?: boolean
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
export interface CallNode extends NodeBase, Resilience {
  readonly kind: 'call'
  /** Id of the flow called. */
  readonly flow: string
  /** Its source channel. */
  readonly channel: string
}
/** Takes the failures of the nodes whose `error` edges lead here and goes on with what its function makes of them. */
export interface RecoverNode extends NodeBase, Resilience {
  readonly kind: 'recover'
  readonly service: FunctionName
  /** Function that says which failures it takes; the others go to the scope its own `error` edge leads to. Absent = all. */
  readonly when?: FunctionName
}
/** Takes the failures of the nodes whose `error` edges lead here to a channel (error channel). */
export interface ErrorOutletNode extends NodeBase {
  readonly kind: 'errorOutlet'
  readonly channel: string
  /** Function that says which failures it takes; the others go to the scope its own `error` edge leads to. Absent = all. */
  readonly when?: FunctionName
}
/** Ends a flow by sending to a channel. */
export interface OutletNode extends NodeBase {
  readonly kind: 'outlet'
  readonly channel: string
}
/** Ends a flow by giving messages to something outside the app (Channel Adapter). */
export interface SinkNode extends NodeBase, Resilience {
  readonly kind: 'sink'
  /** Function giving the adapter. */
  readonly adapter: FunctionName
  /** What the adapter is, for drawings. */
  readonly label?: string
}
/** Ends a flow by sending to several channels (Recipient List). */
export interface RecipientsNode extends NodeBase {
  readonly kind: 'recipients'
  readonly channels: readonly string[]
  /** `'continue'`: fails only when every send failed; absent = at the first refused one. */
  readonly onFailure?: 'continue'
}
/** Ends a flow by sending to those of several channels that a function names (computed Recipient List). */
export interface RecipientListNode extends NodeBase {
  readonly kind: 'recipientList'
  /** Function giving the channels. */
  readonly service: FunctionName
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
  | SourceNode
  | TransformNode
  | HandleNode
  | FilterNode
  | SplitNode
  | AggregateNode
  | ResequenceNode
  | ScatterGatherNode
  | GatherNode
  | RouteNode
  | LoopNode
  | RoutingSlipNode
  | DynamicRouteNode
  | BarrierNode
  | JoinNode
  | SetHeaderNode
  | RemoveHeadersNode
  | EnrichNode
  | ValidateNode
  | LogNode
  | DelayNode
  | ThrottleNode
  | IdempotentNode
  | ClaimCheckInNode
  | ClaimCheckOutNode
  | TapNode
  | ThroughNode
  | CallNode
  | RecoverNode
  | ErrorOutletNode
  | OutletNode
  | SinkNode
  | RecipientsNode
  | RecipientListNode
  | ReplyNode

/** The name of a node's operator. */
export type NodeKind = GraphNode['kind']

/** A hop from one node to another. */
export interface GraphEdge {
  readonly from: string
  readonly to: string
  /** Absent = the normal way out; `case:<name>`, `otherwise`, `branch:<name>`, `body`, or `error` (where a failure of `from` goes). */
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
  /** Channels besides those that the flows name, for programs that send and receive themselves; absent = none. */
  readonly channels?: readonly ChannelSpec[]
}
