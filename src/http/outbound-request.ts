/** From a message to a request: its address, headers and body. */
import { HttpRequestError } from '../errors/http-outbound-errors.ts'
import { describeValue, quote } from '../errors/describe-value.ts'
import type { Exchange } from '../message/exchange.ts'
import type { HeadersInit } from '../message/headers.ts'
import { fieldsOf, isHopByHop } from './headers.ts'
import type { OutboundOptions } from './outbound-options.ts'
import { type Body, encoded } from './outbound-body.ts'
import { shownText, shownUrl } from './shown-url.ts'

/** A request as it can be sent. */
export interface OutboundRequest {
  readonly url: URL
  readonly method: string
  readonly headers: Headers
  readonly body: Body | undefined
  /** The body is a stream: it cannot be sent again. */
  readonly once: boolean
  /** To send it twice does no harm. */
  readonly repeatable: boolean
}

/** Before the name of a field to be sent with requests: `http.request.x-tenant`. Never what came in, so that nothing is passed on by accident. */
const REQUEST_PREFIX = 'http.request.'

/** Methods that a server may get twice without harm, by RFC 9110. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])

/** Headers that follow from the body and the connection: set by hand they could only be wrong. */
const OWN = new Set(['host', 'content-length', 'expect'])

/** Methods that are words in lower case too, as they are for `fetch`, which forgets only PATCH. */
const KNOWN = /^(get|head|options|put|delete|post|patch)$/i

/** The method as it is sent; absent = POST. */
export const methodOf = (method = 'POST'): string => (KNOWN.test(method) ? method.toUpperCase() : method)

/** How sentences name a request. */
export const shownRequest = ({ method, url }: Pick<OutboundRequest, 'method' | 'url'>): string =>
  `${method} ${shownUrl(url)}`

/** Makes the request of a message. Throws `HttpRequestError` when the message cannot be sent. */
export function requestOf<P>(options: OutboundOptions<P>, payload: P, exchange: Exchange<P>): OutboundRequest {
  const { url: address, headers: own } = options
  const method = methodOf(options.method)
  const { idempotent = IDEMPOTENT.has(method) } = options
  const [url, user] = addressOf(typeof address === 'function' ? address(payload, exchange) : address)
  const headers = new Headers()
  const { headers: carried } = exchange.message
  set(headers, 'traceparent', carried.traceparent)
  if (carried.traceparent !== undefined) set(headers, 'tracestate', (carried as HeadersInit)['tracestate'])
  if (user !== undefined) headers.set('authorization', user)
  const before = new Set<string>()
  for (const [name, value] of fieldsOf({ ...carried }, REQUEST_PREFIX)) {
    set(headers, name, value, before.has(name) ? 'append' : 'set')
    before.add(name)
  }
  for (const [name, value] of Object.entries((typeof own === 'function' ? own(payload, exchange) : own) ?? {}))
    set(headers, name, value)
  const { body, type, once } = method === 'GET' || method === 'HEAD' ? NOTHING : encoded(payload, carried.contentType)
  if (type !== undefined && !headers.has('content-type')) headers.set('content-type', type)
  return { url, method, headers, body, once, repeatable: idempotent && !once }
}

const NOTHING = { body: undefined, type: undefined, once: false } as const

/** The URL without its user, and the header that the user becomes: `fetch` takes no URL that has one. */
export function addressOf(given: unknown): readonly [url: URL, authorization: string | undefined] {
  const text = given instanceof URL ? given.href : given
  if (typeof text !== 'string' || !URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new HttpRequestError(
      `The url of an outbound request must be one of http or https, but it is ${typeof text === 'string' ? shownText(text) : describeValue(text)}. Write it in full, such as https://example.org/orders.`,
      { retryable: false },
    )
  }
  const url = new URL(text)
  const { username, password } = url
  url.username = url.password = url.hash = ''
  if (username === '' && password === '') return [url, undefined]
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return [url, `Basic ${Buffer.from(user).toString('base64')}`]
}

/** Sets one header. The error has no cause: that of `Headers` shows the value, which may be secret. */
function set(headers: Headers, name: string, value: unknown, how: 'set' | 'append' = 'set'): void {
  if (value === undefined) return
  if (isHopByHop(name) || OWN.has(name.toLowerCase())) {
    throw new HttpRequestError(
      `The header ${quote(name)} belongs to the connection and is set by the client itself. Leave it out.`,
      { retryable: false },
    )
  }
  try {
    headers[how](name, String(value))
  } catch {
    throw new HttpRequestError(
      `The header ${quote(name)} cannot be sent: its name must be a word of HTTP, and its value a text of one line in Latin-1. Correct it, or encode it: encodeURIComponent(value).`,
      { retryable: false },
    )
  }
}
