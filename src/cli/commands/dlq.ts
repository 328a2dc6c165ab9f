/** `allora dlq`: lists, shows, redrives and removes the dead letters of the app that runs. */
import { UsageError } from '../../errors/control-errors.ts'
import { quote } from '../../errors/describe-value.ts'
import { didYouMean } from '../../graph/did-you-mean.ts'
import type { ControlClient } from '../../control/control-client.ts'
import { withApp } from '../ask.ts'
import { type Command, type Invocation, WHICH_APP, textOption } from '../command.ts'
import { EXIT, type ExitCode } from '../exit-code.ts'
import { type Terminal, table } from '../terminal.ts'
import { shownValue } from '../values.ts'

/** A dead letter as it comes over the control socket. */
interface Letter {
  readonly id: string
  readonly reason: string
  readonly channelId: string
  readonly flowId?: string
  readonly nodeId?: string
  readonly attempts: number
  readonly lastFailedAt: number
  readonly message: { readonly payload: unknown; readonly headers: object }
  readonly error: { readonly code?: string; readonly message: string }
}

type Work = (client: ControlClient, invocation: Invocation) => Promise<ExitCode>

const WORK: Readonly<Record<string, Work>> = { ls: list, show, redrive, rm: remove }

/** See above. */
export const dlqCommand: Command = {
  name: 'dlq',
  summary: 'see, redrive and remove dead letters',
  operands: 'ls|show|redrive|rm [id]',
  count: [1, 2],
  options: {
    channel: { value: 'id', summary: 'only those taken from this channel' },
    flow: { value: 'id', summary: 'only those of this flow' },
    node: { value: 'id', summary: 'only those that failed at this node' },
    reason: { value: 'word', summary: 'only failed, invalid, expired or group-timeout ones' },
    all: { summary: 'redrive or remove all of them' },
    from: { value: 'place', summary: 'where redrive begins: start (if absent) or node, at the node that failed' },
    'dry-run': { summary: 'only say what redrive would send again' },
    ...WHICH_APP,
  },
  more: ['redrive sends the original messages to their channels again, or from the node that failed.'],
  async run(invocation) {
    const [what = ''] = invocation.operands
    const work = Object.hasOwn(WORK, what) ? WORK[what] : undefined
    if (work === undefined) {
      throw new UsageError(
        `There is no dlq ${quote(what)}. ${didYouMean(what, Object.keys(WORK))}Use ls, show, redrive or rm.`,
      )
    }
    return withApp(invocation, (client) => work(client, invocation))
  },
}

async function list(client: ControlClient, invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation
  const filter = filterOf(invocation)
  const letters = (await client.request('dlq ls', filter)) as readonly Letter[]
  for (const letter of letters) terminal.tell(letter)
  const none = Object.keys(filter).length === 0 ? 'There are no dead letters.' : 'No dead letter is meant by this.'
  terminal.say(letters.length === 0 ? none : letterTable(letters).join('\n'))
  return EXIT.done
}

async function show(client: ControlClient, { terminal, operands }: Invocation): Promise<ExitCode> {
  if (operands[1] === undefined) throw new UsageError('Which letter? Write: allora dlq show <id>.')
  const letter = (await client.request('dlq show', { id: operands[1] })) as Letter
  terminal.tell(letter)
  const rows = [
    ['Message', letter.id],
    ['Reason', letter.reason],
    ['Channel', letter.channelId],
    ['Place', placeOf(letter)],
    ['Attempts', String(letter.attempts)],
    ['Last failure', new Date(letter.lastFailedAt).toISOString()],
    ['Error', letter.error.message],
    ['Headers', JSON.stringify(letter.message.headers)],
    ['Payload', shownValue(letter.message.payload)],
  ]
  terminal.say(table(rows).join('\n'))
  return EXIT.done
}

async function redrive(client: ControlClient, invocation: Invocation): Promise<ExitCode> {
  const { terminal, options } = invocation
  const dryRun = options['dry-run'] === true
  const args = { ...meant(invocation), dryRun, from: textOption(invocation, 'from') }
  const report = (await client.request('dlq redrive', args, (event) => {
    const { done, of } = event as { readonly done: number; readonly of: number }
    terminal.progress(`Redriving: ${done} of ${of}`)
  })) as {
    readonly redriven: readonly Letter[]
    readonly refused: readonly { readonly letter: Letter; readonly error: { readonly message: string } }[]
  }
  terminal.tell(report)
  terminal.say(`${dryRun ? 'Would redrive' : 'Redrove'} ${letters(report.redriven.length)}.`)
  for (const { letter, error } of report.refused) terminal.say(`Refused ${letter.id}: ${error.message}`)
  return outcome(terminal, report.redriven.length, report.refused.length)
}

async function remove(client: ControlClient, invocation: Invocation): Promise<ExitCode> {
  const { terminal } = invocation
  const removed = (await client.request('dlq rm', meant(invocation))) as readonly Letter[]
  for (const letter of removed) terminal.tell(letter)
  terminal.say(`Removed ${letters(removed.length)}.`)
  return outcome(terminal, removed.length, 0)
}

function outcome(terminal: Terminal, done: number, refused: number): ExitCode {
  if (done + refused === 0) terminal.note('No dead letter is meant by this; allora dlq ls shows those there are.')
  return done === 0 || refused > 0 ? EXIT.problems : EXIT.done
}

/** The letters a command is to change: nobody means all of them by forgetting to say which. */
function meant(invocation: Invocation): object {
  const filter = filterOf(invocation)
  if (Object.keys(filter).length > 0 || invocation.options['all'] === true) return filter
  throw new UsageError('Which letters? Name one by its id, several by --channel, --flow, --node or --reason, or --all.')
}

function filterOf(invocation: Invocation): object {
  const filter = {
    id: invocation.operands[1],
    channelId: textOption(invocation, 'channel'),
    flowId: textOption(invocation, 'flow'),
    nodeId: textOption(invocation, 'node'),
    reason: textOption(invocation, 'reason'),
  }
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}

function letterTable(found: readonly Letter[]): string[] {
  return table([
    ['MESSAGE', 'REASON', 'CHANNEL', 'PLACE', 'ATTEMPTS', 'ERROR'],
    ...found.map((letter) => [
      letter.id,
      letter.reason,
      letter.channelId,
      placeOf(letter),
      String(letter.attempts),
      [letter.error.code, letter.error.message.replace(/\s+/g, ' ').slice(0, 60)].join(' '),
    ]),
  ])
}

const placeOf = ({ flowId, nodeId }: Letter): string => [flowId, nodeId].filter((part) => part !== undefined).join('/')

const letters = (count: number): string => `${count} dead letter${count === 1 ? '' : 's'}`
