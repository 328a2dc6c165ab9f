/** What a source has to give: an iteration of arrivals. */
import { unusableResult } from '../errors/unusable-result.ts'
import type { Arrival } from '../message/source.ts'
import type { LogPlace } from './logger.ts'

/** The iteration that a source was opened with. Throws `HandlerResultError` when it is none. */
export function arrivalsOf(opened: unknown, place: LogPlace): AsyncIterator<Arrival<unknown>> {
  const arrivals = Object(opened) as AsyncIterable<Arrival<unknown>>
  if (typeof arrivals[Symbol.asyncIterator] === 'function') return arrivals[Symbol.asyncIterator]()
  throw unusableResult(
    `The open of the source "${place.nodeId}" of flow "${place.flowId}"`,
    'an async iterable of arrivals',
    opened,
    'Write it as a generator: async *open() { yield { payload } }.',
    place,
  )
}

/** Throws `HandlerResultError` for what is no arrival. */
export function requireArrival(came: unknown, place: LogPlace): void {
  if ('payload' in Object(came)) return
  throw unusableResult(
    'A source',
    'arrivals, which are objects with a payload',
    came,
    'Write yield { payload }. The source goes on with its next arrival.',
    place,
  )
}
