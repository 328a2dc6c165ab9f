/** What is left in a channel when its transport closes. */
import type { AnyMessage, Leftover } from '../transport/transport.ts'

/** Names the messages that are left in each state. */
export function leftovers(
  channelId: string,
  now: number,
  left: { readonly [S in Leftover['state']]: readonly { readonly message: AnyMessage }[] },
): Leftover[] {
  return (['buffered', 'delayed', 'unsettled'] as const).flatMap((state) =>
    left[state].map(({ message }) => ({ channelId, messageId: message.id, state, age: now - message.timestamp })),
  )
}
