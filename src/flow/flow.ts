/** The fluent builder as users see it. One interface states each operator; `builder.ts` implements them all, untyped. */
import type { ErrorMessage } from '../message/failure.ts'
import type { Adopt, AnyChannel, ChannelAccepting, PayloadOf, Sent } from './channel-token.ts'
import type { FlowDef, OneWay, Replies } from './flow-def.ts'
import type { FlowTypeError } from './flow-type-error.ts'
import type { FailureOf, HeadersAfter, Maybe, Outcome, Override, ValueOf } from './outcome.ts'
import type {
  BranchEnd,
  FlowResult,
  Joined,
  Otherwise,
  Rest,
  RouteKey,
  SelectorBranches,
  TagBranches,
  TagOf,
} from './route-types.ts'
import type { Handler, NamesIn } from './service.ts'
import type {
  AggregateOptions,
  CallOptions,
  ConsumerOptions,
  FilterOptions,
  RecipientsOptions,
  StepOptions,
} from './step-options.ts'
import type { HeaderValue, PartOf, Parts, Passed, Recover, SplitsBy } from './step-types.ts'

/**
 * A flow being built. Every operator gives a new flow and leaves this one as it is, so a chain can be forked at any point.
 *
 * The type parameters are what is known of the messages at this point: the channel they come from, their payload, their headers,
 * the typed failures so far, and the channels and services referred to.
 */
export interface Flow<Src extends AnyChannel, P, H, E, R> extends FlowResult<P, H, E, R> {
  /**
   * Makes another payload (Message Translator).
   *
   * The function is called once for each message and attempt. It may return the payload plain, in a `Promise`, an fp-ts `Either`,
   * `Task` or `TaskEither`; a `message(payload, headers)` sets headers too.
   */
  transform<Q, N = never>(
    fn: Handler<P, H, Q, N>,
    options?: StepOptions,
  ): Flow<Src, ValueOf<Q>, HeadersAfter<H, Q>, E | FailureOf<Q>, R | N>

  /**
   * Calls a service and goes on with its result (Service Activator). What it may return is as for `transform`.
   *
   * @example
   * ```ts
   * import { app, direct, flow, runtime } from 'allora'
   * import { left, right } from 'fp-ts/lib/Either.js'
   *
   * const divide = flow('divide')
   *   .from(direct('divide').of<{ a: number; b: number }>())
   *   .handle(({ a, b }) => (b === 0 ? left('division by zero' as const) : right(a / b)))
   *   .build()
   *
   * await using rt = await runtime(app(divide)).start()
   * const two = await rt.request('divide', { a: 6, b: 3 }) // => right(2)
   * const failed = await rt.request('divide', { a: 6, b: 0 }) // => left('division by zero')
   * ```
   */
  handle<Q, N = never>(
    handler: Handler<P, H, Q, N>,
    options?: StepOptions,
  ): Flow<Src, ValueOf<Q>, HeadersAfter<H, Q>, E | FailureOf<Q>, R | N>

  /**
   * Lets a message pass or not (Message Filter). A type guard narrows the payload.
   *
   * A rejected message is counted as dropped, unless `discardTo` names a channel for it or `reject: 'error'` makes it fail.
   *
   * @example
   * ```ts
   * import { app, direct, flow, queue, runtime } from 'allora'
   *
   * const even = flow('even')
   *   .from(direct('numbers').of<number>())
   *   .filter((n) => n % 2 === 0, { discardTo: queue('odd') })
   *   .to(queue('even'))
   *   .build()
   *
   * await using rt = await runtime(app(even)).start()
   * for (const n of [1, 2, 3]) await rt.send('numbers', n)
   * const sizes = [rt.channel('even').size, rt.channel('odd').size] // => [1, 2]
   * ```
   */
  filter<F extends Handler<P, H, Outcome<boolean>, unknown>, C extends ChannelAccepting<P> = never>(
    predicate: F,
    options?: FilterOptions<C>,
  ): Flow<Src, Passed<P, F>, H, E | FailureOf<ReturnType<F>>, R | NamesIn<F> | Sent<C, P>>

  /**
   * Makes a message of each part (Splitter): of the payload, or of what a function gives. Parts are arrays, iterables or async
   * iterables, read one by one as the flow gets ready for them.
   *
   * @example
   * ```ts
   * import { app, direct, flow, runtime } from 'allora'
   *
   * const shout = flow('shout')
   *   .from(direct('words').of<string>())
   *   .split((text) => text.split(' '))
   *   .transform((word) => word.toUpperCase())
   *   .aggregate({ combine: (words) => words.join('! ') })
   *   .build()
   *
   * await using rt = await runtime(app(shout)).start()
   * const reply = await rt.request('words', 'hello world') // => { _tag: 'Right', right: 'HELLO! WORLD' }
   * ```
   */
  split<Q extends Outcome<Parts> = never, N = never>(
    splitter?: Handler<P, H, Q, N> | StepOptions,
    options?: StepOptions,
  ): [SplitsBy<P, Q>] extends [Parts]
    ? Flow<Src, PartOf<SplitsBy<P, Q>>, H, E | FailureOf<Q>, R | N>
    : FlowTypeError<'split() needs a payload that is an array or another iterable: write split((payload) => payload.items)'>

  /**
   * Makes one message of many (Aggregator). A group is complete when it has `size` messages, when `when` says so, or, with
   * neither, when all parts of the split they come from are there; a `timeout` ends it earlier.
   *
   * Headers that differ between the messages of a group are dropped, so each may be missing afterwards.
   *
   * @example
   * ```ts
   * import { app, direct, flow, queue, runtime } from 'allora'
   *
   * const pairs = flow('pairs')
   *   .from(direct('letters').of<string>())
   *   .aggregate({ size: 2, correlateBy: (letter) => letter.toLowerCase() })
   *   .to(queue('pairs'))
   *   .build()
   *
   * await using rt = await runtime(app(pairs)).start()
   * for (const letter of ['a', 'B', 'A', 'c']) await rt.send('letters', letter)
   * const { payload } = await rt.channel('pairs').receive()
   * payload // => ['a', 'A']
   * ```
   */
  aggregate<G = readonly P[], C extends ChannelAccepting<P> = never>(
    options?: AggregateOptions<P, H, G, C>,
  ): Flow<Src, ValueOf<G>, HeadersAfter<Maybe<H>, G>, E | FailureOf<G>, R | Sent<C, P>>

  /**
   * Takes one branch by the value of a property, each with the payload narrowed (Content-Based Router). Every value has a branch,
   * or there is an `otherwise`. Branches that end in `.to` end there; the others join and go on with the union of their payloads.
   *
   * @example
   * ```ts
   * import { app, direct, flow, queue, runtime } from 'allora'
   *
   * type Shape = { kind: 'circle'; r: number } | { kind: 'square'; a: number } | { kind: 'blob' }
   *
   * const area = flow('area')
   *   .from(direct('shapes').of<Shape>())
   *   .route('kind', {
   *     circle: (branch) => branch.transform(({ r }) => 3 * r * r),
   *     square: (branch) => branch.transform(({ a }) => a * a),
   *     blob: (branch) => branch.to(queue('blobs')),
   *   })
   *   .to(queue('areas'))
   *   .build()
   *
   * await using rt = await runtime(app(area)).start()
   * await rt.send('shapes', { kind: 'square', a: 3 })
   * const { payload } = await rt.channel('areas').receive()
   * payload // => 9
   * ```
   */
  route<K extends RouteKey<P>, Ends extends Record<TagOf<P, K>, BranchEnd>>(
    key: K,
    cases: TagBranches<P, H, K, Ends>,
    options?: StepOptions,
  ): Joined<Src, E, R, Ends[keyof Ends]>
  /** The same, with a branch for what no case takes. */
  route<K extends RouteKey<P>, Ends extends Partial<Record<TagOf<P, K>, BranchEnd>>, Other extends BranchEnd>(
    key: K,
    cases: TagBranches<P, H, K, Ends>,
    options: Otherwise<Rest<P, K, keyof Ends>, H, Other>,
  ): Joined<Src, E, R, Ends[keyof Ends] | Other>

  /**
   * Takes one branch by what a function says (Content-Based Router). Every value it can give has a branch, or there is an `otherwise`.
   *
   * @example
   * ```ts
   * import { app, direct, flow, runtime } from 'allora'
   *
   * const size = flow('size')
   *   .from(direct('numbers').of<number>())
   *   .routeBy((n) => (n > 99 ? 'large' : 'small'), {
   *     large: (branch) => branch.transform((n) => `${n} is large`),
   *     small: (branch) => branch.transform((n) => `${n} is small`),
   *   })
   *   .build()
   *
   * await using rt = await runtime(app(size)).start()
   * const reply = await rt.request('numbers', 7) // => { _tag: 'Right', right: '7 is small' }
   * ```
   */
  routeBy<Q extends Outcome<string>, Ends extends Record<ValueOf<Q> & string, BranchEnd>, N = never>(
    selector: Handler<P, H, Q, N>,
    cases: SelectorBranches<P, H, ValueOf<Q>, Ends>,
    options?: StepOptions,
  ): Joined<Src, E | FailureOf<Q>, R | N, Ends[keyof Ends]>
  /** The same, with a branch for what no case takes. */
  routeBy<
    Q extends Outcome<string>,
    Ends extends Partial<Record<ValueOf<Q> & string, BranchEnd>>,
    Other extends BranchEnd,
    N = never,
  >(
    selector: Handler<P, H, Q, N>,
    cases: SelectorBranches<P, H, ValueOf<Q>, Ends>,
    options: Otherwise<P, H, Other>,
  ): Joined<Src, E | FailureOf<Q>, R | N, Ends[keyof Ends] | Other>

  /**
   * Sets one header (Content Enricher). The next steps know its type; a known header, such as `priority`, takes its own type only.
   *
   * @example
   * ```ts
   * import { app, direct, flow, runtime } from 'allora'
   *
   * const greet = flow('greet')
   *   .from(direct('names').of<string>())
   *   .setHeader('length', (name) => name.length)
   *   .handle((name, exchange) => `${name} has ${exchange.message.headers.length} letters`)
   *   .build()
   *
   * await using rt = await runtime(app(greet)).start()
   * const reply = await rt.request('names', 'Ann') // => { _tag: 'Right', right: 'Ann has 3 letters' }
   * ```
   */
  setHeader<const K extends string, V extends Outcome<HeaderValue<K>>, N = never>(
    name: K,
    value: Handler<P, H, V, N>,
    options?: StepOptions,
  ): Flow<Src, P, string extends K ? H : Override<H, { readonly [k in K]: ValueOf<V> }>, E | FailureOf<V>, R | N>

  /** Copies every message to a channel and goes on, whatever becomes of the copy (Wire Tap). */
  tap<C extends ChannelAccepting<P>>(channel: C, options?: StepOptions): Flow<Src, P, H, E, R | Sent<C, P>>

  /**
   * Sends to a channel and goes on as its consumer (Pipes and Filters): what comes before and after it runs apart.
   * Others may send to that channel too, without the headers set here, so each may be missing afterwards.
   */
  through<C extends ChannelAccepting<P>>(
    channel: C,
    options?: ConsumerOptions<PayloadOf<Adopt<C, P>>>,
  ): Flow<Src, PayloadOf<Adopt<C, P>>, Maybe<H>, E, R | Adopt<C, P>>

  /**
   * Asks another flow and goes on with its reply (Messaging Gateway). Its typed failures join those of this flow.
   *
   * @example
   * ```ts
   * import { app, direct, flow, runtime } from 'allora'
   *
   * const double = flow('double').from(direct('double').of<number>()).transform((n) => 2 * n).build()
   * const quadruple = flow('quadruple').from(direct('quadruple').of<number>()).call(double).call(double).build()
   *
   * await using rt = await runtime(app(quadruple)).start()
   * const reply = await rt.request('quadruple', 3) // => { _tag: 'Right', right: 12 }
   * ```
   */
  call<C extends AnyChannel & ChannelAccepting<P>, Q, E2, R2>(
    flow: FlowDef<C, Q, E2, R2> &
      (Replies<Q> extends true
        ? unknown
        : FlowTypeError<'call needs a flow that replies, and this one ends in a channel: use .to(channel)'>),
    options?: CallOptions,
  ): Flow<Src, Q, H, E | E2, R | R2>

  /**
   * Goes on, when a step before it failed, with what a function makes of the failure. It takes the failures of all steps since the
   * last `onError` or `errorsTo`, in a branch first those of the branch, and removes the typed ones from the type of the flow.
   *
   * The failed message may not have come to every header, so each may be missing afterwards.
   *
   * @example
   * ```ts
   * import { app, direct, flow, runtime } from 'allora'
   *
   * const read = flow('read')
   *   .from(direct('json').of<string>())
   *   .transform((text): unknown => JSON.parse(text))
   *   .onError((failure) => `cannot be read: ${failure.kind}`)
   *   .build()
   *
   * await using rt = await runtime(app(read)).start()
   * const reply = await rt.request('json', 'no JSON') // => { _tag: 'Right', right: 'cannot be read: defect' }
   * ```
   */
  onError<Q, N = never>(
    recover: Recover<E, H, Q, N>,
    options?: StepOptions,
  ): Flow<Src, P | ValueOf<Q>, HeadersAfter<Maybe<H>, Q>, FailureOf<Q>, R | N>

  /**
   * Sends the failures of all steps since the last `onError` or `errorsTo` to a channel, as an `ErrorMessage` each (Invalid Message Channel).
   *
   * @example
   * ```ts
   * import { app, direct, flow, queue, runtime } from 'allora'
   *
   * const read = flow('read')
   *   .from(direct('json').of<string>())
   *   .transform((text): unknown => JSON.parse(text))
   *   .to(queue('data'))
   *   .errorsTo(queue('unreadable'))
   *   .build()
   *
   * await using rt = await runtime(app(read)).start()
   * await rt.send('json', 'no JSON').catch(() => 'the sender is told too')
   * const { payload } = await rt.channel('unreadable').receive()
   * payload.failed.payload // => 'no JSON'
   * ```
   */
  errorsTo<C extends ChannelAccepting<ErrorMessage<E>>>(
    channel: C,
    options?: StepOptions,
  ): Flow<Src, P, H, never, R | Sent<C, ErrorMessage<E>>>

  /** Ends in a channel (Message Endpoint). */
  to<C extends ChannelAccepting<P>>(channel: C, options?: StepOptions): SealedFlow<Src, E, R | Sent<C, P>>

  /** Ends in several channels, in their order (Recipient List). It fails at the first send that is refused, unless `onFailure` says otherwise. */
  toEach<C extends ChannelAccepting<P>>(
    channels: readonly C[],
    options?: RecipientsOptions,
  ): SealedFlow<Src, E, R | Sent<C, P>>

  /** The finished flow, which replies with its last payload to who asked, if anybody did. */
  build(): FlowDef<Src, P, E, R>
}

/** A flow that has been sent somewhere: it replies nothing, and no step can follow. */
export interface SealedFlow<Src extends AnyChannel, E, R> extends FlowResult<never, never, E, R> {
  /** Sends the failures of all steps and of the last send to a channel, as an `ErrorMessage` each (Invalid Message Channel). */
  errorsTo<C extends ChannelAccepting<ErrorMessage<E>>>(
    channel: C,
    options?: StepOptions,
  ): SealedFlow<Src, never, R | Sent<C, ErrorMessage<E>>>

  /** The finished flow. */
  build(): FlowDef<Src, OneWay, E, R>
}

/** The beginning of every flow. */
export interface FlowStart {
  /** Takes messages from a channel, one at a time unless `concurrency` allows more (Message Endpoint). */
  from<const C extends AnyChannel>(
    channel: C,
    options?: ConsumerOptions<PayloadOf<C>>,
  ): unknown extends PayloadOf<C> ? OpenFlow<C> : Flow<C, PayloadOf<C>, {}, never, C>
}

/**
 * A flow from a channel whose payload is not known yet: the annotated parameter of the first function says it. Without such a
 * function the payload is `unknown`.
 */
export interface OpenFlow<C extends AnyChannel> extends Omit<
  Flow<C, unknown, {}, never, C>,
  'transform' | 'handle' | 'filter' | 'split'
> {
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

  /** Makes a message of each part that a function gives (Splitter). */
  split<P, Q extends Outcome<Parts> = never, N = never>(
    splitter?: Handler<P, {}, Q, N> | StepOptions,
    options?: StepOptions,
  ): [Q] extends [never]
    ? FlowTypeError<'split() needs a payload that is an array or another iterable: write split((payload) => payload.items)'>
    : Flow<Adopt<C, P>, PartOf<ValueOf<Q>>, {}, FailureOf<Q>, Adopt<C, P> | N>
}
