/** The fluent builder as users see it. One interface states each operator; `builder.ts` implements them all, untyped. */
import type { Exchange } from '../message/exchange.ts'
import type { ErrorMessage, Failure } from '../message/failure.ts'
import type { KnownHeaders } from '../message/headers.ts'
import type { Adopt, AnyChannel, ChannelAccepting, PayloadOf, Sent } from './channel-token.ts'
import type { FlowDef, OneWay, Replies } from './flow-def.ts'
import type { FlowTypeError } from './flow-type-error.ts'
import type { FailureOf, HeadersAfter, Maybe, Outcome, Override, ValueOf } from './outcome.ts'
import type { BranchEnd, FlowResult, Joined, Otherwise, Rest, RouteKey, SelectorBranches, TagBranches, TagOf } from './route-types.ts'
import type { Handler, NamesIn, Named } from './service.ts'
import type { AggregateOptions, CallOptions, ConsumerOptions, FilterOptions, RecipientsOptions, StepOptions } from './step-options.ts'

/** A flow being built: source channel, payload, headers, typed errors, channels and services used. */
export interface Flow<Src extends AnyChannel, P, H, E, R> extends FlowResult<P, H, E, R> {
  /** Makes another payload (Message Translator). */
  transform<Q, N = never>(fn: Handler<P, H, Q, N>, options?: StepOptions): Flow<Src, ValueOf<Q>, HeadersAfter<H, Q>, E | FailureOf<Q>, R | N>

  /** Calls a service and goes on with its result (Service Activator). */
  handle<Q, N = never>(handler: Handler<P, H, Q, N>, options?: StepOptions): Flow<Src, ValueOf<Q>, HeadersAfter<H, Q>, E | FailureOf<Q>, R | N>

  /** Lets a message pass or not (Message Filter). A type guard narrows the payload. */
  filter<F extends Handler<P, H, Outcome<boolean>, unknown>, C extends ChannelAccepting<P> = never>(
    predicate: F,
    options?: FilterOptions<C>,
  ): Flow<Src, Passed<P, F>, H, E | FailureOf<ReturnType<F>>, R | NamesIn<F> | Sent<C, P>>

  /** One message into its parts, lazily (Splitter): those of the payload, or those a function gives. */
  split<Q extends Outcome<Parts> = NoSplitter, N = never>(
    splitter?: Handler<P, H, Q, N> | StepOptions,
    options?: StepOptions,
  ): SplitsBy<P, Q> extends Parts
    ? Flow<Src, PartOf<SplitsBy<P, Q>>, H, E | FailureOf<Q>, R | N>
    : FlowTypeError<'split() needs a payload that is an array or another iterable: write split((payload) => payload.items)'>

  /** Many messages into one (Aggregator). Headers that differ between the members are dropped, so each may be missing afterwards. */
  aggregate<G = readonly P[], C extends ChannelAccepting<P> = never>(
    options?: AggregateOptions<P, H, G, C>,
  ): Flow<Src, ValueOf<G>, HeadersAfter<Maybe<H>, G>, E | FailureOf<G>, R | Sent<C, P>>

  /** One branch by the value of a property, each with the payload narrowed (Content-Based Router). Every value has a branch, or there is an `otherwise`. */
  route<K extends RouteKey<P>, Ends extends Record<TagOf<P, K>, BranchEnd>>(
    key: K,
    cases: TagBranches<P, H, K, Ends>,
    options?: StepOptions,
  ): Joined<Src, E, R, Ends[keyof Ends]>
  route<K extends RouteKey<P>, Ends extends Partial<Record<TagOf<P, K>, BranchEnd>>, Other extends BranchEnd>(
    key: K,
    cases: TagBranches<P, H, K, Ends>,
    options: Otherwise<Rest<P, K, keyof Ends>, H, Other>,
  ): Joined<Src, E, R, Ends[keyof Ends] | Other>

  /** One branch by what a selector gives (Content-Based Router). Every value has a branch, or there is an `otherwise`. */
  routeBy<Q extends Outcome<string>, Ends extends Record<ValueOf<Q> & string, BranchEnd>, N = never>(
    selector: Handler<P, H, Q, N>,
    cases: SelectorBranches<P, H, ValueOf<Q>, Ends>,
    options?: StepOptions,
  ): Joined<Src, E | FailureOf<Q>, R | N, Ends[keyof Ends]>
  routeBy<Q extends Outcome<string>, Ends extends Partial<Record<ValueOf<Q> & string, BranchEnd>>, Other extends BranchEnd, N = never>(
    selector: Handler<P, H, Q, N>,
    cases: SelectorBranches<P, H, ValueOf<Q>, Ends>,
    options: Otherwise<P, H, Other>,
  ): Joined<Src, E | FailureOf<Q>, R | N, Ends[keyof Ends] | Other>

  /** Sets one header (Content Enricher). */
  setHeader<const K extends string, V extends Outcome<HeaderValue<K>>, N = never>(
    name: K,
    value: Handler<P, H, V, N>,
    options?: StepOptions,
  ): Flow<Src, P, string extends K ? H : Override<H, { readonly [k in K]: ValueOf<V> }>, E | FailureOf<V>, R | N>

  /** Copies every message to a channel, which never disturbs this flow (Wire Tap). */
  tap<C extends ChannelAccepting<P>>(channel: C, options?: StepOptions): Flow<Src, P, H, E, R | Sent<C, P>>

  /** Sends to a channel and goes on as its consumer. Others may send there too, without these headers. */
  through<C extends ChannelAccepting<P>>(
    channel: C,
    options?: ConsumerOptions<PayloadOf<Adopt<C, P>>>,
  ): Flow<Src, PayloadOf<Adopt<C, P>>, Maybe<H>, E, R | Adopt<C, P>>

  /** Asks another flow and goes on with its reply (Messaging Gateway). */
  call<C extends AnyChannel & ChannelAccepting<P>, Q, E2, R2>(
    flow: FlowDef<C, Q, E2, R2> &
      (Replies<Q> extends true ? unknown : FlowTypeError<'call needs a flow that replies, and this one ends in a channel: use .to(channel)'>),
    options?: CallOptions,
  ): Flow<Src, Q, H, E | E2, R | R2>

  /** Goes on after a failure of any step before it with what `recover` makes of it. The failed message may not have come to every header. */
  onError<Q, N = never>(
    recover: Recover<E, H, Q, N>,
    options?: StepOptions,
  ): Flow<Src, P | ValueOf<Q>, HeadersAfter<Maybe<H>, Q>, FailureOf<Q>, R | N>

  /** Sends the failures of all steps before it to a channel. */
  errorsTo<C extends ChannelAccepting<ErrorMessage<E>>>(channel: C, options?: StepOptions): Flow<Src, P, H, never, R | Sent<C, ErrorMessage<E>>>

  /** Ends in a channel. */
  to<C extends ChannelAccepting<P>>(channel: C, options?: StepOptions): SealedFlow<Src, E, R | Sent<C, P>>

  /** Ends in several channels (Recipient List). */
  toEach<C extends ChannelAccepting<P>>(channels: readonly C[], options?: RecipientsOptions): SealedFlow<Src, E, R | Sent<C, P>>

  /** The finished flow, which replies with its last payload to who asked. */
  build(): FlowDef<Src, P, E, R>
}

/** A flow that has been sent somewhere: it replies nothing. */
export interface SealedFlow<Src extends AnyChannel, E, R> extends FlowResult<never, never, E, R> {
  /** Sends the failures of all steps to a channel. */
  errorsTo<C extends ChannelAccepting<ErrorMessage<E>>>(channel: C, options?: StepOptions): SealedFlow<Src, never, R | Sent<C, ErrorMessage<E>>>

  /** The finished flow. */
  build(): FlowDef<Src, OneWay, E, R>
}

/** A flow from a channel whose payload is not known yet: the annotated parameter of the first function says it. */
export interface OpenFlow<C extends AnyChannel> extends Omit<Flow<C, unknown, {}, never, C>, 'transform' | 'handle' | 'filter' | 'split'> {
  /** Makes another payload (Message Translator). */
  transform<P, Q, N = never>(
    fn: Handler<P, {}, Q, N>,
    options?: StepOptions,
  ): Flow<Adopt<C, P>, ValueOf<Q>, HeadersAfter<{}, Q>, FailureOf<Q>, Adopt<C, P> | N>
  /** Calls a service and goes on with its result (Service Activator). */
  handle<P, Q, N = never>(
    handler: Handler<P, {}, Q, N>,
    options?: StepOptions,
  ): Flow<Adopt<C, P>, ValueOf<Q>, HeadersAfter<{}, Q>, FailureOf<Q>, Adopt<C, P> | N>
  /** Lets a message pass or not (Message Filter). A type guard narrows the payload. */
  filter<P, F extends Handler<P, {}, Outcome<boolean>, unknown>, D extends ChannelAccepting<P> = never>(
    predicate: F & Handler<P, {}, Outcome<boolean>, unknown>,
    options?: FilterOptions<D>,
  ): Flow<Adopt<C, P>, Passed<P, F>, {}, FailureOf<ReturnType<F>>, Adopt<C, P> | NamesIn<F> | Sent<D, P>>
  /** One message into the parts a function gives (Splitter). */
  split<P, Q extends Outcome<Parts> = NoSplitter, N = never>(
    splitter?: Handler<P, {}, Q, N> | StepOptions,
    options?: StepOptions,
  ): [Q] extends [NoSplitter]
    ? FlowTypeError<'split() needs a payload that is an array or another iterable: write split((payload) => payload.items)'>
    : Flow<Adopt<C, P>, PartOf<ValueOf<Q>>, {}, FailureOf<Q>, Adopt<C, P> | N>
}

/** The beginning of every flow. */
export interface FlowStart {
  /** Takes messages from a channel. */
  from<const C extends AnyChannel>(
    channel: C,
    options?: ConsumerOptions<PayloadOf<C>>,
  ): unknown extends PayloadOf<C> ? OpenFlow<C> : Flow<C, PayloadOf<C>, {}, never, C>
}

/** Takes a failure and makes a payload to go on with. The exchange is as it was when it entered the failing step. */
export interface Recover<in E, in H, out R, out N = never> extends Named<N> {
  (failure: Failure<E>, exchange: Exchange<unknown, Partial<H>>): R
}

type Passed<P, F> = F extends (payload: any, exchange: never) => payload is infer Q ? ([Q] extends [P] ? Q : P) : P
type SplitsBy<P, Q> = [Q] extends [NoSplitter] ? P : ValueOf<Q>

/** Stands for the splitter that was not given. */
interface NoSplitter extends Iterable<never> {
  readonly [noSplitter]: true
}
declare const noSplitter: unique symbol

/** What can be split: anything iterable but text. */
export type Parts = (Iterable<unknown> & object) | AsyncIterable<unknown>

/** One part. */
export type PartOf<S> = S extends Iterable<infer T> ? T : S extends AsyncIterable<infer T> ? T : never

/** What a header may be set to: the known ones have their types. */
export type HeaderValue<K> = K extends keyof KnownHeaders ? NonNullable<KnownHeaders[K]> : unknown
