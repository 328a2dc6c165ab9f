/** The claim check: the payload stays in a store, its claim travels (rule T13). */
import { UnknownClaimError } from '../../errors/handling-errors.ts'
import type { ClaimCheckInNode, ClaimCheckOutNode } from '../../graph/graph.ts'
import type { ClaimStore, Claimed } from '../../message/claim-store.ts'
import type { Behaviour } from '../behaviour.ts'
import type { Step } from '../step.ts'
import { calling } from './calling.ts'
import type { Frame } from '../frame.ts'
import { tellStore } from './telling-stores.ts'

/** `claimCheckIn`: the claim is the message's id, so a redelivery claims the same again. */
export function claimCheckIn(of: Behaviour, step: Step, node: ClaimCheckInNode): void {
  const store = storeOf(of, node)
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

/** `claimCheckOut`: the payload is back. The store keeps it while the message may be delivered again, or for good unless the node removes it. */
export function claimCheckOut(of: Behaviour, step: Step, node: ClaimCheckOutNode): void {
  const store = storeOf(of, node)
  const find = async (ticket: unknown): Promise<Claimed> => {
    const claim = claimOf(ticket)
    const claimed = claim === undefined ? undefined : await store.get(claim)
    if (claimed !== undefined) return claimed
    throw new UnknownClaimError(
      `There is no payload for claim ${JSON.stringify(claim)} in the store. Give claimCheckIn and claimCheckOut the same store, and keep payloads as long as their messages travel.`,
    )
  }
  calling(step, find, (frame, claimed) => {
    const claim = claimOf(frame.payload)!
    if (node.remove === true) {
      frame.whole.whenSettled((succeeded) => {
        if (succeeded) return tellStore(() => store.remove(claim), `remove the claim "${claim}"`, step, of.host)
      })
    }
    frame.become((claimed as Claimed).payload, frame.headers, step)
    return step.next
  })
}

function claimOf(ticket: unknown): string | undefined {
  const claim = (ticket as { readonly claim?: unknown } | null | undefined)?.claim
  return typeof claim === 'string' ? claim : undefined
}

const storeOf = (of: Behaviour, { store }: ClaimCheckInNode | ClaimCheckOutNode): ClaimStore =>
  of.fn(store)() as ClaimStore
