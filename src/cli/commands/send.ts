/** `allora send`: sends a message to a channel of the app that runs. */
import { UsageError } from '../../errors/control-errors.ts'
import { withApp } from '../ask.ts'
import { type Command, WHICH_APP, textOption } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { jsonValue, numberOption } from '../values.ts'

/** See above. */
export const sendCommand: Command = {
  name: 'send',
  summary: 'send a message to a channel',
  operands: '<channel> <json>',
  count: [2, 2],
  options: {
    text: { summary: 'take the payload as text, not as JSON' },
    headers: { value: 'json', summary: 'an object of headers' },
    timeout: { value: 'ms', summary: 'how long to wait for room in the channel; absent = without limit' },
    ...WHICH_APP,
  },
  more: [
    `allora send orders '{"id":"A1"}' --headers '{"tier":"gold"}'`,
    'With - for the payload it is read from the standard input.',
    'Ends when the channel has the message; of a direct channel, when it has been handled.',
  ],
  async run(invocation) {
    const { terminal, operands, options } = invocation
    const [channel = '', written = ''] = operands
    const payload = options['text'] === true ? written : jsonValue(written, 'The payload')
    const headers = headersOf(textOption(invocation, 'headers'))
    const timeout = numberOption(invocation, 'timeout')
    await withApp(invocation, (client) => client.request('send', { channel, payload, headers, timeout }))
    terminal.tell({ channel, sent: true })
    terminal.say(`Sent to ${channel}.`)
    return EXIT.done
  },
}

function headersOf(written: string | undefined): unknown {
  if (written === undefined) return undefined
  const headers = jsonValue(written, '--headers')
  if (typeof headers === 'object' && headers !== null && !Array.isArray(headers)) return headers
  throw new UsageError(`--headers must be a JSON object, such as '{"tier":"gold"}'.`)
}
