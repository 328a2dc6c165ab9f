/** The response to a request, before it is a web-standard `Response` or written to a socket. */
import { STATUS_CODES, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { bytesOf, isStream } from './encoding.ts'
import type { Field } from './headers.ts'

/** What a body is made of. What is iterated is sent piece by piece, as fast as the client takes it. */
export type AnswerBody = string | Uint8Array | AsyncIterable<string | Uint8Array> | undefined

/** See above. */
export interface Answer {
  readonly status: number
  readonly fields: readonly Field[]
  readonly body: AnswerBody
}

/** An answer that is no reply of a flow, in the format for that (RFC 9457). The detail must be safe to show to anybody. */
export function problem(
  status: number,
  detail?: string,
  { fields = [], ...members }: { readonly fields?: readonly Field[]; readonly issues?: unknown } = {},
): Answer {
  const title = STATUS_CODES[status] ?? 'Error'
  const body = JSON.stringify({ title, status, ...(detail !== undefined && { detail }), ...members })
  return { status, fields: [['content-type', 'application/problem+json'], ...fields], body }
}

/** Thrown while a request is looked at, to answer it at once. It gets no further than that. */
export class Refusal extends Error {
  readonly answer: Answer
  constructor(answer: Answer) {
    super()
    this.answer = answer
  }
}

/** The answer as other servers take it. */
export function responseOf({ status, fields, body }: Answer, headOnly: boolean): Response {
  const headers = new Headers(fields.map(([name, value]) => [name, value]))
  const bare = headOnly || isBodiless(status)
  return new Response(bare || body === undefined ? null : webBody(body), { status, headers })
}

const webBody = (body: NonNullable<AnswerBody>): string | Uint8Array<ArrayBuffer> | ReadableStream =>
  isStream(body) ? ReadableStream.from(pieces(body)) : (body as string | Uint8Array<ArrayBuffer>)

/** Writes the answer to a socket. Rejects when a body that is a stream fails: the client sees that it is not complete. */
export function writeAnswer(
  outgoing: ServerResponse,
  { status, fields, body }: Answer,
  headOnly: boolean,
): void | Promise<void> {
  const bodiless = isBodiless(status)
  const head: string[] = []
  for (const [name, value] of fields) head.push(name, value)
  if (body !== undefined && isStream(body)) {
    outgoing.writeHead(status, head)
    if (bodiless || headOnly) return closed(outgoing, body)
    outgoing.flushHeaders()
    return pipeline(Readable.from(pieces(body)), outgoing)
  }
  if (!bodiless) head.push('content-length', String(body === undefined ? 0 : Buffer.byteLength(body)))
  outgoing.writeHead(status, head)
  if (body === undefined || bodiless || headOnly) outgoing.end()
  else outgoing.end(body)
}

/** Ends a stream that nobody is sent. */
async function closed(outgoing: ServerResponse, body: AsyncIterable<unknown>): Promise<void> {
  outgoing.end()
  await body[Symbol.asyncIterator]().return?.()
}

const pieces = (body: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> =>
  bytesOf(
    body,
    (piece) => new TypeError(`A piece of a streamed reply must be text or bytes, but it is ${typeof piece}.`),
  )

/** Whether a response of this status has no body by definition. */
const isBodiless = (status: number): boolean => status === 204 || status === 205 || status === 304
