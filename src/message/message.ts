/** The message: immutable, with an id and a timestamp that are always readable and headers that are never mutated. */
import { type HeadersInit, type KnownHeaders, NO_HEADERS, checkHeaders } from './headers.ts'
import { type Derivation, type IdSource, idText, mix, readId } from './identity.ts'
import { retain } from './retain.ts'

/** What the library made to carry a payload: a message or a draft. An object that only looks like one is a payload itself. */
export interface Envelope<out P> {
  /** Known to the compiler only. */
  readonly '~carries': P
}

/** What travels through channels. `H` are the headers known to be set, besides the optional {@link KnownHeaders}. */
export interface Message<out P, out H = {}> extends Envelope<P> {
  /** Unique; the same again when the message is redelivered. */
  readonly id: string
  /** Milliseconds since 1970 when the message, or the one it was made from, entered the runtime. */
  readonly timestamp: number
  readonly payload: P
  readonly headers: H & KnownHeaders
}

/** A payload with headers, not sent yet: what `message(...)` makes. It has no id until a runtime accepts it. */
export interface MessageDraft<out P, out H = {}> extends Envelope<P> {
  readonly [draft]: true
  readonly payload: P
  readonly headers: H & KnownHeaders
}

const draft: unique symbol = Symbol.for('allora/draft')

class Draft implements MessageDraft<unknown> {
  declare readonly '~carries': unknown
  declare readonly [draft]: true
  readonly payload: unknown
  readonly headers: HeadersInit
  constructor(payload: unknown, headers: HeadersInit) {
    this.payload = payload
    this.headers = headers
    Object.freeze(this)
  }
  static {
    Object.defineProperty(Draft.prototype, draft, { value: true })
  }
}

/**
 * Puts headers beside a payload: to send, or to return from a handler.
 *
 * A handler that returns it sets the headers named and keeps all others.
 *
 * @throws InvalidHeaderError when a known header, such as `priority`, has a value of the wrong type.
 */
export function message<P, const H extends HeadersInit | KnownHeaders = {}>(
  payload: P,
  headers?: H,
): MessageDraft<P, H> {
  if (headers === undefined) return new Draft(payload, NO_HEADERS) as unknown as MessageDraft<P, H>
  const copy = Object.assign<Record<string, unknown>, object>({}, headers)
  return new Draft(payload, Object.freeze(checkHeaders(copy))) as unknown as MessageDraft<P, H>
}

/** The same with headers that were made for it and that nobody else has. They must be of the right types. */
export const ownMessage = (payload: unknown, headers: HeadersInit): MessageDraft<unknown> => new Draft(payload, headers)

/** Whether a value was made by {@link message}. */
export function isDraft(value: unknown): value is MessageDraft<unknown, HeadersInit> {
  return typeof value === 'object' && value !== null && (value as { [draft]?: true })[draft] === true
}

/** Whether a value is a message that a runtime delivered. */
export function isMessage(value: unknown): value is Message<unknown, HeadersInit> {
  return value instanceof MessageRecord
}

/**
 * The one implementation of {@link Message}. It names its lineage by numbers, so it keeps no other message alive: the root
 * it descends from (`root`, `sequence`), the derivation of the message it was made from, and the places where it and its cause were
 * made of that. Mixing them is left to who reads an id.
 */
export class MessageRecord implements Message<unknown> {
  declare readonly '~carries': unknown
  readonly payload: unknown
  readonly timestamp: number
  /** The headers without the causation id. Never mutated, shared between messages. */
  rawHeaders: HeadersInit
  /** The root's id, or the source that makes it from `sequence`. */
  readonly root: string | IdSource
  readonly sequence: number
  private readonly baseHigh: number
  private readonly baseLow: number
  /** Absent = it is itself what others are made of. */
  private readonly place: Derivation | undefined
  /** Absent = the cause is what it was made of. */
  private readonly causePlace: Derivation | undefined
  /** Whether `headers` has still to be given the causation id. */
  private derived: boolean

  constructor(
    payload: unknown,
    headers: HeadersInit,
    timestamp: number,
    root: string | IdSource,
    sequence: number,
    baseHigh = 0,
    baseLow = 0,
    place?: Derivation,
    causePlace?: Derivation,
  ) {
    this.payload = payload
    this.timestamp = timestamp
    this.rawHeaders = headers
    this.root = root
    this.sequence = sequence
    this.baseHigh = baseHigh
    this.baseLow = baseLow
    this.place = place
    this.causePlace = causePlace
    this.derived = place !== undefined
  }

  get high(): number {
    return this.place === undefined ? this.baseHigh : mix(this.baseHigh, this.place.high)
  }

  get low(): number {
    return this.place === undefined ? this.baseLow : mix(this.baseLow, this.place.low)
  }

  get id(): string {
    return idText(this.rootId, this.high, this.low)
  }

  get headers(): HeadersInit {
    if (this.derived) {
      this.derived = false
      const headers: Record<string, unknown> = Object.assign({}, this.rawHeaders)
      headers['causationId'] = this.causeId
      this.rawHeaders = headers
    }
    return this.rawHeaders
  }

  /** The message made from this one at a node, or the `number`-th of them. */
  derive(payload: unknown, headers: HeadersInit, { high, low }: Derivation, number = 0): MessageRecord {
    const place = { high: mix(high, number), low: mix(low, number) }
    return this.madeAt(payload, headers, place, undefined)
  }

  /** The message that one step after another made of this one: at `place`, of what was made at `causePlace`. */
  madeAt(payload: unknown, headers: HeadersInit, place: Derivation, causePlace: Derivation | undefined): MessageRecord {
    const { timestamp, root, sequence, high, low } = this
    return new MessageRecord(payload, headers, timestamp, root, sequence, high, low, place, causePlace)
  }

  /** The same message with other headers. */
  carrying(headers: HeadersInit): MessageRecord {
    const { payload, timestamp, root, sequence, baseHigh, baseLow, place, causePlace } = this
    return new MessageRecord(payload, headers, timestamp, root, sequence, baseHigh, baseLow, place, causePlace)
  }

  toJSON(): {
    readonly id: string
    readonly timestamp: number
    readonly payload: unknown
    readonly headers: HeadersInit
  } {
    return { id: this.id, timestamp: this.timestamp, payload: this.payload, headers: this.headers }
  }

  private get causeId(): string {
    const { baseHigh, baseLow, causePlace } = this
    if (causePlace === undefined) return idText(this.rootId, baseHigh, baseLow)
    return idText(this.rootId, mix(baseHigh, causePlace.high), mix(baseLow, causePlace.low))
  }

  private get rootId(): string {
    return typeof this.root === 'string' ? this.root : this.root(this.sequence)
  }

  static {
    retain(new MessageRecord(undefined, NO_HEADERS, 0, '', 0))
    // What Node prints: the message as users know it.
    Object.defineProperty(MessageRecord.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(
        this: MessageRecord,
        _: number,
        options: object,
        inspect: (value: unknown, options: object) => string,
      ): string {
        return `Message ${inspect(this.toJSON(), options)}`
      },
    })
  }
}

/** A message that was stored or came over a wire, with the id it had there. */
export function restoreMessage(stored: {
  readonly id: string
  readonly timestamp: number
  readonly payload: unknown
  readonly headers?: { readonly [name: string]: unknown }
}): Message<unknown> {
  const headers = stored.headers === undefined ? NO_HEADERS : checkHeaders(stored.headers)
  const { root, high, low } = readId(stored.id)
  return new MessageRecord(stored.payload, headers, stored.timestamp, root, 0, high, low)
}

/** The same message as the class that the runtime works with; transports may have made it of something else. */
export const recordOf = (message: Message<unknown, HeadersInit>): MessageRecord =>
  message instanceof MessageRecord ? message : (restoreMessage(message) as MessageRecord)

/** The message without the time from which it is not handled any more. */
export function lasting(message: Message<unknown, HeadersInit>): Message<unknown, HeadersInit> {
  const { id, timestamp, payload, headers } = message
  if (headers.expiresAt === undefined) return message
  const { expiresAt: _, ...rest } = headers
  return restoreMessage({ id, timestamp, payload, headers: rest })
}
