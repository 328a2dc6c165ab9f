/** W3: a pipeline of synchronous transforms. */
import { app, direct, flow, queue, runtime } from 'allora'
import { LimitQueue, NONE } from '../limit-queue.ts'
import type { Contender, Workload } from '../measure.ts'

/** Different functions, as in real flows: one function called from one place would be inlined. */
const transforms = (length: number): ((x: number) => number)[] =>
  // oxlint-disable-next-line typescript/no-implied-eval -- closures of one function would share its code
  Array.from({ length }, (_, i) => new Function('x', `return (x + ${i % 7}) | 0`) as (x: number) => number)

/** A pipeline of `length` transforms between a direct channel and a queue. */
export async function pipeline(length: number, target: number): Promise<Workload> {
  return {
    name: `W3 pipeline of ${length}`,
    n: length > 10 ? 100_000 : 300_000,
    target,
    contenders: [limit(transforms(length)), await allora(transforms(length))],
  }
}

function limit(steps: readonly ((x: number) => number)[]): Contender {
  const output = new LimitQueue(1_024)
  const send = async (payload: number): Promise<void> => {
    let value = payload
    for (let i = 0; i < steps.length; i++) value = steps[i]!(value)
    return output.send({ payload: value, headers: NONE })
  }
  return {
    name: 'hand-written',
    async run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        await send(i)
        sum += (await output.receive()).payload
      }
      return sum
    },
  }
}

async function allora(steps: readonly ((x: number) => number)[]): Promise<Contender> {
  const start = flow('pipeline').from(direct('input').of<number>())
  const chain = steps.reduce((chained, step) => chained.transform(step), start)
  const rt = await runtime(app(chain.to(queue('output').of<number>()).build())).start()
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
