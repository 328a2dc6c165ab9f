/** What a client is answered: the reply of a flow, its typed failure, or what else became of its request. */
import type { Either } from 'fp-ts/lib/Either.js'
import { AlloraError } from '../errors/allora-error.ts'
import { ChannelClosedError, ChannelFullError, NoSubscriberError, SendTimeoutError } from '../errors/channel-errors.ts'
import { describeValue } from '../errors/describe-value.ts'
import {
  AbortedError,
  CircuitOpenError,
  DeadLettersFullError,
  ExpiredError,
  RequestTimeoutError,
} from '../errors/handling-errors.ts'
import { HttpReplyError } from '../errors/http-errors.ts'
import { NotStartedError, StoppedError } from '../errors/lifecycle-errors.ts'
import { type MessageDraft, message } from '../message/message.ts'
import type { Reply } from '../message/source.ts'
import { type Answer, type AnswerBody, problem } from './answer.ts'
import { isStream, jsonOf } from './encoding.ts'
import { type Field, REPLY_PREFIX, STATUS_HEADER, fieldsOf } from './headers.ts'

/** What can be said of a reply besides its payload. */
export interface ReplyOptions {
  /** 200 to 599; absent = 200, or 204 without a payload. */
  readonly status?: number
  /** Fields by name; a list is sent as several. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  /** Absent = by the payload: text, JSON or bytes. */
  readonly contentType?: string
}

/** An answer in parts. */
export interface ReplyParts extends ReplyOptions {
  /** Text, bytes, a stream of them, or what is to be sent as JSON; absent = no body. */
  readonly body?: unknown
}

/**
 * A reply with a status and header fields, to return from the last step of a flow. It says in message headers (`http.status`,
 * `http.reply.<name>`) what any step, also of a YAML file, may set by itself.
 *
 * @throws HttpReplyError when the status is no whole number from 200 to 599.
 */
export function reply<P>(payload: P, { status, headers = {}, contentType }: ReplyOptions = {}): MessageDraft<P> {
  const own: Record<string, unknown> = {}
  if (status !== undefined) own[STATUS_HEADER] = checkStatus(status)
  if (contentType !== undefined) own['contentType'] = contentType
  for (const [name, value] of Object.entries(headers)) own[REPLY_PREFIX + name.toLowerCase()] = value
  return message(payload, own)
}

/** The answer that a message makes. Throws `HttpReplyError` when HTTP cannot carry it. */
function answerOf({ payload, headers }: Reply): Answer {
  const fields = fieldsOf(headers, REPLY_PREFIX)
  for (const field of fields) checkField(field)
  const given = headers[STATUS_HEADER]
  const status = given === undefined ? (payload === undefined ? 204 : 200) : checkStatus(given)
  const [body, type] = bodyOf(payload)
  const contentType = headers.contentType ?? type
  if (body !== undefined && contentType !== undefined && !fields.some(([name]) => name === 'content-type')) {
    const field: Field = ['content-type', contentType]
    if (contentType !== type) checkField(field)
    fields.push(field)
  }
  return { status, fields, body }
}

/** The answer to a request whose flow has ended: with a reply, or with a typed failure. */
export function outcomeAnswer(
  outcome: Either<unknown, Reply>,
  failure: ((error: unknown) => ReplyParts | undefined) | undefined,
): Answer {
  if (outcome._tag === 'Right') return answerOf(outcome.right)
  const parts = failure?.(outcome.left)
  if (parts === undefined) return problem(500)
  const { body, status = 500, ...options } = parts
  return answerOf(reply(body, { ...options, status }) as Pick<Reply, 'payload'> as Reply)
}

/** The answer to a request that came to nothing. Nothing of the error is told but that there was one. */
export function failureAnswer(error: unknown, retryAfter: number): Answer {
  for (let cause = error, depth = 0; cause instanceof AlloraError && depth < 16; cause = cause.cause, depth++) {
    if (cause instanceof RequestTimeoutError || cause instanceof ExpiredError) return problem(504)
    if (cause instanceof CircuitOpenError) return overloaded(Math.ceil((cause.retryAfter ?? 1_000) / 1_000))
    if (UNAVAILABLE.some((kind) => cause instanceof kind)) return overloaded(retryAfter)
  }
  return problem(500)
}

/** There is no room now, or the flow is not running; later there may be. */
export const overloaded = (retryAfter: number): Answer =>
  problem(503, undefined, { fields: [['retry-after', String(retryAfter)]] })

const UNAVAILABLE = [
  AbortedError,
  ChannelClosedError,
  ChannelFullError,
  DeadLettersFullError,
  NoSubscriberError,
  NotStartedError,
  SendTimeoutError,
  StoppedError,
] as const

function bodyOf(payload: unknown): [body: AnswerBody, contentType: string | undefined] {
  if (payload === undefined) return [undefined, undefined]
  if (typeof payload === 'string') return [payload, 'text/plain; charset=utf-8']
  if (payload instanceof Uint8Array) return [payload, BYTES]
  if (payload instanceof ArrayBuffer) return [new Uint8Array(payload), BYTES]
  if (isStream(payload)) return [payload as AsyncIterable<Uint8Array>, BYTES]
  return [jsonOf(payload, (cause) => noBody(payload, cause)), 'application/json']
}

const BYTES = 'application/octet-stream'

const noBody = (payload: unknown, cause: unknown): HttpReplyError =>
  new HttpReplyError(
    `The payload of a reply must be text, bytes, a stream of them or something that JSON has a word for, but it is ${describeValue(payload)}. Make one of these of it in the last step.`,
    { cause },
  )

function checkStatus(status: unknown): number {
  if (Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599) return status as number
  throw new HttpReplyError(
    `The status of a reply must be a whole number from 200 to 599, but it is ${describeValue(status)}. Correct the header "${STATUS_HEADER}".`,
  )
}

function checkField([name, value]: Field): void {
  if (/^[\w!#$%&'*+.^`|~-]+$/.test(name) && /^[\t\u0020-\u007E\u0080-\u00FF]*$/.test(value)) return
  throw new HttpReplyError(
    `The header field ${JSON.stringify(name)} of a reply cannot be sent: its name has a character that is not allowed there, or its value a line break or one that is not Latin. Encode it.`,
  )
}
