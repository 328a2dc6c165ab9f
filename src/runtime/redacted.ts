/** Values as they may be logged: without secrets, of bounded size, and plain enough for JSON. */

/** Names end so, in any spelling, whose values are nobody's business: `password`, `accessToken`, `X-API-Key`. */
const SECRETS = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'apikey',
  'authorization',
  'cookie',
  'privatekey',
  'credential',
  'credentials',
  'cardnumber',
  'cvc',
  'cvv',
  'iban',
]

const DEEPEST = 6
const MOST_ITEMS = 50
const LONGEST = 1_000

/**
 * Makes a copy of a value for a log: what is behind a name that tells of a secret becomes `'[redacted]'`, long texts and lists are cut, and
 * what is deeper than 6 levels is left out. Never throws.
 *
 * @param keys - more names of properties to redact, in any case.
 *
 * @example
 * ```ts
 * import { redacted } from 'allora'
 *
 * redacted({ user: 'ann', password: '1234', card: { cardNumber: '4111' } })
 * // => { user: 'ann', password: '[redacted]', card: { cardNumber: '[redacted]' } }
 * redacted({ name: 'Ann' }, ['name']) // => { name: '[redacted]' }
 * ```
 */
export function redacted(value: unknown, keys: readonly string[] = []): unknown {
  const own = new Set(keys.map(plain))
  const isSecret = (name: string): boolean => own.has(plain(name)) || SECRETS.some((end) => plain(name).endsWith(end))
  return copyOf(value, isSecret, 0)
}

const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_.\s]/g, '')

function copyOf(value: unknown, isSecret: (name: string) => boolean, depth: number): unknown {
  if (typeof value === 'string') return value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value
  if (typeof value === 'bigint' || typeof value === 'symbol') return String(value)
  if (typeof value === 'function') return '[function]'
  if (typeof value !== 'object' || value === null) return value
  try {
    return copyOfObject(value, isSecret, depth)
  } catch {
    return '[unreadable]'
  }
}

function copyOfObject(value: object, isSecret: (name: string) => boolean, depth: number): unknown {
  if (value instanceof Date) return value.toISOString()
  if (value instanceof Error) return { name: value.name, message: value.message }
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`
  if (depth === DEEPEST) return Array.isArray(value) ? '[array]' : '[object]'
  if (Array.isArray(value) || value instanceof Set) return itemsOf([...value], isSecret, depth)
  const entries = value instanceof Map ? [...value].map(([key, item]) => [String(key), item]) : Object.entries(value)
  const shown = entries
    .slice(0, MOST_ITEMS)
    .map(([name, item]) => [name, isSecret(name) ? '[redacted]' : copyOf(item, isSecret, depth + 1)])
  return Object.fromEntries(shown)
}

function itemsOf(items: readonly unknown[], isSecret: (name: string) => boolean, depth: number): unknown[] {
  const shown = items.slice(0, MOST_ITEMS).map((item) => copyOf(item, isSecret, depth + 1))
  return items.length > MOST_ITEMS ? [...shown, `[${items.length - MOST_ITEMS} more]`] : shown
}
