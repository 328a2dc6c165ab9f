/** Everything that a run of the benchmark finds out, as plain data. */
import type { Cost } from './compare.ts'
import type { HttpCost } from './http.ts'
import type { ProcessCost } from './import-cost.ts'
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
  readonly startUp?: StartUpCost & {
    readonly flows: number
    /** Absent where it was not measured yet. */
    readonly byHand?: StartUpCost
    readonly imports: ProcessCost
    /** Absent where it was not measured yet. */
    readonly hello?: ProcessCost
  }
  readonly http?: HttpCost
  readonly types: readonly TypeCost[]
}

/**
 * What was measured before, with what was measured now in its place. Ratios of different machines are not put together: of another one,
 * or with another effort, nothing is kept.
 */
export function merged(before: Results | undefined, now: Results): Results {
  if (before === undefined || before.machine !== now.machine) return now
  const pairOf = ({ workload, contender }: PairRow): string => `${workload} ${contender}`
  const measured = new Set(now.pairs.map(pairOf))
  const own = <K extends 'backlog' | 'features' | 'growth' | 'types'>(key: K): Results[K] =>
    now[key].length > 0 ? now[key] : before[key]
  return {
    ...before,
    ...now,
    versions: { ...before.versions, ...now.versions },
    pairs: [...before.pairs.filter((row) => !measured.has(pairOf(row))), ...now.pairs],
    backlog: own('backlog'),
    peaks: { ...before.peaks, ...now.peaks },
    features: own('features'),
    growth: own('growth'),
    types: own('types'),
  }
}
