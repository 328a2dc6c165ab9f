/** The last argument of the operators. */
import type { Exchange } from '../message/exchange.ts'
import type { Message } from '../message/message.ts'
import type { ClaimStore } from '../message/claim-store.ts'
import type { GroupStore } from '../message/group-store.ts'
import type { KeyStore } from '../message/key-store.ts'
import type { AnyChannel, ChannelAccepting, PayloadOf } from './channel-token.ts'
import type { FlowTypeError } from './flow-type-error.ts'
import type { NoContract } from './service.ts'

/** What tells messages apart, such as a text or a number. No promise of one, since it is needed at once. */
export type Key =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | (object & {
      readonly then?: FlowTypeError<'a key is needed at once: a promise of one has to be waited for in a step before'>
    })

/** What every operator takes. */
export interface StepOptions {
  /** The node's id in the graph, unique in its flow; absent = `n` and its place in the flow. */
  readonly id?: string
}

/** How messages are taken from a channel. */
export interface ConsumerOptions<P> extends StepOptions {
  /** Messages in work at the same time; absent = 1. */
  readonly concurrency?: number
  /** Messages of one key keep their order, also with a concurrency above 1. */
  readonly orderBy?: ((payload: P, message: Message<P>) => Key) & NoContract
}

/** How messages are taken from a source. */
export interface SourceOptions extends StepOptions {
  /** Messages in work at the same time; absent = what the source says, mostly 1. The source is asked for the next one when there is room for it. */
  readonly maxInFlight?: number
}

/** What becomes of what a filter rejects: sent to a channel, failed, or - without either - counted as dropped. */
export type FilterOptions<C> = StepOptions &
  (
    | {
        readonly discardTo?: C
        readonly reject?: FlowTypeError<'what a filter rejects is either sent with discardTo or failed with reject, not both'>
      }
    | { readonly reject: 'error'; readonly discardTo?: never }
  )

/** How messages become groups, and groups one message. */
export interface AggregateOptions<P, H, G, C extends ChannelAccepting<P>> extends StepOptions {
  /** The key of a message's group; absent = its correlation id. */
  readonly correlateBy?: ((payload: P, exchange: Exchange<P, H>) => Key) & NoContract
  /** A group is complete at this many; absent = the size of the split it came from. */
  readonly size?: number
  /** Whether a group is complete; asked with each arrival. */
  readonly when?: ((group: readonly P[]) => boolean) & NoContract
  /** Milliseconds after a group's first message. */
  readonly timeout?: number
  /** What the timeout does with the group; absent = `'emit'`. */
  readonly onTimeout?: 'emit' | 'discard' | 'deadLetter'
  /** Makes the payload of the group; absent = the list of payloads. */
  readonly combine?: ((group: readonly P[]) => G) & NoContract
  /** Open groups at most; absent = 10,000. */
  readonly maxGroups?: number
  /** Complete groups remembered to tell late arrivals, which are dropped or go to `discardTo`; 0 = a key that comes again begins the next group, as for batches and digests; absent = 10,000. */
  readonly remember?: number
  /**
   * Where messages are kept until their group is complete; absent = memory. Keys that are no text are told apart by their JSON then. Parts of a split that
   * the same flow gathers again are not kept: they belong to the message that was split.
   */
  readonly store?: GroupStore
  /** Where late and duplicate arrivals go; absent = counted as dropped. */
  readonly discardTo?: C
}

/** How messages are put into the order of their `sequence` headers. */
export interface ResequenceOptions<P, H, C extends ChannelAccepting<P>> extends StepOptions {
  /** The key of a message's sequence; absent = its correlation id. */
  readonly correlateBy?: ((payload: P, exchange: Exchange<P, H>) => Key) & NoContract
  /** Milliseconds that messages wait for those missing before them. */
  readonly timeout: number
  /** What the timeout does with the messages that waited, up to the next gap. */
  readonly onTimeout: 'emit' | 'discard'
  /** Messages missing before one at most: with more it does not wait for the timeout; absent = any number. */
  readonly maxGap?: number
  /** Where late, duplicate and discarded messages go; absent = counted as dropped. */
  readonly discardTo?: C
}

/** How branches are asked. */
export interface ScatterGatherOptions<Policy extends 'fail' | 'omit'> extends StepOptions {
  /** Milliseconds that each branch has for its reply. */
  readonly timeout: number
  /** What a branch that fails or gives no reply in time does: `'fail'` the message, or `'omit'` its reply. */
  readonly onFailure: Policy
}

/** What a message waits for. */
export interface BarrierOptions<P, C extends AnyChannel> extends StepOptions {
  /** The key of a message and of its trigger; absent = the correlation id. */
  readonly correlateBy?: ((payload: P | PayloadOf<C>, exchange: Exchange<P | PayloadOf<C>>) => Key) & NoContract
  /** Milliseconds that a message waits before it fails with a `BarrierTimeoutError`, and a trigger that came first before it is dropped. */
  readonly timeout: number
  /** The channel triggers come by; each lets one message go on. */
  readonly trigger: C
}

/** How often a body is run. */
export interface LoopOptions<P, H> extends StepOptions {
  /** Whether there is another turn; asked before each. */
  readonly while: ((payload: P, exchange: Exchange<P, H>) => boolean | PromiseLike<boolean>) & NoContract
  /** Turns of one message at most, at least 1; with more it fails with a `HopLimitError`. */
  readonly max: number
}

/** How far a message is taken. */
export interface TravelOptions extends StepOptions {
  /** Flows that one message is taken to at most, at least 1; with more it fails with a `HopLimitError`. */
  readonly max: number
  /** Milliseconds for each reply; absent = 30,000. */
  readonly timeout?: number
}

/** What a recipient list takes. */
export interface RecipientsOptions extends StepOptions {
  /** `'continue'`: fails only when every send failed; absent = at the first one refused. */
  readonly onFailure?: 'continue'
}
/** What `validate` takes. */
export interface ValidateOptions<C> extends StepOptions {
  /** Where messages go that do not fit; absent = they fail, and without a scope become dead letters with the reason `invalid`. */
  readonly invalidTo?: C
}

/** Which failures an error scope takes. */
export interface ChoiceOptions<W> {
  /**
   * Whether it takes a failure; absent = it takes each. The others go to the next `onError` or `errorsTo`: scopes are asked in their order,
   * and the first one that takes a failure has it. Typed failures that a type guard takes leave the type of the flow.
   */
  readonly when?: W
}

/** What `log` takes. */
export interface LogOptions extends StepOptions {
  /** Absent = `'info'`. */
  readonly level?: 'debug' | 'info' | 'warn' | 'error'
}

/** The pace of `throttle`. */
export interface ThrottleOptions extends StepOptions {
  /** Messages that may pass. */
  readonly rate: number
  /** In this many milliseconds. */
  readonly per: number
}

/** What `idempotent` takes. */
export interface IdempotentOptions<P, H, C extends ChannelAccepting<P>> extends StepOptions {
  /** What makes two messages the same: text or a number, at once. A message for which it gives anything else fails. */
  readonly key: ((payload: P, exchange: Exchange<P, H>) => string | number | bigint) & NoContract
  /** Where keys are remembered; absent = the last 100,000 in memory. */
  readonly store?: KeyStore
  /** Milliseconds that a key is remembered; absent = as long as there is room. */
  readonly window?: number
  /** Where messages go whose key has passed; absent = counted as dropped. */
  readonly discardTo?: C
}

/** What a claim check takes. */
export interface ClaimCheckOptions extends StepOptions {
  /** Where payloads are kept: the same for check-in and check-out. */
  readonly store: ClaimStore
}
/** What a check-out takes. */
export interface ClaimCheckOutOptions extends ClaimCheckOptions {
  /** Whether the store forgets the payload once the flow has handled the message; absent = false, since a ticket may be used again. */
  readonly remove?: boolean
}

declare const claimed: unique symbol

/** Stands for a payload in a store. */
export interface ClaimTicket<out P> {
  /** The key of the payload in the store: the id of the message that was checked in. */
  readonly claim: string
  readonly [claimed]?: P
}
