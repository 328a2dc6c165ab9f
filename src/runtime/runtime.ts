/** The runtime as users see it: it runs an app. `engine.ts` implements it, blind to types. */
import type { Either } from 'fp-ts/lib/Either.js'
import type { App } from '../app/app.ts'
import type { Carried, Gateways, Registry, Unbound } from '../app/registry.ts'
import type { PayloadOf, SentTo } from '../flow/channel-token.ts'
import type { AnyFlow, ErrorOf, OutOf, RefsOf, SrcOf } from '../flow/flow-def.ts'
import type { FlowTypeError } from '../flow/flow-type-error.ts'
import type { Channels, ChannelSendOptions, Sendable } from './channel.ts'
import type { Control } from './control.ts'
import type { DeadLetters } from './dead-letters.ts'
import { Engine } from './engine.ts'
import type { RuntimeState } from './runtime-state.ts'
import type { RuntimeEvents } from './events.ts'
import type { MetricsSnapshot } from './metrics.ts'
import type { RequestOptions, RuntimeOptions } from './runtime-options.ts'
import type { StopReport } from './stop-report.ts'

export type { RuntimeState }

/** The channels of an app's flows, by id. */
export type ChannelsOf<F extends AnyFlow> = Registry<RefsOf<F>>

type HandleOf<C> = Channels<Carried<C>>[KindOf<C>]
type KindOf<C> = C extends SentTo<infer Kind, string, unknown> ? Kind : never
type GatewayAt<F extends AnyFlow, Id> = Gateways<F>[Id & keyof Gateways<F>]
type ReplyingId<F extends AnyFlow, Id> = Id extends keyof Gateways<F>
  ? Id
  : FlowTypeError<`no flow that reads from "${Id & string}" replies: only a flow that does not end in .to(channel) can be requested`>

/** Runs the flows `F`. It owns all state; the app stays data. */
export interface Runtime<F extends AnyFlow> extends AsyncDisposable {
  readonly state: RuntimeState
  /** Starts consumers, then sources. Rejects, with everything undone, when the app has errors or a service, transport or channel is missing. */
  start(): Promise<this>
  /**
   * Stops: what is in work may end until the timeout (milliseconds; absent = 10,000), then it is aborted. A second call gives the same
   * report; with a timeout it brings the end forward. Rejects with `InvalidOptionError`, and stops nothing, when the timeout is no number from 0.
   */
  stop(options?: { readonly timeout?: number }): Promise<StopReport>
  /** Resolves when nothing is in work, waiting, delayed or grouped, and no source has more to send at once. */
  idle(): Promise<void>
  /** Sends to a channel. */
  send<const Id extends keyof ChannelsOf<F> & string>(
    id: Id,
    payload: Sendable<Carried<ChannelsOf<F>[Id]>>,
    options?: ChannelSendOptions,
  ): Promise<void>
  /**
   * Sends from code that the compiler cannot check, such as what read a file: the payload is validated by the schema of its channel, if
   * it has one, and what the schema makes of it is sent; of a `message(payload, headers)` it is the payload. Rejects with `UnknownChannelError` or `InvalidPayloadError`; nothing is sent then.
   */
  sendUnknown(id: string, payload: unknown, options?: ChannelSendOptions): Promise<void>
  /** Asks a flow that replies, by the channel it reads from: `Right` is its reply, `Left` its typed failure; a defect or a timeout rejects. */
  request<const Id extends keyof ChannelsOf<F> & string>(
    id: ReplyingId<F, Id>,
    payload: Sendable<PayloadOf<SrcOf<GatewayAt<F, Id>>>>,
    options?: RequestOptions,
  ): Promise<Either<ErrorOf<GatewayAt<F, Id>>, OutOf<GatewayAt<F, Id>>>>
  /** A channel by its id. */
  channel<const Id extends keyof ChannelsOf<F> & string>(id: Id): HandleOf<ChannelsOf<F>[Id]>
  /** Listens to an event; gives the function that stops listening. */
  on<K extends keyof RuntimeEvents>(event: K, listener: (event: RuntimeEvents[K]) => void): () => void
  /** Counts and latencies, taken now. */
  metrics(): MetricsSnapshot
  /** Messages that failed for good. */
  readonly deadLetters: DeadLetters
  /** Pauses, resumes, stops and starts flows, by their ids. */
  readonly control: Control
}

type Services<F extends AnyFlow> = Unbound<RefsOf<F>>
type Bound<F extends AnyFlow> = keyof Services<F> extends never
  ? unknown
  : FlowTypeError<`this app needs the service "${keyof Services<F> & string}": write runtime(app, { services: { ... } })`>
type WithServices<F extends AnyFlow> = keyof Services<F> extends never ? unknown : { readonly services: Services<F> }

/**
 * Makes the runtime of an app. It holds all state: the app stays data, and may have several runtimes at a time.
 *
 * The option `services` is required exactly when the app has contracts, which it binds.
 *
 * @throws MissingServiceError when a contract is not bound, InvalidOptionError when `requestTimeout` or `deadLetters.capacity` is no number from 0.
 *
 * @example
 * ```ts
 * import { app, direct, flow, runtime } from 'allora'
 *
 * const square = flow('square').from(direct('numbers').of<number>()).transform((n) => n * n).build()
 *
 * await using rt = await runtime(app(square)).start()
 * const reply = await rt.request('numbers', 7) // => { _tag: 'Right', right: 49 }
 * ```
 */
export function runtime<F extends AnyFlow>(app: App<F> & Bound<F>): Runtime<F>
export function runtime<F extends AnyFlow>(
  app: App<F>,
  options: RuntimeOptions<keyof ChannelsOf<F> & string> & WithServices<F>,
): Runtime<F>
export function runtime(app: App<AnyFlow>, options: RuntimeOptions = {}): unknown {
  return new Engine(app, options)
}
