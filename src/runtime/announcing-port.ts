/** Tells that a channel took a message: once, and before anything else is told of it (rule L4). */
import { ForwardingPort, ending } from '../transport/forwarding-port.ts'
import type { AnyMessage, ChannelPort, SendOptions } from '../transport/transport.ts'

/**
 * The port of a channel while somebody listens. A channel may hand a message over before its sender knows that it was taken, so whoever
 * sees it first has it told.
 */
export class AnnouncingPort extends ForwardingPort {
  private readonly tell: (message: AnyMessage) => void
  /** Sent, and not known to be taken: mostly there is one at a time, and nobody needs its id. */
  private sent: AnyMessage | undefined = undefined
  /** The others, by their ids. */
  private readonly others = new Map<string, AnyMessage>()

  constructor(port: ChannelPort, tell: (message: AnyMessage) => void) {
    super(port)
    this.tell = tell
  }

  override send(message: AnyMessage, options?: SendOptions): void | Promise<void> {
    this.note(message)
    return ending(
      () => this.port.send(message, options),
      () => this.taken(message),
      () => this.forget(message),
    )
  }

  override trySend(message: AnyMessage): boolean {
    this.note(message)
    let accepted = false
    try {
      accepted = this.port.trySend(message)
    } finally {
      if (accepted) this.taken(message)
      else this.forget(message)
    }
    return accepted
  }

  /** The message is in the channel, or was. It may be another object than was sent. */
  taken(message: AnyMessage): void {
    const sent = this.forget(message)
    if (sent !== undefined) this.tell(sent)
  }

  private note(message: AnyMessage): void {
    if (this.sent === undefined) this.sent = message
    else this.others.set(message.id, message)
  }

  private forget(message: AnyMessage): AnyMessage | undefined {
    const { sent, others } = this
    if (sent === undefined && others.size === 0) return undefined
    if (sent === message || sent?.id === message.id) {
      this.sent = undefined
      return sent
    }
    const other = others.get(message.id)
    if (other !== undefined) others.delete(message.id)
    return other
  }

  protected override receiving<T>(receive: () => T | Promise<T>): T | Promise<T> {
    return receive()
  }
}
