/** Freezing of plain data at every level. */

/** Freezes arrays and objects of plain data at every level, also within what is frozen only on the outside, and returns the same value. */
export function deepFreeze<T>(value: T): T {
  if (isObject(value)) freezeParts(Object.freeze(value), {})
  return value
}

/** What was met frozen, so that data that contains itself comes to an end. Most data has nothing of the kind, and needs no set. */
interface Met {
  frozen?: Set<object>
}

function freezeParts(whole: object, met: Met): void {
  const keys = Object.keys(whole)
  for (let i = 0; i < keys.length; i++) {
    const part = (whole as Readonly<Record<string, unknown>>)[keys[i]!]
    if (!isObject(part) || met.frozen?.has(part) === true) continue
    if (Object.isFrozen(part)) (met.frozen ??= new Set()).add(part)
    freezeParts(Object.freeze(part), met)
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
