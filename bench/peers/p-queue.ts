/** p-queue: runs functions with a limit on how many at a time, and can wait for room. */
import PQueue from 'p-queue'
import type { Contender, Peer } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'
import { CAPACITY } from '../workloads/bounded-queue.ts'
import { requesters } from '../workloads/requests.ts'
import { turns } from '../workloads/turns.ts'

export const peer: Peer = {
  name: 'p-queue',
  package: 'p-queue',

  hello(service) {
    const input = new PQueue({ concurrency: 1 })
    const output = new LimitQueue<LimitMessage>()
    return turns({
      send(payload) {
        const message = new LimitMessage(payload)
        return input.add(async () => void output.put(new LimitMessage(service(message.payload))))
      },
      receive: () => output.receive(),
    })
  },

  helloLater(service) {
    const input = new PQueue({ concurrency: 1 })
    const output = new LimitQueue<LimitMessage>()
    return turns({
      send(payload) {
        const message = new LimitMessage(payload)
        return input.add(async () => void output.put(new LimitMessage(await service(message.payload))))
      },
      receive: () => output.receive(),
    })
  },

  boundedQueue: (pairs): Contender => ({
    async run(n) {
      const work = new PQueue({ concurrency: pairs })
      let sum = 0
      const produce = async (): Promise<void> => {
        for (let i = 0; i < n / pairs; i++) {
          const message = new LimitMessage(i)
          await work.onSizeLessThan(CAPACITY)
          void work.add(async () => {
            sum += message.payload
          })
        }
      }
      await Promise.all(Array.from({ length: pairs }, produce))
      await work.onIdle()
      return sum
    },
  }),

  requests(service, inFlight) {
    const input = new PQueue({ concurrency: inFlight })
    return requesters(
      inFlight,
      (payload) => {
        const message = new LimitMessage(payload)
        return input.add(() => service(message.payload))
      },
      (reply) => reply,
    )
  },
}
