/** What `npm start` runs: hello, then a real job over 10,000 reports of wildlife strikes. */
import { fileURLToPath } from 'node:url'
import './hello.ts'
import { diagram, runBirdStrikes } from './bird-strikes/bird-strikes.ts'
import { summaryOf } from './bird-strikes/summary.ts'

/** Public data of the FAA's Wildlife Strike Database, as the package `vega-datasets` ships it. */
const file = fileURLToPath(new URL('../data/birdstrikes.csv', import.meta.resolve('vega-datasets')))

console.log(`\nThe app as Mermaid, for a Markdown file:\n\n${diagram}`)
console.log(summaryOf(await runBirdStrikes(file)))
