/** The fluent builder as users see it. One interface states each operator; `builder.ts` implements them all, untyped. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { ErrorMessage } from '../message/failure.ts'
import type { KnownHeaders } from '../message/headers.ts'
import type { Source } from '../message/source.ts'
import type { Accepting, Adopt, AnyChannel, ChannelAccepting, ChannelToken, PayloadOf, Sent } from './channel-token.ts'
import type { ErrorOf, FlowDef, OneWay, RefsOf, Replies, SrcOf } from './flow-def.ts'
import type { FlowTypeError } from './flow-type-error.ts'
import type { FailureOf, HeadersAfter, Maybe, Outcome, Override, ValueOf } from './outcome.ts'
import type {
  AskedBranches,
  Branch,
  BranchEnd,
  ErrorsAfter,
  FlowResult,
  GatherErrors,
  Gathered,
  HeadersAfterLoop,
  Joined,
  LoopBody,
  Otherwise,
  RefsAfter,
  Rest,
  RouteKey,
  SelectorBranches,
  TagBranches,
  TagOf,
} from './route-types.ts'
import type { ResilienceOptions } from './resilience-options.ts'
import type { Handler, NamesIn } from './service.ts'
import type { SinkFailure } from './sink.ts'
import type { Unless } from './unless.ts'
import type {
  AggregateOptions,
  BarrierOptions,
  ChoiceOptions,
  ClaimCheckOptions,
  ClaimCheckOutOptions,
  ClaimTicket,
  ConsumerOptions,
  FilterOptions,
  IdempotentOptions,
  LogOptions,
  LoopOptions,
  RecipientsOptions,
  ResequenceOptions,
  ScatterGatherOptions,
  SourceOptions,
  StepOptions,
  ThrottleOptions,
  TravelOptions,
  ValidateOptions,
} from './step-options.ts'
import type {
  Choice,
  FailedBy,
  HeaderOutcome,
  LeftBy,
  PartOf,
  Parts,
  Passed,
  Recover,
  SplitsBy,
  WithHeader,
} from './step-types.ts'

/**
 * A flow being built. Every operator gives a new flow and leaves this one as it is, so a chain can be forked at any point.
 *
 * The type parameters are what is known of the messages at this point: the channel they come from, their payload, their headers,
 * the typed failures so far, and the channels and services referred to.
 */
export interface Flow<out Src extends AnyChannel, in out P, in out H, out E, out R> extends FlowResult<P, H, E, R> {
  /**
   * Makes another payload (Message Translator).
   *
   * The function is called once for each message and attempt. It may return the payload plain, in a `Promise`, an fp-ts `Either`,
   * `Task` or `TaskEither`; a `message(payload, headers)` sets headers too.
   */
  transform<Q, N = never>(
    fn: Handler<P, H, Q, N>,
    options?: ResilienceOptions<P, H, FailureOf<Q>>,
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
    options?: ResilienceOptions<P, H, FailureOf<Q>>,
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
    options?: FilterOptions<C> & ResilienceOptions<P, H, FailedBy<F>>,
  ): Flow<Src, Passed<P, F>, H, E | FailedBy<F>, R | NamesIn<F> | Sent<C, P>>

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
    options?: ResilienceOptions<P, H, FailureOf<Q>>,
  ): [SplitsBy<P, Q>] extends [Parts]
    ? Flow<Src, PartOf<SplitsBy<P, Q>>, H, E | FailureOf<Q>, R | N>
    : FlowTypeError<'split() needs a payload that is an array or another iterable: write split((payload) => payload.items)'>

  /**
   * Makes one message of many (Aggregator). A group is complete when it has `size` messages, when `when` says so, or, with
   * neither, when all parts of the split they come from are there; a `timeout` ends it earlier.
   *
   * Headers that differ between the messages of a group are dropped, so each may be missing afterwards. Whoever asked with one of them
   * gets the reply to the group, or its failure.
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
   * Sends each message through a body again and again while a condition holds, which is asked before every turn. Comes to an end: with
   * more than `max` turns the message fails with a `HopLimitError`.
   *
   * @example
   * ```ts
   * import { app, direct, flow, runtime } from 'allora'
   *
   * const halve = flow()
   *   .from(direct('halve').of<number>())
   *   .loop((turn) => turn.transform((n) => n / 2), { while: (n) => n > 10, max: 20 })
   *   .build()
   *
   * await using rt = await runtime(app(halve)).start()
   * const reply = await rt.request('halve', 100)
   * reply // => { _tag: 'Right', right: 6.25 }
   * ```
   */
  loop<End extends BranchEnd>(
    body: (turn: Branch<P, H>) => LoopBody<P, End>,
    options: LoopOptions<P, H>,
  ): Flow<Src, P, HeadersAfterLoop<H, End>, E | ErrorsAfter<End>, R | RefsAfter<End>>

  /**
   * Holds each message until a trigger with the same key has come by another channel, before it or after. The message stays unsettled
   * in its channel meanwhile, which goes on with others.
   *
   * @example
   * ```ts
   * import { app, direct, flow, message, queue, runtime } from 'allora'
   *
   * const shipping = flow()
   *   .from(queue('orders').of<string>())
   *   .barrier({ trigger: direct('paid').of<number>(), timeout: 60_000 })
   *   .to(queue('shipped'))
   *   .build()
   *
   * await using rt = await runtime(app(shipping)).start()
   * await rt.send('orders', message('two books', { correlationId: 'o-1' }))
   * await rt.send('paid', message(25, { correlationId: 'o-1' }))
   * const order = await rt.channel('shipped').receive()
   * order.payload // => 'two books'
   * ```
   */
  barrier<C extends AnyChannel>(options: BarrierOptions<P, C>): Flow<Src, P, H, E, R | C>

  /**
   * Takes each message to flows, one after the other, by a list made for it beforehand: the ids of their source channels (Routing Slip).
   * Every flow is asked with what the one before it replied.
   *
   * @example
   * ```ts
   * import { app, direct, flow, runtime } from 'allora'
   *
   * const double = flow().from(direct('double').of<number>()).transform((n) => n * 2).build()
   * const next = flow().from(direct('next').of<number>()).transform((n) => n + 1).build()
   * const steps = flow()
   *   .from(direct('steps').of<number>())
   *   .routingSlip((n) => (n > 5 ? ['next'] : ['double', 'next', 'double']), [double, next], { max: 5 })
   *   .build()
   *
   * await using rt = await runtime(app(steps)).start()
   * const reply = await rt.request('steps', 3)
   * reply // => { _tag: 'Right', right: 14 }
   * ```
   */
  routingSlip<
    F extends FlowDef<AnyChannel & ChannelAccepting<P>, P, unknown, unknown>,
    const Q extends Outcome<readonly SrcOf<F>['id'][]>,
    N = never,
  >(
    select: Handler<P, H, Q, N>,
    flows: readonly F[],
    options: TravelOptions,
  ): Flow<Src, P, H, E | FailureOf<Q> | ErrorOf<F>, R | N | RefsOf<F>>

  /**
   * Takes each message from flow to flow until `select` gives `undefined`; it is asked before every hop for the id of a flow's source
   * channel (Dynamic Router). Every flow is asked with what the one before it replied.
   *
   * @example
   * ```ts
   * import { app, direct, flow, runtime } from 'allora'
   *
   * const double = flow().from(direct('double').of<number>()).transform((n) => n * 2).build()
   * const big = flow()
   *   .from(direct('big').of<number>())
   *   .dynamicRoute((n) => (n < 100 ? 'double' : undefined), [double], { max: 10 })
   *   .build()
   *
   * await using rt = await runtime(app(big)).start()
   * const reply = await rt.request('big', 30)
   * reply // => { _tag: 'Right', right: 120 }
   * ```
   *
   * @typeParam Q - What `select` gives: one of the ids, or `undefined` at the end.
   */
  dynamicRoute<
    F extends FlowDef<AnyChannel & ChannelAccepting<P>, P, unknown, unknown>,
    const Q extends Outcome<SrcOf<F>['id'] | undefined>,
    N = never,
  >(
    select: Handler<P, H, Q, N>,
    flows: readonly F[],
    options: TravelOptions,
  ): Flow<Src, P, H, E | FailureOf<Q> | ErrorOf<F>, R | N | RefsOf<F>>

  /**
   * Puts messages into the order of their `sequence` headers, as after a split (Resequencer). One that is missing holds those behind it
   * until the timeout.
   *
   * @example
   * ```ts
   * import { app, flow, message, queue, runtime } from 'allora'
   *
   * const pages = flow().from(queue('scanned').of<string>()).resequence({ timeout: 5_000, onTimeout: 'emit' }).to(queue('pages')).build()
   *
   * await using rt = await runtime(app(pages)).start()
   * const page = (number: number) => message(`page ${number}`, { correlationId: 'book', sequence: { correlationId: 'book', number } })
   * for (const number of [2, 1]) await rt.send('scanned', page(number))
   * const first = await rt.channel('pages').receive()
   * first.payload // => 'page 1'
   * ```
   */
  resequence<C extends ChannelAccepting<P> = never>(
    options: ResequenceOptions<P, H, C>,
  ): Flow<Src, P, H, E, R | Sent<C, P>>

  /**
   * Asks several branches at the same time and goes on with their replies by name (Scatter-Gather). A branch replies with its last
   * payload; one that fails, drops the message or takes too long is dealt with by `onFailure`.
   *
   * @example
   * ```ts
   * import { app, direct, flow, runtime } from 'allora'
   *
   * const offer = flow()
   *   .from(direct('offer').of<string>())
   *   .scatterGather(
   *     { price: (branch) => branch.handle(async (sku) => sku.length * 10), stock: (branch) => branch.handle(() => 3) },
   *     { timeout: 1_000, onFailure: 'fail' },
   *   )
   *   .transform(({ price, stock }) => `${stock} at ${price}`)
   *   .build()
   *
   * await using rt = await runtime(app(offer)).start()
   * const reply = await rt.request('offer', 'tea')
   * reply // => { _tag: 'Right', right: '3 at 30' }
   * ```
   */
  scatterGather<Ends extends Record<string, BranchEnd>, Policy extends 'fail' | 'omit'>(
    branches: AskedBranches<P, H, Ends>,
    options: ScatterGatherOptions<Policy>,
  ): Flow<Src, Gathered<Ends, Policy>, H, E | GatherErrors<Ends, Policy>, R | RefsAfter<Ends[keyof Ends]>>

  /**
   * Takes one branch by the value of a property, each with the payload narrowed (Content-Based Router). Every value has a branch,
   * or there is an `otherwise`. Branches that end in `.to` end there; the others join and go on with the union of their payloads. A
   * header that not all of these set may be missing from there on.
   *
   * It goes by text only, since cases are names: for a boolean or a number there is `routeBy`, with a function that gives text.
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
    options?: ResilienceOptions<P, H, FailureOf<Q>>,
  ): string extends ValueOf<Q>
    ? FlowTypeError<'this selector may give any text, so no list of cases is complete: add { otherwise: (branch) => branch }'>
    : Joined<Src, E | FailureOf<Q>, R | N, Ends[keyof Ends]>
  /** The same, with a branch for what no case takes. */
  routeBy<
    Q extends Outcome<string>,
    Ends extends Partial<Record<ValueOf<Q> & string, BranchEnd>>,
    Other extends BranchEnd,
    N = never,
  >(
    selector: Handler<P, H, Q, N>,
    cases: SelectorBranches<P, H, ValueOf<Q>, Ends>,
    options: Otherwise<P, H, Other> & ResilienceOptions<P, H, FailureOf<Q>>,
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
  setHeader<const K extends string, V extends HeaderOutcome<K>, N = never>(
    name: K,
    value: Handler<P, H, V, N>,
    options?: ResilienceOptions<P, H, FailureOf<V>>,
  ): Flow<Src, P, WithHeader<H, K, ValueOf<V>>, E | FailureOf<V>, R | N>

  /**
   * Takes headers away.
   *
   * @example
   * ```ts
   * import { app, direct, flow, message, queue, runtime } from 'allora'
   *
   * const strip = flow('strip').from(direct('in').of<string>()).removeHeaders(['priority']).to(queue('out')).build()
   *
   * await using rt = await runtime(app(strip)).start()
   * await rt.send('in', message('hi', { priority: 7, contentType: 'text/plain' }))
   * const { headers } = await rt.channel('out').receive()
   * const there = 'priority' in headers // => false
   * ```
   */
  removeHeaders<const K extends keyof (H & KnownHeaders) & string>(
    names: readonly K[],
    options?: StepOptions,
  ): Flow<Src, P, Omit<H, K>, E, R>

  /**
   * Goes on with a copy of the payload that has one property more (Content Enricher).
   *
   * @example
   * ```ts
   * import { app, direct, flow, runtime } from 'allora'
   *
   * const total = flow('total')
   *   .from(direct('lines').of<{ price: number; count: number }>())
   *   .enrich('total', ({ price, count }) => price * count)
   *   .build()
   *
   * await using rt = await runtime(app(total)).start()
   * const reply = await rt.request('lines', { price: 2, count: 3 })
   * reply // => { _tag: 'Right', right: { price: 2, count: 3, total: 6 } }
   * ```
   */
  enrich<const K extends string, V, N = never>(
    property: K,
    value: Handler<P, H, V, N>,
    options?: ResilienceOptions<P, H, FailureOf<V>>,
  ): Unless<
    [P] extends [object] ? false : any,
    Flow<Src, Override<P, { readonly [k in K]: ValueOf<V> }>, HeadersAfter<H, V>, E | FailureOf<V>, R | N>,
    FlowTypeError<'enrich adds a property to an object, and this payload is none: use transform'>
  >

  /**
   * Goes on with what a schema makes of the payload; what it refuses fails, or goes to `invalidTo` (Invalid Message Channel).
   *
   * @example
   * ```ts
   * import { app, direct, flow, queue, runtime } from 'allora'
   * import { z } from 'zod'
   *
   * const orders = flow('orders')
   *   .from(direct('orders'))
   *   .validate(z.object({ sku: z.string() }), { invalidTo: queue('invalid') })
   *   .to(queue('valid'))
   *   .build()
   *
   * await using rt = await runtime(app(orders)).start()
   * await rt.send('orders', { sku: 'A1' })
   * await rt.send('orders', { sku: 1 })
   * const sizes = [rt.channel('valid').size, rt.channel('invalid').size] // => [1, 1]
   * ```
   */
  validate<S extends StandardSchemaV1, C extends ChannelAccepting<P> = never>(
    schema: S,
    options?: ValidateOptions<C> & ResilienceOptions<P, H, never>,
  ): Flow<Src, StandardSchemaV1.InferOutput<S>, H, E, R | Sent<C, P>>

  /**
   * Writes a line to the runtime's log: what a function makes of the message, or its id and place. An object that the function gives is
   * written beside those, without what tells of a secret (see `redacted`). Where the log does not want the level, nothing is called.
   *
   * @example
   * ```ts
   * import { app, direct, flow, runtime } from 'allora'
   *
   * const lines: string[] = []
   * const logger = { debug() {}, info: (line: string) => void lines.push(line), warn() {}, error() {} }
   * const orders = flow('orders').from(direct('orders').of<string>()).log((id) => `order ${id}`).build()
   *
   * await using rt = await runtime(app(orders), { logger }).start()
   * await rt.request('orders', 'A1')
   * lines // => ['order A1']
   * ```
   */
  log<Q extends Outcome<string | object>, N = never>(
    line?: Handler<P, H, Q, N> | LogOptions,
    options?: LogOptions,
  ): Flow<Src, P, H, E | FailureOf<Q>, R | N>

  /**
   * Holds messages back for a time, in milliseconds, in a channel of its own (Delayer). Others pass meanwhile, and whoever sent the
   * message does not wait; 0 or less goes straight on, and a message whose time is no finite number fails.
   *
   * @example
   * ```ts
   * import { app, direct, flow, queue, runtime } from 'allora'
   * import { virtualClock } from 'allora/testing'
   *
   * const clock = virtualClock()
   * const later = flow('later').from(direct('in').of<string>()).delay(60_000).to(queue('out')).build()
   *
   * await using rt = await runtime(app(later), { clock }).start()
   * await rt.send('in', 'tea')
   * rt.channel('out').size // => 0
   * await clock.advance(60_000)
   * rt.channel('out').size // => 1
   * ```
   */
  delay<Q extends Outcome<number>, N = never>(
    duration: number | Handler<P, H, Q, N>,
    options?: ConsumerOptions<P>,
  ): Flow<Src, P, H, E | FailureOf<Q>, R | N>

  /**
   * Lets at most `rate` messages pass in any `per` milliseconds; the others wait, and their senders with them.
   *
   * @example
   * ```ts
   * import { app, flow, iterate, queue, runtime } from 'allora'
   * import { virtualClock } from 'allora/testing'
   *
   * const clock = virtualClock()
   * const paced = flow('paced').from(iterate([1, 2, 3])).throttle({ rate: 2, per: 1_000 }).to(queue('out')).build()
   *
   * await using rt = await runtime(app(paced), { clock }).start()
   * await clock.advance(999)
   * rt.channel('out').size // => 2
   * await clock.advance(1)
   * rt.channel('out').size // => 3
   * ```
   */
  throttle(options: ThrottleOptions): Flow<Src, P, H, E, R>

  /**
   * Lets each key pass once (Idempotent Receiver). A key whose message fails further on may come again.
   *
   * @example
   * ```ts
   * import { app, direct, flow, queue, runtime } from 'allora'
   *
   * const once = flow('once').from(direct('in').of<string>()).idempotent({ key: (id) => id }).to(queue('out')).build()
   *
   * await using rt = await runtime(app(once)).start()
   * for (const id of ['a', 'b', 'a']) await rt.send('in', id)
   * rt.channel('out').size // => 2
   * ```
   */
  idempotent<C extends ChannelAccepting<P> = never>(
    options: IdempotentOptions<P, H, C>,
  ): Flow<Src, P, H, E, R | Sent<C, P>>

  /**
   * Puts the payload into a store and goes on with a ticket for it (Claim Check).
   *
   * @example
   * ```ts
   * import { app, direct, flow, memoryClaimStore, queue, runtime } from 'allora'
   *
   * const store = memoryClaimStore()
   * const scans = flow('scans').from(direct('scans').of<string>()).claimCheckIn({ store }).to(queue('tickets')).build()
   *
   * await using rt = await runtime(app(scans)).start()
   * await rt.send('scans', 'a large picture')
   * const { payload } = await rt.channel('tickets').receive()
   * Object.keys(payload) // => ['claim']
   * ```
   */
  claimCheckIn(options: ClaimCheckOptions): Flow<Src, ClaimTicket<P>, H, E, R>

  /**
   * Goes on with the payload that a ticket stands for (Claim Check). The store keeps it, since the ticket may come again, unless
   * `remove` says that it is used once.
   *
   * @example
   * ```ts
   * import { app, direct, flow, memoryClaimStore, queue, runtime } from 'allora'
   *
   * const store = memoryClaimStore()
   * const scans = flow('scans')
   *   .from(direct('scans').of<string>())
   *   .claimCheckIn({ store })
   *   .through(queue('tickets'))
   *   .claimCheckOut({ store, remove: true })
   *   .to(queue('pictures'))
   *   .build()
   *
   * await using rt = await runtime(app(scans)).start()
   * await rt.send('scans', 'a large picture')
   * const { payload } = await rt.channel('pictures').receive()
   * payload // => 'a large picture'
   * ```
   */
  claimCheckOut(
    options: ClaimCheckOutOptions,
  ): P extends ClaimTicket<infer Q>
    ? Flow<Src, Q, H, E, R>
    : FlowTypeError<'claimCheckOut needs a ticket from claimCheckIn, and this payload is none'>

  /**
   * Copies every message to a channel and goes on, whatever becomes of the copy (Wire Tap).
   *
   * @example
   * ```ts
   * import { app, direct, flow, queue, runtime } from 'allora'
   *
   * const watched = flow('watched').from(direct('in').of<string>()).tap(queue('audit')).to(queue('out')).build()
   *
   * await using rt = await runtime(app(watched)).start()
   * await rt.send('in', 'hi')
   * const sizes = [rt.channel('audit').size, rt.channel('out').size] // => [1, 1]
   * ```
   */
  tap<C extends ChannelAccepting<P>>(channel: C, options?: StepOptions): Flow<Src, P, H, E, R | Sent<C, P>>

  /**
   * Sends to a channel and goes on as its consumer (Pipes and Filters): what comes before and after it runs apart.
   * Others may send to that channel too, without the headers set here, so each may be missing afterwards.
   *
   * @example
   * ```ts
   * import { app, direct, flow, queue, runtime } from 'allora'
   *
   * const shout = flow('shout')
   *   .from(direct('in').of<string>())
   *   .through(queue('waiting'), { concurrency: 4 })
   *   .transform((text) => text.toUpperCase())
   *   .to(queue('out'))
   *   .build()
   *
   * await using rt = await runtime(app(shout)).start()
   * await rt.send('in', 'hi')
   * const { payload } = await rt.channel('out').receive()
   * payload // => 'HI'
   * ```
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
    options?: ResilienceOptions<P, H, E2>,
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
   *
   * With `when` it takes some failures and leaves the others to the next scope:
   *
   * @example
   * ```ts
   * import { app, direct, flow, runtime } from 'allora'
   *
   * const read = flow('read')
   *   .from(direct('json').of<string>())
   *   .transform((text): unknown => JSON.parse(text))
   *   .onError(() => 'no JSON', { when: (it) => it.kind === 'defect' && it.cause instanceof SyntaxError })
   *   .onError(() => 'something else')
   *   .build()
   *
   * await using rt = await runtime(app(read)).start()
   * const reply = await rt.request('json', '{') // => { _tag: 'Right', right: 'no JSON' }
   * ```
   */
  onError<Q, N = never, W extends Choice<E> | undefined = Choice<E> | undefined>(
    recover: Recover<E, H, Q, N>,
    options?: Omit<ResilienceOptions<unknown, H, FailureOf<Q>>, 'orderBy'> & ChoiceOptions<W>,
  ): Flow<Src, P | ValueOf<Q>, HeadersAfter<Maybe<H>, Q>, FailureOf<Q> | LeftBy<E, W>, R | N>

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
  errorsTo<C extends ChannelAccepting<ErrorMessage<E>>, W extends Choice<E> | undefined>(
    channel: C,
    options?: StepOptions & ChoiceOptions<W>,
  ): Flow<Src, P, H, LeftBy<E, W>, R | Sent<C, ErrorMessage<E>>>

  /** Ends in a channel, or in a sink that takes the messages out of the app (Message Endpoint). */
  to<C extends Accepting<P>>(
    end: C,
    options?: C extends AnyChannel ? StepOptions : ResilienceOptions<P, H, SinkFailure<C>>,
  ): SealedFlow<Src, E | SinkFailure<C>, R | Sent<C, P>>

  /** Ends in several channels, in their order (Recipient List). It fails at the first send that is refused, unless `onFailure` says otherwise. */
  toEach<C extends ChannelAccepting<P>>(
    channels: readonly C[],
    options?: RecipientsOptions,
  ): SealedFlow<Src, E, R | Sent<C, P>>

  /**
   * Ends in those of several channels whose ids a function gives, at least one (computed Recipient List).
   *
   * @example
   * ```ts
   * import { app, direct, flow, queue, runtime } from 'allora'
   *
   * const orders = flow()
   *   .from(direct('orders').of<number>())
   *   .recipients((total) => (total > 100 ? ['billing', 'audit'] : ['billing']), [queue('billing'), queue('audit')])
   *   .build()
   *
   * await using rt = await runtime(app(orders)).start()
   * for (const total of [50, 500]) await rt.send('orders', total)
   * const sizes = [rt.channel('billing').size, rt.channel('audit').size] // => [2, 1]
   * ```
   */
  recipients<C extends AnyChannel & ChannelAccepting<P>, const Q extends Outcome<readonly C['id'][]>, N = never>(
    select: Handler<P, H, Q, N>,
    channels: readonly C[],
    options?: RecipientsOptions,
  ): SealedFlow<Src, E | FailureOf<Q>, R | N | Sent<C, P>>

  /** The finished flow, which replies with its last payload to who asked, if anybody did. */
  build(): FlowDef<Src, P, E, R>
}

/** A flow that has been sent somewhere: it replies nothing, and no step can follow. */
export interface SealedFlow<out Src extends AnyChannel, out E, out R> extends FlowResult<never, never, E, R> {
  /** Sends the failures of all steps and of the last send to a channel, as an `ErrorMessage` each (Invalid Message Channel). */
  errorsTo<C extends ChannelAccepting<ErrorMessage<E>>, W extends Choice<E> | undefined>(
    channel: C,
    options?: StepOptions & ChoiceOptions<W>,
  ): SealedFlow<Src, LeftBy<E, W>, R | Sent<C, ErrorMessage<E>>>

  /** The finished flow. */
  build(): FlowDef<Src, OneWay, E, R>
}

/** The beginning of every flow. `Id` is `never` where the flow was given none. */
export interface FlowStart<Id extends string> {
  /** Takes messages from a channel, or from a source that brings them in from outside, one at a time unless the options allow more (Message Endpoint). */
  from<const C extends AnyChannel | Source<unknown, unknown>>(
    origin: C,
    options?: C extends AnyChannel ? ConsumerOptions<PayloadOf<C>> : SourceOptions,
  ): FlowFrom<C, Id>
}

type FlowFrom<C, Id extends string> = C extends AnyChannel
  ? Unless<unknown extends PayloadOf<C> ? any : false, Flow<C, PayloadOf<C>, {}, never, C>, OpenFlow<C>>
  : [Id] extends [never]
    ? FlowTypeError<"a flow that begins with a source needs an id: write flow('nightly').from(...)">
    : C extends Source<infer P, infer H>
      ? Flow<ChannelToken<'direct', never, P>, P, H, never, never>
      : never

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
    options?: ResilienceOptions<P, {}, FailureOf<Q>>,
  ): Flow<Adopt<C, P>, ValueOf<Q>, HeadersAfter<{}, Q>, FailureOf<Q>, Adopt<C, P> | N>

  /** Calls a service and goes on with its result (Service Activator). */
  handle<P, Q, N = never>(
    handler: Handler<P, {}, Q, N>,
    options?: ResilienceOptions<P, {}, FailureOf<Q>>,
  ): Flow<Adopt<C, P>, ValueOf<Q>, HeadersAfter<{}, Q>, FailureOf<Q>, Adopt<C, P> | N>

  /** Lets a message pass or not (Message Filter). A type guard narrows the payload. */
  filter<P, F extends Handler<P, {}, Outcome<boolean>, unknown>, D extends ChannelAccepting<P> = never>(
    predicate: F & Handler<P, {}, Outcome<boolean>, unknown>,
    options?: FilterOptions<D> & ResilienceOptions<P, {}, FailedBy<F>>,
  ): Flow<Adopt<C, P>, Passed<P, F>, {}, FailedBy<F>, Adopt<C, P> | NamesIn<F> | Sent<D, P>>

  /** Makes a message of each part that a function gives (Splitter). */
  split<P, Q extends Outcome<Parts> = never, N = never>(
    splitter?: Handler<P, {}, Q, N> | StepOptions,
    options?: ResilienceOptions<P, {}, FailureOf<Q>>,
  ): [Q] extends [never]
    ? FlowTypeError<'split() needs a payload that is an array or another iterable: write split((payload) => payload.items)'>
    : Flow<Adopt<C, P>, PartOf<ValueOf<Q>>, {}, FailureOf<Q>, Adopt<C, P> | N>
}
