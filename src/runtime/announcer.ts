/** Tells that a channel took a message: once, and before anything else is told of it (rule L4). */
import type { ChannelInterceptor } from '../transport/interceptors.ts'
import type { AnyMessage } from '../transport/transport.ts'

/**
 * The innermost interceptor of a channel while somebody listens. A channel may hand a message over before its sender knows that it was
 * taken, so whoever sees it first has it told.
 */
export class Announcer implements ChannelInterceptor {
  /** Sent, and not known to be taken. */
  private readonly sent = new Map<string, AnyMessage>()
  private readonly tell: (message: AnyMessage) => void

  constructor(tell: (message: AnyMessage) => void) {
    this.tell = tell
  }

  beforeSend(message: AnyMessage): AnyMessage {
    this.sent.set(message.id, message)
    return message
  }

  afterSend(message: AnyMessage, _channelId: string, error?: unknown): void {
    if (error === undefined) this.taken(message.id)
    else this.sent.delete(message.id)
  }

  /** The message is in the channel, or was. */
  taken(id: string): void {
    const message = this.sent.get(id)
    if (message === undefined) return
    this.sent.delete(id)
    this.tell(message)
  }
}
