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
  const ending = keysNamedBy(fieldOf(fields, 'connection'))
  for (let at = 0; at < fields.length; at += 2) {
    const key = keyOf(fields[at]!)
    if (key === HOP || ending?.has(key) === true) continue
    const before = target[key]
    const value = fields[at + 1]!
    target[key] = typeof before === 'string' ? `${before}${key === COOKIE ? '; ' : ', '}${value}` : value
  }
}

const COOKIE = `${HEADER_PREFIX}cookie`

/** In place of the key of a field that ends where it arrives. */
const HOP = ''

/** Nearly all requests have fields of the same few names; others are not kept. */
const knownKeys = new Map<string, string>()
const KNOWN_KEYS = 500
const KNOWN_LENGTH = 50

function keyOf(name: string): string {
  const known = knownKeys.get(name)
  if (known !== undefined) return known
  const lower = name.toLowerCase()
  const key = HOP_BY_HOP.has(lower) ? HOP : HEADER_PREFIX + lower
  if (knownKeys.size < KNOWN_KEYS && name.length <= KNOWN_LENGTH) knownKeys.set(name, key)
  return key
}

/** The fields that `connection` names, besides those that are known. */
function keysNamedBy(connection: string | undefined): ReadonlySet<string> | undefined {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return undefined
  return new Set(connection.split(',').map((token) => keyOf(token.trim())))
}

/** The value of a field, by its name in lower case; values of one that is there twice are joined. */
export function fieldOf(fields: readonly string[], wanted: string): string | undefined {
  let value: string | undefined
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!
    if (name.length !== wanted.length || name.toLowerCase() !== wanted) continue
    value = value === undefined ? fields[at + 1]! : `${value}, ${fields[at + 1]!}`
  }
  return value
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
