/** The server of a control socket: lets other programs of the same user send to, watch, mend and stop a running app. */
import { chmodSync, rmSync } from 'node:fs'
import { type Server, type Socket, connect, createServer } from 'node:net'
import { AlloraError } from '../errors/allora-error.ts'
import { ControlRequestError, ControlSocketError } from '../errors/control-errors.ts'
import type { Controlled } from './controlled.ts'
import { readLines } from './lines.ts'
import { type ControlAnswer, type ControlRequest, LONGEST_REQUEST, toLine } from './protocol.ts'
import { answer } from './requests.ts'
import { makeSocketFolder } from './socket-path.ts'

/** Clients at the same time at most. */
const MOST_CLIENTS = 64

/** A control socket that is open. */
export interface ControlServer {
  readonly path: string
  /** Ends all connections and removes the socket. */
  close(): Promise<void>
}

/**
 * Opens a control socket for a runtime, which the commands of `allora` can then find with `--socket`. Only the user that runs the program can
 * open it: the folder of the socket is made, or must be, closed to others.
 *
 * @param path Of the socket, a file that does not exist yet or was left by a program that is gone.
 * @param about Facts that `info` answers, such as the name of the program.
 *
 * @throws ControlSocketError when another app answers there, or the folder is open to others.
 */
export async function serveControl(
  runtime: Controlled,
  path: string,
  about: Readonly<Record<string, unknown>> = {},
): Promise<ControlServer> {
  const pipe = path.startsWith('\\\\')
  if (!pipe) makeSocketFolder(path)
  if (await isAnswered(path)) {
    throw new ControlSocketError(`Another app is running with the control socket ${path}. Stop it first: allora stop.`)
  }
  if (!pipe) rmSync(path, { force: true })
  const clients = new Set<Socket>()
  const server = createServer((socket) => {
    clients.add(socket)
    socket.once('close', () => clients.delete(socket))
    serve(socket, runtime, { pid: process.pid, cwd: process.cwd(), node: process.version, ...about })
  })
  server.maxConnections = MOST_CLIENTS
  await listen(server, path)
  if (!pipe) chmodSync(path, 0o600)
  return {
    path,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      // What was answered is still written; who does not read it is cut off.
      for (const client of clients) client.destroySoon()
      await closed
    },
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new ControlSocketError(`The control socket ${path} cannot be opened: ${cause.message}.`, { cause }))
    })
    server.listen(path, resolve)
  })
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function serve(socket: Socket, runtime: Controlled, about: Readonly<Record<string, unknown>>): void {
  const gone = new AbortController()
  socket.once('close', () => gone.abort(new ControlRequestError('The client is gone.')))
  // A client that breaks off is its own affair.
  socket.on('error', () => socket.destroy())
  const write = (line: ControlAnswer): Promise<boolean> =>
    new Promise((resolve) => {
      if (socket.writable) socket.write(toLine(line), (error) => resolve(!error))
      else resolve(false)
    })
  const work = async (request: ControlRequest): Promise<void> => {
    const { id, command, args } = request
    try {
      const result = await answer(command, {
        runtime,
        about,
        args,
        signal: gone.signal,
        emit: (event) => write({ id, event }),
        backlog: () => socket.writableLength,
      })
      await write({ id, ok: true, result: result ?? null })
    } catch (error) {
      await write({ id, ok: false, error: failureOf(error) })
    }
  }
  readLines(
    socket,
    LONGEST_REQUEST,
    (line) => {
      const request = requestIn(line)
      if (request instanceof ControlRequestError) void write({ id: null, ok: false, error: failureOf(request) })
      else void work(request)
    },
    () => {
      const error = new ControlRequestError(`A request has at most ${LONGEST_REQUEST} bytes, but this one has more.`)
      void write({ id: null, ok: false, error: failureOf(error) }).then(() => socket.end())
    },
  )
}

function requestIn(line: string): ControlRequest | ControlRequestError {
  let came: unknown
  try {
    came = JSON.parse(line)
  } catch (cause) {
    return new ControlRequestError(`A request must be a line of JSON: ${(cause as Error).message}.`, { cause })
  }
  const { id, command, args = {} } = (typeof came === 'object' && came !== null ? came : {}) as Record<string, unknown>
  const fits = typeof id === 'number' && typeof command === 'string' && typeof args === 'object' && args !== null
  if (fits) return { id, command, args: args as ControlRequest['args'] }
  return new ControlRequestError('A request must be { "id": number, "command": string, "args"?: object }.')
}

function failureOf(error: unknown): { readonly code?: string; readonly message: string } {
  if (error instanceof AlloraError) return { code: error.code, message: error.message }
  return { message: error instanceof Error ? error.message : String(error) }
}
