/** A process of its own for one thing that grows. */
import type { Contender } from '../contender.ts'
import { growths } from '../growth.ts'
import { type Effort, measureEach, median } from '../measure.ts'
import { answer } from '../process.ts'

/** What to let grow. */
export interface GrowthOrder extends Effort {
  readonly growth: string
}

/** Nanoseconds of CPU a message, by size. */
export type GrowthCost = readonly { readonly size: number; readonly nanoseconds: number }[]

await answer(async ({ growth, ...effort }: GrowthOrder): Promise<GrowthCost> => {
  const { sizes, start } = growths.find(({ name }) => name === growth)!
  const contenders: Contender[] = []
  for (const size of sizes) contenders.push(await start(size))
  const times = await measureEach(contenders, effort)
  return sizes.map((size, i) => ({ size, nanoseconds: median(times[i]!) }))
})
