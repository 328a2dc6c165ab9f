/** Lists that mostly keep one item. */

/** The list with one more. V8 makes room for 17 when something is pushed to an empty array; this makes room for one. */
export function appended<T>(list: T[], item: T): T[] {
  if (list.length === 0) return [item]
  list.push(item)
  return list
}
