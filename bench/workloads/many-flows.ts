/** W8: many flows in one runtime that take turns. */
import { app, direct, flow, queue, runtime } from 'allora'
import type { Contender, Tasks } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'
import type { Turn } from './turns.ts'

/** Each message goes through the next one of the flows. */
export function roundRobin(flows: readonly Turn[]): Contender {
  return {
    async run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        const turn = flows[i % flows.length]!
        await turn.send(i)
        sum += (await turn.receive()).payload
      }
      return sum
    },
  }
}

/** By hand. */
export const limit: Pick<Tasks, 'manyFlows'> = {
  manyFlows: (count, service) =>
    roundRobin(
      Array.from({ length: count }, () => {
        const output = new LimitQueue<LimitMessage>()
        return {
          async send(payload) {
            const full = output.put(new LimitMessage(service(payload)))
            if (full !== undefined) await full
          },
          receive: () => output.receive(),
        }
      }),
    ),
}

// Not exported: its type is for the compiler to find.
const numbered = (i: number, service: (x: number) => number) =>
  flow(`flow${i}`)
    .from(direct(`in${i}`).of<number>())
    .handle(service)
    .to(queue(`out${i}`).of<number>())
    .build()

/** With Allora. */
export const allora: Pick<Tasks, 'manyFlows'> = {
  async manyFlows(count, service) {
    const numbers = Array.from({ length: count }, (_, i) => i)
    const rt = await runtime(app(...numbers.map((i) => numbered(i, service)))).start()
    return roundRobin(
      numbers.map((i) => {
        const input = rt.channel(`in${i}`)
        const output = rt.channel(`out${i}`)
        return { send: (payload: number) => input.send(payload), receive: () => output.receive() }
      }),
    )
  },
}
