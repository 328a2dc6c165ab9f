/** A process of its own that builds and starts many flows, once and cold, as a program does. */
import { app, direct, flow, queue, runtime } from 'allora'
import { LimitBuilder, startByHand } from '../limit/flow.ts'
import { cpuOf } from '../measure.ts'
import { answer } from '../process.ts'

/** How many flows, and whose. */
export interface StartUpOrder {
  readonly flows: number
  readonly byHand: boolean
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

const buildByHand = (i: number) =>
  LimitBuilder.from(`flow${i}`, `in${i}`)
    .handle((x: number) => x + 1)
    .to(`out${i}`)
    .build()

/** What it costs to make one after the other, and the list of them. */
async function many<Flow>(count: number, make: (i: number) => Flow): Promise<[cost: number, flows: Flow[]]> {
  const flows: Flow[] = []
  const cost = await cpuOf(() => {
    for (let i = 0; i < count; i++) flows.push(make(i))
  })
  return [cost, flows]
}

await answer(async ({ flows: count, byHand }: StartUpOrder): Promise<StartUpCost> => {
  const each = (nanoseconds: number): number => nanoseconds / count / 1_000
  if (byHand) {
    const [building, flows] = await many(count, buildByHand)
    const starting = await cpuOf(() => void startByHand(flows))
    return { build: each(building), app: 0, start: each(starting) }
  }
  const [building, flows] = await many(count, build)
  let rt: { start(): Promise<unknown> } | undefined
  const joining = await cpuOf(() => {
    rt = runtime(app(...flows))
  })
  const starting = await cpuOf(() => rt!.start())
  return { build: each(building), app: each(joining), start: each(starting) }
})
