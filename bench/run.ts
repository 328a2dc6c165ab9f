/** Runs what was chosen, one process after the other, and says what it finds as it goes. */
import { cpus } from 'node:os'
import type { Cost } from './compare.ts'
import type { Peer } from './contender.ts'
import { features } from './features.ts'
import { growths } from './growth.ts'
import { httpCost } from './http.ts'
import { importCost } from './import-cost.ts'
import type { Options, Study } from './options.ts'
import { contenderNamed, peerFiles, peersInstalled, versionOf } from './peers.ts'
import { ask } from './process.ts'
import type { BacklogRow, FeatureRow, GrowthRow, PairRow, Results } from './results.ts'
import type { BacklogCost, BacklogOrder } from './studies/backlog.ts'
import type { FeatureOrder } from './studies/feature.ts'
import type { GrowthCost, GrowthOrder } from './studies/growth.ts'
import type { PairOrder } from './studies/pair.ts'
import type { Peak, PeakOrder } from './studies/peak.ts'
import type { StartUpCost, StartUpOrder } from './studies/start-up.ts'
import { typeCosts } from './type-cost.ts'
import { allora, limit } from './workloads.ts'

/** Somebody who takes part, and the name a process asks for him by. */
interface Entrant {
  readonly file: string
  readonly peer: Peer
}

/** Measures everything that the options ask for. */
export async function run(options: Options): Promise<Results> {
  const { quick, effort } = options
  const machine = `node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}, ${process.platform} ${process.arch}, ${effort.rounds} interleaved rounds of ${effort.slice} ms`
  console.log(machine)
  const entrants = await entrantsOf(options)
  const peers = entrants.filter(({ peer }) => peer !== allora)
  const studied = <T>(study: Study, measure: () => T, otherwise: Awaited<T>): T | Awaited<T> =>
    options.studies.has(study) ? measure() : otherwise
  return {
    machine,
    versions: Object.fromEntries(peers.map(({ peer }) => [peer.name, versionOf(peer)])),
    pairs: await pairs(options, entrants),
    backlog: await studied('memory', () => backlog(options, entrants), []),
    peaks: await studied('memory', () => peaks(quick ? 100_000 : 1_000_000), {}),
    features: await studied('features', () => featureCosts(options), []),
    growth: await studied('growth', () => growth(options), []),
    ...(options.studies.has('start-up') ? { startUp: await startUp(quick) } : {}),
    ...(options.studies.has('http') ? { http: await overHttp(quick) } : {}),
    types: studied('types', () => typeCosts(peers.length > 0), []),
  }
}

async function entrantsOf({ quick }: Options): Promise<readonly Entrant[]> {
  const own = { file: allora.name, peer: allora }
  if (quick || !peersInstalled()) {
    const reason = quick ? '--quick leaves them out' : 'they are not installed: npm ci --prefix bench/peers'
    console.log(`Without peers: ${reason}.`)
    return [own]
  }
  return [own, ...(await Promise.all(peerFiles().map(async (file) => ({ file, peer: await contenderNamed(file) }))))]
}

async function pairs({ workloads, effort, peerEffort }: Options, entrants: readonly Entrant[]): Promise<PairRow[]> {
  const rows: PairRow[] = []
  for (const { id, task } of workloads) {
    for (const { file, peer } of entrants.filter((entrant) => task in entrant.peer)) {
      const order = { workload: id, contender: file, ...(peer === allora ? effort : peerEffort) }
      const cost = await ask<PairOrder, Cost>('studies/pair.ts', order).catch(giveUp)
      if (cost === undefined) continue
      rows.push({ workload: id, contender: peer.name, cost })
      say(`${id} ${peer.name}`, cost)
    }
  }
  return rows
}

async function backlog({ quick, peerEffort: effort }: Options, entrants: readonly Entrant[]): Promise<BacklogRow[]> {
  const rows: BacklogRow[] = []
  for (const buffered of quick ? [1_000, 100_000] : [1_000, 10_000, 100_000, 1_000_000]) {
    for (const { file, peer } of entrants.filter((entrant) => 'backlog' in entrant.peer)) {
      const order = { contender: file, buffered, ...effort }
      const cost = await ask<BacklogOrder, BacklogCost>('studies/backlog.ts', order)
      rows.push({ contender: peer.name, buffered, cost })
      console.log(`backlog of ${buffered} ${peer.name}: ${cost.ratio.toFixed(2)}, ${cost.bytes.toFixed(0)} bytes`)
    }
  }
  return rows
}

async function peaks(messages: number): Promise<Record<string, number>> {
  const peak = (contender: string): Promise<Peak> => ask<PeakOrder, Peak>('studies/peak.ts', { contender, messages })
  return { [limit.name]: await peak(limit.name), [allora.name]: await peak(allora.name) }
}

async function featureCosts({ effort }: Options): Promise<FeatureRow[]> {
  const rows: FeatureRow[] = []
  for (const { name, state } of features) {
    const cost = await ask<FeatureOrder, Cost>('studies/feature.ts', { feature: name, ...effort })
    rows.push({ name, state, cost })
    say(`W1 with ${name}`, cost)
  }
  return rows
}

async function growth({ peerEffort: effort }: Options): Promise<GrowthRow[]> {
  const rows: GrowthRow[] = []
  for (const { name, unit, meets } of growths) {
    const costs = await ask<GrowthOrder, GrowthCost>('studies/growth.ts', { growth: name, ...effort })
    rows.push({ name, unit, meets, costs })
    console.log(`${name}: ${costs.map(({ size, nanoseconds }) => `${size}: ${nanoseconds.toFixed(0)} ns`).join(', ')}`)
  }
  return rows
}

async function startUp(quick: boolean): Promise<NonNullable<Results['startUp']>> {
  const flows = quick ? 1_000 : 10_000
  const cost = await ask<StartUpOrder, StartUpCost>('studies/start-up.ts', { flows, byHand: false })
  const byHand = await ask<StartUpOrder, StartUpCost>('studies/start-up.ts', { flows, byHand: true })
  const { imports, hello } = importCost(quick ? 5 : 15)
  console.log(
    `start-up: import ${imports.cpu.toFixed(0)} ms, with a started flow ${hello.cpu.toFixed(0)} ms, a flow ${(cost.build + cost.app + cost.start).toFixed(1)} us, by hand ${(byHand.build + byHand.start).toFixed(1)} us`,
  )
  return { ...cost, flows, byHand, imports, hello }
}

async function overHttp(quick: boolean): Promise<NonNullable<Results['http']>> {
  const cost = await httpCost(quick)
  const { cpu, rate, hops } = cost
  console.log(
    `http: ${(rate.flow / rate.bare).toFixed(2)} of the rate of a bare server, ${(cpu.bare / cpu.flow).toFixed(2)} by CPU; p99 ${hops.p99.toFixed(0)} ms`,
  )
  return cost
}

/** One pair that fails does not undo the work of the others, but it fails the run. */
function giveUp(error: unknown): undefined {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function say(what: string, { ratio, control, nanoseconds }: Cost): void {
  console.log(`${what}: ${ratio.toFixed(2)} (control ${control.toFixed(2)}), ${nanoseconds.toFixed(0)} ns`)
}
