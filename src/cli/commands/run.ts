/** `allora run`: runs an app until it is stopped. */
import { serveControl } from '../../control/serve-control.ts'
import { socketPathOf } from '../../control/socket-path.ts'
import { findAppFile } from '../app-file.ts'
import { type Command, type Invocation, textOption } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { watchModules } from '../fresh-modules.ts'
import type { LiveApp } from '../live-app.ts'
import { type LoadedApp, loadApp } from '../load-app.ts'
import { shownPath } from '../shown-path.ts'
import { reloadOnChange } from '../reload-on-change.ts'
import { showStop } from '../stop-words.ts'
import { stopOnSignals } from '../stop-on-signals.ts'
import type { Terminal } from '../terminal.ts'
import { numberOption } from '../values.ts'
import { examine, showDiagnostics } from './check.ts'

/** Milliseconds that what a module has left open may keep the process after the stop. */
const LINGER = 500

/** See above. */
export const runCommand: Command = {
  name: 'run',
  summary: 'run an app until Ctrl-C, and say what was left',
  operands: '[file]',
  count: [0, 1],
  options: {
    watch: { summary: 'load the app again when a file changes; messages that wait are kept' },
    services: { value: 'file', summary: 'a module that exports more services' },
    timeout: { value: 'ms', summary: 'how long work in flight may take to end after Ctrl-C; absent = 10000' },
    socket: { value: 'path', summary: 'the control socket; absent = one for each file and user' },
  },
  more: [
    'A module exports an app or flows, and may export services and transports, by their names.',
    'The services of a YAML file are those of services.ts (.mts, .js, .mjs) beside it.',
    'Ctrl-C lets work in flight end; a second Ctrl-C does not. send, tail, top, dlq and stop find',
    'the app by its file: run them in the same folder.',
  ],
  async run(invocation) {
    const { terminal, operands, options } = invocation
    const file = findAppFile(operands[0])
    const servicesFile = textOption(invocation, 'services')
    const timeout = numberOption(invocation, 'timeout')
    if (options['watch'] === true) watchModules()
    const load = (): ReturnType<typeof loadApp> => loadApp(file, servicesFile)
    const { diagnostics, loaded } = await examine(load)
    showDiagnostics(terminal, diagnostics, (text) => terminal.note(text))
    if (loaded === undefined) return EXIT.problems

    const { LiveApp } = await import('../live-app.ts')
    const live = new LiveApp(loaded, { reloads: options['watch'] === true })
    const socket = textOption(invocation, 'socket') ?? socketPathOf(file)
    try {
      return await serve(invocation, live, { file, socket, loaded, load, timeout })
    } finally {
      await live.stop({ timeout: 0 })
      setTimeout(() => process.exit(), LINGER).unref()
    }
  },
}

interface Serving {
  readonly file: string
  readonly socket: string
  readonly loaded: LoadedApp
  readonly load: () => ReturnType<typeof loadApp>
  readonly timeout: number | undefined
}

async function serve(invocation: Invocation, live: LiveApp, serving: Serving): Promise<ExitCode> {
  // Before anything begins: a second process of the same app must not take a single message.
  const control = await serveControl(live, serving.socket, { file: serving.file })
  report(live, invocation.terminal)
  try {
    await live.start()
    return await untilStopped(invocation, live, serving)
  } finally {
    await control.close()
  }
}

async function untilStopped(
  { terminal, options }: Invocation,
  live: LiveApp,
  { file, socket, loaded, load, timeout }: Serving,
): Promise<ExitCode> {
  const signals = stopOnSignals(live, terminal, timeout)
  const stopWatching = options['watch'] === true ? reloadOnChange(live, terminal, loaded.files, load) : () => undefined
  terminal.tell({ event: 'running', file, socket, pid: process.pid, flows: live.control.flows().map(({ id }) => id) })
  terminal.note(`Running ${shownPath(file)}: ${flows(live)}. Ctrl-C stops it.`)
  try {
    const stopped = await live.stopped
    terminal.tell({ event: 'stopped', ...stopped })
    const code = showStop(terminal, stopped)
    const dead = live.deadLetters.size
    if (dead > 0)
      terminal.note(`${dead} dead letter${dead === 1 ? ' was' : 's were'} not redriven, and ended with the app.`)
    return signals.aborted ? EXIT.aborted : code
  } finally {
    stopWatching()
    signals.end()
  }
}

/** What an operator should know at once. */
function report(live: LiveApp, terminal: Terminal): void {
  live.on('dead', ({ id, channelId, error }) => {
    terminal.tell({ event: 'dead', id, channelId, error: { code: error.code, message: error.message } })
    terminal.note(`${terminal.paintNote('red', 'dead letter')} ${id}: ${error.message}`)
  })
  live.on('sourceFailed', ({ flowId, error }) => {
    terminal.tell({ event: 'sourceFailed', flowId, error: { code: error.code, message: error.message } })
    terminal.note(`${terminal.paintNote('red', 'source failed')} ${error.message}`)
  })
}

function flows(live: LiveApp): string {
  const ids = live.control.flows().map(({ id }) => id)
  if (ids.length === 0) return 'no flows, only channels to send to and receive from'
  return `${ids.length === 1 ? 'flow' : `${ids.length} flows:`} ${ids.slice(0, 5).join(', ')}${ids.length > 5 ? ', ...' : ''}`
}
