/**
 * `npm run bench [-- W1 W5 features --quick --check --write]`: what Allora costs beside hand-written code and beside its peers, as
 * ratios within one run. With `--check` it fails when something costs more than its budget; a noisy machine may do that too, so tests
 * never ask.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { complaints, lowered, readBudget, writeBudget } from './budget.ts'
import { readOptions } from './options.ts'
import { chart } from './report/chart.ts'
import { markdown } from './report/markdown.ts'
import { run } from './run.ts'

const options = readOptions(process.argv.slice(2))
const results = await run(options)
const report = markdown(results)
console.log(`\n${report}`)

// For whoever wants to look closer, or to draw again.
const cache = join(import.meta.dirname, '../.cache')
mkdirSync(cache, { recursive: true })
writeFileSync(join(cache, 'bench.json'), JSON.stringify(results))

if (options.write) {
  writeFileSync(join(import.meta.dirname, 'RESULTS.md'), report)
  writeFileSync(join(import.meta.dirname, 'results.svg'), chart(results))
  writeBudget(lowered(results, readBudget()))
}
if (options.check) {
  const found = complaints(results, readBudget())
  for (const complaint of found) console.error(complaint)
  console.log(found.length === 0 ? 'Everything is within its budget.' : `${found.length} over budget.`)
  if (found.length > 0) process.exitCode = 1
}
