/** A process of its own that builds and starts many flows, once and cold, as a program does. */
import { app, direct, flow, queue, runtime } from 'allora'
import { cpuOf } from '../measure.ts'
import { answer } from '../process.ts'

/** How many flows. */
export interface StartUpOrder {
  readonly flows: number
}

/** Microseconds of CPU a flow. */
export interface StartUpCost {
  readonly build: number
  readonly app: number
  readonly start: number
}

const build = (i: number) =>
  flow(`flow${i}`)
    .from(direct(`in${i}`).of<number>())
    .handle((x: number) => x + 1)
    .to(queue(`out${i}`).of<number>())
    .build()

await answer(async ({ flows: count }: StartUpOrder): Promise<StartUpCost> => {
  const flows: ReturnType<typeof build>[] = []
  const building = await cpuOf(() => {
    for (let i = 0; i < count; i++) flows.push(build(i))
  })
  let rt: { start(): Promise<unknown> } | undefined
  const joining = await cpuOf(() => {
    rt = runtime(app(...flows))
  })
  const starting = await cpuOf(() => rt!.start())
  return { build: building / count / 1_000, app: joining / count / 1_000, start: starting / count / 1_000 }
})
