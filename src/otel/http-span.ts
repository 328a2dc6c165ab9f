/** What spans of HTTP have in common: the names of their attributes, by the conventions for HTTP, and how a status ends them. */
import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api'

/** Attributes. */
export const HTTP = {
  method: 'http.request.method',
  route: 'http.route',
  status: 'http.response.status_code',
  path: 'url.path',
  scheme: 'url.scheme',
  url: 'url.full',
  address: 'server.address',
  port: 'server.port',
  version: 'network.protocol.version',
  errorType: 'error.type',
} as const

/** Where a server is. */
export const addressOf = ({ hostname, port }: URL): Attributes => ({
  [HTTP.address]: hostname,
  ...(port !== '' && { [HTTP.port]: Number(port) }),
})

/** What a server span knows of its request. */
export const requestAttributes = (method: string, path: string, url: URL): Attributes => ({
  [HTTP.method]: method,
  [HTTP.path]: path,
  [HTTP.scheme]: url.protocol.slice(0, -1),
  ...addressOf(url),
})

/** Notes the status of a response; one from `failing` on is an error. */
export function noteStatus(span: Span, status: number, failing: number): void {
  span.setAttribute(HTTP.status, status)
  if (status < failing) return
  span.setAttribute(HTTP.errorType, String(status))
  span.setStatus({ code: SpanStatusCode.ERROR })
}
