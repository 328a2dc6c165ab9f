/** Measures contenders side by side: interleaved rounds in one process, CPU time with garbage collection. */
import type { Contender } from './contender.ts'

/** How long to measure. */
export interface Effort {
  /** Times that every contender is measured. */
  readonly rounds: number
  /** Milliseconds of CPU that one measurement is to take, about. */
  readonly slice: number
  /** Milliseconds of CPU that a contender warms up at least. */
  readonly warmUp: number
}

/** Messages of the runs whose checksums are compared. */
const CHECKED = 1_000

/**
 * The nanoseconds of CPU that a message took, by contender and round, of contenders that do the same work.
 *
 * @throws Error when their checksums differ.
 */
export async function measure(contenders: readonly Contender[], effort: Effort): Promise<Times> {
  await compareChecksums(contenders)
  return measureEach(contenders, effort)
}

/** By contender and round. */
export type Times = readonly (readonly number[])[]

/** The same of contenders that may do different work. All take turns in each round, so that what else the machine does meets all. */
export async function measureEach(contenders: readonly Contender[], effort: Effort): Promise<Times> {
  const sizes: number[] = []
  for (const contender of contenders) sizes.push(await warmUp(contender, effort))
  const times = contenders.map((): number[] => [])
  // What one warmed up, the next may have made the compiler change its mind about: they settle together first.
  for (let round = -SETTLING_ROUNDS; round < effort.rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (turn + round + SETTLING_ROUNDS) % contenders.length
      const nanoseconds = await timed(contenders[index]!, sizes[index]!)
      if (round >= 0) times[index]!.push(nanoseconds)
    }
  }
  return times
}

/** The value below which the share `p` of the values is. */
export function quantile(values: readonly number[], p: number): number {
  return values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * p))]!
}

/** The middle value. */
export const median = (values: readonly number[]): number => quantile(values, 0.5)

/** Nanoseconds of CPU, of all threads, that `work` takes. */
export async function cpuOf(work: () => unknown): Promise<number> {
  const start = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) * 1_000
}

async function timed(contender: Contender, n: number): Promise<number> {
  // What others left is not this one's to collect. A full collection would also throw compiled code away, with the shapes of objects
  // that are between two lives.
  await globalThis.gc?.({ type: 'minor', execution: 'async' })
  return (await cpuOf(() => contender.run(n))) / n
}

async function compareChecksums(contenders: readonly Contender[]): Promise<void> {
  const sums: number[] = []
  for (const contender of contenders) sums.push(await contender.run(CHECKED))
  if (new Set(sums).size > 1) throw new Error(`The checksums differ, so not all do the same work: ${sums.join(', ')}.`)
}

/**
 * Runs a contender until the compiler has done with it, and gives how many messages then take about `slice` milliseconds. Code is warm
 * when it has run for a while and the last runs were not faster than those before: half-compiled code costs up to ten times as much.
 */
async function warmUp(contender: Contender, { slice, warmUp: shortest }: Effort): Promise<number> {
  let n = CHECKED
  let best = Infinity
  let spent = 0
  for (let calm = 0; spent < LONGEST_WARM_UP && (calm < CALM_RUNS || spent < shortest);) {
    const each = await timed(contender, n)
    const milliseconds = (n * each) / 1_000_000
    spent += milliseconds
    calm = each < best * 0.95 ? 0 : calm + 1
    best = Math.min(best, each)
    if (milliseconds < slice / 2) n *= 2
    else n = roundSize((slice * 1_000_000) / each)
  }
  return roundSize((slice * 1_000_000) / best)
}

const SETTLING_ROUNDS = 5
/** Milliseconds of CPU. */
const LONGEST_WARM_UP = 5_000
/** Runs in a row that were no faster. */
const CALM_RUNS = 4

/** Whole thousands, so that producers and requesters share messages out evenly. */
const roundSize = (n: number): number => Math.max(CHECKED, Math.round(n / CHECKED) * CHECKED)
