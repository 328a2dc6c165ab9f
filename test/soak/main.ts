/**
 * `npm run soak -- --messages 1000000 --seed 1 --virtual`, each optional: sends messages through an app with every operator, with random
 * failures, aborts and stops, and fails unless every one is accounted for, memory stays below 200 MiB, and nothing is left open.
 */
import { parseArgs } from 'node:util'
import { type SoakReport, soak } from './soak.ts'

/** MiB that the process may take, all of it: Node itself, and a heap whose limits package.json gives. */
const CEILING = 200

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    virtual: { type: 'boolean', default: false },
  },
})
const messages = wholeNumber('messages', values.messages)
const seed = wholeNumber('seed', values.seed)
const open = openResources()
const started = performance.now()

console.log(`node ${process.version}, ${messages.toLocaleString('en')} messages, seed ${seed}`)
const report = await soak({ messages, seed, virtual: values.virtual, progress })
await new Promise((resolve) => setImmediate(resolve))

const seconds = (performance.now() - started) / 1_000
const { maxRSS, userCPUTime } = process.resourceUsage()
const peak = maxRSS / 1_024
const left = openResources().filter((resource) => !open.includes(resource))
const objections = [
  ...report.objections,
  ...(peak > CEILING ? [`The process took ${peak.toFixed(0)} MiB, more than ${CEILING}.`] : []),
  ...(left.length > 0 ? [`These are open still: ${left.join(', ')}.`] : []),
]
print(report)
console.log(
  `\n${seconds.toFixed(1)} s (${(userCPUTime / 1_000_000).toFixed(1)} s of CPU), ${Math.round(messages / seconds).toLocaleString('en')} messages a second, peak memory ${peak.toFixed(0)} of ${CEILING} MiB`,
)
for (const objection of objections) console.error(`WRONG: ${objection}`)
if (objections.length > 0) {
  console.error(
    `The soak failed. Again, with the same choices: npm run soak -- --messages ${messages} --seed ${seed}; add --virtual for the same order, too.`,
  )
  process.exitCode = 1
} else console.log('Every message is accounted for, and nothing is left open.')

// Does nothing when the process ends by itself, as it should.
setTimeout(() => {
  console.error('WRONG: The process does not end: something keeps it alive.')
  process.exit(1)
}, 5_000).unref()

function progress(sent: number): void {
  const rss = process.memoryUsage.rss() / 1_048_576
  const rate = (sent / (performance.now() - started)) * 1_000
  const line = `${sent.toLocaleString('en')} sent, ${rate.toFixed(0)} a second, ${rss.toFixed(0)} MiB`
  if (process.stdout.isTTY) process.stdout.write(`\r${line} `)
  else if (sent % 100_000 === 0) console.log(line)
}

/** What keeps the process alive; the output is not ours. */
function openResources(): string[] {
  return process.getActiveResourcesInfo().filter((resource) => !/TTY|Pipe|Immediate/.test(resource))
}

function print({ channels, fates, disturbances }: SoakReport): void {
  console.log('\n| channel | accepted | settled | dead | expired | dropped | in flight | buffered |')
  console.log('|---|---|---|---|---|---|---|---|')
  for (const [id, { accepted, settled, dead, expired, dropped, inFlight, buffered }] of Object.entries(channels))
    console.log(`| ${[id, accepted, settled, dead, expired, dropped, inFlight, buffered].join(' | ')} |`)
  console.log(`\nfates: ${listed(fates)}`)
  console.log(`meanwhile: ${listed(disturbances)}`)
}

function listed(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count.toLocaleString('en')}`)
    .join(', ')
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number > 0) return number
  throw new Error(`--${name} must be a whole number from 1, but it is "${text}".`)
}
