/** Payloads as the bodies of requests, with the content type that fits. */
import { HttpRequestError } from '../errors/http-outbound-errors.ts'
import { describeValue } from '../errors/describe-value.ts'

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
    return { body: ReadableStream.from(bytesOf(payload)), type: contentType ?? 'application/octet-stream', once: true }
  return whole(
    json(payload),
    contentType !== undefined && JSON_TYPE.test(contentType) ? contentType : 'application/json',
  )
}

/** Media types whose bodies are JSON. */
export const JSON_TYPE: RegExp = /^[^;]*[/+]json\s*(;|$)/i

const isStream = (payload: unknown): payload is AsyncIterable<unknown> =>
  typeof (payload as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] === 'function'

async function* bytesOf(chunks: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  try {
    for await (const chunk of chunks) {
      if (typeof chunk === 'string') yield encoder.encode(chunk)
      else if (chunk instanceof Uint8Array) yield chunk
      else throw new Error(`It gave ${describeValue(chunk)} in place of text or bytes (Uint8Array).`)
    }
  } catch (cause) {
    throw new HttpRequestError(
      `The payload is a stream that could not be sent to its end: ${String((cause as Error | undefined)?.message ?? cause)} Mend what it is made by.`,
      { retryable: false, cause },
    )
  }
}

function json(payload: unknown): string {
  try {
    const text = JSON.stringify(payload) as string | undefined
    if (text !== undefined) return text
  } catch (cause) {
    throw unsendable(payload, (cause as Error).message, cause)
  }
  throw unsendable(payload, 'JSON has no word for it.')
}

function unsendable(payload: unknown, reason: string, cause?: unknown): HttpRequestError {
  return new HttpRequestError(
    `A payload that is ${describeValue(payload)} cannot be sent as JSON: ${reason.split('\n')[0]!} Make text or bytes of it before.`,
    { retryable: false, ...(cause !== undefined && { cause }) },
  )
}
