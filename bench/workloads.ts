/** The rows of the table: every workload, what it asks of a contender, and what Allora is to reach. */
import { ALLORA, type Contender, type Peer, type Tasks } from './contender.ts'
import * as boundedQueue from './workloads/bounded-queue.ts'
import * as hello from './workloads/hello.ts'
import * as manyFlows from './workloads/many-flows.ts'
import * as orders from './workloads/orders.ts'
import * as pipeline from './workloads/pipeline.ts'
import * as pubsub from './workloads/pubsub.ts'
import * as requests from './workloads/requests.ts'
import * as backlog from './workloads/backlog.ts'

/** A task with its numbers. */
export interface Workload {
  /** Unique; begins with the name it is chosen by, such as `W3`. */
  readonly id: string
  readonly title: string
  /** What tells it from the other workloads of its name, such as a number of transforms. */
  readonly variant?: string
  readonly task: keyof Tasks
  /** How many times the hand-written code Allora may cost. */
  readonly target: number
  /** Sets the task up; undefined when the contender cannot do it. */
  readonly make: (contender: Partial<Tasks>) => Contender | Promise<Contender> | undefined
}

/** All workloads, in the order of the table. */
export const workloads: readonly Workload[] = [
  {
    id: 'W1',
    title: 'Hello, sync service',
    task: 'hello',
    target: 1.5,
    make: (contender) => contender.hello?.(hello.increment),
  },
  {
    id: 'W2',
    title: 'Hello, async service',
    task: 'helloLater',
    target: 1.5,
    make: (contender) => contender.helloLater?.(hello.incrementLater),
  },
  ...(
    [
      [1, 1.5],
      [10, 2],
      [50, 2],
      [100, 2],
    ] as const
  ).map(([length, target]): Workload => ({
    id: `W3/${length}`,
    title: 'Pipeline of transforms',
    variant: `${length}`,
    task: 'pipeline',
    target,
    make: (contender) => contender.pipeline?.(pipeline.transforms(length)),
  })),
  {
    id: 'W4',
    title: 'Filter, split 10, route to 3, aggregate',
    task: 'orders',
    target: 1.5,
    make: (contender) => contender.orders?.(),
  },
  ...[1, 4].map((pairs): Workload => ({
    id: `W5/${pairs}`,
    title: 'Bounded queue, producers and consumers',
    variant: `${pairs}+${pairs}`,
    task: 'boundedQueue',
    target: 1.4,
    make: (contender) => contender.boundedQueue?.(pairs),
  })),
  ...(
    [
      [1, 1.2],
      [10, 1.5],
      [100, 1.5],
    ] as const
  ).map(([subscribers, target]): Workload => ({
    id: `W6/${subscribers}`,
    title: 'Publish to subscribers',
    variant: `${subscribers}`,
    task: 'pubsub',
    target,
    make: (contender) => contender.pubsub?.(subscribers),
  })),
  ...(
    [
      [1, 1.4],
      [1_000, 1.6],
    ] as const
  ).map(([inFlight, target]): Workload => ({
    id: `W7/${inFlight}`,
    title: 'Request and reply, in flight',
    variant: inFlight.toLocaleString('en'),
    task: 'requests',
    target,
    make: (contender) => contender.requests?.(hello.incrementLater, inFlight),
  })),
  ...[10, 1_000, 10_000].map((count): Workload => ({
    id: `W8/${count}`,
    title: 'Flows in one runtime',
    variant: count.toLocaleString('en'),
    task: 'manyFlows',
    target: 1.3,
    make: (contender) => contender.manyFlows?.(count, hello.increment),
  })),
]

/** The code that everything is compared with. */
export const limit: Peer = {
  name: 'hand-written',
  ...hello.limit,
  ...pipeline.limit,
  ...orders.limit,
  ...boundedQueue.limit,
  ...pubsub.limit,
  ...requests.limit,
  ...manyFlows.limit,
  ...backlog.limit,
}

/** What this is all about. */
export const allora: Peer = {
  name: ALLORA,
  ...hello.allora,
  ...pipeline.allora,
  ...orders.allora,
  ...boundedQueue.allora,
  ...pubsub.allora,
  ...requests.allora,
  ...manyFlows.allora,
  ...backlog.allora,
}
