/** Where a claim check keeps payloads. */

/** A store of payloads by claim. */
export interface ClaimStore {
  /** Keeps a payload under a claim; the same claim again replaces it, so a redelivery does not store twice. */
  put(claim: string, payload: unknown): void | Promise<void>
  /** The payload of a claim, in a box so that every value can be told from nothing; `undefined` when there is none. */
  get(claim: string): Claimed | undefined | Promise<Claimed | undefined>
  /** Forgets a claim. */
  remove(claim: string): void | Promise<void>
}

/** A payload that was found. */
export interface Claimed {
  readonly payload: unknown
}
