/** The last argument of the operators. */
import type { Exchange } from '../message/exchange.ts'
import type { Message } from '../message/message.ts'
import type { ChannelAccepting } from './channel-token.ts'
import type { FlowTypeError } from './flow-type-error.ts'

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
  readonly orderBy?: (payload: P, message: Message<P>) => unknown
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
  readonly correlateBy?: (payload: P, exchange: Exchange<P, H>) => unknown
  /** A group is complete at this many; absent = the size of the split it came from. */
  readonly size?: number
  /** Whether a group is complete; asked with each arrival. */
  readonly when?: (group: readonly P[]) => boolean
  /** Milliseconds after a group's first message. */
  readonly timeout?: number
  /** What the timeout does with the group; absent = `'emit'`. */
  readonly onTimeout?: 'emit' | 'discard' | 'deadLetter'
  /** Makes the payload of the group; absent = the list of payloads. */
  readonly combine?: (group: readonly P[]) => G
  /** Open groups at most; absent = 10,000. */
  readonly maxGroups?: number
  /** Complete groups remembered to tell late arrivals; absent = 10,000. */
  readonly remember?: number
  /** Where late and duplicate arrivals go; absent = counted as dropped. */
  readonly discardTo?: C
}

/** What a request into another flow takes. */
export interface CallOptions extends StepOptions {
  /** Milliseconds until it fails; absent = 30,000. */
  readonly timeout?: number
}

/** What a recipient list takes. */
export interface RecipientsOptions extends StepOptions {
  /** `'continue'`: fails only when every send failed; absent = at the first one refused. */
  readonly onFailure?: 'continue'
}
