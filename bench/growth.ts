/** How costs grow: the same thing at several sizes, which are measured in turn in one process. */
import { app, direct, flow, queue, runtime } from 'allora'
import type { Contender } from './contender.ts'
import { increment } from './workloads/hello.ts'
import { allora as manyFlows } from './workloads/many-flows.ts'
import { allora as pipeline, transforms } from './workloads/pipeline.ts'
import { allora as pubsub } from './workloads/pubsub.ts'
import { turns } from './workloads/turns.ts'

/** One thing that there may be more of. */
export interface Growth {
  readonly name: string
  /** What `sizes` counts. */
  readonly unit: string
  readonly sizes: readonly number[]
  /** Whether a message meets all of them, so that the cost of each is the whole divided by the size, or only one. */
  readonly meets: 'all' | 'one'
  readonly start: (size: number) => Contender | Promise<Contender>
}

/** All that may grow. */
export const growths: readonly Growth[] = [
  {
    name: 'Transforms in a flow',
    unit: 'node',
    sizes: [1, 10, 100, 1_000],
    meets: 'all',
    start: (size) => pipeline.pipeline(transforms(size)),
  },
  {
    name: 'Direct channels in a row',
    unit: 'channel',
    sizes: [1, 10, 100],
    meets: 'all',
    start: (size) => throughChannels(size),
  },
  {
    name: 'Subscribers of a topic',
    unit: 'subscriber',
    sizes: [1, 10, 100, 1_000],
    meets: 'all',
    start: (size) => pubsub.pubsub(size),
  },
  {
    name: 'Flows in a runtime',
    unit: 'message',
    sizes: [10, 100, 1_000, 10_000],
    meets: 'one',
    start: (size) => manyFlows.manyFlows(size, increment),
  },
]

/** Flows that each take from one direct channel and send to the next. */
async function throughChannels(size: number): Promise<Contender> {
  const link = (i: number) =>
    flow(`link${i}`)
      .from(direct(`channel${i}`).of<number>())
      .to(direct(`channel${i + 1}`).of<number>())
      .build()
  const links = Array.from({ length: size - 1 }, (_, i) => link(i))
  const last = flow('last')
    .from(direct(`channel${size - 1}`).of<number>())
    .to(queue('output').of<number>())
    .build()
  const rt = await runtime(app(...links, last)).start()
  const output = rt.channel('output')
  const input = rt.channel('channel0')
  return turns({ send: (payload) => input.send(payload), receive: () => output.receive() })
}
