/** Measures contenders side by side: interleaved rounds in one process, CPU time with garbage collection, ratios to the first. */

/** One way to do a workload. `run` handles `n` messages and gives a checksum, so that nobody skips work. */
export interface Contender {
  readonly name: string
  run(n: number): Promise<number>
}

/** A workload: the first contender is the hand-written limit. */
export interface Workload {
  readonly name: string
  /** Messages a round. */
  readonly n: number
  readonly contenders: readonly Contender[]
  /** The ratio that Allora is to reach; see README. */
  readonly target: number
}

/** What one contender cost. */
export interface Cost {
  readonly contender: string
  /** Nanoseconds of CPU a message, the median over the rounds. */
  readonly nanoseconds: number
  /** To the limit, the median over the rounds of each round's own ratio. */
  readonly ratio: number
}

/** The costs of a workload. The second is the limit once more: how far its ratio is from 1 is the noise. */
export interface Measurement {
  readonly workload: Workload
  readonly costs: readonly Cost[]
}

/** Runs every contender once a round, in turning order, after a warm-up. */
export async function measure(workload: Workload, rounds: number): Promise<Measurement> {
  const [limit] = workload.contenders
  const control: Contender = { name: `${limit!.name} again`, run: (n) => limit!.run(n) }
  const contenders = [limit!, control, ...workload.contenders.slice(1)]
  const times = contenders.map((): number[] => [])
  let checksum: number | undefined
  for (let round = -2; round < rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const index = (turn + round + contenders.length * 2) % contenders.length
      const { sum, nanoseconds } = await timed(contenders[index]!, workload.n)
      if (sum !== (checksum ??= sum))
        throw new Error(`${contenders[index]!.name} gave checksum ${sum}, not ${checksum}, in ${workload.name}`)
      if (round >= 0) times[index]!.push(nanoseconds)
    }
  }
  return {
    workload,
    costs: contenders.map(({ name }, index) => ({
      contender: name,
      nanoseconds: median(times[index]!),
      ratio: median(times[index]!.map((time, round) => time / times[0]![round]!)),
    })),
  }
}

async function timed(contender: Contender, n: number): Promise<{ sum: number; nanoseconds: number }> {
  globalThis.gc?.()
  const start = process.cpuUsage()
  const sum = await contender.run(n)
  const { user, system } = process.cpuUsage(start)
  return { sum, nanoseconds: ((user + system) * 1_000) / n }
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!
}
