/** Everything that a run of the benchmark finds out, as plain data. */
import type { PairCost } from './pair.ts'

/** One contender at one workload. */
export interface Row {
  readonly workload: string
  readonly contender: string
  readonly cost: PairCost
}
