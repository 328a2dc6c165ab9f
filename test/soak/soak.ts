/** One soak run: sends, asks, aborts, pauses and redrives at random until all is sent, and then looks whether the books balance. */
import { type MetricsSnapshot, memoryClaimStore, systemClock } from 'allora'
import { virtualClock } from 'allora/testing'
import { Engine } from '../../src/runtime/engine.ts'
import { ASIDE, soakApp } from './app.ts'
import { objectionsTo } from './balance.ts'
import { type Chance, chanceOf } from './chance.ts'
import { Disturbance } from './disturbance.ts'
import { Ledger } from './ledger.ts'
import { Sender } from './sender.ts'

/** What a run is told. */
export interface SoakOptions {
  readonly messages: number
  /** The same seed gives the same choices; in virtual time also in the same order, so that the run is the very same. */
  readonly seed: number
  /** A clock that moves on by itself; absent = the system's. */
  readonly virtual?: boolean
  /** Told now and then how many messages have been sent. */
  readonly progress?: (sent: number) => void
}

/** How it went. */
export interface SoakReport {
  readonly channels: MetricsSnapshot['channels']
  /** Messages by what became of them; of a batch its parts count. */
  readonly fates: Readonly<Record<string, number>>
  /** What was done to the app meanwhile. */
  readonly disturbances: Readonly<Record<string, number>>
  /** What does not hold, in sentences. */
  readonly objections: readonly string[]
}

/** Milliseconds without any change after which a run is given up. */
const PATIENCE = 30_000

/** Runs it. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const chance = chanceOf(options.seed)
  const ledger = new Ledger(options.messages)
  const time = options.virtual === true ? virtualClock(1_700_000_000_000) : undefined
  const fed = Math.floor(options.messages / 8)
  const app = soakApp({
    chance,
    claims: memoryClaimStore(),
    items: ledger.unaccepted(fed),
    delivered: (payload) => ledger.close(payload, 'delivered'),
    failed: (payload) => ledger.close(payload, 'error channel'),
  })
  const engine = new Engine(app, {
    clock: time ?? systemClock,
    random: chance.random,
    metrics: true,
    logger: SILENT,
  })
  keepBooks(engine, ledger)

  let over = false
  const tick = async (): Promise<void> => {
    while (!over) await time?.advance(1)
  }
  const ticking = time === undefined ? undefined : tick()
  await engine.start()
  const disturbance = new Disturbance(engine, chance, ledger)
  const work = sendAll(options, fed, { engine, chance, ledger, disturbance })
  if (await isStuck(work, ledger)) ledger.object(`Nothing has happened for ${PATIENCE} ms, and there is work left.`)
  const metrics = engine.metrics()
  const { left } = await engine.stop({ timeout: 0 })
  over = true
  await ticking

  for (const { messageId, channelId, nodeId, state } of left)
    ledger.object(`Message "${messageId}" was left ${state} in channel "${channelId}", node "${nodeId}".`)
  for (const objection of objectionsTo(metrics, app.graph)) ledger.object(objection)
  if (time !== undefined && time.pending > 0) ledger.object(`${time.pending} timers are left.`)
  const refused = ledger.audit()
  return {
    channels: metrics.channels,
    fates: { ...Object.fromEntries(ledger.fates), 'not accepted': refused },
    disturbances: disturbance.counts,
    objections: ledger.objections,
  }
}

interface Parts {
  readonly engine: Engine
  readonly chance: Chance
  readonly ledger: Ledger
  readonly disturbance: Disturbance
}

/** Resolves when everything is sent and all is quiet. */
async function sendAll({ messages, progress }: SoakOptions, from: number, parts: Parts): Promise<void> {
  const { engine, chance, ledger, disturbance } = parts
  const sender = new Sender(engine, chance, ledger)
  for (let n = from; n < messages; n++) {
    await sender.send(n)
    if (n % 200 === 0) disturbance.strike()
    if (n % 10_000 !== 0) continue
    progress?.(n)
    for (const objection of objectionsTo(engine.metrics())) ledger.object(objection)
  }
  await sender.done()
  await disturbance.end()
  await engine.idle()
}

/** Whether the work does not end, and nothing in the books has changed for a while. */
async function isStuck(work: Promise<void>, ledger: Ledger): Promise<boolean> {
  let watching: NodeJS.Timeout
  const stuck = new Promise<boolean>((resolve) => {
    let seen = ledger.entries
    watching = setInterval(() => {
      if (ledger.entries === seen) resolve(true)
      seen = ledger.entries
    }, PATIENCE)
  })
  const verdict = await Promise.race([work.then(() => false), stuck])
  clearInterval(watching!)
  return verdict
}

/** Where messages from outside come in. */
const ENTRANCES: ReadonlySet<string> = new Set(['feed/n0', 'goods', 'desk', 'held', 'batches', 'ask'])

function keepBooks(engine: Engine, ledger: Ledger): void {
  engine.on('accepted', ({ channelId, message }) => {
    if (ENTRANCES.has(channelId)) ledger.accept(message.payload)
  })
  engine.on('dead', ({ channelId, message }) => {
    if (!ASIDE.has(channelId)) ledger.close(message.payload, 'dead')
  })
  engine.on('dropped', ({ reason, channelId = '', flowId = '', message }) => {
    // Copies, triggers, and what a branch of a scatter-gather gives up, are no messages of their own.
    const isAside = ASIDE.has(channelId) || ASIDE.has(flowId) || reason === 'unmatched' || reason === 'tap-failed'
    const isBranch = flowId === 'ask' && reason !== 'late-reply'
    if (!isAside && !isBranch) ledger.close(message.payload, `dropped (${reason})`)
  })
  engine.on('sourceFailed', ({ error }) => ledger.object(error.message))
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} }
