/** What watches a runtime: told when work begins, it runs the work in a context of its own and is told how it ended. Tracing is made of it. */
import type { ChannelSpec, NodeKind } from '../graph/graph.ts'
import type { Exchange } from '../message/exchange.ts'
import type { HeadersInit } from '../message/headers.ts'
import type { RequestWatch, ServedRequest } from '../message/source.ts'
import type { AnyMessage } from '../transport/transport.ts'
import type { RuntimeEvents } from './events.ts'
import type { MetricsSnapshot } from './metrics.ts'

/** A piece of work while it lasts. None of its functions may throw an error of its own. Of `end` and `fail` one is called, once. */
export interface Watch {
  /** Does a stretch of the work and gives what it gives, or throws what it throws. Work that waits may come in several. */
  run<T>(work: () => T): T
  /** The work is done. */
  end(): void
  /** The work has failed, or was cut off: with what was thrown, or with the value of a `Left`. */
  fail(error: unknown): void
}

/** The watch of work that a message carries on. */
export interface CarryingWatch extends Watch {
  /** Set on the message, so that whoever handles it knows of this work. */
  readonly headers: HeadersInit
}

/** A node of a flow. */
export interface NodePlace {
  readonly flowId: string
  readonly nodeId: string
  readonly kind: NodeKind
}

/** A message that a flow, or a subscribed handler, is about to handle. */
export interface Handling {
  readonly flowId: string
  /** Where the message was taken from. */
  readonly channel: ChannelSpec
  readonly message: AnyMessage
  /** From 1. */
  readonly attempt: number
  /** The headers of the members of a group that nobody's message completed, such as one whose time is over; otherwise none. */
  readonly members: readonly HeadersInit[]
}

/** A message that a step made of the one it had, and that goes on in the same flow. */
export interface Part {
  readonly flowId: string
  /** Of a split, or of a scatter-gather. */
  readonly kind: 'part' | 'branch'
  /** Those of the whole, with the part's own place (`sequence`). */
  readonly headers: HeadersInit
}

/** What an instrumentation may ask of the runtime it watches. */
export interface Observed {
  /** Listens to an event; gives the function that stops listening. */
  on<K extends keyof RuntimeEvents>(event: K, listener: (event: RuntimeEvents[K]) => void): () => void
  /** Counts and latencies, taken now. */
  metrics(): MetricsSnapshot
}

/**
 * Watches a runtime (option `instrumentation`). All is optional: what is not there is not watched and costs nothing, since steps,
 * channels and consumers are wrapped once, when the runtime starts. `openTelemetry()` of `allora/otel` is one.
 *
 * @example
 * ```ts
 * import { app, direct, flow, type Instrumentation, runtime } from 'allora'
 *
 * const seen: string[] = []
 * const watching: Instrumentation = {
 *   handle: ({ flowId, message }) => ({
 *     run: (work) => work(),
 *     end: () => seen.push(`${flowId} did ${message.payload}`),
 *     fail: () => seen.push(`${flowId} failed`),
 *   }),
 * }
 * const square = flow('square').from(direct('numbers').of<number>()).transform((n) => n * n).build()
 *
 * await using rt = await runtime(app(square), { instrumentation: watching }).start()
 * await rt.request('numbers', 7)
 * seen // => ['square did 7']
 * ```
 */
export interface Instrumentation {
  /** The runtime starts. What this gives is called when the runtime has stopped. */
  observe?(runtime: Observed): () => void
  /** A message goes into a channel. Of a direct channel this lasts until it is handled. */
  send?(message: AnyMessage, channel: ChannelSpec): CarryingWatch
  /** Somebody asks a channel for its next message. What this gives is called when there is one. */
  receive?(channel: ChannelSpec): (message: AnyMessage) => void
  /** A message is handled. */
  handle?(handling: Handling): Watch
  /** Asked once for each node. What it gives watches the node's work with each message; nothing, and the node is not watched. */
  step?(place: NodePlace): ((exchange: Exchange<unknown, HeadersInit>) => Watch) | undefined
  /** A part of a split, or a branch of a scatter-gather, goes its way. */
  part?(part: Part): CarryingWatch
  /** Asked once for each aggregator. What it gives watches how a group becomes one message. */
  gather?(
    place: NodePlace,
  ): ((exchange: Exchange<unknown, HeadersInit>, members: readonly HeadersInit[]) => Watch) | undefined
  /** A client asks over HTTP, by a server of the runtime's own. */
  serve?(request: ServedRequest): RequestWatch
  /** Somebody outside waits for a reply. The headers are those given with the request. */
  request?(channelId: string, headers: HeadersInit): Watch
}
