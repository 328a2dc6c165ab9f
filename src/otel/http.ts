/** HTTP in a trace: a handler of requests under server spans, and a fetch under client spans, by the conventions for HTTP. */
import {
  type Context,
  type Span,
  SpanKind,
  SpanStatusCode,
  context,
  defaultTextMapSetter,
  propagation,
  trace,
} from '@opentelemetry/api'
import { HTTP as ATTR, addressOf, noteStatus, requestAttributes } from './http-span.ts'
import type { OpenTelemetryOptions } from './open-telemetry.ts'

/** What is used of the options of `openTelemetry`. */
export type HttpTracing = Pick<OpenTelemetryOptions, 'tracerProvider' | 'propagator'>

/** Answers web-standard requests. */
export type WebHandler = (request: Request) => Response | Promise<Response>

/** What `fetch` is for those who call it. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/**
 * Puts a handler of requests under a server span, which goes on with the trace of the request. The handler gets the trace by the header
 * `traceparent`, so what it sends into a flow is below the span.
 *
 * @example
 * ```ts
 * import { tracedHandler } from 'allora/otel'
 *
 * const answer = tracedHandler(() => new Response('hello'))
 * const response = await answer(new Request('http://localhost/greeting'))
 * await response.text() // => 'hello'
 * ```
 */
export function tracedHandler(
  handler: WebHandler,
  { tracerProvider = trace, propagator = propagation }: HttpTracing = {},
): (request: Request) => Promise<Response> {
  const tracer = tracerProvider.getTracer('allora')
  return (request) => {
    const parent = propagator.extract(context.active(), Object.fromEntries(request.headers), {
      keys: Object.keys,
      get: (headers: Readonly<Record<string, string>>, name) => headers[name.toLowerCase()],
    })
    const url = new URL(request.url)
    const attributes = requestAttributes(request.method, url.pathname, url)
    const span = tracer.startSpan(request.method, { kind: SpanKind.SERVER, attributes }, parent)
    const active = trace.setSpan(parent, span)
    const headers = injected(request.headers, active, propagator)
    return spanned(span, active, 500, async () => handler(new Request(request, { headers })))
  }
}

/**
 * Puts `fetch` under a client span below the present one, and the trace into the request's headers. For `http.outbound({ fetch })`, or
 * wherever a step calls a server. Query and credentials of the URL are not recorded.
 *
 * @param fetching - what does the request; absent = the global `fetch`.
 *
 * @example
 * ```ts
 * import { tracedFetch } from 'allora/otel'
 *
 * const call = tracedFetch({}, async () => Response.json({ rate: 1.25 })) // stands for a server
 * const response = await call('https://rates.example/EUR', { method: 'GET' })
 * await response.json() // => { rate: 1.25 }
 * ```
 */
export function tracedFetch(
  { tracerProvider = trace, propagator = propagation }: HttpTracing = {},
  fetching: Fetch = (url, init) => fetch(url, init),
): Fetch {
  const tracer = tracerProvider.getTracer('allora')
  return (url, init) => {
    const target = new URL(url)
    const method = (init.method ?? 'GET').toUpperCase()
    const shown = target.origin + target.pathname
    const attributes = { [ATTR.method]: method, [ATTR.url]: shown, ...addressOf(target) }
    const parent = context.active()
    const span = tracer.startSpan(method, { kind: SpanKind.CLIENT, attributes }, parent)
    const active = trace.setSpan(parent, span)
    const headers = injected(new Headers(init.headers), active, propagator)
    return spanned(span, active, 400, () => fetching(url, { ...init, headers }))
  }
}

/** The headers with the trace in place of the one they had. */
function injected(given: Headers, active: Context, propagator: NonNullable<HttpTracing['propagator']>): Headers {
  const carried: Record<string, string> = {}
  propagator.inject(active, carried, defaultTextMapSetter)
  const headers = new Headers(given)
  for (const [name, value] of Object.entries(carried)) headers.set(name, value)
  return headers
}

/** Ends the span with the response; one with a status from `failing` on is an error. */
async function spanned(
  span: Span,
  active: Context,
  failing: number,
  respond: () => Promise<Response>,
): Promise<Response> {
  try {
    const response = await context.with(active, respond)
    noteStatus(span, response.status, failing)
    return response
  } catch (error) {
    span.setAttribute(ATTR.errorType, error instanceof Error ? error.name : 'failure')
    span.setStatus({ code: SpanStatusCode.ERROR, message: String(error) })
    throw error
  } finally {
    span.end()
  }
}
