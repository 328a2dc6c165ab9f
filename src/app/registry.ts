/** What the flows of an app refer to, as types: channels by id, services to bind, gateways, and the conflicts between them. */
import type { AnyChannel, AnyMention, PayloadOf } from '../flow/channel-token.ts'
import type { AnyFlow, OutOf, RefsOf, Replies, SrcOf } from '../flow/flow-def.ts'
import type { FlowTypeError } from '../flow/flow-type-error.ts'
import type { Provides } from '../flow/service.ts'

/** Every mention of a channel among `R`, by literal id; of those with a computed id, by the type of that id. */
export type Registry<R> = { readonly [C in R as C extends AnyMention ? C['id'] : never]: C }

/** What a channel carries, from all its mentions: what its tokens say, or else all that is sent to it. */
export type Carried<C> = [C] extends [AnyChannel]
  ? PayloadOf<C>
  : [Extract<C, AnyChannel>] extends [never]
    ? PayloadOf<C>
    : PayloadOf<Extract<C, AnyChannel>>

/** The services that the runtime must be given, by name. */
export type Unbound<R> = {
  readonly [N in R as N extends AnyNeed ? N['needs'] : never]: N extends AnyNeed ? N['fn'] : never
}

/** The services that the flows bring along, by name. */
export type Provided<R> = {
  readonly [N in R as N extends Provides<infer Name, unknown> ? Name : never]: N extends Provides<string, infer F>
    ? F
    : never
}

/** Flows that reply, by the id of the channel they read from. */
export type Gateways<F extends AnyFlow> = {
  readonly [G in F as Replies<OutOf<G>> extends true ? SrcOf<G>['id'] : never]: G
}

/** Nothing when each channel and each contract is one thing throughout the app, a sentence otherwise. */
export type Consistent<F, Channels, Contracts> = [Conflict<RefsOf<F>, Channels>] extends [never]
  ? {} extends Contracts
    ? unknown
    : [Contradiction<RefsOf<F>, Contracts>] extends [never]
      ? unknown
      : FlowTypeError<`the contract "${Contradiction<RefsOf<F>, Contracts>}" has another signature elsewhere in this app`>
  : FlowTypeError<`channel "${Conflict<RefsOf<F>, Channels>}" has another payload type or kind elsewhere in this app: make its token once and use that`>

/**
 * The ids among the channels `C` that are something else in `Reg`: mostly, all mentions of a token are that token.
 * Looks each id up with a structural `extends`: `keyof Reg` here would walk the whole registry for every channel.
 */
type Conflict<C, Reg> = C extends AnyChannel
  ? Reg extends { readonly [k in C['id']]: C }
    ? never
    : Disagreement<C, Reg>
  : C extends AnyMention
    ? Disagreement<C, Reg>
    : never

/** The id of `C` when its kind or payload is not that of all its mentions. Those with a computed id may not be the same channel. */
type Disagreement<C extends AnyMention, Reg> =
  {} extends Record<C['id'], 1>
    ? never
    : Reg extends { readonly [k in C['id']]: infer Mentions extends AnyMention }
      ? [Mentions['kind'], C extends AnyChannel ? Carried<Mentions> : PayloadOf<C>] extends [
          C['kind'],
          C extends AnyChannel ? PayloadOf<C> : Carried<Mentions>,
        ]
        ? never
        : C['id']
      : C['id']

/** The names among the contracts `N` that have another signature in `Contracts`. */
type Contradiction<N, Contracts> = N extends AnyNeed
  ? Contracts extends { readonly [k in N['needs']]: N['fn'] }
    ? never
    : N['needs']
  : never

type AnyNeed = { readonly needs: string; readonly fn: unknown }
