/** Runs the flows over a file, and gathers what came out, what broke, and where every report has gone. */
import { type Failure, type Message, type MetricsSnapshot, type QueueChannel, type StopReport, runtime } from 'allora'
import { type Bill, birdStrikes } from './flows.ts'
import type { Objection, Strike } from './report.ts'

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

  // Repairs are read while the file is, eight at a time: nobody else empties their queue.
  const repaired = untilClosed(rt.channel('repairs'))
  await rt.send('file', path)
  await rt.idle()
  await rt.channel('repairs').close()
  await rt.send('repaired', await repaired)

  const metrics = rt.metrics()
  const [bills, logbook, rejected] = await Promise.all([
    rest(rt.channel('bills')),
    rest(rt.channel('logbook')),
    rest(rt.channel('rejected')),
  ])
  const failures = rejected.map(({ failure }) => failure)
  return { bills, alerts, alertedCost, logbook, failures, mostWaiting, metrics, stop: await rt.stop() }
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
