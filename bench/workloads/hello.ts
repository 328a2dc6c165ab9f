/** W1 and W2: direct channel, one service, queue, receive. */
import { app, direct, flow, queue, runtime } from 'allora'
import type { Contender, Tasks } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'
import { turns } from './turns.ts'

/** The service of most tasks. */
export const increment = (x: number): number => x + 1

/** The same, later. */
export const incrementLater = async (x: number): Promise<number> => x + 1

/** By hand. */
export const limit: Pick<Tasks, 'hello' | 'helloLater'> = {
  hello(service) {
    const output = new LimitQueue<LimitMessage>()
    return turns({
      async send(payload) {
        const full = output.put(new LimitMessage(service(payload)))
        if (full !== undefined) await full
      },
      receive: () => output.receive(),
    })
  },

  helloLater(service) {
    const output = new LimitQueue<LimitMessage>()
    return turns({
      async send(payload) {
        const full = output.put(new LimitMessage(await service(payload)))
        if (full !== undefined) await full
      },
      receive: () => output.receive(),
    })
  },
}

/** With Allora. */
export const allora: Pick<Tasks, 'hello' | 'helloLater'> = { hello, helloLater: hello }

async function hello(service: (x: number) => number | Promise<number>): Promise<Contender> {
  const hello = flow('hello')
    .from(direct('input').of<number>())
    .handle(service)
    .to(queue('output').of<number>())
    .build()
  const rt = await runtime(app(hello)).start()
  const output = rt.channel('output')
  return turns({ send: (payload) => rt.send('input', payload), receive: () => output.receive() })
}
