/** A request on its way to a flow, from a socket or from another server. */
import type { LazySignal } from '../message/lazy-signal.ts'

/** See above. */
export interface Incoming {
  readonly method: string
  readonly url: string
  /** The header fields as they came: name, value, name, value. */
  readonly fields: readonly string[]
  /** `1.1`, or `unknown`. */
  readonly version: string
  readonly hasBody: boolean
  /** It came by a server of ours. What another one took, that one watches. */
  readonly isOurs: boolean
  /** Aborted when the client goes away before it has its answer. */
  readonly signal: AbortSignal | LazySignal
  /** All of the body, once. Rejects with a `Refusal` when it is longer than so many bytes, or does not come to its end. */
  bytes(limit: number): Promise<Uint8Array>
}
