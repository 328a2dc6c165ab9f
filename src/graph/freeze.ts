/** Freezing of plain data at every level. */

/**
 * What is frozen inside, too: the values given to `deepFreeze`, and those of their parts that had come frozen. A part that had not
 * is not noted, since a note costs more than the freezing.
 */
const frozen = new WeakSet<object>()

/**
 * Freezes arrays and objects of plain data at every level and returns the same value.
 *
 * Idempotent; a value frozen here before is not walked again, so data may be frozen after each step of building it.
 */
export function deepFreeze<T>(value: T): T {
  if (isObject(value) && !frozen.has(value)) {
    frozen.add(value)
    freezeParts(Object.freeze(value))
  }
  return value
}

function freezeParts(whole: object): void {
  for (const part of Object.values(whole) as unknown[]) {
    if (!isObject(part)) continue
    // Frozen by somebody else: only its outside, for all that is known.
    if (Object.isFrozen(part)) deepFreeze(part)
    else freezeParts(Object.freeze(part))
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
