/** Puts the rows of a run together for the tables and the chart: by contender, with the variants of a workload side by side. */
import type { PairRow, Results } from '../results.ts'
import { type Workload, workloads } from '../workloads.ts'

/** A workload with all its variants, such as W3 with 1, 10, 50 and 100 transforms. */
export interface Group {
  /** Such as `W3`. */
  readonly name: string
  readonly title: string
  readonly variants: readonly Workload[]
  /** One line for each contender, the cheapest first. */
  readonly lines: readonly Line[]
}

/** One contender at all variants. */
export interface Line {
  readonly contender: string
  /** Ratios to the hand-written code, in the order of the variants; undefined where it was not measured. */
  readonly ratios: readonly (number | undefined)[]
}

/** The groups that were measured. */
export function groupsOf({ pairs }: Results): readonly Group[] {
  const names = [...new Set(workloads.map(({ id }) => nameOf(id)))]
  return names.map((name) => group(name, pairs)).filter(({ lines }) => lines.length > 0)
}

/** A ratio as it is shown: two digits that mean something. */
export const shown = (ratio: number): string => (ratio < 9.95 ? ratio.toFixed(2) : ratio.toFixed(0))

const nameOf = (id: string): string => id.split('/')[0]!

function group(name: string, pairs: readonly PairRow[]): Group {
  const measured = pairs.filter(({ workload }) => nameOf(workload) === name)
  const variants = workloads.filter(({ id }) => measured.some(({ workload }) => workload === id))
  const contenders = [...new Set(measured.map(({ contender }) => contender))]
  const lines = contenders.map((contender) => ({
    contender,
    ratios: variants.map(
      ({ id }) => measured.find((row) => row.workload === id && row.contender === contender)?.cost.ratio,
    ),
  }))
  return { name, title: variants[0]?.title ?? '', variants, lines: lines.toSorted((a, b) => middle(a) - middle(b)) }
}

/** The geometric mean. */
function middle({ ratios }: Line): number {
  const known = ratios.filter((ratio) => ratio !== undefined)
  return known.reduce((sum, ratio) => sum + Math.log(ratio), 0) / known.length
}
