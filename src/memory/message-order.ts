/** Which of two buffered messages comes first: by rank, and then by arrival. */
import { InvalidOptionError } from '../errors/channel-errors.ts'
import type { ChannelSpec } from '../graph/graph.ts'
import { type HeadersInit, NO_HEADERS } from '../message/headers.ts'
import { MessageRecord } from '../message/message.ts'
import type { AnyMessage } from '../transport/transport.ts'

/** An order of messages. */
export interface MessageOrder {
  /** Whether all messages rank alike, so that they go by arrival. */
  readonly fifo: boolean
  /** Below 0: `a` ranks before `b`; 0: alike. Never throws. */
  compare(a: AnyMessage, b: AnyMessage): number
}

/** Headers without the causation id, which nothing in a channel asks for and which costs time to make. */
export function headersOf(message: AnyMessage): HeadersInit {
  return message instanceof MessageRecord ? message.rawHeaders : message.headers
}

/** Whether the time has to be looked at before the message is handed out. */
export function mayExpire(message: AnyMessage): boolean {
  const headers = headersOf(message)
  return headers !== NO_HEADERS && headers.expiresAt !== undefined
}

/** Whether the message must not be handled any more (rule C11). */
export function isExpired(message: AnyMessage, now: number): boolean {
  const { expiresAt } = headersOf(message)
  return expiresAt !== undefined && expiresAt <= now
}

/** The order of `queue`, `rendezvous` and `pubsub`. */
export const FIFO: MessageOrder = { fifo: true, compare: () => 0 }

const BY_PRIORITY: MessageOrder = {
  fifo: false,
  // `||`: a priority that is not a number counts as none.
  compare: (a, b) => (headersOf(b).priority || 0) - (headersOf(a).priority || 0),
}

/** The order of a channel. Throws `InvalidOptionError` when it names a comparator that is not there. */
export function orderOf(spec: ChannelSpec, functions: Readonly<Record<string, Function>>): MessageOrder {
  if (spec.kind !== 'priority') return FIFO
  if (spec.compare === undefined) return BY_PRIORITY
  const comparator = functions[spec.compare]
  if (comparator === undefined) {
    throw new InvalidOptionError(
      `Channel "${spec.id}" is ordered by the comparator "${spec.compare}", but there is no function of that name. Provide it, or leave out "compare" to go by the priority header.`,
      { channelId: spec.id },
    )
  }
  return { fifo: false, compare: (a, b) => compared(comparator, a, b) }
}

/** A comparator that throws makes a tie: the order of two messages is not worth losing one. */
function compared(comparator: Function, a: AnyMessage, b: AnyMessage): number {
  try {
    return comparator(a, b) as number
  } catch {
    return 0
  }
}
