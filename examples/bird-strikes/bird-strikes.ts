/** Three flows: a file becomes rows, rows become reports of damage, and repairs become one bill for each airport. */
import {
  type Failure,
  type Message,
  type MetricsSnapshot,
  type QueueChannel,
  type StopReport,
  app,
  direct,
  flow,
  pubsub,
  queue,
  runtime,
  toMermaid,
} from 'allora'
import { type Objection, type Row, type Strike, hasDamage, identify, readReport } from './report.ts'
import { rowsOf } from './rows.ts'

type Repair = Strike<'medium'> | Strike<'substantial'>

interface Bill {
  readonly airport: string
  readonly strikes: number
  readonly cost: number
}

/** Far smaller than the file: whoever fills it is held back by whoever empties it. */
const rows = queue('rows', { capacity: 16 }).of<Row>()

const intake = flow('intake').from(direct('file').of<string>()).split(rowsOf, { id: 'rows' }).to(rows).build()

const triage = flow('triage')
  .from(rows)
  .transform(identify, { id: 'identify' })
  .handle(readReport, { id: 'read' })
  .filter(hasDamage, { id: 'damaged' })
  .route('damage', {
    minor: (branch) => branch.to(queue('logbook', { capacity: 100, overflow: 'dropOldest' })),
    medium: (branch) => branch,
    substantial: (branch) => branch.tap(pubsub('alerts')),
  })
  .to(queue('repairs', { capacity: 8 }))
  .errorsTo(queue('rejected'))
  .build()

const billing = flow('billing')
  .from(direct('repaired').of<readonly Repair[]>())
  .split()
  .aggregate({ id: 'by airport', correlateBy: ({ airport }) => airport, combine: billOf })
  .to(queue('bills'))
  .build()

const birdStrikes = app(intake, triage, billing)

/** The app, drawn by itself. */
export const diagram: string = toMermaid(birdStrikes)

/** What came out, what broke, and where every report has gone. */
export interface Outcome {
  readonly bills: readonly Bill[]
  readonly alerts: readonly Strike<'substantial'>[]
  /** What the strikes with an alert cost together, in US dollars. */
  readonly alertedCost: number
  readonly logbook: readonly Strike<'minor'>[]
  readonly failures: readonly Failure<Objection>[]
  /** The most rows that waited at one time. */
  readonly mostWaiting: number
  readonly metrics: MetricsSnapshot
  readonly stop: StopReport
}

export async function runBirdStrikes(path: string): Promise<Outcome> {
  await using rt = await runtime(birdStrikes).start()

  // Two subscribers; each gets every alert.
  const alerts: Strike<'substantial'>[] = []
  let alertedCost = 0
  rt.channel('alerts').subscribe((strike) => void alerts.push(strike))
  rt.channel('alerts').subscribe(({ cost }) => void (alertedCost += cost))

  let mostWaiting = 0
  rt.on('accepted', () => (mostWaiting = Math.max(mostWaiting, rt.channel('rows').size)))

  // Repairs are read while the file is: their queue holds eight, and then everything before it waits.
  const repaired = untilClosed(rt.channel('repairs'))
  await rt.send('file', path)
  await rt.idle()
  await rt.channel('repairs').close()
  await rt.send('repaired', await repaired)

  const metrics = rt.metrics()
  const bills = await rest(rt.channel('bills'))
  const logbook = await rest(rt.channel('logbook'))
  const rejected = await rest(rt.channel('rejected'))
  const failures = rejected.map(({ failure }) => failure)
  return { bills, alerts, alertedCost, logbook, failures, mostWaiting, metrics, stop: await rt.stop() }
}

function billOf(repairs: readonly Repair[]): Bill {
  return {
    airport: repairs[0]!.airport,
    strikes: repairs.length,
    cost: repairs.reduce((sum, { cost }) => sum + cost, 0),
  }
}

/** The payloads that come until the channel is closed and empty. */
async function untilClosed<P>(channel: AsyncIterable<Message<P>>): Promise<P[]> {
  const payloads: P[] = []
  for await (const { payload } of channel) payloads.push(payload)
  return payloads
}

/** Closes a channel that nothing comes to any more, and empties it. */
async function rest<P>(channel: QueueChannel<P>): Promise<P[]> {
  await channel.close()
  return untilClosed(channel)
}
