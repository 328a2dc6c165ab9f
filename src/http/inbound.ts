/** The source that takes requests over HTTP and answers them with what its flow replies. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Source, SourceEnv } from '../message/source.ts'
import { Endpoint } from './endpoint.ts'
import {
  type BodyTypes,
  type InboundHeaders,
  type InboundOptions,
  MAX_IN_FLIGHT,
  checkInboundOptions,
} from './inbound-options.ts'
import { Routes } from './routes.ts'
import { loadRouting } from './routing.ts'
import { takeSeat } from './shared-servers.ts'

/** What `http.inbound` gives. */
export interface InboundSource<out P, out H = {}> extends Source<P, H> {
  /** Where it listens: `http://127.0.0.1:8080`; `undefined` while it does not. */
  readonly url: string | undefined
}

/** What a payload is: what the schema makes of it, or else what `body` says. */
export type InboundPayload<Body extends keyof BodyTypes, Schema> =
  Schema extends StandardSchemaV1<unknown, infer Out> ? Out : BodyTypes[Body]

/**
 * Begins a flow with requests over HTTP (Messaging Gateway). The client gets the reply of the flow, wherever it comes from: also from
 * another flow behind a queue. Any number of clients wait at the same time, and each gets the reply to its own request.
 *
 * Payload, status and header fields of the response are those of the reply message (`http.reply`). No reply in time is 504, no room 503,
 * a failure 500 without its words. When the client goes away, `exchange.signal` is aborted.
 *
 * @throws InvalidOptionError when an option cannot be. The start is rejected with an `HttpListenError` when the port is in use, with an
 * `HttpBindingError` when another flow has the same path and method, and with a `MissingPackageError` without `hono` and `@hono/node-server`.
 *
 * @example
 * ```ts
 * import { app, flow, runtime } from 'allora'
 * import { http } from 'allora/http'
 *
 * const orders = http.inbound({ port: 0, path: '/orders/:id', methods: ['GET'] })
 * const show = flow('show')
 *   .from(orders)
 *   .handle((_, { message }) => ({ id: message.headers['http.param.id'], total: 7 }))
 *   .build()
 *
 * await using rt = await runtime(app(show)).start()
 * const response = await fetch(`${orders.url}/orders/o-1`)
 * response.status // => 200
 * const body = await response.json() // => { id: 'o-1', total: 7 }
 * ```
 */
export function inbound<
  const Path extends `/${string}`,
  const Body extends keyof BodyTypes = 'auto',
  Schema extends StandardSchemaV1 | undefined = undefined,
>(options: InboundOptions<Path, Body, Schema>): InboundSource<InboundPayload<Body, Schema>, InboundHeaders<Path>> {
  const given = options as unknown as InboundOptions
  checkInboundOptions(given)
  const openings = new Openings({ ...given })
  const { methods = ['POST'], path, maxInFlight = MAX_IN_FLIGHT } = given
  const source = {
    label: `HTTP ${methods.join(', ')} ${path}`,
    maxInFlight,
    open: (env: SourceEnv) => openings.open(env),
    get url() {
      return openings.latest?.url
    },
  } satisfies InboundSource<unknown>
  known.set(source, openings)
  // Payload and headers are what the types say that the options make of them.
  return Object.freeze(source) as never
}

/** A source where it is open. */
export interface Opening {
  readonly url: string | undefined
  readonly routes: Routes
}

/** Where a source is open: in one runtime, mostly. */
export class Openings {
  private readonly options: InboundOptions
  private readonly all: Opening[] = []

  constructor(options: InboundOptions) {
    this.options = options
  }

  get latest(): Opening | undefined {
    return this.all.at(-1)
  }

  async open(env: SourceEnv): Promise<Endpoint['inbox']> {
    const { host = '127.0.0.1', port, server: options } = this.options
    const routing = await loadRouting()
    const endpoint = new Endpoint(this.options, env)
    const routes = new Routes(routing)
    routes.add(endpoint)
    let url: string | undefined
    if (port !== undefined) {
      const seat = await takeSeat(endpoint, { host, port, options }, routing, env)
      endpoint.begun = () => seat.begun()
      url = seat.url
    }
    this.note({ url, routes }, env.signal)
    return endpoint.inbox
  }

  private note(opening: Opening, signal: AbortSignal): void {
    if (signal.aborted) return
    this.all.push(opening)
    signal.addEventListener('abort', () => this.all.splice(this.all.indexOf(opening), 1), { once: true })
  }
}

const known = new WeakMap<object, Openings>()

/** Where a source is open, if it was made by {@link inbound}. */
export const openingsOf = (source: unknown): Openings | undefined =>
  typeof source === 'object' && source !== null ? known.get(source) : undefined
