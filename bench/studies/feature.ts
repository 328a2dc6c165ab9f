/** A process of its own for one variant of W1. */
import { type Cost, compare } from '../compare.ts'
import { features } from '../features.ts'
import type { Effort } from '../measure.ts'
import { answer } from '../process.ts'
import { increment, limit } from '../workloads/hello.ts'

/** Which variant to measure. */
export interface FeatureOrder extends Effort {
  readonly feature: string
}

await answer(({ feature, ...effort }: FeatureOrder): Promise<Cost> => {
  const { start } = features.find(({ name }) => name === feature)!
  return compare(() => limit.hello(increment), start, effort)
})
