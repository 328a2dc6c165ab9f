/** A process of its own for one pair: hand-written code, the same again (how far it is from 1 is the noise), and one contender. */
import type { Contender } from './contender.ts'
import { type Effort, measure, median, quantile } from './measure.ts'
import { answer } from './process.ts'
import { contenderNamed } from './peers.ts'
import { limit, workloads } from './workloads.ts'

/** Whom to measure, and at what. */
export interface PairOrder extends Effort {
  readonly workload: string
  readonly contender: string
}

/** What a message cost. */
export interface PairCost {
  /** Nanoseconds of CPU by hand, the median over the rounds. */
  readonly limit: number
  /** Nanoseconds of CPU of the contender. */
  readonly nanoseconds: number
  /** To the hand-written code, the median over the rounds of each round's own ratio. */
  readonly ratio: number
  /** Between these two lies the middle half of the rounds. */
  readonly low: number
  readonly high: number
  /** The ratio of the hand-written code to itself. */
  readonly control: number
}

await answer(async ({ workload, contender, ...effort }: PairOrder): Promise<PairCost> => {
  const { make } = workloads.find(({ id }) => id === workload)!
  const peer = await contenderNamed(contender)
  const three = [await make(limit), await make(limit), await make(peer)] as Contender[]
  const [hand, again, other] = await measure(three, effort)
  const ratios = other!.map((time, round) => time / hand![round]!)
  return {
    limit: median(hand!),
    nanoseconds: median(other!),
    ratio: median(ratios),
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
    control: median(again!.map((time, round) => time / hand![round]!)),
  }
})
