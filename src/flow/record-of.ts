/** Records whose keys are names that users give. */

/**
 * A record to be filled. It has no prototype, so that no name means anything else, and V8 keeps it as a dictionary: an object with names of
 * its own would get a hidden class of its own, which takes longer to make than all the rest of a flow.
 */
export function emptyRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>
}

/** A frozen record. */
export function recordOf<T>(entries: Iterable<readonly [name: string, value: T]>): Readonly<Record<string, T>> {
  const record = emptyRecord<T>()
  for (const [name, value] of entries) record[name] = value
  return Object.freeze(record)
}

/** The record of nothing. */
export const NO_RECORD: Readonly<Record<string, never>> = recordOf([])
