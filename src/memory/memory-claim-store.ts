/** Payloads of claim checks in memory. */
import { ClaimStoreFullError } from '../errors/handling-errors.ts'
import type { ClaimStore, Claimed } from '../message/claim-store.ts'

/** Payloads kept when nothing else is said. */
const CAPACITY = 10_000

/**
 * A {@link ClaimStore} in memory, for tests and for flows that check in and out in one process. When it is full it takes no more: the
 * message that was to be checked in fails with a `ClaimStoreFullError`, and no other loses its payload.
 *
 * @param options - `capacity`: payloads kept at most; absent = 10,000.
 *
 * @example
 * ```ts
 * import { app, direct, flow, memoryClaimStore, runtime } from 'allora'
 *
 * const store = memoryClaimStore()
 * const print = flow('print')
 *   .from(direct('print').of<{ pages: string[] }>())
 *   .claimCheckIn({ store })
 *   .claimCheckOut({ store, remove: true })
 *   .handle((book) => book.pages.length)
 *   .build()
 *
 * await using rt = await runtime(app(print)).start()
 * const reply = await rt.request('print', { pages: ['a', 'b'] }) // => { _tag: 'Right', right: 2 }
 * ```
 */
export function memoryClaimStore({ capacity = CAPACITY }: { readonly capacity?: number } = {}): ClaimStore {
  const payloads = new Map<string, Claimed>()
  return {
    put(claim, payload) {
      if (payloads.size >= capacity && !payloads.has(claim)) throw full(capacity)
      payloads.set(claim, { payload })
    },
    get: (claim) => payloads.get(claim),
    remove: (claim) => void payloads.delete(claim),
  }
}

const full = (capacity: number): ClaimStoreFullError =>
  new ClaimStoreFullError(
    `The store of claims is full: it keeps ${capacity} payloads at most. Remove those that are through, with claimCheckOut({ store, remove: true }) or store.remove(claim), or give it a larger { capacity }.`,
  )
