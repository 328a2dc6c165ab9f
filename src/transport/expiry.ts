/** What is said of a message whose time has passed before a consumer got it (rule C11). */
import { ExpiredError } from '../errors/handling-errors.ts'

/** The error for the dead letter, and for whoever waits for the message. */
export function expired(channelId: string, messageId: string): ExpiredError {
  return new ExpiredError(
    `Message "${messageId}" expired in channel "${channelId}" before it was handled. Handle it sooner, or send it with a later expiresAt.`,
    { channelId, messageId },
  )
}
