import { GroupTimeoutError, NoReplyError, RequestTimeoutError, app, direct, flow, message, queue } from 'allora'
import { left, right } from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drained, forbidUnhandledRejections, recorded, settled, started } from './rig.ts'

forbidUnhandledRejections()

const told = (asking: Promise<unknown>): Promise<unknown> => asking.catch((error: unknown) => error)

/** Groups of two by their tens. */
const pairs = () =>
  flow('pairs')
    .from(direct('in').of<number>())
    .aggregate({ size: 2, correlateBy: (n) => Math.floor(n / 10), timeout: 100, onTimeout: 'deadLetter' })

describe('G1: requests whose messages become one', () => {
  test('G1: the reply to the group answers each of them', async () => {
    const { rt } = await started(app(pairs().build()))
    const replies = [rt.request('in', 1), rt.request('in', 2)]
    expect(await Promise.all(replies)).toEqual([right([1, 2]), right([1, 2])])
    await rt.send('in', 11)
    expect(await rt.request('in', 12)).toEqual(right([11, 12]))
    const [early] = [told(rt.request('in', 21)), await settled()]
    await rt.send('in', 22)
    expect(await early).toEqual(right([21, 22]))
    expect(rt.metrics().pendingRequests).toBe(0)
  })

  test('G2: also behind a queue, a second group and another flow', async () => {
    const { rt } = await started(
      app(
        pairs()
          .through(queue('mid').of<readonly number[]>())
          .aggregate({ size: 2, correlateBy: () => 'all' })
          .transform((all) => all.flat())
          .to(queue('on').of<number[]>())
          .build(),
        flow('end')
          .from(queue('on').of<number[]>())
          .transform((all) => all.length)
          .build(),
      ),
    )
    // To the compiler only a flow that replies can be asked; this one has another reply for it.
    const ask = rt.request.bind(rt) as unknown as (id: string, payload: unknown) => Promise<unknown>
    const replies = [1, 2, 11].map(async (n) => ask('in', n))
    await settled()
    expect(rt.metrics().pendingRequests).toBe(3)
    await rt.send('in', 12)
    expect(await Promise.all(replies)).toEqual([right(4), right(4), right(4)])
  })

  test('G1: what the group fails with, or is dropped for, is told to each of them', async () => {
    const { rt } = await started(
      app(
        pairs()
          .handle(([a]) => {
            if (a === 1) throw new Error('broken')
            return a === 11 ? left('eleven') : right(a)
          })
          .filter((a) => a !== 21)
          .build(),
      ),
    )
    const ask = (...numbers: number[]) => Promise.all(numbers.map((n) => told(rt.request('in', n))))
    expect((await ask(1, 2)).map(String)).toEqual([
      expect.stringContaining('broken'),
      expect.stringContaining('broken'),
    ])
    expect(await ask(11, 12)).toEqual([left('eleven'), left('eleven')])
    expect(await ask(21, 22)).toEqual([expect.any(NoReplyError), expect.any(NoReplyError)])
    expect(rt.metrics().pendingRequests).toBe(0)
  })

  test('G1: a group that times out tells them: by its reply, as dead letters, or as dropped', async () => {
    const by = (onTimeout: 'emit' | 'deadLetter' | 'discard') =>
      flow(onTimeout)
        .from(direct(onTimeout).of<number>())
        .aggregate({ size: 3, correlateBy: () => 'all', timeout: 100, onTimeout })
        .build()
    const { rt, clock } = await started(app(by('emit'), by('deadLetter'), by('discard')))
    const replies = (['emit', 'deadLetter', 'discard'] as const).flatMap((id) =>
      [1, 2].map((n) => told(rt.request(id, n))),
    )
    await clock.advance(100)
    expect(await Promise.all(replies)).toEqual([
      right([1, 2]),
      right([1, 2]),
      expect.any(GroupTimeoutError),
      expect.any(GroupTimeoutError),
      expect.any(NoReplyError),
      expect.any(NoReplyError),
    ])
  })

  test('G1: one that has given up is not waited for, and the others are answered', async () => {
    const { rt, clock } = await started(app(pairs().through(queue('mid').of<readonly number[]>()).delay(50).build()))
    const impatient = told(rt.request('in', 1, { timeout: 10 }))
    const patient = told(rt.request('in', 2))
    await clock.advance(10)
    expect(await impatient).toBeInstanceOf(RequestTimeoutError)
    await clock.advance(50)
    expect(await patient).toEqual(right([1, 2]))
    const late = [told(rt.request('in', 11, { timeout: 10 })), told(rt.request('in', 12, { timeout: 10 }))]
    const dropped = recorded(rt, 'dropped')
    await clock.advance(60)
    expect(await Promise.all(late)).toEqual([expect.any(RequestTimeoutError), expect.any(RequestTimeoutError)])
    expect(dropped.map(({ reason }) => reason)).toEqual(['late-reply'])
    expect(rt.metrics().pendingRequests).toBe(0)
  })

  test('T6: return addresses of channels that differ are dropped like other headers', async () => {
    const { rt } = await started(
      app(
        pairs().build(),
        flow('a').from(queue('a').of<unknown>()).to(queue('out')).build(),
        flow('b').from(queue('b').of<unknown>()).to(queue('out')).build(),
      ),
    )
    for (const [n, replyTo] of [
      [1, 'a'],
      [2, 'b'],
      [11, 'a'],
      [12, 'a'],
    ] as const)
      await rt.send('in', message(n, { replyTo }))
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([[11, 12]])
  })

  test('G1: however requests and sends fall into groups, each request gets the reply of its own group', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ key: fc.nat({ max: 2 }), asks: fc.boolean() }), { maxLength: 14 }),
        fc.integer({ min: 1, max: 4 }),
        async (arrivals, size) => {
          const { rt, clock } = await started(
            app(
              flow('groups')
                .from(direct('in').of<readonly [string, number]>())
                .aggregate({ size, correlateBy: ([name]) => name, timeout: 50 })
                .through(queue('mid').of<readonly (readonly [string, number])[]>())
                .build(),
            ),
          )
          const seen = [0, 0, 0]
          const groups = new Map<string, number[]>()
          const replies = arrivals.map(async ({ key, asks }, i) => {
            const name = `${key}/${Math.floor(seen[key]!++ / size)}`
            groups.set(name, [...(groups.get(name) ?? []), i])
            if (!asks) return rt.send('in', [name, i])
            expect(await rt.request('in', [name, i])).toEqual(right(groups.get(name)!.map((member) => [name, member])))
          })
          await clock.advance(50)
          await Promise.all(replies)
          expect(rt.metrics().pendingRequests).toBe(0)
          await rt.stop()
        },
      ),
      { numRuns: process.env['CI'] === undefined ? 200 : 1_000 },
    )
  })
})
