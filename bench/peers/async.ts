/** async: `async.queue`, a worker queue. It has no bound of its own: producers wait by its length and its `unsaturated` event. */
import { type AsyncWorker, queue } from 'async'
import type { Contender, Peer } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'
import { CAPACITY } from '../workloads/bounded-queue.ts'
import { requesters } from '../workloads/requests.ts'
import { turns } from '../workloads/turns.ts'

/** async takes functions that give promises, which its types do not know. */
const later = (work: (message: LimitMessage) => Promise<unknown>): AsyncWorker<LimitMessage> => work

export const peer: Peer = {
  name: 'async',
  package: 'async',

  hello(service) {
    const output = new LimitQueue<LimitMessage>()
    const input = queue<LimitMessage>(({ payload }, done) => {
      void output.put(new LimitMessage(service(payload)))
      done()
    })
    return turns({ send: (payload) => input.pushAsync(new LimitMessage(payload)), receive: () => output.receive() })
  },

  helloLater(service) {
    const output = new LimitQueue<LimitMessage>()
    const worker = later(async ({ payload }) => void output.put(new LimitMessage(await service(payload))))
    const input = queue(worker)
    return turns({ send: (payload) => input.pushAsync(new LimitMessage(payload)), receive: () => output.receive() })
  },

  boundedQueue: (pairs): Contender => ({
    run: (n) =>
      new Promise((resolve) => {
        let sum = 0
        let handled = 0
        const waiting: (() => void)[] = []
        // Its workers are the consumers, so nobody receives: a worker takes a message and gives way, as `await receive()` does.
        const worker = later(async ({ payload }) => {
          sum += payload
          waiting.shift()?.()
          if (++handled === n) resolve(sum)
        })
        const work = queue(worker, pairs)
        const produce = async (): Promise<void> => {
          for (let i = 0; i < n / pairs; i++) {
            if (work.length() >= CAPACITY) await new Promise<void>((room) => waiting.push(room))
            else await Promise.resolve()
            void work.push(new LimitMessage(i))
          }
        }
        for (let i = 0; i < pairs; i++) void produce()
      }),
  }),

  requests(service, inFlight) {
    const input = queue(
      later(async ({ payload }) => service(payload)),
      inFlight,
    )
    return requesters(
      inFlight,
      (payload): Promise<number> => input.pushAsync(new LimitMessage(payload)),
      (reply) => reply,
    )
  },
}
