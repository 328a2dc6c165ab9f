/** Freezing of plain data at every level. */

/** Freezes arrays and objects of plain data at every level, also within what is frozen only on the outside, and returns the same value. */
export function deepFreeze<T>(value: T): T {
  if (isObject(value)) freezeParts(Object.freeze(value), new Set())
  return value
}

/** `seen` holds what was met frozen, so that data that contains itself comes to an end. */
function freezeParts(whole: object, seen: Set<object>): void {
  for (const part of Object.values(whole) as unknown[]) {
    if (!isObject(part) || seen.has(part)) continue
    if (Object.isFrozen(part)) seen.add(part)
    freezeParts(Object.freeze(part), seen)
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
