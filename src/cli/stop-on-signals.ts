/** Ctrl-C: the first one drains, the second one aborts. */
import { EXIT } from './exit-code.ts'
import type { LiveApp } from './live-app.ts'
import type { Terminal } from './terminal.ts'

/** Milliseconds between two words about the progress. */
const BEAT = 200
const STOP_TIMEOUT = 10_000

/** Stops the app on SIGINT and SIGTERM; gives the function that stops listening. */
export function stopOnSignals(live: LiveApp, terminal: Terminal, timeout: number = STOP_TIMEOUT): () => void {
  let stopping: NodeJS.Timeout | undefined
  const onSignal = (): void => {
    if (stopping !== undefined) return abort(live, terminal)
    terminal.note(`Stopping: work in flight may end within ${timeout / 1000} s. Ctrl-C again does not wait for it.`)
    stopping = setInterval(() => terminal.progress(`Stopping: ${inWork(live)} in work`), BEAT).unref()
    void live.stop({ timeout })
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return () => {
    clearInterval(stopping)
    process.off('SIGINT', onSignal)
    process.off('SIGTERM', onSignal)
  }
}

function abort(live: LiveApp, terminal: Terminal): never {
  const waiting = Object.values(live.metrics().channels).reduce((sum, { buffered }) => sum + buffered, 0)
  terminal.tell({ event: 'aborted', inWork: inWork(live), waiting })
  terminal.note(`Aborted. Messages lost: ${inWork(live)} in work, ${waiting} waiting in channels.`)
  process.exit(EXIT.aborted)
}

const inWork = (live: LiveApp): number =>
  Object.values(live.metrics().channels).reduce((sum, { inFlight }) => sum + inFlight, 0)
