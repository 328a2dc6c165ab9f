/** Asks the app that runs. */
import { type ControlClient, connectControl } from '../control/control-client.ts'
import { ConnectionEndedError, NoRunningAppError } from '../errors/control-errors.ts'
import { socketOf } from './app-file.ts'
import type { Invocation } from './command.ts'
import type { Terminal } from './terminal.ts'

/** Connects to the app that a command is about, and ends the connection when the work is done. */
export async function withApp<A>(invocation: Invocation, work: (client: ControlClient) => Promise<A>): Promise<A> {
  const client = await connected(socketOf(invocation))
  try {
    return await work(client)
  } finally {
    client.close()
  }
}

async function connected(socket: string): Promise<ControlClient> {
  try {
    return await connectControl(socket)
  } catch (error) {
    if (!(error instanceof NoRunningAppError)) throw error
    throw new NoRunningAppError(
      `${error.message} Start it with allora run, or say which one is meant by --app <file> or --socket <path>.`,
      { cause: error.cause },
    )
  }
}

/** Watches until Ctrl-C, or until the app has ended, which is no failure either. */
export async function watchUntilEnd(terminal: Terminal, work: Promise<unknown>): Promise<void> {
  try {
    await orInterrupted(work)
  } catch (error) {
    if (!(error instanceof ConnectionEndedError)) throw error
    terminal.note('The app has ended.')
  }
}

/** Waits for the work, or for Ctrl-C, which is the usual way to end it and no failure. */
export async function orInterrupted(work: Promise<unknown>): Promise<void> {
  const interrupted = Promise.withResolvers<void>()
  process.once('SIGINT', interrupted.resolve)
  process.once('SIGTERM', interrupted.resolve)
  try {
    await Promise.race([work, interrupted.promise])
  } finally {
    process.off('SIGINT', interrupted.resolve)
    process.off('SIGTERM', interrupted.resolve)
  }
}
