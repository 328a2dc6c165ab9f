/** `allora top`: shows what the app that runs is doing. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlClient } from '../../control/control-client.ts'
import type { MetricsSnapshot } from '../../runtime/metrics.ts'
import { watchUntilEnd, withApp } from '../ask.ts'
import { type Command, WHICH_APP } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { type Terminal, table } from '../terminal.ts'
import { numberOption } from '../values.ts'

/** Milliseconds between two pictures. */
const INTERVAL = 1000

/** See above. */
export const topCommand: Command = {
  name: 'top',
  summary: 'show channels, their messages and rates',
  operands: '',
  count: [0, 0],
  options: {
    once: { summary: 'one picture; so it is without a terminal, too' },
    interval: { value: 'ms', summary: `time between pictures; absent = ${INTERVAL}` },
    ...WHICH_APP,
  },
  more: ['Busiest channels first. Ends with Ctrl-C, or when the app does.'],
  async run(invocation) {
    const { terminal, options } = invocation
    const given = numberOption(invocation, 'interval', 1)
    const once = options['once'] === true || (given === undefined && (!terminal.isInteractive || terminal.json))
    await withApp(invocation, async (client) => {
      if (once) return show(terminal, await metricsOf(client), undefined)
      await watchUntilEnd(terminal, pictures(client, terminal, given ?? INTERVAL))
    })
    return EXIT.done
  },
}

async function pictures(client: ControlClient, terminal: Terminal, interval: number): Promise<never> {
  let before: MetricsSnapshot | undefined
  for (;;) {
    const metrics = await metricsOf(client)
    terminal.clear()
    show(terminal, metrics, before)
    before = metrics
    await sleep(interval)
  }
}

const metricsOf = async (client: ControlClient): Promise<MetricsSnapshot> =>
  (await client.request('metrics')) as MetricsSnapshot

function show(terminal: Terminal, metrics: MetricsSnapshot, before: MetricsSnapshot | undefined): void {
  terminal.tell(metrics)
  const { deadLetters, openGroups, pendingRequests } = metrics
  const channels = Object.entries(metrics.channels)
    .map(([id, channel]) => ({ id, ...channel, rate: rateOf(id, metrics, before) }))
    .sort((a, b) => b.buffered + b.inFlight - a.buffered - a.inFlight || b.accepted - a.accepted)
  const rows = channels.map(({ id, kind, buffered, inFlight, accepted, rate, dead, dropped }) => [
    id,
    kind,
    buffered,
    inFlight,
    accepted,
    rate,
    dead,
    dropped,
  ])
  const heads = ['CHANNEL', 'KIND', 'WAITING', 'IN WORK', 'ACCEPTED', 'PER SECOND', 'DEAD', 'DROPPED']
  const [head = '', ...lines] = table([heads, ...rows])
  const room = Math.max(1, terminal.rows - 4)
  terminal.say(
    [
      `dead letters ${deadLetters}, open groups ${openGroups}, requests waiting ${pendingRequests}`,
      terminal.paint('bold', head),
      ...lines.slice(0, room),
      ...(lines.length > room ? [`and ${lines.length - room} more`] : []),
    ].join('\n'),
  )
}

function rateOf(id: string, now: MetricsSnapshot, before: MetricsSnapshot | undefined): string {
  const earlier = before?.channels[id]
  if (earlier === undefined || now.at <= before!.at) return '-'
  return ((now.channels[id]!.accepted - earlier.accepted) / ((now.at - before!.at) / 1000)).toFixed(1)
}
