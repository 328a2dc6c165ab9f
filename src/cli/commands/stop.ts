/** `allora stop`: stops the app that runs. */
import type { StopReport } from '../../runtime/stop-report.ts'
import { withApp } from '../ask.ts'
import { type Command, WHICH_APP } from '../command.ts'
import { showStop } from '../stop-words.ts'
import { numberOption } from '../values.ts'

/** See above. */
export const stopCommand: Command = {
  name: 'stop',
  summary: 'stop the app and say what was left',
  operands: '',
  count: [0, 0],
  options: {
    timeout: { value: 'ms', summary: 'how long work in flight may take to end; absent = 10000' },
    ...WHICH_APP,
  },
  async run(invocation) {
    const { terminal } = invocation
    const timeout = numberOption(invocation, 'timeout')
    terminal.progress('Stopping')
    const report = (await withApp(invocation, (client) => client.request('stop', { timeout }))) as StopReport
    terminal.tell(report)
    return showStop(terminal, report)
  },
}
