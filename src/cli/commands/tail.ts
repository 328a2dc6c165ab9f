/** `allora tail`: watches messages of the app that runs, without taking any. */
import { watchUntilEnd, withApp } from '../ask.ts'
import { type Command, WHICH_APP } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import type { Look, Terminal } from '../terminal.ts'
import { shownValue } from '../values.ts'

interface TailEvent {
  readonly type: 'watching' | 'skipped' | 'accepted' | 'failed' | 'retried' | 'dead' | 'dropped'
  readonly channelId?: string
  readonly flowId?: string
  readonly nodeId?: string
  readonly message?: { readonly id: string; readonly payload: unknown }
  readonly error?: { readonly message: string }
  readonly reason?: string
  readonly count?: number
}

const LOOKS: Partial<Record<TailEvent['type'], Look>> = {
  failed: 'red',
  dead: 'red',
  retried: 'yellow',
  dropped: 'yellow',
}

/** See above. */
export const tailCommand: Command = {
  name: 'tail',
  summary: 'watch messages, without taking any',
  operands: '[channel]',
  count: [0, 1],
  options: WHICH_APP,
  more: [
    'Writes what is accepted, retried, dropped or dead, of one channel or of all; failures of steps',
    'are told without a channel. Ends with Ctrl-C, or when the app does.',
  ],
  async run(invocation) {
    const { terminal, operands } = invocation
    await withApp(invocation, (client) =>
      watchUntilEnd(
        terminal,
        client.request('tail', operands[0] === undefined ? {} : { channel: operands[0] }, (event) => {
          terminal.tell(event)
          show(terminal, event as TailEvent)
        }),
      ),
    )
    return EXIT.done
  },
}

function show(terminal: Terminal, event: TailEvent): void {
  const { type, channelId, flowId, nodeId, message, error, reason, count } = event
  if (type === 'watching') return terminal.note('Watching. Ctrl-C ends it.')
  if (message === undefined) return terminal.note(`${count} events were left out: this terminal is too slow for them.`)
  const place = channelId ?? [flowId, nodeId].filter((part) => part !== undefined).join('/')
  const look = LOOKS[type]
  const word = type.padEnd(8)
  const what =
    error?.message ??
    (reason === undefined ? shownValue(message.payload) : `(${reason}) ${shownValue(message.payload)}`)
  terminal.say([look === undefined ? word : terminal.paint(look, word), place, message.id, what].join('  '))
}
