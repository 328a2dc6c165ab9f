/** `allora receive`: takes messages from a channel of the app that runs. */
import { orInterrupted, withApp } from '../ask.ts'
import { type Command, WHICH_APP } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { numberOption, shownValue } from '../values.ts'

/** See above. */
export const receiveCommand: Command = {
  name: 'receive',
  summary: 'take messages from a channel',
  operands: '<channel>',
  count: [1, 1],
  options: {
    count: { value: 'n', summary: 'how many; absent = 1' },
    timeout: { value: 'ms', summary: 'how long to wait for each; absent = without limit' },
    ...WHICH_APP,
  },
  more: ['Writes payloads, and whole messages with --json. Exits with 1 when fewer came than asked for.'],
  async run(invocation) {
    const { terminal, operands } = invocation
    const count = numberOption(invocation, 'count', 1) ?? 1
    const timeout = numberOption(invocation, 'timeout')
    let received = 0
    await withApp(invocation, (client) =>
      orInterrupted(
        client.request('receive', { channel: operands[0], count, timeout }, (event) => {
          received++
          terminal.tell(event)
          terminal.say(shownValue((event as { readonly payload: unknown }).payload))
        }),
      ),
    )
    if (received === 0) terminal.note(`Nothing came from ${operands[0]}.`)
    return received < count ? EXIT.problems : EXIT.done
  },
}
