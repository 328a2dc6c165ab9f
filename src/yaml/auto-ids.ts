/** Ids for what has none, counted as Allora counts: the same file gives the same ids. */

/** An id, and whether something before has it. */
export interface GivenId {
  readonly id: string
  readonly repeated: boolean
}

/** Ids of channels: counted from 1, past those that came before. One that comes after and is given by hand collides. */
export function channelIds(given: readonly (string | undefined)[]): GivenId[] {
  const seen = new Set<string>()
  let count = 1
  return given.map((written) => {
    while (written === undefined && seen.has(`channel:auto.${count}`)) count++
    return once(written ?? `channel:auto.${count}`, seen)
  })
}

/** Ids of other components: counted from after the highest one given by hand. */
export function componentIds(given: readonly (string | undefined)[], prefix: string): GivenId[] {
  const numbers = given.map((id) =>
    id?.startsWith(prefix) && /^\d+$/.test(id.slice(prefix.length)) ? Number(id.slice(prefix.length)) : 0,
  )
  const seen = new Set<string>()
  let count = numbers.reduce(
    (highest, number) => (Number.isSafeInteger(number) ? Math.max(highest, number) : highest),
    0,
  )
  return given.map((written) => once(written ?? `${prefix}${++count}`, seen))
}

function once(id: string, seen: Set<string>): GivenId {
  const repeated = seen.has(id)
  seen.add(id)
  return { id, repeated }
}
