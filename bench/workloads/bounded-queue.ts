/** W5: a bounded queue between producers and consumers. */
import { app, flow, queue, runtime } from 'allora'
import type { Contender, Tasks } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'
import type { Turn } from './turns.ts'

/** The bound, in messages. */
export const CAPACITY = 1_024

/** `pairs` producers and as many consumers share `n` messages. */
export function producersAndConsumers(pairs: number, turn: Turn): Contender {
  return {
    async run(n) {
      const each = Math.floor(n / pairs)
      const produce = async (): Promise<number> => {
        for (let i = 0; i < each; i++) await turn.send(i)
        return 0
      }
      const consume = async (): Promise<number> => {
        let sum = 0
        for (let i = 0; i < each; i++) sum += (await turn.receive()).payload
        return sum
      }
      const work = Array.from({ length: pairs }, () => [produce(), consume()]).flat()
      return (await Promise.all(work)).reduce((a, b) => a + b, 0)
    },
  }
}

/** By hand. */
export const limit: Pick<Tasks, 'boundedQueue'> = {
  boundedQueue(pairs) {
    const work = new LimitQueue<LimitMessage>(CAPACITY)
    return producersAndConsumers(pairs, {
      send: (payload) => work.send(new LimitMessage(payload)),
      receive: () => work.receive(),
    })
  },
}

/** With Allora. The queue is the point here, so the flow that names it has no part in the work. */
export const allora: Pick<Tasks, 'boundedQueue'> = {
  async boundedQueue(pairs) {
    const elsewhere = flow('elsewhere')
      .from(queue('elsewhere').of<number>())
      .to(queue('work', { capacity: CAPACITY }).of<number>())
      .build()
    const rt = await runtime(app(elsewhere)).start()
    const work = rt.channel('work')
    return producersAndConsumers(pairs, { send: (payload) => work.send(payload), receive: () => work.receive() })
  },
}
