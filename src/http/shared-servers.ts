/** The servers of this process, by address: flows that name the same one share it. */
import { isDeepStrictEqual } from 'node:util'
import { HttpBindingError } from '../errors/http-errors.ts'
import type { SourceEnv } from '../message/source.ts'
import { HttpServer } from './http-server.ts'
import type { Route } from './routes.ts'
import type { Routing } from './routing.ts'
import type { ServerOptions } from './server-options.ts'

/** Where and how to listen. */
export interface Listening {
  readonly host: string
  readonly port: number
  readonly options: ServerOptions | undefined
}

/** A place at a server. */
export interface Seat {
  readonly url: string
  /** The route takes requests from now on. */
  begun(): void
}

/** A server with those who use it. */
interface Shared {
  readonly server: Promise<HttpServer>
  readonly options: ServerOptions | undefined
  users: number
  /** Resolves when it has closed. */
  closed: Promise<void> | undefined
}

const servers = new Map<string, Shared>()

/** Has a server answer by a route until the source is to end. Rejects with `HttpListenError` or `HttpBindingError`. */
export async function takeSeat(route: Route, where: Listening, routing: Routing, env: SourceEnv): Promise<Seat> {
  const key = keyOf(where, env)
  for (let closed = servers.get(key)?.closed; closed !== undefined; closed = servers.get(key)?.closed) await closed
  const shared = servers.get(key) ?? opened(key, where, routing, env)
  shared.users++
  try {
    refuseOtherOptions(shared, where)
    const server = await shared.server
    server.routes.add(route)
    const begun = server.beginStart()
    const leave = (): void => {
      server.routes.delete(route)
      begun()
      release(key, shared, server, env)
    }
    if (env.signal.aborted) leave()
    else env.signal.addEventListener('abort', leave, { once: true })
    return { url: server.url, begun }
  } catch (error) {
    await shared.server.then(
      (server) => release(key, shared, server, env),
      () => servers.get(key) === shared && servers.delete(key),
    )
    throw error
  }
}

function opened(key: string, { host, port, options = {} }: Listening, routing: Routing, env: SourceEnv): Shared {
  const server = new HttpServer(routing, options, (line) => env.warn(line))
  const listening = server.listen(host, port, options.tls === undefined ? 'http' : 'https').then(() => server)
  const shared: Shared = { server: listening, options, users: 0, closed: undefined }
  servers.set(key, shared)
  return shared
}

/** The last one closes the server. The runtime waits for what it has still to answer, until its deadline. */
function release(key: string, shared: Shared, server: HttpServer, env: SourceEnv): void {
  shared.users--
  if (shared.users > 0) return
  const { deadline } = env
  const abort = (): void => server.abort()
  deadline.addEventListener('abort', abort)
  shared.closed = server.close().then(() => {
    deadline.removeEventListener('abort', abort)
    servers.delete(key)
  })
  env.hold(shared.closed)
  if (deadline.aborted) abort()
}

function refuseOtherOptions({ options }: Shared, where: Listening): void {
  if (where.options === undefined || isDeepStrictEqual(options, where.options)) return
  throw new HttpBindingError(
    `Two flows that listen at ${where.host}:${where.port} say different things of the server. Give both the same { server }, or say it in one that is named first.`,
  )
}

/** A free port is one of the runtime that asked for it. */
function keyOf({ host, port }: Listening, { runtime }: SourceEnv): string {
  return port === 0 ? `${host}:0 for ${numberOf(runtime)}` : `${host}:${port}`
}

const numbers = new WeakMap<object, number>()
let count = 0

function numberOf(runtime: object): number {
  const known = numbers.get(runtime)
  if (known !== undefined) return known
  numbers.set(runtime, ++count)
  return count
}
