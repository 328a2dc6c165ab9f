/** Paths into JSON: `$.order.lines[0].sku`, or a JSON Pointer (RFC 6901) such as `/order/lines/0/sku`. */

/**
 * The keys of a path, outermost first. A path that does not start with `/` is one of names and dots, with or without `$`; empty
 * names are skipped. `$` alone names the key `""`, as in Allora.
 */
export function pathKeys(path: string): readonly string[] {
  const pointer = path.startsWith('/') ? path : pointerOf(path.replace(/^\$\.?/, ''))
  return pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

/** The value at the keys, `undefined` if there is none. Own properties only, so no key reaches a prototype. */
export function valueAt(value: unknown, keys: readonly string[]): unknown {
  let found = value
  for (const key of keys) {
    if (typeof found !== 'object' || found === null) return undefined
    if (Array.isArray(found) && !/^(?:0|[1-9]\d*)$/.test(key)) return undefined
    if (!Object.hasOwn(found, key)) return undefined
    found = (found as Record<string, unknown>)[key]
  }
  return found
}

/** `a.b[0]` as `/a/b/0`. A bracket that is not closed ends with its segment. */
function pointerOf(dotted: string): string {
  const keys = dotted.split('.').flatMap((segment) => [...segment.matchAll(/\[([^\]]*)\]?|[^[]+/g)].map(keyOf))
  return keys.length === 0 ? '/' : keys.map((key) => `/${key}`).join('')
}

const keyOf = ([text, index]: RegExpMatchArray): string => index ?? text
