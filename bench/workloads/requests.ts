/** W7: request and reply. */
import { app, direct, flow, runtime } from 'allora'
import { isRight } from 'fp-ts/lib/Either.js'
import type { Contender, Tasks } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'

/** `inFlight` requesters, each of which waits for its reply before it asks again. */
export function requesters<R>(
  inFlight: number,
  request: (payload: number) => PromiseLike<R>,
  valueOf: (reply: R) => number,
): Contender {
  return {
    async run(n) {
      const each = Math.floor(n / inFlight)
      const ask = async (): Promise<number> => {
        let sum = 0
        for (let i = 0; i < each; i++) sum += valueOf(await request(i))
        return sum
      }
      return (await Promise.all(Array.from({ length: inFlight }, ask))).reduce((a, b) => a + b, 0)
    },
  }
}

/** Seconds that a requester waits at most. */
const PATIENCE = 30

interface Pending {
  readonly asked: number
  resolve(payload: number): void
  reject(error: unknown): void
}

/** By hand: replies find their requester by correlation id, and one timer looks for those who have waited too long. */
export const limit: Pick<Tasks, 'requests'> = {
  requests(service, inFlight) {
    const pending = new Map<number, Pending>()
    let asked = 0
    let seconds = 0
    setInterval(() => {
      seconds++
      for (const [id, waiting] of pending) {
        if (seconds - waiting.asked <= PATIENCE) break
        pending.delete(id)
        waiting.reject(new Error('timeout'))
      }
    }, 1_000).unref()
    const serve = async (message: LimitMessage, id: number): Promise<void> => {
      try {
        const reply = await service(message.payload)
        pending.get(id)?.resolve(reply)
      } catch (error) {
        pending.get(id)?.reject(error)
      }
      pending.delete(id)
    }
    const request = (payload: number): Promise<number> =>
      new Promise((resolve, reject) => {
        const id = ++asked
        pending.set(id, { asked: seconds, resolve, reject })
        void serve(new LimitMessage(payload), id)
      })
    return requesters(inFlight, request, (reply) => reply)
  },
}

/** With Allora. */
export const allora: Pick<Tasks, 'requests'> = {
  async requests(service, inFlight) {
    const replying = flow('replying').from(direct('questions').of<number>()).handle(service).build()
    const rt = await runtime(app(replying)).start()
    return requesters(
      inFlight,
      (payload) => rt.request('questions', payload),
      (reply) => (isRight(reply) ? reply.right : NaN),
    )
  },
}
