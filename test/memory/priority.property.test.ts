/** The order of a priority channel, against a list that is sorted (C8). */
import { app, flow, message, priority, queue } from 'allora'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectAccounts, started } from '../runtime/rig.ts'

const numRuns = process.env['CI'] === undefined ? 200 : 1_000
const urgent = priority('urgent', { capacity: Infinity }).of<number>()
const drain = flow('drain').from(queue('other').of<number>()).to(urgent).build()

test('C8: the most urgent goes first, and among equals the one that came first, however sends and receives alternate', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(fc.integer({ min: -2, max: 2 })), { maxLength: 60 }), async (steps) => {
      const { rt } = await started(app(drain))
      const waiting: { readonly n: number; readonly urgency: number }[] = []
      const went: (number | undefined)[] = []
      const due: (number | undefined)[] = []
      // A number is sent with that priority; null takes the next message.
      for (const [n, urgency] of steps.entries()) {
        if (urgency === null) {
          waiting.sort((a, b) => b.urgency - a.urgency || a.n - b.n)
          went.push(rt.channel('urgent').tryReceive()?.payload)
          due.push(waiting.shift()?.n)
        } else {
          waiting.push({ n, urgency })
          await rt.send('urgent', urgency === 0 ? n : message(n, { priority: urgency }))
        }
        expectAccounts(rt)
      }
      expect(went).toEqual(due)
      expect(rt.channel('urgent').size).toBe(waiting.length)
    }),
    { numRuns },
  )
})
