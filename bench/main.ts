/**
 * `npm run bench [-- W1 W5 features --quick --check --write]`: what Allora costs beside hand-written code and beside its peers, as
 * ratios within one run. With `--check` it fails when something costs more than its budget; a noisy machine may do that too, so tests
 * never ask.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { complaints, lowered, readBudget, writeBudget } from './budget.ts'
import { readOptions } from './options.ts'
import { chart } from './report/chart.ts'
import { markdown } from './report/markdown.ts'
import { type Results, merged } from './results.ts'
import { run } from './run.ts'

const options = readOptions(process.argv.slice(2))
const results = await run(options)
console.log(`\n${markdown(results)}`)

if (options.write) {
  // What is not measured anew stays as it was, on the same machine.
  const cache = join(import.meta.dirname, '../.cache')
  const kept = join(cache, 'bench.json')
  const before = existsSync(kept) ? (JSON.parse(readFileSync(kept, 'utf8')) as Results) : undefined
  const all = merged(before, results)
  mkdirSync(cache, { recursive: true })
  writeFileSync(kept, JSON.stringify(all))
  writeFileSync(join(import.meta.dirname, 'RESULTS.md'), markdown(all))
  writeFileSync(join(import.meta.dirname, 'results.svg'), chart(all))
  writeBudget(lowered(results, readBudget()))
}
if (options.check) {
  const found = complaints(results, readBudget())
  for (const complaint of found) console.error(complaint)
  console.log(found.length === 0 ? 'Everything is within its budget.' : `${found.length} over budget.`)
  if (found.length > 0) process.exitCode = 1
}
