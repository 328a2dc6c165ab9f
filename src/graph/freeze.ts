/** Freezing of plain data at every level. */

/** What is frozen already: a frozen outside says nothing about what is inside. */
const frozen = new WeakSet<object>()

/**
 * Freezes arrays and objects of plain data at every level and returns the same value.
 *
 * Idempotent; a value frozen here before is not walked again, so data may be frozen after each step of building it.
 */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || frozen.has(value)) return value
  Object.freeze(value)
  frozen.add(value)
  for (const part of Object.values(value)) deepFreeze(part)
  return value
}
