/** W6: one topic with many subscribers. */
import { app, flow, pubsub, queue, runtime } from 'allora'
import type { Contender, Tasks } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'

/** Counts what subscribers get. */
export class Tally {
  sum = 0
  count = 0

  readonly add = (payload: number): void => {
    this.sum += payload
    this.count++
  }
}

/** Publishes, and waits at the end until every subscriber has got everything. */
export function publishing(tallies: readonly Tally[], send: (payload: number) => PromiseLike<unknown>): Contender {
  return {
    async run(n) {
      for (const tally of tallies) tally.sum = tally.count = 0
      for (let i = 0; i < n; i++) await send(i)
      while (tallies.some(({ count }) => count < n)) await new Promise((resolve) => setImmediate(resolve))
      return tallies.reduce((sum, tally) => sum + tally.sum, 0)
    },
  }
}

/** One tally for each subscriber. */
export const tally = (subscribers: number): Tally[] => Array.from({ length: subscribers }, () => new Tally())

/** By hand: what one subscriber throws is caught, and the others go on. */
export const limit: Pick<Tasks, 'pubsub'> = {
  pubsub(subscribers) {
    const tallies = tally(subscribers)
    const handlers = tallies.map((each) => (message: LimitMessage) => each.add(message.payload))
    let failures = 0
    return publishing(tallies, async (payload) => {
      const message = new LimitMessage(payload)
      for (let i = 0; i < handlers.length; i++) {
        try {
          handlers[i]!(message)
        } catch {
          failures++
        }
      }
      return failures
    })
  },
}

/** With Allora. */
export const allora: Pick<Tasks, 'pubsub'> = {
  async pubsub(subscribers) {
    const elsewhere = flow('elsewhere').from(queue('elsewhere').of<number>()).to(pubsub('topic').of<number>()).build()
    const rt = await runtime(app(elsewhere)).start()
    const topic = rt.channel('topic')
    const tallies = tally(subscribers)
    for (const each of tallies) topic.subscribe(each.add)
    return publishing(tallies, (payload) => topic.send(payload))
  },
}
