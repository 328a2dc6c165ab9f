/** Three flows: the file becomes rows, rows become reports of damage, and repairs become one bill for each airport. */
import { app, direct, flow, pubsub, queue } from 'allora'
import { type Row, type Strike, hasDamage, identify, readReport } from './report.ts'
import { rowsOf } from './rows.ts'

export type Repair = Strike<'medium'> | Strike<'substantial'>

export interface Bill {
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

export const birdStrikes = app(intake, triage, billing)

/** The bill of one airport. */
function billOf(repairs: readonly Repair[]): Bill {
  return {
    airport: repairs[0]!.airport,
    strikes: repairs.length,
    cost: repairs.reduce((sum, { cost }) => sum + cost, 0),
  }
}
