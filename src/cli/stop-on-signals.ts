/** Ctrl-C: the first one drains, the second one aborts and names what is lost, the third one does not even do that. */
import { EXIT } from './exit-code.ts'
import type { LiveApp } from './live-app.ts'
import type { Terminal } from './terminal.ts'

/** Milliseconds between two words about the progress. */
const BEAT = 200
const STOP_TIMEOUT = 10_000

/** Milliseconds that the report has after the second Ctrl-C: then something holds it up that nothing can be done about. */
const ABORT_TIMEOUT = 2000

/** Listens to signals. */
export interface SignalListener {
  /** Whether the work in flight was not to be waited for. */
  readonly aborted: boolean
  end(): void
}

/** Stops the app on SIGINT and SIGTERM. */
export function stopOnSignals(live: LiveApp, terminal: Terminal, timeout: number = STOP_TIMEOUT): SignalListener {
  let stopping: NodeJS.Timeout | undefined
  let aborted = false
  const onSignal = (): void => {
    if (aborted) return giveUp(live, terminal)
    if (stopping !== undefined) {
      aborted = true
      terminal.note('Aborting: work in flight is cut off.')
      setTimeout(() => giveUp(live, terminal), ABORT_TIMEOUT).unref()
      return void live.stop({ timeout: 0 })
    }
    terminal.note(`Stopping: work in flight may end within ${timeout / 1000} s. Ctrl-C again does not wait for it.`)
    stopping = setInterval(() => terminal.progress(`Stopping: ${inWork(live)} in work`), BEAT).unref()
    void live.stop({ timeout })
  }
  process.on('SIGINT', onSignal)
  process.on('SIGTERM', onSignal)
  return {
    get aborted() {
      return aborted
    },
    end() {
      clearInterval(stopping)
      process.off('SIGINT', onSignal)
      process.off('SIGTERM', onSignal)
    },
  }
}

function giveUp(live: LiveApp, terminal: Terminal): never {
  const waiting = Object.values(live.metrics().channels).reduce((sum, { buffered }) => sum + buffered, 0)
  terminal.tell({ event: 'aborted', inWork: inWork(live), waiting })
  terminal.note(`Aborted. Messages lost: ${inWork(live)} in work, ${waiting} waiting in channels.`)
  process.exit(EXIT.aborted)
}

const inWork = (live: LiveApp): number =>
  Object.values(live.metrics().channels).reduce((sum, { inFlight }) => sum + inFlight, 0)
