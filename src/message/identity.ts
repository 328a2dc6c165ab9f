/** Message ids: fresh ones numbered per runtime, derived ones computed, so that redelivery makes the same ids again. */

/**
 * Gives the id of the n-th message that entered from outside. It is called when an id is read, perhaps more than once, so it
 * must give the same id for the same number.
 */
export type IdSource = (sequence: number) => string

/** The default {@link IdSource}: a prefix of 64 random bits and the number. */
export function prefixedIds(random: () => number): IdSource {
  const prefix = `${word(random)}${word(random)}`
  return (sequence) => `${prefix}-${sequence.toString(36)}`
}

const word = (random: () => number): string =>
  Math.floor(random() * 0x1_0000_0000)
    .toString(36)
    .padStart(7, '0')

/**
 * Two 32-bit halves that name where in the graph a message was made, relative to its root. Derivation mixes in the node and,
 * for parts, the number; it costs a few nanoseconds, so it is done eagerly, while the id's text is made when it is read.
 */
export interface Derivation {
  readonly high: number
  readonly low: number
}

/** A message as it came from outside. */
export const ROOT: Derivation = Object.freeze({ high: 0, low: 0 })

/** The derivation that stands for a name, such as a node's place in an app. */
export function hashName(name: string): Derivation {
  let high = 0x9e3779b9 | 0
  let low = 0x85ebca6b | 0
  for (let i = 0; i < name.length; i++) {
    high = Math.imul(high ^ name.charCodeAt(i), 0x85ebca77)
    low = Math.imul(low ^ name.charCodeAt(i), 0xc2b2ae3d)
  }
  return { high: scramble(high), low: scramble(low ^ high) }
}

/** Mixes one half with a value; never gives 0 for both halves in practice, which stands for the root. */
export function mix(half: number, value: number): number {
  return scramble(Math.imul(half, 31) + Math.imul(value ^ (half >>> 15), 0x9e3779b1))
}

function scramble(h: number): number {
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return h ^ (h >>> 16)
}

/** The text of an id: the root's id alone, or with the derivation behind a `~`. Bounded: the root's length plus 15. */
export function idText(root: string, high: number, low: number): string {
  return high === 0 && low === 0 ? root : `${root}~${half(high)}${half(low)}`
}

/** The root and the derivation in the text of an id; text that was not made by {@link idText} is a root. */
export function readId(text: string): Derivation & { readonly root: string } {
  const [, root = '', high = '', low = ''] = DERIVED.exec(text) ?? []
  const read = { root, high: Number.parseInt(high, 36) | 0, low: Number.parseInt(low, 36) | 0 }
  return idText(read.root, read.high, read.low) === text ? read : { root: text, ...ROOT }
}

const DERIVED = /^(.*)~([0-9a-z]{7})([0-9a-z]{7})$/s

const half = (h: number): string => (h >>> 0).toString(36).padStart(7, '0')
