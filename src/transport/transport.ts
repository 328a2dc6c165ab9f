/**
 * The transport contract: what a channel is made of. Memory implements it synchronously; durable and remote ones fit the same
 * shape by answering with promises and declaring less in their capabilities.
 */
import type { ChannelSpec } from '../graph/graph.ts'
import type { HeadersInit } from '../message/headers.ts'
import type { Message } from '../message/message.ts'
import type { Clock } from './clock.ts'

/** A message as transports see it. */
export type AnyMessage = Message<unknown, HeadersInit>

/** What the channels of a transport can promise; the conformance suite tests what is declared, callers are refused what is not. */
export interface TransportCapabilities {
  /** Messages survive the process. */
  readonly durable: boolean
  readonly order: 'total' | 'perKey' | 'none'
  /** `send` and `nack` take a delay. */
  readonly delay: boolean
  readonly priority: boolean
  /** A second send of the same id is taken for the first. */
  readonly dedupe: boolean
  /** `ack(outputs)` commits sends and acknowledgement together. */
  readonly transactions: boolean
  /** Several groups of consumers each get every message (`pubsub`). */
  readonly groups: boolean
  readonly replay: boolean
  /** `capacity` is kept. */
  readonly bounded: boolean
  /** `trySend` and `tryTake` answer at once. */
  readonly synchronous: boolean
  /** `take({ correlationId })`. */
  readonly correlation: boolean
}

/** What a runtime lends its transports. */
export interface TransportEnv {
  readonly clock: Clock
  /** From 0 to below 1, seeded in tests. */
  readonly random: () => number
  /** Functions named by channel specs, such as the comparator of a priority channel. */
  readonly functions: Readonly<Record<string, Function>>
  /**
   * Takes a message whose `expiresAt` has passed, instead of delivering it (rule C11). When it throws, the message stays in its channel.
   * `consumer` is the name of the one whose copy it was, where each has its own (`pubsub`).
   */
  readonly onExpired: (channelId: string, message: AnyMessage, consumer?: string) => void
  /** Told of each message given up, with the reason: `'overflow'`, `'no-subscriber'`, `'purged'`. Nothing is dropped unsaid. */
  readonly onDropped: (channelId: string, message: AnyMessage, reason: string) => void
}

/** Makes channels. One transport may serve many channels; `default` binds every channel that names none. */
export interface Transport {
  readonly name: string
  readonly capabilities: TransportCapabilities
  /** Opens the channels; called once, before any port is asked for. Throws `InvalidOptionError` for a spec it cannot serve. */
  open(channels: readonly ChannelSpec[], env: TransportEnv): void | Promise<void>
  /** The port of an opened channel. */
  port(channelId: string): ChannelPort
  /** Closes every channel, releases every timer and handle, and names what is left. */
  close(): readonly Leftover[] | Promise<readonly Leftover[]>
}

/** A message that was still in a channel when it closed. */
export interface Leftover {
  readonly channelId: string
  readonly messageId: string
  /** `buffered`: in the channel; `delayed`: waiting for redelivery; `unsettled`: with a consumer. */
  readonly state: 'buffered' | 'delayed' | 'unsettled'
  /** Milliseconds since the message's timestamp. */
  readonly age: number
}

/** What `send` may be told. */
export interface SendOptions {
  /** Milliseconds to wait for room; absent = without limit, 0 = refuse at once. */
  readonly timeout?: number
  /** Gives up waiting; for a direct channel also the signal of the exchange downstream. */
  readonly signal?: AbortSignal
  /** Milliseconds before the message can be delivered. Needs the capability `delay`. */
  readonly delay?: number
  /** Absent = the message's id. Used where the transport has the capability `dedupe`. */
  readonly dedupeId?: string
}

/** What `take` may be told. */
export interface TakeOptions {
  /** Milliseconds to wait; absent = without limit, 0 = not at all. */
  readonly timeout?: number
  /** Gives up waiting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Only the message with this `correlationId` header; others keep their order. Needs the capability `correlation`. */
  readonly correlationId?: string
}

/** How a consumer takes part. */
export interface ConsumeOptions {
  /** Names the consumer in errors and reports, for instance `flow 'orders'`. */
  readonly name: string
  /** Never more than this many unsettled; absent = 1. */
  readonly credit?: number
  /** Messages of one key are delivered one after the other, in order, also with a credit above 1. `undefined` is no key. */
  readonly orderBy?: (message: AnyMessage) => unknown
  /** Promises to ack every delivery and to give none back, so nobody has to look how a delivery ended when the consumer is done. */
  readonly acksOnly?: boolean
  /** Promises not to touch a delivery any more that it has settled, so that the channel may use the object again. */
  readonly forgets?: boolean
  /** Takes messages without a delivery. A channel need not use it. */
  readonly atOnce?: TakeAtOnce
}

/**
 * Takes a message without a delivery, in the sender's stack. It gives nothing when the message is settled with that, or else a consumer,
 * which is called with the delivery next. Never throws.
 */
export interface TakeAtOnce {
  (message: AnyMessage): Consumer | undefined
  /**
   * The same where the sender's own context is handed over (`direct`): with what the sender said, and with whom to tell how the message was
   * settled, once. A promise says that it is in work still, and is what the sender waits for.
   */
  (message: AnyMessage, options: SendOptions | undefined, tell: TellSettled): Consumer | Promise<void> | undefined
}

/** Told how a message in work was settled. */
export type TellSettled = (as: Settlement) => void

/**
 * Gets deliveries. It must settle each one, at once or later. What it throws, or the promise it gives rejects with, is told to
 * a sender that waits for the handling (`direct`; `pubsub` with `await: 'handled'`) and to nobody else; it never settles anything.
 */
export type Consumer = (delivery: Delivery) => void | Promise<void>

/** A consumer's hold on a channel. */
export interface Subscription {
  /** Change at any time; what is already unsettled stays so. */
  credit: number
  /** No new deliveries until `resume`. */
  pause(): void
  /** New deliveries again. */
  resume(): void
  /** No new deliveries, ever. What is unsettled may still be settled. Idempotent. */
  stop(): void | Promise<void>
}

/** How a delivery ended, for the accounting. */
export type Settlement = 'settled' | 'dead' | 'dropped' | 'expired'

/** A message handed out, to be settled once. Settling twice is harmless and gives false. */
export interface Delivery {
  readonly message: AnyMessage
  /** From 1; one more with each redelivery. */
  readonly attempt: number
  /** The sender's signal where the channel hands over in the sender's own context (`direct`). */
  readonly signal: AbortSignal | undefined
  /** Done with. `as` says how, `outputs` are sends to commit together with it (capability `transactions`). */
  ack(as?: Settlement, outputs?: readonly Output[]): boolean | Promise<boolean>
  /** Not done: deliver again, `delay` milliseconds from now (absent = at once), before what came later. */
  nack(options?: { readonly delay?: number }): boolean | Promise<boolean>
  /** What consumers before this one failed with (`dispatch: 'failover'`); absent = none has. */
  readonly failures?: readonly unknown[]
  /** Not done, and not to be tried here again: the next consumer gets it. False when none is left; absent where there is never another. */
  passOn?(failure: unknown): boolean
  /** Asks for more time before a durable transport delivers again; memory never does by itself. */
  extend(milliseconds: number): boolean | Promise<boolean>
}

/** A send that is part of an acknowledgement. */
export interface Output {
  readonly channelId: string
  readonly message: AnyMessage
}

/** The counts of one channel since it was opened. `accepted = settled + dead + expired + dropped + inFlight + buffered`, always. */
export interface ChannelStats {
  readonly accepted: number
  readonly settled: number
  readonly dead: number
  readonly expired: number
  readonly dropped: number
  /** With a consumer and not settled. */
  readonly inFlight: number
  /** In the channel, delayed ones included. */
  readonly buffered: number
}

/** One channel of a transport. Every promise it gives, it gives only when it cannot answer at once. */
export interface ChannelPort {
  readonly spec: ChannelSpec
  readonly closed: boolean
  /** A live view: read it again for newer counts. */
  readonly stats: ChannelStats
  /** Accepts the message or throws/rejects; nothing is accepted by halves. Returns nothing when accepted at once. */
  send(message: AnyMessage, options?: SendOptions): void | Promise<void>
  /** Accepts the message if that is possible at once. Needs the capability `synchronous`. */
  trySend(message: AnyMessage): boolean
  /** The next message, to be settled. `undefined` when the timeout elapses. */
  take(options?: TakeOptions): Delivery | undefined | Promise<Delivery | undefined>
  /** `take` and `ack` in one. `undefined` when the timeout elapses. */
  receive(options?: TakeOptions): AnyMessage | undefined | Promise<AnyMessage | undefined>
  /** The next message if there is one now. Needs the capability `synchronous`. */
  tryTake(): Delivery | undefined
  /** Adds a consumer. Consumers of one channel compete, those of a `pubsub` channel each get every message. */
  consume(options: ConsumeOptions, consumer: Consumer): Subscription
  /** Removes buffered messages (all, or those the predicate accepts), counts them as dropped('purged') and gives them back. */
  purge(predicate?: (message: AnyMessage) => boolean): readonly AnyMessage[] | Promise<readonly AnyMessage[]>
  /**
   * Refuses further sends and rejects waiting ones with `ChannelClosedError`; what is buffered can still be taken and consumed;
   * takers that would wait get `ChannelClosedError`. Idempotent.
   */
  close(): void | Promise<void>
}
