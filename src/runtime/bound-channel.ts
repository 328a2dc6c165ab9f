/** A channel as the runtime's own code sends to it: its port, and the `accepted` event for those who listen. */
import type { AnyMessage, ChannelPort, Delivery, SendOptions } from '../transport/transport.ts'
import type { EventHub } from './events.ts'

/** What sending gives when everything was done at once: one promise for all, since making one costs more than the send. */
export const DONE: Promise<void> = Promise.resolve()

/** A port of a transport, bound to a runtime. */
export class BoundChannel {
  readonly id: string
  readonly port: ChannelPort
  /** A direct channel hands over in the sender's own context, so its consumer announces the message before it is handled. */
  readonly handsOver: boolean
  /** `trySend` can be used. */
  readonly synchronous: boolean
  private readonly events: EventHub

  constructor(port: ChannelPort, synchronous: boolean, events: EventHub) {
    this.id = port.spec.id
    this.port = port
    this.handsOver = port.spec.kind === 'direct'
    this.synchronous = synchronous
    this.events = events
  }

  send(message: AnyMessage, options?: SendOptions): void | Promise<void> {
    const sending = this.port.send(message, options)
    if (this.events.listeners.accepted === undefined || this.handsOver) return sending
    if (sending === undefined) return this.announce(message)
    return sending.then(() => this.announce(message))
  }

  trySend(message: AnyMessage): boolean {
    const accepted = this.port.trySend(message)
    if (accepted && !this.handsOver) this.announce(message)
    return accepted
  }

  announce(message: AnyMessage): void {
    this.events.emit('accepted', { channelId: this.id, message })
  }

  announceDelivery({ message, attempt }: Delivery): void {
    this.events.emit('delivered', { channelId: this.id, message, attempt })
  }
}
