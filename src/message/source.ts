/** What brings messages into a flow from outside the app: the contract of sources. */
import type { Either } from 'fp-ts/lib/Either.js'
import type { HeadersInit } from './headers.ts'
import type { LazySignal } from './lazy-signal.ts'
import type { Envelope } from './message.ts'

/**
 * Begins a flow in place of a channel (Channel Adapter). It is pulled: the runtime asks for the next arrival only while there
 * is room for it (`maxInFlight`), so a source needs no buffer and is never ahead of its flow. `H` are the headers that all its
 * messages have.
 */
export interface Source<out P, out H = {}> {
  /** What it is, in a few words, for drawings: `every 1000 ms`. */
  readonly label: string
  /** How many of its messages may be in work at the same time where the flow does not say; absent = 1. */
  readonly maxInFlight?: number
  /**
   * Begins, once for each start of the flow. What it throws or rejects with fails the start; what the iteration throws ends the
   * source. The iteration ends when there will be no more.
   */
  open(env: SourceEnv): AsyncIterable<Arrival<P>> | Promise<AsyncIterable<Arrival<P>>>
  /** Known to the compiler only. */
  readonly '~headers'?: H
}

/** Something that came in, to be sent into the flow. Exactly one of its functions is called, unless the runtime is stopped before that. */
export interface Arrival<out P> {
  /** The payload, or one with headers (`message(...)`). */
  readonly payload: P | Envelope<P>
  /**
   * Whoever brought it waits for a reply (Request-Reply): `replied` is called in place of `handled`, and one of `replied` and `failed`
   * always, even when the runtime is stopped.
   */
  readonly reply?: ReplyWish
  /** The flow is done with the message. What it rejects with is logged and changes nothing. */
  handled?(): void | Promise<void>
  /** The reply came, from this flow or wherever the message went from here, or the typed failure that ended it. */
  replied?(outcome: Either<unknown, Reply>): void | Promise<void>
  /** The message failed and no `onError` took it; where it is now, the error says. Or no reply came in time, or the wait was aborted. */
  failed?(error: unknown): void | Promise<void>
}

/** How long a reply is waited for. */
export interface ReplyWish {
  /** Milliseconds; absent = the `requestTimeout` of the runtime. */
  readonly timeout?: number
  /** Nobody waits any more once it is aborted. It is also the `exchange.signal` of the message, up to the next channel that holds messages. */
  readonly signal?: AbortSignal | LazySignal
}

/** The message that answers an arrival. */
export interface Reply {
  readonly payload: unknown
  readonly headers: HeadersInit
}

/** What a runtime lends a source. */
export interface SourceEnv {
  /** Stands for the runtime: the same object for all its sources. */
  readonly runtime: object
  /** Aborted when the source is to end. */
  readonly signal: AbortSignal
  /** Aborted when the deadline of the stop has passed: what is still in work then is given up. */
  readonly deadline: AbortSignal
  /** Milliseconds since 1970, by the runtime's clock. */
  now(): number
  /** Waits by the runtime's clock; gives false, at once, when the source is to end. Meanwhile the source is idle. */
  sleep(milliseconds: number): Promise<boolean>
  /** Runs a task once, by the runtime's clock, unless the function that it gives is called before. */
  schedule(milliseconds: number, task: () => void): () => void
  /** Waits for something that may never come. Meanwhile the source is idle: `rt.idle()` does not wait for it. */
  rest<T>(waiting: PromiseLike<T>): Promise<T>
  /** Has `rt.idle()` and `rt.stop()` wait for something, such as the end of the source's last work. */
  hold(working: PromiseLike<unknown>): void
  /** Writes a line to the runtime's log. */
  warn(line: string): void
  /** Watches a request of a client that the source answers; absent when nobody does. */
  serve?(request: ServedRequest): RequestWatch
}

/** A request over HTTP that a source answers. */
export interface ServedRequest {
  readonly method: string
  /** As it was sent, without the query. */
  readonly path: string
  /** The pattern that the path fits. */
  readonly route: string
  /** `http://shop.example:8080`, as the client calls the server. */
  readonly origin: string
  /** `1.1` */
  readonly version: string
  /** Those that the message would have. */
  readonly headers: HeadersInit
}

/** The watch of a request while it lasts. None of its functions may throw an error of its own. */
export interface RequestWatch {
  /** Set on the message that the request becomes. */
  readonly headers: HeadersInit
  /** Does the work and gives what it gives. */
  run<T>(work: () => T): T
  /** The request has its answer. */
  answered(status: number): void
}
