/** What is left in a channel when its transport closes. */
import type { AnyMessage, Leftover } from '../transport/transport.ts'

/** Names a message that is left. */
export function leftover(channelId: string, message: AnyMessage, state: Leftover['state'], now: number): Leftover {
  return { channelId, messageId: message.id, state, age: now - message.timestamp }
}
