/** A stop report in words. */
import type { LeftMessage, StopReport } from '../runtime/stop-report.ts'
import { EXIT, type ExitCode } from './exit-code.ts'
import { type Terminal, table } from './terminal.ts'

/** Messages that are named; the others are counted. */
const LISTED = 20

/** Writes the report; answers what the program should exit with. */
export function showStop(terminal: Terminal, report: StopReport): ExitCode {
  const { drained, aborted, left } = report
  terminal.say(
    drained ? 'Stopped. All work in flight has ended.' : `Stopped. ${messages(aborted)} in work did not end in time.`,
  )
  showLeft(terminal, left, 'left')
  return drained ? EXIT.done : EXIT.problems
}

/** Names messages that are nowhere any more. */
export function showLeft(terminal: Terminal, left: readonly LeftMessage[], word: string): void {
  if (left.length === 0) return
  terminal.say(`${messages(left.length)} ${left.length === 1 ? 'is' : 'are'} ${word}:`)
  const rows = left
    .slice(0, LISTED)
    .map((each) => [each.state, placeOf(each), each.messageId, `${seconds(each.age)} s old`])
  terminal.say(
    table([...rows])
      .map((line) => `  ${line}`)
      .join('\n'),
  )
  if (left.length > LISTED) terminal.say(`  and ${left.length - LISTED} more`)
}

const placeOf = ({ channelId, flowId, nodeId }: LeftMessage): string =>
  [channelId ?? '', ...(flowId === undefined ? [] : [`in ${[flowId, nodeId].filter(Boolean).join('/')}`])].join(' ')

const messages = (count: number): string => `${count} message${count === 1 ? '' : 's'}`

const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1)
