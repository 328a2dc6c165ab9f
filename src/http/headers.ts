/** How HTTP header fields and message headers are one another: the names, the mapping both ways, and what never travels. */

/** Before the name of a field that came from the other side, in lower case: `http.header.user-agent`. */
const HEADER_PREFIX = 'http.header.'

/** Before the name of a field to be sent with the reply: `http.reply.location`. Never what the request brought, so that nothing is sent back by accident. */
export const REPLY_PREFIX = 'http.reply.'

/** The status of the reply, as a number. */
export const STATUS_HEADER = 'http.status'

/** Fields that concern one connection only (RFC 9110, 7.6.1), and the two that frame a body: they end where they arrive. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** A field as it goes over the wire. A field may be there more than once. */
export type Field = readonly [name: string, value: string]

/** Whether a field ends where it arrives. `connection` is the value of that field, which may name more of them. */
export function isHopByHop(name: string, connection = ''): boolean {
  const lower = name.toLowerCase()
  if (HOP_BY_HOP.has(lower)) return true
  return connection !== '' && connection.split(',').some((token) => token.trim().toLowerCase() === lower)
}

/** Adds fields, as a list of name, value, name, value, to `target` as message headers: `http.header.<name>`. Of a field that is there twice the values are joined. */
export function addFields(target: Record<string, unknown>, fields: readonly string[]): void {
  const connection = valuesOf(fields, 'connection')
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!.toLowerCase()
    if (isHopByHop(name, connection)) continue
    const key = HEADER_PREFIX + name
    const before = target[key]
    const value = fields[at + 1]!
    target[key] = typeof before === 'string' ? `${before}${name === 'cookie' ? '; ' : ', '}${value}` : value
  }
}

function valuesOf(fields: readonly string[], wanted: string): string {
  let values = ''
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at]!.length === wanted.length && fields[at]!.toLowerCase() === wanted) values += `${fields[at + 1]!},`
  }
  return values
}

/** The message headers that begin with `prefix` as fields. A value that is a list is sent as several fields, one that is no text as text. */
export function fieldsOf(headers: { readonly [name: string]: unknown }, prefix: string): Field[] {
  const fields: Field[] = []
  for (const key in headers) {
    if (!key.startsWith(prefix)) continue
    const name = key.slice(prefix.length).toLowerCase()
    const value = headers[key]
    if (value === undefined || value === null || isHopByHop(name)) continue
    for (const each of Array.isArray(value) ? (value as unknown[]) : [value]) fields.push([name, String(each)])
  }
  return fields
}

/** The trace context of a `traceparent` field, if it is one (W3C Trace Context, version 00 and those that extend it). */
export function traceparentOf(value: string | null | undefined): string | undefined {
  if (value === null || value === undefined) return undefined
  return /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}(?:-|$)/.test(value) ? value : undefined
}
