/** The client of a control socket. */
import { connect } from 'node:net'
import { ConnectionEndedError, ControlRefusedError, NoRunningAppError } from '../errors/control-errors.ts'
import { readLines } from './lines.ts'
import { type ControlAnswer, toLine } from './protocol.ts'

/** A connection to a running app. */
export interface ControlClient {
  /** Asks for something; `onEvent` gets what comes before the end. Rejects with `ControlRefusedError`. */
  request(command: string, args?: object, onEvent?: (event: unknown) => void): Promise<unknown>
  /** Ends the connection; what is not answered yet rejects. */
  close(): void
}

interface Pending {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
  readonly onEvent: ((event: unknown) => void) | undefined
}

/** Connects to a control socket. Rejects with `NoRunningAppError` when nobody answers there. */
export async function connectControl(path: string): Promise<ControlClient> {
  const socket = connect(path)
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', (cause) => {
      reject(new NoRunningAppError(`No app is running here: nobody answers at ${path}.`, { cause }))
    })
  })
  const pending = new Map<number, Pending>()
  const failAll = (error: Error): void => {
    for (const { reject } of pending.values()) reject(error)
    pending.clear()
  }
  socket.on('error', () => socket.destroy())
  socket.once('close', () => failAll(new ConnectionEndedError()))
  const take = (answer: ControlAnswer): void => {
    if ('ok' in answer && answer.id === null)
      return failAll(
        new ControlRefusedError(answer.ok ? '' : answer.error.message, answer.ok ? undefined : answer.error.code),
      )
    const waiting = pending.get(answer.id!)
    if ('event' in answer) return waiting?.onEvent?.(answer.event)
    pending.delete(answer.id!)
    if (answer.ok) waiting?.resolve(answer.result)
    else waiting?.reject(new ControlRefusedError(answer.error.message, answer.error.code))
  }
  // The app is the user's own: what it has to say may be long.
  readLines(
    socket,
    Infinity,
    (line) => take(JSON.parse(line) as ControlAnswer),
    () => undefined,
  )
  let next = 1
  return {
    request(command, args = {}, onEvent) {
      return new Promise((resolve, reject) => {
        // It may have ended while nothing was asked: nobody would be told then.
        if (socket.destroyed) return reject(new ConnectionEndedError())
        const id = next++
        pending.set(id, { resolve, reject, onEvent })
        socket.write(toLine({ id, command, args }))
      })
    },
    close: () => void socket.destroy(),
  }
}
