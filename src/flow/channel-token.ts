/** Channel tokens: what a flow names its channels by. Frozen data at run time; id, kind and payload in the type. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InvalidOptionError } from '../errors/channel-errors.ts'
import { InvalidNameError } from '../errors/flow-errors.ts'
import { noOption } from '../graph/did-you-mean.ts'
import type { ChannelKind, ChannelSpec, Overflow } from '../graph/graph.ts'
import { CHANNEL_FIELDS } from '../graph/shape.ts'
import type { Message } from '../message/message.ts'
import type { FlowTypeError } from './flow-type-error.ts'

declare const accepts: unique symbol
declare const emits: unique symbol

/** What a flow of `Payload` may end in: a channel or a sink that takes it, or a wider type. */
export interface Accepting<in Payload> {
  /** @internal */
  readonly [accepts]?: ((payload: Payload) => void) | undefined
}

/** A channel that takes payloads of type `Payload`; one that takes a wider type will do. */
export interface ChannelAccepting<in Payload> extends Accepting<Payload> {
  readonly kind: ChannelKind
  readonly id: string
  /** @internal */
  readonly [accepts]: (payload: Payload) => void
}

/** A channel as a flow refers to it that only sends there and says nothing about what else it carries. */
export interface SentTo<out Kind extends ChannelKind, out Id extends string, out Payload> {
  readonly kind: Kind
  // As text the id is known to be a string even while it is a type parameter: flows of generic functions need that.
  readonly id: `${Id}`
  readonly [emits]: Payload
}

/** Any mention of a channel. */
export type AnyMention = SentTo<ChannelKind, string, unknown>

/** Any token, whatever its payload. */
export interface AnyChannel extends SentTo<ChannelKind, string, unknown> {
  /** The channel as data. */
  readonly spec: ChannelSpec
  /** What payloads from outside are checked against. */
  readonly schema: StandardSchemaV1 | undefined
  /** Orders a `priority` channel. */
  readonly compare: Comparator | undefined
}

/**
 * Names a channel. Invariant in `Payload`: `.to` writes it and `.from` reads it. `unknown` until `.of` says more. A function that takes
 * one of any payload has a type parameter for it: `<P>(orders: ChannelToken<'queue', 'orders', P>) => flow().from(orders)`.
 */
export interface ChannelToken<out Kind extends ChannelKind, out Id extends string, in out Payload>
  extends AnyChannel, ChannelAccepting<Payload> {
  readonly kind: Kind
  readonly id: `${Id}`
  readonly [emits]: Payload
  /** The same channel, carrying `T`. With `any` it carries what is not known yet, as with `unknown`: flows take no `any` from it. */
  of<T>(): ChannelToken<Kind, Id, T>
  /** The same channel, carrying what the schema makes. Payloads that come from outside the program are checked by it. */
  of<S extends StandardSchemaV1>(schema: S): ChannelToken<Kind, Id, StandardSchemaV1.InferOutput<S>>
}

// These read the properties of `C`: to infer them instead costs three times as much.

/** The payload of a channel. */
export type PayloadOf<C> = C extends AnyMention ? C[typeof emits] : never

/** A token that is read from, as it stands in a flow: one that carries `unknown` takes the payload it is used with. */
export type Adopt<C, P> = C extends AnyChannel
  ? unknown extends C[typeof emits]
    ? ChannelToken<C['kind'], C['id'], P>
    : C
  : never

/** A token that is sent to, as it stands in a flow: one that carries `unknown` is known by what is sent. */
export type Sent<C, P> = C extends AnyChannel
  ? unknown extends C[typeof emits]
    ? SentTo<C['kind'], C['id'], P>
    : C
  : never

/** Says which of two messages goes first: negative for the first, positive for the second, 0 for the one that came first. */
export type Comparator = (a: Message<unknown>, b: Message<unknown>) => number

/** Options of every kind of channel. */
export interface ChannelOptions {
  /** The transport it is bound to, by its name in the runtime's options; absent = the runtime's default. */
  readonly transport?: string
}

/** Options of `direct`. */
export interface DirectOptions extends ChannelOptions {
  /** Allows several consumers; absent = exactly one. With `'failover'` a sender gets a `HandlersFailedError` when each has failed. */
  readonly dispatch?: 'roundRobin' | 'failover'
}

/** Options of `queue`. */
export interface QueueOptions extends ChannelOptions {
  /** Messages held at most, at least 1; absent = 1,024. `Infinity` lifts the bound. */
  readonly capacity?: number
  /** What a full channel does with one more message; absent = `'wait'`. */
  readonly overflow?: Overflow
}

/** Options of `priority`. */
export interface PriorityOptions extends QueueOptions {
  /** Which message goes first; absent = the one with the higher `priority` header. */
  readonly compare?: Comparator
}

/** Options of `pubsub`. */
export interface PubSubOptions extends ChannelOptions {
  /** What `send` waits for; absent = `'accepted'`. With `'handled'` it rejects with a `HandlersFailedError` of what subscribers failed with. */
  readonly await?: 'accepted' | 'handled'
  /** Fewer subscribers than this refuse the send; absent = 0. */
  readonly minSubscribers?: number
}

/** Makes tokens of one kind. `T` is never given: a type argument would leave none to be inferred, and the literal id would be lost. */
export interface ChannelFactory<Kind extends ChannelKind, Options extends ChannelOptions> {
  <T = NotGiven, const Id extends string = string>(
    id: T extends NotGiven
      ? Id
      : FlowTypeError<`write ${Kind}('id').of<Payload>(): a type argument here would lose the literal id`>,
    options?: Options,
  ): ChannelToken<Kind, Id, unknown>
}

interface NotGiven {
  readonly [notGiven]: true
}
declare const notGiven: unique symbol

/**
 * Names a channel that hands each message to its one consumer, in the sender's own async context (Point-to-Point Channel).
 * A send resolves when everything up to the next buffering channel has run.
 */
export const direct: ChannelFactory<'direct', DirectOptions> = factory('direct')

/**
 * Names a FIFO buffer with competing consumers, bounded unless told otherwise (Point-to-Point Channel).
 *
 * @throws InvalidOptionError when the capacity is no whole number from 1 and not `Infinity`, or an option does not exist.
 *
 * @example
 * ```ts
 * import { queue } from 'allora'
 *
 * const orders = queue('orders', { capacity: 100 }).of<{ id: string }>()
 * orders.spec // => { id: 'orders', kind: 'queue', capacity: 100 }
 * ```
 */
export const queue: ChannelFactory<'queue', QueueOptions> = factory('queue')

/**
 * Names a buffer that gives the most urgent message first: by its `priority` header, higher first, or by a comparator; in order of
 * arrival among equals.
 *
 * @throws InvalidOptionError when the capacity is no whole number from 1 and not `Infinity`, or an option does not exist.
 */
export const priority: ChannelFactory<'priority', PriorityOptions> = factory('priority')

/** Names a queue without a buffer: a send resolves when a receiver has taken the message. */
export const rendezvous: ChannelFactory<'rendezvous', ChannelOptions> = factory('rendezvous')

/** Names a channel that gives every subscriber each message (Publish-Subscribe Channel). */
export const pubsub: ChannelFactory<'pubsub', PubSubOptions> = factory('pubsub')

type AnyOptions = DirectOptions & PriorityOptions & PubSubOptions

/** The one implementation of {@link ChannelToken}, blind to its payload. */
class Token {
  readonly kind: ChannelKind
  readonly id: string
  readonly spec: ChannelSpec
  readonly schema: StandardSchemaV1 | undefined
  readonly compare: Comparator | undefined

  constructor(spec: ChannelSpec, compare?: Comparator, schema?: StandardSchemaV1) {
    this.kind = spec.kind
    this.id = spec.id
    this.spec = spec
    this.compare = compare
    this.schema = schema
    Object.freeze(this)
  }

  of(schema?: StandardSchemaV1): Token {
    return schema === undefined ? this : new Token(this.spec, this.compare, schema)
  }
}

/** Whether a value is a token. */
export function isChannelToken(value: unknown): value is AnyChannel {
  return value instanceof Token
}

/** The token of a channel that is known as data. */
export function tokenOf(spec: ChannelSpec): AnyChannel {
  return new Token(spec) as never
}

function factory<Kind extends ChannelKind, Options extends ChannelOptions>(kind: Kind): ChannelFactory<Kind, Options> {
  // The typed face and the untyped token meet here.
  return ((id: string, options: AnyOptions = {}) => new Token(specOf(kind, id, options), options.compare)) as never
}

function specOf(kind: ChannelKind, id: string, options: AnyOptions): ChannelSpec {
  if (typeof id !== 'string' || id === '') {
    throw new InvalidNameError(
      `A ${kind} channel needs an id: a string that is not empty, but it got ${JSON.stringify(id)}. Write ${kind}('orders').`,
    )
  }
  refuseUnknown(kind, id, Object.keys(options))
  const { capacity, compare, ...rest } = options
  if (capacity !== undefined) checkCapacity(id, capacity)
  if (options.minSubscribers !== undefined) checkMinSubscribers(id, options.minSubscribers)
  return Object.freeze({
    id,
    kind,
    ...rest,
    ...(capacity !== undefined && { capacity: capacity === Infinity ? ('unbounded' as const) : capacity }),
    ...(compare !== undefined && { compare: `channel:${id}.compare` }),
  })
}

function refuseUnknown(kind: ChannelKind, id: string, names: readonly string[]): void {
  if (names.length === 0) return
  const options = Object.entries(CHANNEL_FIELDS).flatMap(([name, { kinds = [kind], optional }]) =>
    optional && kinds.includes(kind) && name !== 'payload' ? [name] : [],
  )
  const unknown = names.find((name) => !options.includes(name))
  if (unknown === undefined) return
  throw new InvalidOptionError(noOption(`Channel "${id}": ${kind}`, unknown, options), { channelId: id })
}

function checkCapacity(id: string, capacity: number): void {
  if (capacity === Infinity || (Number.isSafeInteger(capacity) && capacity > 0)) return
  const fix =
    capacity === 0
      ? `A channel that holds nothing is rendezvous('${id}').`
      : 'Leave it out for 1,024, or write Infinity for no bound.'
  throw new InvalidOptionError(
    `The capacity of channel "${id}" must be a whole number from 1, or Infinity, but it is ${capacity}. ${fix}`,
    {
      channelId: id,
    },
  )
}

function checkMinSubscribers(id: string, minSubscribers: number): void {
  if (Number.isSafeInteger(minSubscribers) && minSubscribers >= 0) return
  throw new InvalidOptionError(
    `The option minSubscribers of channel "${id}" must be a whole number from 0, but it is ${minSubscribers}. Leave it out for 0.`,
    {
      channelId: id,
    },
  )
}
