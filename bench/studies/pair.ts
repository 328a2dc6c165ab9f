/** A process of its own for one pair: hand-written code and one contender at one workload. */
import { type Cost, compare } from '../compare.ts'
import type { Effort } from '../measure.ts'
import { contenderNamed } from '../peers.ts'
import { answer } from '../process.ts'
import { limit, workloads } from '../workloads.ts'

/** Whom to measure, and at what. */
export interface PairOrder extends Effort {
  readonly workload: string
  /** `allora` or a file of `peers/`. */
  readonly contender: string
}

await answer(async ({ workload, contender, ...effort }: PairOrder): Promise<Cost> => {
  const { make } = workloads.find(({ id }) => id === workload)!
  const peer = await contenderNamed(contender)
  return compare(
    () => make(limit)!,
    () => make(peer)!,
    effort,
  )
})
