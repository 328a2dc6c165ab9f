/** A server that flows listen by: one for each address, opened by the first of them and closed after the last. */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { HttpListenError } from '../errors/http-errors.ts'
import { type Answer, problem, responseOf, writeAnswer } from './answer.ts'
import type { Incoming } from './incoming.ts'
import { overloaded } from './reply.ts'
import { Routes } from './routes.ts'
import type { Routing } from './routing.ts'
import type { ServerOptions } from './server-options.ts'
import { SocketRequest } from './socket-request.ts'

/** See above. */
export class HttpServer {
  readonly routes: Routes
  /** `http://127.0.0.1:8080`, with the port that it really has. */
  url = ''
  private readonly server: Server
  private readonly alreadySent: Response
  private readonly warn: (line: string) => void
  /** Requests that are not answered yet. */
  private open = 0
  private closing = false
  /** Routes that have been added but do not take requests yet. Until they do, nobody is told that there is nothing. */
  private starting = 0
  private started: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined = undefined

  constructor(routing: Routing, options: ServerOptions, warn: (line: string) => void) {
    this.routes = new Routes(routing)
    this.alreadySent = routing.alreadySent
    this.warn = warn
    const listener = routing.getRequestListener(
      (request, { incoming, outgoing }) => this.serve(request, incoming as IncomingMessage, outgoing as ServerResponse),
      // HTTP/1.0 needs no Host, and checks of load balancers send none; of HTTP/1.1, Node refuses it.
      { hostname: 'localhost', overrideGlobalObjects: false, errorHandler: () => responseOf(problem(400), false) },
    )
    this.server = serverFor(options, (incoming, outgoing) => void listener(incoming, outgoing))
    if (options.maxConnections !== undefined) this.server.maxConnections = options.maxConnections
  }

  /** Rejects with `HttpListenError` when it cannot. */
  async listen(host: string, port: number, scheme: 'http' | 'https'): Promise<void> {
    const { server } = this
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject)
        server.listen({ host, port }, resolve)
      })
    } catch (cause) {
      throw new HttpListenError(sentenceFor(cause as NodeJS.ErrnoException, host, port), { cause })
    }
    // An error later, such as too many open files, concerns one connection.
    server.on('error', (error) => this.warn(`The server at ${this.url} could not take a connection: ${error.message}`))
    const bound = server.address() as AddressInfo
    this.url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${bound.port}`
  }

  /** Has all requests wait until the function that it gives is called. */
  beginStart(): () => void {
    this.starting++
    this.started ??= Promise.withResolvers<void>()
    let over = false
    return () => {
      if (over) return
      over = true
      this.starting--
      if (this.starting > 0) return
      this.started?.resolve()
      this.started = undefined
    }
  }

  /** Takes no more connections, ends those that have nothing to do, and resolves when the last one has ended. */
  close(): Promise<void> {
    this.closing = true
    return new Promise((resolve) => {
      this.server.close(() => resolve())
      this.endIdle()
    })
  }

  /** Cuts off all connections. */
  abort(): void {
    this.server.closeAllConnections()
  }

  private async serve(request: Request, incoming: IncomingMessage, outgoing: ServerResponse): Promise<Response> {
    this.open++
    const asked = new SocketRequest(request, incoming)
    outgoing.on('close', () => {
      if (!outgoing.writableFinished) asked.signal.abort(new DOMException('The client has gone away.', 'AbortError'))
      this.left()
    })
    const answer = await this.answerTo(asked)
    if (outgoing.destroyed) return this.alreadySent
    if (this.closing) outgoing.shouldKeepAlive = false
    try {
      const streaming = writeAnswer(outgoing, answer, request.method === 'HEAD')
      if (streaming !== undefined) await streaming
    } catch (error) {
      // A client that goes away in the middle is nothing to report.
      if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE')
        this.warn(`A reply by ${this.url} was not sent to its end: ${String(error)}`)
      outgoing.destroy()
    }
    return this.alreadySent
  }

  private async answerTo(request: Incoming): Promise<Answer> {
    if (this.started !== undefined) await this.started.promise
    if (this.closing) return overloaded(1)
    try {
      return await this.routes.serve(request)
    } catch (error) {
      this.warn(`A request at ${this.url} could not be answered: ${String(error)}`)
      return problem(500)
    }
  }

  private left(): void {
    this.open--
    if (this.closing) this.endIdle()
  }

  /** What has nothing to answer any more is idle, or half a request that would never end. */
  private endIdle(): void {
    if (this.open === 0) this.server.closeAllConnections()
  }
}

function serverFor(
  options: ServerOptions,
  listener: (incoming: IncomingMessage, outgoing: ServerResponse) => void,
): Server {
  const {
    tls,
    headersTimeout = 10_000,
    requestTimeout = 30_000,
    keepAliveTimeout = 5_000,
    maxHeaderSize = 16_384,
  } = options
  const limits = {
    headersTimeout: Math.min(headersTimeout, requestTimeout),
    requestTimeout,
    keepAliveTimeout,
    maxHeaderSize,
    // How late a timeout is noticed at most.
    connectionsCheckingInterval: Math.max(1, Math.min(headersTimeout, requestTimeout) / 2),
  }
  if (tls === undefined) return createServer(limits, listener)
  try {
    return createSecureServer({ ...limits, ...tls }, listener)
  } catch (cause) {
    throw new HttpListenError(
      `http.inbound cannot serve TLS: ${(cause as Error).message}. Give server.tls a key and a certificate in PEM: { key, cert }.`,
      { cause },
    )
  }
}

function sentenceFor({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  const where = `http.inbound cannot listen at ${host}:${port}`
  if (code === 'EADDRINUSE') {
    return `${where}: the port is in use. Stop what uses it, or choose another port; 0 is a free one.`
  }
  if (code === 'EACCES') return `${where}: the port is for privileged users. Choose one above 1023.`
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
    return `${where}: this machine has no such address. Use 127.0.0.1 for this machine only, or 0.0.0.0 for all its addresses.`
  }
  return `${where}: ${message}.`
}
