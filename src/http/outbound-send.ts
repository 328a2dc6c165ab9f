/** Sends a request, follows where the server sends it on, and puts into words why no answer came. */
import { AlloraError } from '../errors/allora-error.ts'
import { HttpConnectionError, HttpRedirectError } from '../errors/http-outbound-errors.ts'
import { dispose } from './body-limit.ts'
import { type OutboundRequest, addressOf, shownRequest } from './outbound-request.ts'
import { shownText, shownUrl } from './shown-url.ts'

/** How requests are sent. */
export interface Sending {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
  /** Redirects at most. */
  readonly redirects: number
}

/** An answer whose body has not been read, and the request that it answers: the last one after redirects. */
export interface Answer {
  readonly response: Response
  readonly request: OutboundRequest
}

const REDIRECTS = new Set([301, 302, 303, 307, 308])

/** Sends a request. Rejects with `HttpConnectionError` or `HttpRedirectError`, or as the signal says. */
export async function send(
  request: OutboundRequest,
  { fetch, redirects }: Sending,
  signal: AbortSignal,
): Promise<Answer> {
  const been = new Set<string>()
  for (let at = request, left = redirects; ; left--) {
    const response = await sendOnce(at, fetch, signal)
    const location = response.headers.get('location')
    if (redirects === 0 || !REDIRECTS.has(response.status) || location === null) return { response, request: at }
    await dispose(response)
    been.add(`${at.method} ${at.url.href}`)
    const next = redirected(at, response.status, location)
    if (been.has(`${next.method} ${next.url.href}`))
      throw refusal(request, `was sent in a circle, back to ${shownUrl(next.url)}`)
    if (left === 0) throw refusal(request, `was sent on more than ${redirects} times, last to ${shownUrl(next.url)}`)
    at = next
  }
}

async function sendOnce(request: OutboundRequest, fetch: Sending['fetch'], signal: AbortSignal): Promise<Response> {
  const { url, method, headers, body } = request
  try {
    return await fetch(url.href, {
      method,
      headers,
      redirect: 'manual',
      signal,
      ...(body !== undefined && { body, duplex: 'half' }),
    })
  } catch (cause) {
    throw connectionError(request, cause)
  }
}

/** The request to where the server points, as browsers make it: after 303, and for POST after 301 and 302, it is a GET. */
function redirected(request: OutboundRequest, status: number, location: string): OutboundRequest {
  const { method, url, body, once } = request
  if (!URL.canParse(location, url.href) || !/^https?:$/.test(new URL(location, url.href).protocol))
    throw refusal(request, `was sent on to ${shownText(location)}, which is no URL of http or https`)
  const [target] = addressOf(new URL(location, url.href))
  if (url.protocol === 'https:' && target.protocol === 'http:')
    throw refusal(request, `was sent on from https to http, to ${shownUrl(target)}, where anybody could read it`)
  const asGet = (status === 303 && method !== 'HEAD') || (status < 303 && method === 'POST')
  if (!asGet && once)
    throw refusal(request, `was sent on to ${shownUrl(target)}, but its body was a stream and is gone`)
  // What was meant for one server is not told to another: there are more secrets in headers than those one knows.
  const sameServer = target.origin === url.origin
  const goesOn = (name: string): boolean => (sameServer || PUBLIC.has(name)) && !(asGet && name.startsWith('content-'))
  const headers = new Headers([...request.headers].filter(([name]) => goesOn(name)))
  return { ...request, url: target, headers, method: asGet ? 'GET' : method, body: asGet ? undefined : body }
}

/** Headers that any server may have. */
const PUBLIC = new Set(['accept', 'accept-encoding', 'accept-language', 'content-type', 'user-agent'])

function refusal(request: OutboundRequest, what: string): HttpRedirectError {
  return new HttpRedirectError(
    `${shownRequest(request)} ${what}. Correct the url, or allow more with { redirects }; { redirects: 0 } takes a redirect as the answer.`,
    { retryable: false },
  )
}

/** Why there was no answer, or only part of one. An error of the library, such as that of a stream that was sent, stays what it is. */
export function connectionError(request: OutboundRequest, cause: unknown): AlloraError {
  const causes = [...causesOf(cause)]
  const own = causes.find((each) => each instanceof AlloraError)
  if (own !== undefined) return own
  const code = causes.map(codeOf).find((each) => typeof each === 'string')
  const unsent = NOT_SENT.has(code ?? '')
  const [what, fix] = reasonOf(code) ?? [
    `the request failed${code === undefined ? '' : ` (${code})`}`,
    'See the cause.',
  ]
  return new HttpConnectionError(`${shownRequest(request)} got no answer: ${what}. ${fix}`, {
    retryable: unsent ? !request.once : request.repeatable && code !== undefined && !isCertificate(code),
    cause,
  })
}

function* causesOf(cause: unknown): Generator<object> {
  for (let at = cause, depth = 0; typeof at === 'object' && at !== null && depth < 8; depth++) {
    yield at
    at = (at as { readonly cause?: unknown }).cause
  }
}

/** The code of what Node's client throws; two of its errors have none. */
function codeOf(cause: object): unknown {
  const { code, name, message } = cause as Readonly<Record<'code' | 'name' | 'message', unknown>>
  return code ?? (name === 'HTTPParserError' ? 'HPE_INVALID' : message === 'bad port' ? message : undefined)
}

/** The server never saw the request: to send it again harms nobody, whatever its method. */
const NOT_SENT: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT'])

const isCertificate = (code: string): boolean => /CERT|SIGNATURE|ERR_TLS/.test(code)

type Reason = readonly [what: string, fix: string]

function reasonOf(code: string | undefined): Reason | undefined {
  if (code === undefined) return undefined
  const named = REASONS[code]
  if (named !== undefined) return named
  if (code.startsWith('HPE_'))
    return [`what the server says is not HTTP (${code})`, 'Check that the port is that of an HTTP server.']
  if (code.startsWith('ERR_SSL_'))
    return [`what the server says is not TLS (${code})`, 'Write http: in the url, or correct its port.']
  if (isCertificate(code))
    return [
      `its certificate is not trusted (${code})`,
      'Mend the certificate, or bring a fetch that knows it: { fetch }.',
    ]
  return undefined
}

const BROKEN: Reason = [
  'the server closed the connection before its answer was complete',
  'Look at the log of the server.',
]

const REASONS: Readonly<Record<string, Reason>> = {
  ECONNREFUSED: ['the connection was refused', 'Start the server, or correct host and port of the url.'],
  // Ports of other protocols, such as 25 for mail, as `fetch` has it.
  'bad port': ['fetch refuses the port', 'Correct the url.'],
  ENOTFOUND: ['the host name is not known', 'Correct the host of the url.'],
  EAI_AGAIN: ['the host name could not be looked up', 'Correct the host of the url, or look at the name server.'],
  ECONNRESET: BROKEN,
  EPIPE: BROKEN,
  UND_ERR_SOCKET: BROKEN,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: BROKEN,
  UND_ERR_CONNECT_TIMEOUT: ['no connection came about in time', 'Check that the host is up and lets this one in.'],
  UND_ERR_HEADERS_TIMEOUT: ['the server did not begin to answer in time', 'Give a { timeout } to have it end earlier.'],
  UND_ERR_BODY_TIMEOUT: ['the server stopped in the middle of its answer', 'Look at the log of the server.'],
  UND_ERR_HEADERS_OVERFLOW: ['its headers are longer than 16 KiB', 'Look at what the server sends.'],
}
