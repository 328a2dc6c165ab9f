/** A sink made of a function. */
import type { FailureOf } from '../flow/outcome.ts'
import type { Sink } from '../flow/sink.ts'
import type { Exchange } from '../message/exchange.ts'

/**
 * Ends a flow in a function: a database, a socket, an array. Its parameter says which payloads it takes. The message is delivered when it returns, or its promise resolves; what
 * it throws, rejects with or gives as a `Left` goes to the error scopes.
 *
 * @example
 * ```ts
 * import { app, direct, flow, runtime, sink } from 'allora'
 *
 * const stored: number[] = []
 * const store = flow('store').from(direct('in').of<number>()).to(sink((n: number) => stored.push(n))).build()
 *
 * await using rt = await runtime(app(store)).start()
 * await rt.send('in', 7)
 * stored // => [7]
 * ```
 */
export function sink<P, Q>(write: (payload: P, exchange: Exchange<P>) => Q): Sink<P, FailureOf<Q>> {
  return Object.freeze({ label: 'sink', write })
}
