/** The outcome as text to read. */
import type { Failure } from 'allora'
import type { Objection } from './report.ts'
import type { Outcome } from './bird-strikes.ts'
import { table, thousands } from './table.ts'

export function summaryOf(outcome: Outcome): string {
  return [
    title(outcome),
    reports(outcome),
    rejections(outcome),
    bills(outcome),
    alerts(outcome),
    channels(outcome),
  ].join('\n\n')
}

function title({ metrics, mostWaiting }: Outcome): string {
  const { accepted } = metrics.channels['rows']!
  return [
    `Wildlife strikes reported to the FAA: a file of ${thousands(accepted)} rows, read through a queue for 16.`,
    `At most ${mostWaiting} rows were waiting at any time: the reader is held back by the steps behind the queue.`,
  ].join('\n')
}

function reports({ metrics, logbook, alerts, failures }: Outcome): string {
  const { accepted: repairs } = metrics.channels['repairs']!
  const { accepted: minor, dropped } = metrics.channels['logbook']!
  return table([
    ['reports', 'of', 'went to'],
    [metrics.dropped.filtered ?? 0, 'no damage', 'nobody: filtered out, and counted'],
    [minor, 'minor damage', `the logbook, which keeps the newest ${logbook.length} and dropped ${dropped}`],
    [repairs - alerts.length, 'medium damage', 'repairs'],
    [alerts.length, 'substantial damage', 'repairs, and an alert to each of two subscribers'],
    [failures.length, 'something else', 'the error channel'],
  ])
}

function rejections({ failures }: Outcome): string {
  const reasons = Map.groupBy(failures, reasonOf)
  return table([['rejected', 'because of'], ...[...reasons].map(([reason, { length }]) => [length, reason])])
}

function reasonOf(failure: Failure<Objection>): string {
  if (failure.kind === 'defect') return `a defect: ${String(failure.cause)}`
  switch (failure.error.reason) {
    case 'unknown damage code':
      return `damage of the unknown code "${failure.error.code}"`
    case 'costs without damage':
      return 'costs, although there was no damage'
  }
}

function bills({ bills }: Outcome): string {
  const costliest = bills.toSorted((a, b) => b.cost - a.cost).slice(0, 5)
  return table([
    ['repairs', 'in US $', `at (${costliest.length} of ${bills.length} airports)`],
    ...costliest.map(({ strikes, cost, airport }) => [strikes, cost, airport]),
  ])
}

function alerts({ alerts, alertedCost }: Outcome): string {
  const costliest = alerts.toSorted((a, b) => b.cost - a.cost).slice(0, 3)
  return [
    table([
      ['alert', 'of', 'in US $', 'because of'],
      ...costliest.map(({ id, date, cost, species }) => [id.slice(0, 8), date, cost, species]),
    ]),
    `The ${alerts.length} alerts stand for repairs of ${thousands(alertedCost)} dollars.`,
  ].join('\n')
}

function channels({ metrics, stop }: Outcome): string {
  const counts = Object.entries(metrics.channels)
  return [
    table([
      ['channel', 'kind', 'accepted', 'settled', 'dropped', 'held'],
      ...counts.map(([id, { kind, accepted, settled, dropped, buffered }]) => [
        id,
        kind,
        accepted,
        settled,
        dropped,
        buffered,
      ]),
    ]),
    `Messages left at the stop: ${stop.left.length}. Dead letters: ${metrics.deadLetters}.`,
  ].join('\n')
}
