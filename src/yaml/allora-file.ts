/** What a file describes: the graph of an app, and what has to be brought along to run it. */
import type { Diagnostic } from '../graph/diagnostic.ts'
import type { AppGraph } from '../graph/graph.ts'

/** An app as files describe it. Frozen. */
export interface AlloraFile {
  /** The version of the format of the first file. */
  readonly version: 1 | 2
  readonly graph: AppGraph
  /** The HTTP adapters, in the order they were written. */
  readonly adapters: readonly HttpAdapter[]
  /** The aggregators, those that no channel leads to as well. */
  readonly aggregators: readonly AggregatorSpec[]
  /** The sources and sinks that need no code, by the names of their functions. */
  readonly builtIns: Readonly<Record<string, BuiltInAdapter>>
  /** The transports, by name. */
  readonly transports: Readonly<Record<string, TransportSpec>>
  /** What looks wrong but can be run. */
  readonly warnings: readonly Diagnostic[]
  /** The paths of the files that were read, the first one first; none for a text that came from no file. */
  readonly files: readonly string[]
}

/** A source or a sink of Allora's own. */
export interface BuiltInAdapter {
  /** What the builder calls it: `timer`, `files`, `iterate` or `fileSink`. */
  readonly kind: string
  /** What it is given there. */
  readonly options: unknown
}

/** An HTTP adapter that a file describes. */
export type HttpAdapter = HttpInboundSpec | HttpOutboundSpec

/** Takes requests from outside and sends them to a channel. */
export interface HttpInboundSpec {
  readonly kind: 'http-inbound-adapter'
  readonly id: string
  /** The name of its source in the graph. */
  readonly service: string
  readonly host: string
  readonly port: number
  /** Begins with a slash. */
  readonly path: string
  readonly methods: readonly string[]
  readonly requestChannel: string
  /** Where replies come by, told apart by their correlation id; absent = a request is answered with 202 at once. */
  readonly replyChannel?: string
}

/** Sends messages to a server. */
export interface HttpOutboundSpec {
  readonly kind: 'http-outbound-adapter'
  readonly id: string
  /** The name of its function in the graph, which gets a message and gives the response. */
  readonly service: string
  readonly url: string
  readonly method: string
  /** Whether the result of the step before is sent, where there is one. */
  readonly useOutMsg: boolean
  /** Absent = only code uses it. */
  readonly from?: string
  /** Absent = responses are not kept. */
  readonly to?: string
}

/** Makes one message of many. */
export interface AggregatorSpec {
  readonly id: string
  readonly correlationHeader: string
  /** The name of the function that says whether a group is complete. */
  readonly completion: string
  /** The name of the function that makes one message of a group. */
  readonly strategy: string
  /** The name of a store; absent = memory. */
  readonly store?: string
  /** Absent = code uses it: no channel leads to it. */
  readonly from?: string
  /** Absent = the groups end there. */
  readonly to?: string
}

/** A transport: its type, and the options of that type. */
export interface TransportSpec {
  readonly type: string
  readonly options: Readonly<Record<string, unknown>>
}
