/** What the command is told: names of workloads and studies, and flags. */
import { parseArgs } from 'node:util'
import type { Effort } from './measure.ts'
import { type Workload, workloads } from './workloads.ts'

/** What is measured besides the workloads. */
export const STUDIES = ['memory', 'features', 'growth', 'start-up', 'http', 'types'] as const

/** One of them. */
export type Study = (typeof STUDIES)[number]

/** What to do. */
export interface Options {
  readonly quick: boolean
  /** Compare with `budget.json`. */
  readonly check: boolean
  /** Write RESULTS.md and results.svg. */
  readonly write: boolean
  readonly effort: Effort
  /** For peers, of which there are many. */
  readonly peerEffort: Effort
  readonly workloads: readonly Workload[]
  readonly studies: ReadonlySet<Study>
}

/** A row of each workload, which fit into a minute. */
const QUICK = ['W1', 'W2', 'W3/10', 'W4', 'W5/1', 'W6/10', 'W7/1', 'W8/1000']

/** @throws Error when a flag or a name is unknown, or when quick results would be written. */
export function readOptions(args: readonly string[]): Options {
  const flag = { type: 'boolean', default: false } as const
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { quick: flag, check: flag, write: flag },
  })
  for (const name of positionals) refuseUnknown(name)
  if (values.write && values.quick) throw new Error('--write needs figures to rely on, so it does not go with --quick.')
  const names = positionals.length > 0 ? positionals : values.quick ? [...QUICK, 'memory'] : []
  return {
    ...values,
    effort: values.quick ? { rounds: 5, slice: 30, warmUp: 400 } : { rounds: 9, slice: 50, warmUp: 1_000 },
    peerEffort: { rounds: 5, slice: 40, warmUp: 500 },
    workloads: names.length === 0 ? workloads : workloads.filter(({ id }) => names.some((name) => isNamed(id, name))),
    studies: new Set(names.length === 0 ? STUDIES : STUDIES.filter((study) => names.includes(study))),
  }
}

/** `W3` names all rows of W3, `W3/10` one. */
const isNamed = (id: string, name: string): boolean => id === name || id.startsWith(`${name}/`)

function refuseUnknown(name: string): void {
  if (STUDIES.some((study) => study === name) || workloads.some(({ id }) => isNamed(id, name))) return
  const known = [...new Set(workloads.map(({ id }) => id.split('/')[0])), ...STUDIES]
  throw new Error(`There is no workload or study "${name}". There are: ${known.join(', ')}.`)
}
