import { app, flow, queue } from 'allora'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { drained, expectAccounts, forbidUnhandledRejections, started } from '../rig.ts'

forbidUnhandledRejections()

const numRuns = process.env['CI'] === undefined ? 200 : 1000

test('C9: never more calls than the concurrency of the step, and as many, under every interleaving', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 12 }),
      async (scheduler, concurrency, count) => {
        let running = 0
        let most = 0
        const begun: number[] = []
        const call = async (n: number): Promise<number> => {
          begun.push(n)
          most = Math.max(most, ++running)
          expectAccounts(rt)
          await scheduler.schedule(Promise.resolve(), `call ${n}`)
          running--
          return n
        }
        const { rt } = await started(
          app(
            flow('f')
              .from(queue('in').of<number>(), { concurrency: 8 })
              .handle(call, { concurrency })
              .to(queue('out'))
              .build(),
          ),
        )
        for (let n = 0; n < count; n++) await rt.send('in', n)
        await scheduler.waitFor(rt.idle())
        expect(most).toBe(Math.min(concurrency, count))
        // Those who wait are served in the order they came.
        expect(begun).toEqual([...begun].sort((a, b) => a - b))
        expect(drained(rt.channel('out')).sort((a, b) => a - b)).toEqual(begun)
      },
    ),
    { numRuns: numRuns / 2 },
  )
})

test('C8: orderBy keeps the order of each key, retries included, while keys pass each other', async () => {
  const message = fc.record({ key: fc.constantFrom('a', 'b', 'c'), fails: fc.nat(2) })
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(message, { minLength: 1, maxLength: 10 }),
      async (scheduler, messages) => {
        const calls = new Map<number, number>()
        const call = async (n: number): Promise<number> => {
          const nth = (calls.get(n) ?? 0) + 1
          calls.set(n, nth)
          await scheduler.schedule(Promise.resolve(), `call ${n}`)
          if (nth <= messages[n]!.fails) throw new Error('again')
          return n
        }
        const options = { orderBy: (n: number) => messages[n]!.key, retry: { attempts: 3 } }
        const { rt } = await started(
          app(
            flow('f')
              .from(queue('in').of<number>(), { concurrency: 10 })
              .handle(call, options)
              .to(queue('out'))
              .build(),
          ),
        )
        for (const n of messages.keys()) await rt.send('in', n)
        await scheduler.waitFor(rt.idle())
        const out = drained(rt.channel('out'))
        const all = [...messages.keys()]
        for (const key of ['a', 'b', 'c']) {
          const ofKey = (n: number): boolean => messages[n]!.key === key
          expect(out.filter(ofKey)).toEqual(all.filter(ofKey))
        }
      },
    ),
    { numRuns: numRuns / 2 },
  )
})

test('C9: a call that was given up keeps its place until it ends', async () => {
  const ends: (() => void)[] = []
  const begun: number[] = []
  const call = (n: number): Promise<void> => {
    begun.push(n)
    return new Promise((resolve) => ends.push(resolve))
  }
  const { rt, clock } = await started(
    app(
      flow('f')
        .from(queue('in').of<number>(), { concurrency: 2 })
        .handle(call, { timeout: 100, concurrency: 1 })
        .build(),
    ),
  )
  await rt.send('in', 1)
  await rt.send('in', 2)
  await clock.advance(100)
  expect(begun).toEqual([1])
  expect(rt.metrics().deadLetters).toBe(2)
  await rt.send('in', 3)
  ends[0]!()
  await clock.advance(0)
  expect(begun).toEqual([1, 3])
  ends[1]!()
  await rt.idle()
  expect(rt.metrics().deadLetters).toBe(2)
})
