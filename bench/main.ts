/**
 * `npm run bench [-- --quick] [-- --check]`: what Allora costs beside hand-written code, as ratios within this one run. With
 * `--check` it fails when something costs more than the ceiling; a noisy machine may do that too, so tests never ask.
 */
import { type Measurement, type Workload, measure } from './measure.ts'
import { type Backlog, backlog } from './workloads/backlog.ts'
import { boundedQueue } from './workloads/bounded-queue.ts'
import { helloAsync, helloEverything, helloSync } from './workloads/hello.ts'
import { pipeline } from './workloads/pipeline.ts'

/** Nothing may cost more than this many times the hand-written code. */
const CEILING = 4

const quick = process.argv.includes('--quick')
const checks = process.argv.includes('--check')
const rounds = quick ? 5 : 15

const workloads: readonly (() => Promise<Workload>)[] = [
  helloSync,
  helloAsync,
  () => pipeline(1, 1.5),
  () => pipeline(10, 2),
  () => pipeline(50, 2),
  () => pipeline(100, 2),
  () => boundedQueue(1, quick ? 200_000 : 1_000_000),
  () => boundedQueue(4, quick ? 200_000 : 1_000_000),
  helloEverything,
]

console.log(`node ${process.version}, ${process.platform} ${process.arch}, ${rounds} interleaved rounds, CPU time\n`)
console.log('| workload | hand-written | again (noise) | allora | ratio | target |')
console.log('|---|---|---|---|---|---|')
const measurements: Measurement[] = []
for (const workload of workloads) {
  const measurement = await measure(await workload(), rounds)
  measurements.push(measurement)
  console.log(row(measurement))
}

const backlogs: Backlog[] = []
for (const buffered of quick ? [1_000, 100_000] : [1_000, 10_000, 100_000, 1_000_000])
  backlogs.push(await backlog(buffered))
console.log('\n| buffered | receive and send | memory a message |')
console.log('|---|---|---|')
for (const { buffered, nanoseconds, bytes } of backlogs) {
  console.log(`| ${buffered.toLocaleString('en')} | ${nanoseconds.toFixed(0)} ns | ${bytes.toFixed(0)} B |`)
}
console.log(`\npeak memory: ${(process.resourceUsage().maxRSS / 1_024).toFixed(0)} MiB`)

const tooSlow = measurements.filter(
  ({ workload, costs }) => workload.target < Infinity && costs.at(-1)!.ratio > CEILING,
)
const growth = backlogs.at(-1)!.nanoseconds / backlogs[0]!.nanoseconds
for (const { workload, costs } of tooSlow)
  console.error(`${workload.name} costs ${costs.at(-1)!.ratio.toFixed(2)} times the hand-written code`)
if (growth > 2)
  console.error(`receive grows with the backlog: ${growth.toFixed(2)} times from the smallest to the largest`)
if (checks && (tooSlow.length > 0 || growth > 2)) process.exitCode = 1

function row({ workload, costs }: Measurement): string {
  const [limit, again, allora] = costs
  const target = workload.target === Infinity ? '' : `${workload.target}`
  return `| ${workload.name} | ${limit!.nanoseconds.toFixed(0)} ns | ${again!.ratio.toFixed(2)} | ${allora!.nanoseconds.toFixed(0)} ns | ${allora!.ratio.toFixed(2)} | ${target} |`
}
