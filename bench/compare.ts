/** Compares a contender with hand-written code in one process; the hand-written code runs twice, to show the noise. */
import type { Contender } from './contender.ts'
import { type Effort, measure, median, quantile } from './measure.ts'

/** What a message cost. */
export interface Cost {
  /** Nanoseconds of CPU by hand, the median over the rounds. */
  readonly limit: number
  /** Nanoseconds of CPU of the contender. */
  readonly nanoseconds: number
  /** To the hand-written code, the median over the rounds of each round's own ratio. */
  readonly ratio: number
  /** Between these two lies the middle half of the rounds. */
  readonly low: number
  readonly high: number
  /** The ratio of the hand-written code to itself: how far it is from 1 is the noise. */
  readonly control: number
}

/** `limit` makes the hand-written code, `other` what is compared with it. */
export async function compare(
  limit: () => Contender | Promise<Contender>,
  other: () => Contender | Promise<Contender>,
  effort: Effort,
): Promise<Cost> {
  const [hand, again, theirs] = await measure([await limit(), await limit(), await other()], effort)
  const ratios = theirs!.map((time, round) => time / hand![round]!)
  return {
    limit: median(hand!),
    nanoseconds: median(theirs!),
    ratio: median(ratios),
    low: quantile(ratios, 0.25),
    high: quantile(ratios, 0.75),
    control: median(again!.map((time, round) => time / hand![round]!)),
  }
}
