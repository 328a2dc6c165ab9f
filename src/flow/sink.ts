/** What takes messages out of the app at the end of a flow: the contract of sinks. */
import type { Exchange } from '../message/exchange.ts'
import type { Accepting, AnyChannel } from './channel-token.ts'

declare const failure: unique symbol

/** Ends a flow in place of a channel (Channel Adapter). `E` are its typed failures. */
export interface Sink<in P, out E = never> extends Accepting<P> {
  /** What it is, in a few words, for drawings: `append to orders.jsonl`. */
  readonly label: string
  /** Takes one message; called once for each attempt. What it gives is looked at like the result of a handler: a `Left` or a rejection fails. */
  readonly write: (payload: P, exchange: Exchange<P>) => unknown
  /** Known to the compiler only. */
  readonly [failure]?: E
}

/** The typed failures of what a flow ends in; a channel has none. */
export type SinkFailure<S> = S extends AnyChannel ? never : S extends Sink<never, infer E> ? E : never
