/** W5: a bounded queue between producers and consumers. */
import { app, flow, queue, runtime } from 'allora'
import { LimitQueue, NONE } from '../limit-queue.ts'
import type { Contender, Workload } from '../measure.ts'

const CAPACITY = 1_024

/** `pairs` producers and as many consumers at one queue of 1,024. */
export async function boundedQueue(pairs: number, n: number): Promise<Workload> {
  return {
    name: `W5 bounded queue, ${pairs}P/${pairs}C`,
    n,
    target: 1.4,
    contenders: [limit(pairs), await allora(pairs)],
  }
}

function limit(pairs: number): Contender {
  const channel = new LimitQueue(CAPACITY)
  return contender(
    'hand-written',
    pairs,
    (payload) => channel.send({ payload, headers: NONE }),
    async () => (await channel.receive()).payload,
  )
}

async function allora(pairs: number): Promise<Contender> {
  // The queue is the point here, so the flow behind it has no part in the work.
  const elsewhere = flow('elsewhere')
    .from(queue('elsewhere').of<number>())
    .to(queue('work', { capacity: CAPACITY }).of<number>())
    .build()
  const rt = await runtime(app(elsewhere)).start()
  const channel = rt.channel('work')
  return contender(
    'allora',
    pairs,
    (payload) => channel.send(payload),
    async () => (await channel.receive()).payload,
  )
}

function contender(
  name: string,
  pairs: number,
  send: (x: number) => Promise<void>,
  receive: () => Promise<number>,
): Contender {
  return {
    name,
    async run(n) {
      const each = Math.floor(n / pairs)
      const produce = async (): Promise<number> => {
        for (let i = 0; i < each; i++) await send(i)
        return 0
      }
      const consume = async (): Promise<number> => {
        let sum = 0
        for (let i = 0; i < each; i++) sum += await receive()
        return sum
      }
      const work = Array.from({ length: pairs }, () => [produce(), consume()]).flat()
      return (await Promise.all(work)).reduce((a, b) => a + b, 0)
    },
  }
}
