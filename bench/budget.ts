/** The budget in `budget.json`: ratios that may not be exceeded by more than the noise. A whole run lowers them, never raises them. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ALLORA } from './contender.ts'
import type { Results } from './results.ts'

/** What is allowed. */
export interface Budget {
  /** How much more than its budget a ratio may be before it is a complaint, as a share of it. */
  readonly noise: number
  /** Cost to hand-written code, by workload, and by number of messages buffered. */
  readonly ratios: Readonly<Record<string, number>>
  /** Bytes of compressed code, by entry: what is loaded with it, when its app is started, and maybe later. */
  readonly size: Readonly<Record<string, number>>
}

const path = join(import.meta.dirname, 'budget.json')

/** Reads the budget. */
export const readBudget = (): Budget => JSON.parse(readFileSync(path, 'utf8')) as Budget

/** A sentence for each ratio that is over its budget. */
export function complaints(results: Pick<Results, 'pairs' | 'backlog'>, { noise, ratios }: Budget): readonly string[] {
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

/** The budget with what was reached, where that is less. */
export function lowered(results: Pick<Results, 'pairs' | 'backlog'>, budget: Budget): Budget {
  const ratios: Record<string, number> = { ...budget.ratios }
  for (const [name, ratio] of Object.entries(ratiosOf(results)))
    ratios[name] = Math.min(ratios[name] ?? Infinity, Math.round(ratio * 100) / 100)
  return { ...budget, ratios }
}

/** Writes the budget. */
export const writeBudget = (budget: Budget): void => writeFileSync(path, `${JSON.stringify(budget, undefined, 2)}\n`)

function ratiosOf({ pairs, backlog }: Pick<Results, 'pairs' | 'backlog'>): Record<string, number> {
  const own = <R extends { readonly contender: string }>(rows: readonly R[]): R[] =>
    rows.filter(({ contender }) => contender === ALLORA)
  return Object.fromEntries([
    ...own(pairs).map(({ workload, cost }) => [workload, cost.ratio]),
    ...own(backlog).map(({ buffered, cost }) => [`memory/${buffered}`, cost.ratio]),
  ])
}
