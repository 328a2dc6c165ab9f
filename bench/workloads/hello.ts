/** W1 and W2: direct channel, one service, queue, receive. */
import { app, direct, flow, queue, runtime } from 'allora'
import { LimitQueue, NONE } from '../limit-queue.ts'
import type { Contender, Workload } from '../measure.ts'

const increment = (x: number): number => x + 1
const incrementLater = async (x: number): Promise<number> => x + 1

/** With a synchronous service. */
export const helloSync = async (): Promise<Workload> => ({
  name: 'W1 hello, sync service',
  n: 400_000,
  target: 1.5,
  contenders: [limit(increment), await allora(increment)],
})

/** With an asynchronous one. */
export const helloAsync = async (): Promise<Workload> => ({
  name: 'W2 hello, async service',
  n: 400_000,
  target: 1.5,
  contenders: [limitAsync(incrementLater), await allora(incrementLater)],
})

/** With everything on: ids read, events listened to, metrics, history. */
export const helloEverything = async (): Promise<Workload> => ({
  name: 'W1 hello, everything on',
  n: 100_000,
  target: Infinity,
  contenders: [limit(increment), await alloraWithEverything()],
})

function limit(service: (x: number) => number): Contender {
  const output = new LimitQueue(1_024)
  const send = async (payload: number): Promise<void> => output.send({ payload: service(payload), headers: NONE })
  return contender('hand-written', send, async () => (await output.receive()).payload)
}

function limitAsync(service: (x: number) => Promise<number>): Contender {
  const output = new LimitQueue(1_024)
  const send = async (payload: number): Promise<void> => output.send({ payload: await service(payload), headers: NONE })
  return contender('hand-written', send, async () => (await output.receive()).payload)
}

async function allora(service: (x: number) => number | Promise<number>): Promise<Contender> {
  const hello = flow('hello')
    .from(direct('input').of<number>())
    .handle(service)
    .to(queue('output').of<number>())
    .build()
  const rt = await runtime(app(hello)).start()
  const output = rt.channel('output')
  return {
    name: 'allora',
    async run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        await rt.send('input', i)
        sum += (await output.receive()).payload
      }
      return sum
    },
  }
}

async function alloraWithEverything(): Promise<Contender> {
  const hello = flow('hello')
    .from(direct('input').of<number>())
    .handle(increment)
    .to(queue('output').of<number>())
    .build()
  const rt = await runtime(app(hello), { metrics: true, history: true }).start()
  const output = rt.channel('output')
  let seen = 0
  rt.on('accepted', () => seen++)
  rt.on('delivered', () => seen++)
  rt.on('handled', () => seen++)
  return {
    name: 'allora',
    async run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        await rt.send('input', i)
        const message = await output.receive()
        sum += message.payload + (message.id.length > 0 ? 0 : 1)
      }
      return sum
    },
  }
}

function contender(name: string, send: (x: number) => Promise<void>, receive: () => Promise<number>): Contender {
  return {
    name,
    async run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        await send(i)
        sum += await receive()
      }
      return sum
    },
  }
}
