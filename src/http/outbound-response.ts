/** From an answer to a payload and headers, or to what it failed with. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { HttpBodyError, HttpFailure, HttpSchemaError } from '../errors/http-outbound-errors.ts'
import { quote } from '../errors/describe-value.ts'
import { issueInWords, schemaResult } from '../errors/payload-issues.ts'
import { SHORT_BODY, upTo } from './body-limit.ts'
import { isHopByHop } from './headers.ts'
import { JSON_TYPE } from './outbound-body.ts'
import type { ResponseForm } from './outbound-options.ts'
import { shownRequest } from './outbound-request.ts'
import { type Answer, connectionError } from './outbound-send.ts'

/** Before the name of a field of an answer, in lower case: `http.response.etag`. */
const RESPONSE_PREFIX = 'http.response.'

/** Characters of a failure's body that are kept. */
const PREVIEW = 512

/** Statuses after which the same request may succeed. */
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504])

/** How bodies are read. */
export interface Reading {
  readonly as: ResponseForm
  /** Bytes at most. */
  readonly maxBody: number
}

/** The headers that an answer adds to its message. */
export function responseHeaders({ response }: Answer): { readonly 'http.response.status': number } {
  const carried: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(visibleFields(response))) carried[RESPONSE_PREFIX + name] = value
  return { ...carried, 'http.response.status': response.status }
}

/** Its fields by lower-case name, without those that concern the connection, and without cookies, which are the client's alone. */
function visibleFields({ headers }: Response): Record<string, string> {
  const connection = headers.get('connection') ?? undefined
  return Object.fromEntries(
    [...headers].filter(([name]) => !isHopByHop(name, connection) && !/^set-cookie2?$/.test(name)),
  )
}

/** The body in the form asked for. Rejects with `HttpBodyError` when it is too large or not what it should be. */
export async function readBody(answer: Answer, { as, maxBody }: Reading): Promise<unknown> {
  return inForm(answer, await wholeBody(answer, maxBody), as)
}

/** The same for an answer that is no success: what is not in the form it should be is text. */
export async function readAnyBody(answer: Answer, { as, maxBody }: Reading): Promise<unknown> {
  const bytes = await wholeBody(answer, maxBody)
  try {
    return inForm(answer, bytes, as)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}

/** What a status other than 2xx fails with. */
export async function failureOf(answer: Answer, now: number): Promise<HttpFailure> {
  const { response, request } = answer
  const { status, statusText } = response
  const retryAfter = retryAfterOf(response.headers.get('retry-after'), now)
  return new HttpFailure(
    `${shownRequest(request)} was answered with ${status}${statusText === '' ? '' : ` ${quote(statusText)}`}. The preview of this failure has what the server says about it.`,
    {
      status,
      headers: visibleFields(response),
      preview: await previewOf(answer),
      retryable: request.repeatable && TRANSIENT.has(status),
      ...(retryAfter !== undefined && { retryAfter }),
    },
  )
}

/** What the schema makes of a body. Rejects with `HttpSchemaError` when it does not fit. */
export async function validated(schema: StandardSchemaV1, body: unknown, { request }: Answer): Promise<unknown> {
  const result = schemaResult(await schema['~standard'].validate(body))
  if (result.issues === undefined) return result.value
  const [first] = result.issues
  const why = first === undefined ? 'no reason given' : issueInWords(first)
  throw new HttpSchemaError(
    `The answer to ${shownRequest(request)} does not fit the schema: ${why}. ${result.issues.length === 1 ? '' : `There are ${result.issues.length} issues. `}Correct the schema, or what the server sends.`,
    { retryable: false, issues: result.issues },
  )
}

async function previewOf({ response }: Answer): Promise<string> {
  const chunks: Uint8Array[] = []
  try {
    if (response.body !== null) for await (const chunk of upTo(response.body, SHORT_BODY)) chunks.push(chunk)
  } catch {
    // What came of it will do.
  }
  return new TextDecoder().decode(Buffer.concat(chunks)).slice(0, PREVIEW).toWellFormed()
}

async function wholeBody(answer: Answer, most: number): Promise<Uint8Array> {
  const { response, request } = answer
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    if (response.body !== null) {
      for await (const chunk of upTo(response.body, most + 1)) {
        chunks.push(chunk)
        length += chunk.length
      }
    }
  } catch (cause) {
    throw connectionError(request, cause)
  }
  if (length <= most) return new Uint8Array(Buffer.concat(chunks))
  throw badBody(answer, `has a body of more than ${most} bytes`, 'Allow more with { maxBody }, or ask for less.')
}

function inForm(answer: Answer, bytes: Uint8Array, as: ResponseForm): unknown {
  if (as === 'auto' && bytes.length === 0) return undefined
  const type = answer.response.headers.get('content-type') ?? ''
  const form = as === 'auto' ? formOf(type) : as
  if (form === 'bytes') return bytes
  const text = decoded(answer, bytes, type)
  return form === 'text' ? text : parsed(answer, text)
}

function formOf(type: string): Exclude<ResponseForm, 'auto'> {
  if (JSON_TYPE.test(type)) return 'json'
  return /^(text\/|application\/(xml|x-www-form-urlencoded)\b|[^;]*\+xml\b)/i.test(type) ? 'text' : 'bytes'
}

function decoded(answer: Answer, bytes: Uint8Array, type: string): string {
  const charset = /;\s*charset="?([^\s;"]+)/i.exec(type)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes)
  } catch (cause) {
    throw badBody(
      answer,
      `has a body that is no text in ${quote(charset)}`,
      "Take it as it is: { as: 'bytes' }.",
      cause,
    )
  }
}

function parsed(answer: Answer, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // The words of the parser would show some of the body.
    throw badBody(
      answer,
      `has a body that is no JSON, of ${text.length} characters`,
      "Take it as it is: { as: 'text' }.",
      cause,
    )
  }
}

function badBody({ request, response }: Answer, what: string, fix: string, cause?: unknown): HttpBodyError {
  return new HttpBodyError(`The answer to ${shownRequest(request)}, with status ${response.status}, ${what}. ${fix}`, {
    retryable: false,
    ...(cause !== undefined && { cause }),
  })
}

/** Milliseconds from now; the field has seconds, or a date. */
function retryAfterOf(field: string | null, now: number): number | undefined {
  if (field === null) return undefined
  if (/^\d{1,9}$/.test(field.trim())) return Number(field) * 1_000
  const date = Date.parse(field)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}
