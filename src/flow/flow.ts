/** The fluent builder as users see it. One interface states each operator; `builder.ts` implements them all, untyped. */
import type { Exchange } from '../message/exchange.ts'
import type { ErrorMessage, Failure } from '../message/failure.ts'
import type { KnownHeaders } from '../message/headers.ts'
import type { Adopt, AnyChannel, ChannelAccepting, PayloadOf } from './channel-token.ts'
import type { FlowDef, OneWay, Replies } from './flow-def.ts'
import type { FlowTypeError } from './flow-type-error.ts'
import type { FailureOf, HeadersAfter, Outcome, Override, ValueOf } from './outcome.ts'
import type { BranchEnd, CasesFor, FlowResult, Joined, OtherwiseBranch, RouteKey, SelectorBranches, TagBranches, TagOf } from './route-types.ts'
import type { Handler, Naming } from './service.ts'
import type { AggregateOptions, CallOptions, ConsumerOptions, FilterOptions, RecipientsOptions, RouteByOptions, StepOptions } from './step-options.ts'

/** A flow being built: source channel, payload, headers, typed errors, channels and services used. */
export interface Flow<Src extends AnyChannel, P, H, E, R> extends FlowResult<P, H, E, R> {
  /** Makes another payload (Message Translator). */
  transform<Q, N = never>(fn: Handler<P, H, Q, N>, options?: StepOptions): Flow<Src, ValueOf<Q>, HeadersAfter<H, Q>, E | FailureOf<Q>, R | N>

  /** Calls a service and goes on with its result (Service Activator). */
  handle<Q, N = never>(handler: Handler<P, H, Q, N>, options?: StepOptions): Flow<Src, ValueOf<Q>, HeadersAfter<H, Q>, E | FailureOf<Q>, R | N>

  /** Lets a message pass or not (Message Filter). A type guard narrows the payload. */
  filter<Q extends P, C extends ChannelAccepting<P> = never>(
    guard: (payload: P, exchange: Exchange<P, H>) => payload is Q,
    options?: FilterOptions<C>,
  ): Flow<Src, Q, H, E, R | Adopt<C, P>>
  filter<Q extends Outcome<boolean>, N = never, C extends ChannelAccepting<P> = never>(
    predicate: Handler<P, H, Q, N>,
    options?: FilterOptions<C>,
  ): Flow<Src, P, H, E | FailureOf<Q>, R | N | Adopt<C, P>>

  /** One message into its parts, lazily (Splitter): those of the payload, or those a function gives. */
  split(
    this: P extends Parts ? unknown : FlowTypeError<'split() needs a payload that is an array or another iterable: write split((payload) => payload.items)'>,
    options?: StepOptions,
  ): Flow<Src, PartOf<P>, H, E, R>
  split<Q extends Outcome<Parts>, N = never>(
    splitter: Handler<P, H, Q, N>,
    options?: StepOptions,
  ): Flow<Src, PartOf<ValueOf<Q>>, H, E | FailureOf<Q>, R | N>

  /** Many messages into one (Aggregator). Headers that differ between the members are dropped, so each may be missing afterwards. */
  aggregate<G = readonly P[], C extends ChannelAccepting<P> = never>(
    options?: AggregateOptions<P, H, G, C>,
  ): Flow<Src, ValueOf<G>, Partial<H>, E | FailureOf<G>, R | Adopt<C, P>>

  /** One branch by the value of a property, each with the payload narrowed (Content-Based Router). Every case has a branch, or there is an `otherwise`. */
  route<K extends RouteKey<P>, Ends extends CasesFor<TagOf<P, K>, Other>, Other extends BranchEnd = never>(
    key: K,
    cases: TagBranches<P, H, K, Ends>,
    options?: StepOptions & { readonly otherwise?: OtherwiseBranch<P, H, K, Ends, Other> },
  ): Joined<Src, E, R, Ends[keyof Ends] | Other>

  /** One branch by what a selector gives (Content-Based Router). */
  routeBy<const Case extends string, Ends extends CasesFor<Case, Other>, N = never, Other extends BranchEnd = never>(
    selector: Handler<P, H, Case, N>,
    cases: SelectorBranches<P, H, Case, Ends>,
    options?: RouteByOptions<P, H, Other>,
  ): Joined<Src, E, R | N, Ends[keyof Ends] | Other>

  /** Sets one header (Content Enricher). */
  setHeader<const K extends string, V extends Outcome<HeaderValue<K>>, N = never>(
    name: K,
    value: Handler<P, H, V, N>,
    options?: StepOptions,
  ): Flow<Src, P, string extends K ? H : Override<H, { readonly [k in K]: ValueOf<V> }>, E | FailureOf<V>, R | N>

  /** Copies every message to a channel, which never disturbs this flow (Wire Tap). */
  tap<C extends ChannelAccepting<P>>(channel: C, options?: StepOptions): Flow<Src, P, H, E, R | Adopt<C, P>>

  /** Sends to a channel and goes on as its consumer. Others may send there too, without these headers. */
  through<C extends ChannelAccepting<P>>(
    channel: C,
    options?: ConsumerOptions<PayloadOf<Adopt<C, P>>>,
  ): Flow<Src, PayloadOf<Adopt<C, P>>, Partial<H>, E, R | Adopt<C, P>>

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
  ): Flow<Src, P | ValueOf<Q>, HeadersAfter<Partial<H>, Q>, FailureOf<Q>, R | N>

  /** Sends the failures of all steps before it to a channel. */
  errorsTo<C extends ChannelAccepting<ErrorMessage<E>>>(channel: C, options?: StepOptions): Flow<Src, P, H, never, R | Adopt<C, ErrorMessage<E>>>

  /** Ends in a channel. */
  to<C extends ChannelAccepting<P>>(channel: C, options?: StepOptions): SealedFlow<Src, E, R | Adopt<C, P>>

  /** Ends in several channels (Recipient List). */
  toEach<C extends ChannelAccepting<P>>(channels: readonly C[], options?: RecipientsOptions): SealedFlow<Src, E, R | Adopt<C, P>>

  /** The finished flow, which replies with its last payload to who asked. */
  build(): FlowDef<Src, P, E, R>
}

/** A flow that has been sent somewhere: it replies nothing. */
export interface SealedFlow<Src extends AnyChannel, E, R> extends FlowResult<never, never, E, R> {
  /** Sends the failures of all steps to a channel. */
  errorsTo<C extends ChannelAccepting<ErrorMessage<E>>>(channel: C, options?: StepOptions): SealedFlow<Src, never, R | Adopt<C, ErrorMessage<E>>>

  /** The finished flow. */
  build(): FlowDef<Src, OneWay, E, R>
}

/** A flow from a channel whose payload is not known yet: the annotated parameter of the first function says it. */
export interface OpenFlow<C extends AnyChannel> extends Omit<Flow<C, unknown, {}, never, C>, 'transform' | 'handle' | 'filter' | 'split'> {
  /** Makes another payload (Message Translator). */
  transform<P, Q, N = never>(fn: Handler<P, {}, Q, N>, options?: StepOptions): Opened<C, P, ValueOf<Q>, HeadersAfter<{}, Q>, FailureOf<Q>, N>
  /** Calls a service and goes on with its result (Service Activator). */
  handle<P, Q, N = never>(handler: Handler<P, {}, Q, N>, options?: StepOptions): Opened<C, P, ValueOf<Q>, HeadersAfter<{}, Q>, FailureOf<Q>, N>
  /** Lets a message pass or not (Message Filter). A type guard narrows the payload. */
  filter<P, Q extends P, D extends ChannelAccepting<P> = never>(
    guard: (payload: P, exchange: Exchange<P>) => payload is Q,
    options?: FilterOptions<D>,
  ): Opened<C, P, Q, {}, never, Adopt<D, P>>
  filter<P, Q extends Outcome<boolean>, N = never, D extends ChannelAccepting<P> = never>(
    predicate: Handler<P, {}, Q, N>,
    options?: FilterOptions<D>,
  ): Opened<C, P, P, {}, FailureOf<Q>, N | Adopt<D, P>>
  /** One message into the parts a function gives (Splitter). */
  split<P, Q extends Outcome<Parts>, N = never>(
    splitter: Handler<P, {}, Q, N>,
    options?: StepOptions,
  ): Opened<C, P, PartOf<ValueOf<Q>>, {}, FailureOf<Q>, N>
}

/** The flow after its first step, when that step has said what the source carries. */
type Opened<C extends AnyChannel, In, P, H, E, N> = Flow<Adopt<C, In>, P, H, E, Adopt<C, In> | N>

/** The beginning of every flow. */
export interface FlowStart {
  /** Takes messages from a channel. */
  from<const C extends AnyChannel>(
    channel: C,
    options?: ConsumerOptions<PayloadOf<C>>,
  ): unknown extends PayloadOf<C> ? OpenFlow<C> : Flow<C, PayloadOf<C>, {}, never, C>
}

/** Takes a failure and makes a payload to go on with. The exchange is as it was when it entered the failing step. */
export interface Recover<in E, in H, out R, out N = never> extends Naming<N> {
  (failure: Failure<E>, exchange: Exchange<unknown, Partial<H>>): R
}

/** What can be split: anything iterable but text. */
export type Parts = (Iterable<unknown> & object) | AsyncIterable<unknown>

/** One part. */
export type PartOf<S> = S extends Iterable<infer T> ? T : S extends AsyncIterable<infer T> ? T : never

/** What a header may be set to: the known ones have their types. */
export type HeaderValue<K> = K extends keyof KnownHeaders ? NonNullable<KnownHeaders[K]> : unknown
