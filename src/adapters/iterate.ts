/** A source that sends what it iterates, and ends with it. */
import type { Envelope } from '../message/message.ts'
import type { Arrival, Source } from '../message/source.ts'

/**
 * A flow over data: sends every item, in order, at most `maxInFlight` at a time, and then ends by itself. The next item is asked
 * for only when there is room for it; `rt.idle()` waits for the end. Each start of the flow iterates anew, so what can be iterated
 * once only, such as a generator, gives nothing the second time.
 *
 * @param items - payloads, or payloads with headers (`message(...)`).
 *
 * @example
 * ```ts
 * import { app, flow, iterate, queue, runtime } from 'allora'
 *
 * const doubled = flow('doubled').from(iterate([1, 2, 3])).transform((n) => n * 2).to(queue('out')).build()
 *
 * await using rt = await runtime(app(doubled)).start()
 * await rt.idle()
 * const { payload } = await rt.channel('out').receive()
 * payload // => 2
 * rt.channel('out').size // => 2
 * ```
 */
export function iterate<T>(items: Iterable<T> | AsyncIterable<T>): Source<T extends Envelope<infer P> ? P : T> {
  const source: Source<unknown> = { label: 'iterate', open: () => arrivals(items) }
  // Which items carry a payload and which are one, the runtime sees as it does for `send`.
  return Object.freeze(source) as never
}

/** By hand and not as a generator, whose `return` would wait for an item that may never come. */
function arrivals<T>(items: Iterable<T> | AsyncIterable<T>): AsyncIterable<Arrival<T>> {
  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]()
  return {
    [Symbol.asyncIterator]: () => ({
      async next(): Promise<IteratorResult<Arrival<T>, undefined>> {
        const { done, value } = await iterator.next()
        return done === true ? END : { done: false, value: { payload: await value } }
      },
      async return(): Promise<IteratorResult<Arrival<T>, undefined>> {
        await iterator.return?.()
        return END
      },
    }),
  }
}

const END: IteratorReturnResult<undefined> = { done: true, value: undefined }
