/** Chance from a seed: the same seed gives the same choices, in the order in which they are asked for. */

/** A source of choices. */
export interface Chance {
  /** From 0 to below 1. */
  readonly random: () => number
  /** True with a probability. */
  once(probability: number): boolean
  /** A whole number from 0 to below `end`. */
  below(end: number): number
  pick<T>(from: readonly T[]): T
}

/** Makes one (Mulberry32). */
export function chanceOf(seed: number): Chance {
  let state = seed >>> 0
  const random = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 0x1_0000_0000
  }
  const below = (end: number): number => Math.floor(random() * end)
  return { random, below, once: (probability) => random() < probability, pick: (from) => from[below(from.length)]! }
}
