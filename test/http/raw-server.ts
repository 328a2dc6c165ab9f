/** A server that says exactly what a test tells it to, byte by byte, and closes with the test. */
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { onTestFinished } from 'vitest'

/** A request as it came over the wire. */
export interface RawRequest {
  /** As in `POST /orders HTTP/1.1`. */
  readonly line: string
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** A raw server that listens. */
export interface RawServer {
  /** As in `http://127.0.0.1:40123`. */
  readonly url: string
  readonly requests: RawRequest[]
  /** Connections that were made so far, and those that are open. */
  readonly connections: { made: number; open: number }
  /** Resolves when a condition holds; asked whenever something has happened at the server. */
  until(condition: () => boolean): Promise<void>
}

/** Answers with `answer` of each request: bytes to write, or what to do with the socket. `unreadable` is told of what may be none. */
export async function rawServer(
  answer: (request: RawRequest, socket: Socket) => string | Buffer | void,
  unreadable: (socket: Socket) => void = () => undefined,
): Promise<RawServer> {
  const watchers = new Set<() => void>()
  const happened = (): void => watchers.forEach((look) => look())
  const sockets = new Set<Socket>()
  const requests: RawRequest[] = []
  const connections = { made: 0, open: 0 }
  const server = createServer((socket) => {
    sockets.add(socket)
    connections.made++
    connections.open++
    let buffer = ''
    socket.setNoDelay(true)
    socket.on('error', () => undefined)
    socket.on('close', () => {
      sockets.delete(socket)
      connections.open--
      happened()
    })
    socket.on('data', (chunk) => {
      buffer += chunk.toString('latin1')
      if (readRequest(buffer) === undefined) unreadable(socket)
      for (let next = readRequest(buffer); next !== undefined; next = readRequest(buffer)) {
        buffer = next.rest
        requests.push(next.request)
        happened()
        const bytes = answer(next.request, socket)
        if (bytes !== undefined) socket.write(bytes)
      }
    })
  })
  const port = await listening(server)
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const until = (condition: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!condition()) return
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      look()
    })
  return { url: `http://127.0.0.1:${port}`, requests, connections, until }
}

/** An answer with its length. */
export function answered(status: string, body = '', headers: Readonly<Record<string, string>> = {}): string {
  const fields = { 'content-length': String(Buffer.byteLength(body)), ...headers }
  return `HTTP/1.1 ${status}\r\n${Object.entries(fields)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')}\r\n${body}`
}

/** A port at which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listening(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

function listening(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
}

function readRequest(text: string): { readonly request: RawRequest; readonly rest: string } | undefined {
  const end = text.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [line = '', ...fields] = text.slice(0, end).split('\r\n')
  const headers = Object.fromEntries(
    fields.map((field) => [
      field.slice(0, field.indexOf(':')).toLowerCase(),
      field.slice(field.indexOf(':') + 1).trim(),
    ]),
  )
  const after = text.slice(end + 4)
  if (headers['transfer-encoding'] === 'chunked') return readChunks(line, headers, after)
  const length = Number(headers['content-length'] ?? 0)
  if (after.length < length) return undefined
  const body = Buffer.from(after.slice(0, length), 'latin1').toString()
  return { request: { line, headers, body }, rest: after.slice(length) }
}

function readChunks(
  line: string,
  headers: Record<string, string>,
  text: string,
): { readonly request: RawRequest; readonly rest: string } | undefined {
  let body = ''
  for (let at = 0; ;) {
    const end = text.indexOf('\r\n', at)
    if (end < 0) return undefined
    const size = Number.parseInt(text.slice(at, end), 16)
    if (text.length < end + 2 + size + 2) return undefined
    body += text.slice(end + 2, end + 2 + size)
    at = end + 2 + size + 2
    if (size === 0) return { request: { line, headers, body }, rest: text.slice(at) }
  }
}
