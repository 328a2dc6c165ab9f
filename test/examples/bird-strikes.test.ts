/** The bird-strikes example, against counts made from its file without the library. */
import { readFileSync } from 'node:fs'
import { beforeAll, expect, test } from 'vitest'
import { type Outcome, runBirdStrikes } from '../../examples/bird-strikes/bird-strikes.ts'
import { summaryOf } from '../../examples/bird-strikes/summary.ts'
import { run } from './run-example.ts'

const path = new URL('../../node_modules/vega-datasets/data/birdstrikes.csv', import.meta.url).pathname

interface Line {
  readonly airport: string
  readonly damage: string
  readonly date: string
  readonly species: string
  readonly cost: number
}

const lines: readonly Line[] = readFileSync(path, 'utf8')
  .trimEnd()
  .split('\n')
  .slice(1)
  .map((line) => {
    const cells = line.trimEnd().split(',')
    return { airport: cells[0]!, damage: cells[2]!, date: cells[3]!, species: cells[8]!, cost: Number(cells[12]) }
  })
const of = (...damages: string[]): readonly Line[] => lines.filter(({ damage }) => damages.includes(damage))
const unharmed = of('None').filter(({ cost }) => cost === 0)
const contradictory = of('None').filter(({ cost }) => cost > 0)
const unknown = lines.filter(({ damage }) => !['None', 'Minor', 'Medium', 'Substantial'].includes(damage))
const costOf = (some: readonly Line[]): number => some.reduce((sum, { cost }) => sum + cost, 0)

let outcome: Outcome
beforeAll(async () => {
  outcome = await runBirdStrikes(path)
})

test('every row ends in one place', () => {
  const { metrics, failures, alerts } = outcome
  expect(metrics.channels['rows']).toMatchObject({ accepted: lines.length, settled: lines.length, buffered: 0 })
  expect(metrics.dropped).toEqual({ filtered: unharmed.length, overflow: of('Minor').length - 100 })
  expect(metrics.channels['logbook']!.accepted).toBe(of('Minor').length)
  expect(metrics.channels['repairs']!.accepted).toBe(of('Medium', 'Substantial').length)
  expect(alerts).toHaveLength(of('Substantial').length)
  expect(failures).toHaveLength(contradictory.length + unknown.length)
})

test('the rows that cannot be right are rejected with what is wrong with them, in order', () => {
  const wrong = lines.filter((line) => contradictory.includes(line) || unknown.includes(line))
  expect(outcome.failures).toEqual(
    wrong.map(({ damage, cost }) => ({
      kind: 'failure',
      error:
        damage === 'None' ? { reason: 'costs without damage', cost } : { reason: 'unknown damage code', code: damage },
    })),
  )
})

test('each airport with repairs has one bill', () => {
  const byAirport = Map.groupBy(of('Medium', 'Substantial'), ({ airport }) => airport)
  const bills = [...byAirport].map(([airport, some]) => ({ airport, strikes: some.length, cost: costOf(some) }))
  expect(outcome.bills).toEqual(bills)
})

test('both subscribers have every alert', () => {
  const facts = ({ airport, date, species, cost }: Omit<Line, 'damage'>): unknown => ({ airport, date, species, cost })
  expect(outcome.alerts.map(facts)).toEqual(of('Substantial').map(facts))
  expect(outcome.alertedCost).toBe(costOf(of('Substantial')))
})

test('the logbook has the newest reports', () => {
  expect(outcome.logbook.map(({ date }) => date)).toEqual(
    of('Minor')
      .slice(-100)
      .map(({ date }) => date),
  )
})

test('the reader is held back: a queue for 16 fills up and never holds more', () => {
  expect(outcome.mostWaiting).toBe(16)
})

test('nothing is left when it stops', () => {
  expect(outcome.stop).toEqual({ drained: true, aborted: 0, left: [] })
})

test('`npm start` says hello, draws the app and prints the summary', async () => {
  const output = await run('main.ts')
  expect(output).toMatch(/^Hello, World!\n/)
  expect(output).toContain('flowchart LR')
  expect(output).toContain(`  ${unharmed.length.toLocaleString('en-US')}  no damage `)
  expect(output).toContain(summaryOf(outcome))
})
