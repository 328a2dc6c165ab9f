/** The claim check: the payload stays in a store, its claim travels (rule T13). */
import { UnknownClaimError } from '../../errors/handling-errors.ts'
import type { ClaimStore, Claimed } from '../../message/claim-store.ts'
import type { Step } from '../step.ts'
import { calling } from './calling.ts'
import type { Frame } from '../frame.ts'

/** `claimCheckIn`: the claim is the message's id, so a redelivery claims the same again. */
export function claimCheckIn(step: Step, store: ClaimStore): void {
  const put = async (frame: Frame, claim: string): Promise<unknown> => {
    await store.put(claim, frame.payload)
    return { claim }
  }
  calling(
    step,
    (_: unknown, frame: Frame) => put(frame, frame.message.id),
    (frame, ticket) => {
      frame.become(ticket, frame.headers, step)
      return step.next
    },
  )
}

/** `claimCheckOut`: the payload is back; it stays in the store, because the message may be delivered again. */
export function claimCheckOut(step: Step, store: ClaimStore): void {
  const find = async (ticket: unknown): Promise<Claimed> => {
    const claim = (ticket as { readonly claim?: unknown } | null | undefined)?.claim
    const claimed = typeof claim === 'string' ? await store.get(claim) : undefined
    if (claimed !== undefined) return claimed
    throw new UnknownClaimError(
      `There is no payload for claim ${JSON.stringify(claim)} in the store. Give claimCheckIn and claimCheckOut the same store, and keep payloads as long as their messages travel.`,
    )
  }
  calling(step, find, (frame, claimed) => {
    frame.become((claimed as Claimed).payload, frame.headers, step)
    return step.next
  })
}
