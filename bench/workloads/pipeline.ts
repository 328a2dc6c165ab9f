/** W3: a pipeline of synchronous transforms. */
import { app, direct, flow, queue, runtime } from 'allora'
import type { Tasks } from '../contender.ts'
import { LimitMessage } from '../limit/message.ts'
import { LimitQueue } from '../limit/queue.ts'
import { turns } from './turns.ts'

/** Different functions, as in real flows: one function called from one place would be inlined. */
export const transforms = (length: number): ((x: number) => number)[] =>
  // oxlint-disable-next-line typescript/no-implied-eval -- closures of one function would share its code
  Array.from({ length }, (_, i) => new Function('x', `return (x + ${i % 7}) | 0`) as (x: number) => number)

/** By hand. */
export const limit: Pick<Tasks, 'pipeline'> = {
  pipeline(steps) {
    const output = new LimitQueue<LimitMessage>()
    return turns({
      async send(payload) {
        let value = payload
        for (let i = 0; i < steps.length; i++) value = steps[i]!(value)
        const full = output.put(new LimitMessage(value))
        if (full !== undefined) await full
      },
      receive: () => output.receive(),
    })
  },
}

/** With Allora. */
export const allora: Pick<Tasks, 'pipeline'> = {
  async pipeline(steps) {
    const start = flow('pipeline').from(direct('input').of<number>())
    const chain = steps.reduce((chained, step) => chained.transform(step), start)
    const rt = await runtime(app(chain.to(queue('output').of<number>()).build())).start()
    const output = rt.channel('output')
    return turns({ send: (payload) => rt.send('input', payload), receive: () => output.receive() })
  },
}
