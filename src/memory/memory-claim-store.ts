/** Payloads of claim checks in memory. */
import type { ClaimStore, Claimed } from '../message/claim-store.ts'

/**
 * A {@link ClaimStore} in memory, for tests and for flows that check in and out in one process.
 *
 * @example
 * ```ts
 * import { app, direct, flow, memoryClaimStore, runtime } from 'allora'
 *
 * const store = memoryClaimStore()
 * const print = flow('print')
 *   .from(direct('print').of<{ pages: string[] }>())
 *   .claimCheckIn({ store })
 *   .claimCheckOut({ store })
 *   .handle((book) => book.pages.length)
 *   .build()
 *
 * await using rt = await runtime(app(print)).start()
 * const reply = await rt.request('print', { pages: ['a', 'b'] }) // => { _tag: 'Right', right: 2 }
 * ```
 */
export function memoryClaimStore(): ClaimStore {
  const payloads = new Map<string, Claimed>()
  return {
    put: (claim, payload) => void payloads.set(claim, { payload }),
    get: (claim) => payloads.get(claim),
    remove: (claim) => void payloads.delete(claim),
  }
}
