/** Everything that a run of the benchmark finds out, as plain data. */
import type { Cost } from './compare.ts'
import type { HttpCost } from './http.ts'
import type { ImportCost } from './import-cost.ts'
import type { BacklogCost } from './studies/backlog.ts'
import type { GrowthCost } from './studies/growth.ts'
import type { StartUpCost } from './studies/start-up.ts'
import type { TypeCost } from './type-cost.ts'

/** One contender at one workload. */
export interface PairRow {
  readonly workload: string
  readonly contender: string
  readonly cost: Cost
}

/** One contender with so many messages buffered. */
export interface BacklogRow {
  readonly contender: string
  readonly buffered: number
  readonly cost: BacklogCost
}

/** One variant of W1. */
export interface FeatureRow {
  readonly name: string
  readonly state: 'on' | 'off'
  readonly cost: Cost
}

/** One thing that grows. */
export interface GrowthRow {
  readonly name: string
  readonly unit: string
  readonly meets: 'all' | 'one'
  readonly costs: GrowthCost
}

/** The whole. Lists are empty, and the rest absent, for what was not measured. */
export interface Results {
  /** Node, processor and effort. */
  readonly machine: string
  /** By contender. */
  readonly versions: Readonly<Record<string, string>>
  readonly pairs: readonly PairRow[]
  readonly backlog: readonly BacklogRow[]
  /** MiB, by contender. */
  readonly peaks: Readonly<Record<string, number>>
  readonly features: readonly FeatureRow[]
  readonly growth: readonly GrowthRow[]
  readonly startUp?: StartUpCost & { readonly flows: number; readonly imports: ImportCost }
  readonly http?: HttpCost
  readonly types: readonly TypeCost[]
}
