/** Payloads as the bodies of requests, with the content type that fits. */
import { HttpRequestError } from '../errors/http-outbound-errors.ts'
import { describeValue } from '../errors/describe-value.ts'
import { bytesOf, isStream, jsonOf } from './encoding.ts'

/** What `fetch` takes as a body. */
export type Body = NonNullable<RequestInit['body']>

/** A payload, ready to be sent. */
export interface EncodedBody {
  readonly body: Body | undefined
  /** Absent = `fetch` knows it, or there is no body. */
  readonly type: string | undefined
  /** It is a stream, and can be sent once. */
  readonly once: boolean
}

/**
 * Encodes a payload: text and bytes as they are, streams chunk by chunk, `null` and `undefined` as no body, everything else as JSON.
 * `contentType` is that of the message: it says what texts, bytes and streams are; of other values it may only say which JSON.
 */
export function encoded(payload: unknown, contentType: string | undefined): EncodedBody {
  const whole = (body: Body | undefined, type: string | undefined): EncodedBody => ({ body, type, once: false })
  if (payload === undefined || payload === null) return whole(undefined, undefined)
  if (typeof payload === 'string') return whole(payload, contentType ?? 'text/plain;charset=utf-8')
  if (payload instanceof ArrayBuffer || ArrayBuffer.isView(payload))
    return whole(payload as Body, contentType ?? 'application/octet-stream')
  // Their type says more than a header could, such as the boundary of a form.
  if (payload instanceof URLSearchParams || payload instanceof FormData || payload instanceof Blob)
    return whole(payload, undefined)
  if (isStream(payload))
    return { body: ReadableStream.from(sent(payload)), type: contentType ?? 'application/octet-stream', once: true }
  return whole(
    jsonOf(payload, (cause) => unsendable(payload, cause)),
    contentType !== undefined && JSON_TYPE.test(contentType) ? contentType : 'application/json',
  )
}

/** Media types whose bodies are JSON. */
export const JSON_TYPE: RegExp = /^[^;]*[/+]json\s*(;|$)/i

async function* sent(pieces: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytesOf(
      pieces,
      (piece) => new Error(`It gave ${describeValue(piece)} in place of text or bytes (Uint8Array).`),
    )
  } catch (cause) {
    throw new HttpRequestError(
      `The payload is a stream that could not be sent to its end: ${String((cause as Error | undefined)?.message ?? cause)} Mend what it is made by.`,
      { retryable: false, cause },
    )
  }
}

function unsendable(payload: unknown, cause: unknown): HttpRequestError {
  const reason = cause === undefined ? 'JSON has no word for it.' : String((cause as Error).message)
  return new HttpRequestError(
    `A payload that is ${describeValue(payload)} cannot be sent as JSON: ${reason.split('\n')[0]!} Make text or bytes of it before.`,
    { retryable: false, ...(cause !== undefined && { cause }) },
  )
}
