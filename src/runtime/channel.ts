/** Channels at run time: what `rt.channel(id)` gives. */
import type { ChannelKind } from '../graph/graph.ts'
import type { Envelope, Message } from '../message/message.ts'
import type { Subscription } from '../transport/transport.ts'

/** What may be sent: a payload, a payload with headers (`message(...)`), or a message that was received. */
export type Sendable<P> = P | Envelope<P>

/** What `send` takes. */
export interface ChannelSendOptions {
  /** Milliseconds to wait for room; absent = without limit, 0 = refuse at once. */
  readonly timeout?: number
  /** Gives up waiting. */
  readonly signal?: AbortSignal
  /** Milliseconds before the message can be received. */
  readonly delay?: number
}

/** What `receive` and `take` take. */
export interface ReceiveOptions {
  /** Milliseconds to wait; absent = without limit, 0 = not at all. */
  readonly timeout?: number
  /** Gives up waiting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** What a channel with {@link CorrelationSupport} takes too. */
export interface CorrelatedReceiveOptions extends ReceiveOptions {
  /** Waits for the message with this `correlationId` header only; others keep their order. */
  readonly correlationId?: string
}

/** Options without a timeout: the wait ends with a message or not at all. */
export type Patient<Options extends ReceiveOptions> = Options & { readonly timeout?: never }

/** What `subscribe` takes. */
export interface SubscribeOptions {
  /** Messages in the handler at the same time; absent = 1. */
  readonly credit?: number
}

/** A message taken from a channel, to be settled once. Settling twice is harmless and gives false. */
export interface Delivery<out P> {
  readonly message: Message<P>
  /** From 1; one more with each redelivery. */
  readonly attempt: number
  /** Done with. */
  ack(): Promise<boolean>
  /** Not done: deliver again, `delay` milliseconds from now (absent = at once). */
  nack(options?: { readonly delay?: number }): Promise<boolean>
  /** Asks a durable transport for more time before it delivers again, in milliseconds. */
  extend(milliseconds: number): Promise<boolean>
}

/** A channel to send to. What takes a payload is a property and no method: methods would let a channel of a narrower payload pass for one of a wider. */
export interface Channel<in P> {
  readonly id: string
  readonly kind: ChannelKind
  readonly closed: boolean
  /** Messages held at most; `Infinity` without a bound, absent for a channel that holds none. */
  readonly capacity?: number | undefined
  /** Messages held now. */
  readonly size: number
  /** Resolves when the channel has accepted the message; of a direct channel, when it has been handled. */
  readonly send: (payload: Sendable<P>, options?: ChannelSendOptions) => Promise<void>
  /** Accepts the message if that is possible at once. Needs a transport in memory. */
  readonly trySend: (payload: Sendable<P>) => boolean
  /** Refuses further sends; what is held can still be received. Idempotent. */
  close(): Promise<void>
}

/** A channel that calls its subscribers (Event-Driven Consumer). */
export interface SubscribableChannel<in out P> extends Channel<P> {
  /** Calls the handler with each message, which is settled when it has been handled. One it fails with is a dead letter, as in a flow without an error scope. */
  subscribe(
    handler: (payload: P, message: Message<P>) => void | Promise<void>,
    options?: SubscribeOptions,
  ): Subscription
}

/** A channel that messages are fetched from (Polling Consumer). `for await` receives until the channel is closed and empty. */
export interface PollableChannel<in out P> extends Channel<P>, AsyncIterable<Message<P>> {
  /** The next message, which is then settled. */
  receive(options?: Patient<ReceiveOptions>): Promise<Message<P>>
  /** The same; `undefined` when the timeout elapses. */
  receive(options: ReceiveOptions): Promise<Message<P> | undefined>
  /** The next message if there is one now. Needs a transport in memory. */
  tryReceive(): Message<P> | undefined
  /** The next message, to be settled by the caller. */
  take(options?: Patient<ReceiveOptions>): Promise<Delivery<P>>
  /** The same; `undefined` when the timeout elapses. */
  take(options: ReceiveOptions): Promise<Delivery<P> | undefined>
  /** Removes the messages held (all, or those the predicate accepts) and gives them back. */
  purge(predicate?: (message: Message<P>) => boolean): Promise<readonly Message<P>[]>
}

/** A channel that can be asked for one message by its correlation id (Correlation Identifier). */
export interface CorrelationSupport<in out P> extends PollableChannel<P> {
  /** The next message, or the one with the correlation id, which is then settled. */
  receive(options?: Patient<CorrelatedReceiveOptions>): Promise<Message<P>>
  /** The same; `undefined` when the timeout elapses. */
  receive(options: CorrelatedReceiveOptions): Promise<Message<P> | undefined>
}

/** Hands each message to its one consumer, in the sender's own async context. */
export interface DirectChannel<in out P> extends SubscribableChannel<P> {
  readonly kind: 'direct'
}

/** A FIFO buffer with competing consumers. */
export interface QueueChannel<in out P> extends CorrelationSupport<P>, SubscribableChannel<P> {
  readonly kind: 'queue'
}

/** A buffer that gives the most urgent message first. */
export interface PriorityChannel<in out P> extends CorrelationSupport<P>, SubscribableChannel<P> {
  readonly kind: 'priority'
}

/** A queue without a buffer: a send waits for its receiver. */
export interface RendezvousChannel<in out P> extends CorrelationSupport<P>, SubscribableChannel<P> {
  readonly kind: 'rendezvous'
}

/** Gives every subscriber each message. */
export interface PubSubChannel<in out P> extends SubscribableChannel<P> {
  readonly kind: 'pubsub'
}

/** The channel of each kind. */
export interface Channels<in out P> {
  readonly direct: DirectChannel<P>
  readonly queue: QueueChannel<P>
  readonly priority: PriorityChannel<P>
  readonly rendezvous: RendezvousChannel<P>
  readonly pubsub: PubSubChannel<P>
}
