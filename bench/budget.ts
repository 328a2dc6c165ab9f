/** The budget in `budget.json`: ratios that may not be exceeded by more than the noise. A whole run lowers them, never raises them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Results } from './results.ts'
import { allora } from './workloads.ts'

/** What is allowed. */
export interface Budget {
  /** How much more than its budget a ratio may be before it is a complaint, as a share of it. */
  readonly noise: number
  /** Cost to hand-written code, by workload, and by number of messages buffered. */
  readonly ratios: Readonly<Record<string, number>>
  /** Bytes of a compressed bundle, by entry. */
  readonly size: Readonly<Record<string, number>>
}

const path = join(import.meta.dirname, 'budget.json')

const readBudget = (): Budget => JSON.parse(readFileSync(path, 'utf8')) as Budget

/** A sentence for each ratio that is over its budget. */
export function complaints(results: Results): readonly string[] {
  const { noise, ratios } = readBudget()
  return Object.entries(ratiosOf(results)).flatMap(([name, ratio]) => {
    const budget = ratios[name]
    if (budget === undefined) return [`${name} has no budget: write what it may cost into bench/budget.json.`]
    if (ratio <= budget * (1 + noise)) return []
    return [
      `${name} costs ${ratio.toFixed(2)} times the hand-written code. Its budget is ${budget}, and with ${noise * 100} % for noise ` +
        `${(budget * (1 + noise)).toFixed(2)}: run it again with \`npm run bench -- ${name}\`, then find what made it slower.`,
    ]
  })
}

/** Makes what was reached the budget. */
export function lowerBudget(results: Results): void {
  const budget = readBudget()
  const ratios: Record<string, number> = { ...budget.ratios }
  for (const [name, ratio] of Object.entries(ratiosOf(results)))
    ratios[name] = Math.min(ratios[name] ?? Infinity, Math.round(ratio * 100) / 100)
  writeFileSync(path, `${JSON.stringify({ ...budget, ratios }, undefined, 2)}\n`)
}

function ratiosOf({ pairs, backlog }: Results): Record<string, number> {
  const own = <R extends { readonly contender: string }>(rows: readonly R[]): R[] =>
    rows.filter(({ contender }) => contender === allora.name)
  return Object.fromEntries([
    ...own(pairs).map(({ workload, cost }) => [workload, cost.ratio]),
    ...own(backlog).map(({ buffered, cost }) => [`memory/${buffered}`, cost.ratio]),
  ])
}
