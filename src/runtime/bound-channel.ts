/** A channel as the runtime's own code sends to it: its port, and the `accepted` event for those who listen. */
import type { ChannelInterceptor } from '../transport/interceptors.ts'
import type { AnyMessage, ChannelPort, SendOptions } from '../transport/transport.ts'
import { AnnouncingPort } from './announcing-port.ts'
import type { EventHub } from './events.ts'
import { INTERCEPTORS } from './later.ts'

/** What sending gives when everything was done at once: one promise for all, since making one costs more than the send. */
export const DONE: Promise<void> = Promise.resolve()

/** A port of a transport, bound to a runtime. */
export class BoundChannel {
  readonly id: string
  readonly port: ChannelPort
  /** A direct channel hands over in the sender's own context. */
  readonly handsOver: boolean
  /** `trySend` can be used. */
  readonly synchronous: boolean
  private readonly events: EventHub
  private readonly own: ChannelPort
  private readonly interceptors: readonly ChannelInterceptor[]
  /** There once somebody listened for what it accepts, with the port to use while they do. */
  private announced: { readonly port: ChannelPort; readonly by: AnnouncingPort } | undefined = undefined

  constructor(port: ChannelPort, interceptors: readonly ChannelInterceptor[], synchronous: boolean, events: EventHub) {
    this.id = port.spec.id
    this.port = intercepted(port, interceptors)
    this.handsOver = port.spec.kind === 'direct'
    this.synchronous = synchronous
    this.events = events
    this.own = port
    this.interceptors = interceptors
  }

  /** To look whether a message is there is nobody's business but the port's: no interceptor would count it as a receive. */
  get canBePolled(): boolean {
    return this.synchronous && this.interceptors.length === 0
  }

  send(message: AnyMessage, options?: SendOptions): void | Promise<void> {
    return this.sending.send(message, options)
  }

  trySend(message: AnyMessage): boolean {
    return this.sending.trySend(message)
  }

  /** Something is about to be told of a message: first of all it was accepted. */
  announce(message: AnyMessage): void {
    if (this.events.listeners.accepted !== undefined) this.announcing.by.taken(message)
  }

  /** A message is about to be handled: those who listen are told that it was accepted, and that it is delivered. */
  announceDelivery(message: AnyMessage, attempt: number): void {
    const { events } = this
    this.announce(message)
    if (events.listeners.delivered !== undefined) events.emit('delivered', { channelId: this.id, message, attempt })
  }

  private get sending(): ChannelPort {
    return this.events.listeners.accepted === undefined ? this.port : this.announcing.port
  }

  private get announcing(): { readonly port: ChannelPort; readonly by: AnnouncingPort } {
    return (this.announced ??= this.announcedBy(
      new AnnouncingPort(this.own, (message) => this.events.emit('accepted', { channelId: this.id, message })),
    ))
  }

  private announcedBy(by: AnnouncingPort): { readonly port: ChannelPort; readonly by: AnnouncingPort } {
    return { port: intercepted(by, this.interceptors), by }
  }
}

/** Only an app that has interceptors has their code loaded. */
function intercepted(port: ChannelPort, interceptors: readonly ChannelInterceptor[]): ChannelPort {
  return interceptors.length === 0 ? port : INTERCEPTORS.here.interceptPort(port, interceptors)
}
