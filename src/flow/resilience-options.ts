/** The resilience record: the options of every operator that calls a function of yours. */
import type { CircuitBreakerPolicy, RetryPolicy, StepTimeout } from '../graph/graph.ts'
import type { Exchange } from '../message/exchange.ts'
import type { Failure } from '../message/failure.ts'
import type { NoContract } from './service.ts'
import type { Key, StepOptions } from './step-options.ts'

/**
 * What a step does when its function fails, takes long, or is asked too much. `E` are the typed failures of the function.
 *
 * The order is always this, outermost first, whatever the order of the options:
 *
 * 1. `timeout.overall`: all that the step does with a message.
 * 2. `orderBy`: a message waits until the one before it with the same key has left the step, its retries included.
 * 3. `retry`: calls again, with the message as it entered the step.
 * 4. `circuitBreaker`: refuses a call, and counts those it let pass.
 * 5. `timeout.attempt`: one call, and its wait for a place.
 * 6. `concurrency`: a place among the calls that run.
 *
 * Thrown errors, rejections, typed failures (`Left`) and timeouts are all failures to it. A function that gives a plain value at once is not
 * made to wait for anything.
 *
 * @example
 * ```ts
 * import { app, direct, flow, runtime } from 'allora'
 *
 * let calls = 0
 * const price = (sku: string): number => {
 *   if (++calls < 3) throw new Error('The price list is busy')
 *   return sku.length
 * }
 * const prices = flow('prices').from(direct('sku')).handle(price, { retry: { attempts: 3 } }).build()
 *
 * await using rt = await runtime(app(prices)).start()
 * const reply = await rt.request('sku', 'book') // => { _tag: 'Right', right: 4 }
 * calls // => 3
 * ```
 */
export interface ResilienceOptions<in P, in H, in E> extends StepOptions {
  /** Off unless given. While a message waits for a retry, its channel goes on with others: give `orderBy` where their order matters. */
  readonly retry?: RetryOptions<E>
  /**
   * Milliseconds for one call, or for one call and overall. The call fails with `StepTimeoutError`, its `exchange.signal` is aborted,
   * and what it still gives is ignored. For `call`, one call is one request: it fails with `RequestTimeoutError`, after 30,000 unless given.
   */
  readonly timeout?: number | StepTimeout
  /** Off unless given. Calls that it refuses fail with `CircuitOpenError`, whose `retryAfter` makes a retry wait for it. */
  readonly circuitBreaker?: CircuitBreakerPolicy
  /**
   * Calls that run at the same time at most; absent = one for each message in work. Those who wait are served in the order they came. A
   * call that was given up keeps its place until it ends: hand `exchange.signal` on to what it waits for.
   */
  readonly concurrency?: number
  /** Messages with the same key pass the step one after the other; those with the key `undefined` at any time. */
  readonly orderBy?: ((payload: P, exchange: Exchange<P, H>) => Key) & NoContract
}

/** How often, when and why a failed call is repeated: after `min(max, delay * factor ** (n - 1))` milliseconds, n = 1 for the first retry. */
export interface RetryOptions<in E> extends Omit<RetryPolicy, 'when'> {
  /** Whether a failure is worth another call; absent = each one, typed failures too, whose error does not say `retryable: false` of itself. */
  readonly when?: ((failure: Failure<E>) => boolean) & NoContract
}
