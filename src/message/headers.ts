/** Headers: the known ones by type, any others by name. */
import { InvalidHeaderError } from '../errors/channel-errors.ts'
import { describeValue } from '../errors/describe-value.ts'

/** A part's place among the parts it was split into. `outer` is the place of the message that was split. */
export interface Sequence {
  /** Id of the message that was split. */
  readonly correlationId: string
  /** From 1. */
  readonly number: number
  /** How many parts there are; absent while that is not known. */
  readonly size?: number
  readonly outer?: Sequence
}

/** The headers every message may have, with the library's meaning. */
export interface KnownHeaders {
  /** Ties messages together that belong to one piece of work (Correlation Identifier). */
  readonly correlationId?: string
  /** Id of the message this one was made from; set by the library. */
  readonly causationId?: string
  /** Place among the parts of a split message (Message Sequence). */
  readonly sequence?: Sequence
  /** Higher goes first in a `priority` channel; absent = 0. */
  readonly priority?: number
  /** Milliseconds since 1970; not handled from then on (Message Expiration). */
  readonly expiresAt?: number
  /** Where a reply goes: the id of a channel, or a waiting request of a runtime (Return Address). */
  readonly replyTo?: string
  /** Media type of the payload (Format Indicator). */
  readonly contentType?: string
  /** W3C trace context. */
  readonly traceparent?: string
}

/** Headers as they may be set: known ones by their type, others freely. */
export type HeadersInit = KnownHeaders & { readonly [name: string]: unknown }

/** The one object that all messages without headers share. */
export const NO_HEADERS: HeadersInit = Object.freeze({})

const KNOWN: { readonly [K in keyof Required<KnownHeaders>]: 'string' | 'number' | 'sequence' } = {
  correlationId: 'string',
  causationId: 'string',
  sequence: 'sequence',
  priority: 'number',
  expiresAt: 'number',
  replyTo: 'string',
  contentType: 'string',
  traceparent: 'string',
}

const KNOWN_TYPES = Object.entries(KNOWN)

/** Whether a header is one the library gives a meaning. */
export const isKnownHeader = (name: string): boolean => Object.hasOwn(KNOWN, name)

/** Throws `InvalidHeaderError` when a known header has a wrong type, and returns the headers otherwise. For headers from outside the type checker. */
export function checkHeaders(headers: { readonly [name: string]: unknown }): HeadersInit {
  for (const [name, type] of KNOWN_TYPES) {
    const value = headers[name]
    if (value === undefined) continue
    const fits = type === 'sequence' ? isSequence(value) : typeof value === type && !Number.isNaN(value)
    if (!fits) {
      throw new InvalidHeaderError(
        `Header "${name}" must be ${type === 'sequence' ? 'a sequence ({ correlationId, number, size?, outer? })' : `a ${type}`}, but it is ${describeValue(value)}. Set it to ${type === 'sequence' ? 'such an object' : `a ${type}`} or leave it out.`,
      )
    }
  }
  return headers
}

function isSequence(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { correlationId, number, size, outer } = value as Partial<Sequence>
  return (
    typeof correlationId === 'string' &&
    typeof number === 'number' &&
    (size === undefined || typeof size === 'number') &&
    (outer === undefined || isSequence(outer))
  )
}

/** The headers with some set: a copy by plain assignment, which keeps their hidden class. */
export function withHeaders(headers: HeadersInit, added: { readonly [name: string]: unknown }): HeadersInit {
  return headers === NO_HEADERS ? added : Object.assign({}, headers, added)
}

/** The headers without one of them. */
export function withoutHeader(headers: HeadersInit, name: string): HeadersInit {
  if (!(name in headers)) return headers
  const rest: Record<string, unknown> = Object.assign({}, headers)
  delete rest[name]
  return rest
}
