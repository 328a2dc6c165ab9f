/** What an outbound request is told, and what it gives. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Either } from 'fp-ts/lib/Either.js'
import type { HttpFailure } from '../errors/http-outbound-errors.ts'
import type { Sink } from '../flow/sink.ts'
import type { Exchange } from '../message/exchange.ts'
import type { MessageDraft } from '../message/message.ts'
import type { Clock } from '../transport/clock.ts'

/** How the body of an answer is read: by its content type, or as this whatever it says. */
export type ResponseForm = 'auto' | 'json' | 'text' | 'bytes'

/** Something that is fixed, or made of each message. */
export type PerMessage<P, T> = T | ((payload: P, exchange: Exchange<P>) => T)

/** What `http.outbound` takes. `P` are the payloads it is given. */
export interface OutboundOptions<in P, S extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined> {
  /**
   * Where requests go, `http:` or `https:`. What comes from a message belongs in `encodeURIComponent`. A user in it (`https://name:secret@host`)
   * is sent as `Authorization`.
   */
  readonly url: PerMessage<P, string | URL>
  /** Absent = `POST`. With `GET` and `HEAD` the payload is not sent: the `url` may be made of it. */
  readonly method?: string
  /** Fields to send. They go before those of the message, `http.request.<name>`. */
  readonly headers?: PerMessage<P, Readonly<Record<string, string | undefined>>>
  /** Milliseconds from the request until the answer has been read, redirects included; absent = 30,000. `Infinity` leaves it to `fetch`. */
  readonly timeout?: number
  /** What the body of an answer must be (Standard Schema); what it makes of it is the payload. */
  readonly schema?: S
  /** How the body is read; absent = by its content type: JSON, text, else bytes, and nothing as `undefined`. */
  readonly as?: ResponseForm
  /** Bytes that the body of an answer may have; absent = 10,485,760. */
  readonly maxBody?: number
  /** What another status than 2xx is: a typed failure, or a result like others; absent = `'fail'`. */
  readonly nonSuccess?: 'fail' | 'reply'
  /** Redirects that are followed at most; absent = 5. With 0 they are answers like others. */
  readonly redirects?: number
  /** Whether the server may get a request twice without harm, so that a `retry` repeats it; absent = by the method: not POST and PATCH. */
  readonly idempotent?: boolean
  /** What sends; absent = the global `fetch`. It must heed `signal` and `redirect: 'manual'`. For proxies, certificates and tests. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  /** What measures `timeout`; absent = the system's clock. For tests. */
  readonly clock?: Clock
}

/** An answer of any status, as `nonSuccess: 'reply'` gives it. */
export type HttpReply<Body> =
  | { readonly acknowledged: true; readonly status: number; readonly body: Body }
  | { readonly acknowledged: false; readonly status: number; readonly body: unknown }

/** The headers that an answer adds to its message, besides `http.response.<name>` for each of its fields but hop-by-hop ones and cookies. */
export interface ResponseHeaders {
  readonly 'http.response.status': number
}

/** The body of an answer: what the schema makes, or else what `as` says. */
export type BodyOf<S, As> = S extends StandardSchemaV1
  ? StandardSchemaV1.InferOutput<S>
  : As extends 'text'
    ? string
    : As extends 'bytes'
      ? Uint8Array
      : unknown

/** A step that goes on with the answer, `handle(http.outbound(...))`, and a sink, `to(http.outbound(...))`. */
export interface Outbound<in P, out Out, out E> extends Sink<P, E> {
  (payload: P, exchange: Exchange<P>): Promise<Either<E, MessageDraft<Out, ResponseHeaders>>>
}

/** The typed failure of a request. */
export type OutboundFailure<On> = On extends 'reply' ? never : HttpFailure
