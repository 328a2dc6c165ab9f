/** Steps that take time on purpose: delay and throttle (T11). */
import { app, direct, flow, queue } from 'allora'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drained, expectAccounts, forbidUnhandledRejections, settled, started } from '../rig.ts'

forbidUnhandledRejections()

const runs = process.env['CI'] === undefined ? 100 : 1_000

describe('T11: delay', () => {
  test('T11: holds a message for its time and lets the sender go on', async () => {
    const { rt, clock } = await started(
      app(flow('f').from(direct('in').of<number>()).delay(100).to(queue('out')).build()),
    )
    await rt.send('in', 1)
    await clock.advance(99)
    expect(drained(rt.channel('out'))).toEqual([])
    await clock.advance(1)
    expect(drained(rt.channel('out'))).toEqual([1])
  })

  test('T11: others pass meanwhile; 0 or less goes straight on', async () => {
    const delayed = flow('f')
      .from(queue('in').of<number>())
      .delay(async (ms) => ms)
      .to(queue('out'))
      .build()
    const { rt, clock } = await started(app(delayed))
    for (const ms of [300, 100, 0, -5, 200]) await rt.send('in', ms)
    await settled()
    expect(drained(rt.channel('out'))).toEqual([0, -5])
    await clock.advance(300)
    expect(drained(rt.channel('out'))).toEqual([100, 200, 300])
  })

  test.each<[came: unknown, said: string]>([
    [NaN, 'the number NaN'],
    [Infinity, 'the number Infinity'],
    [-Infinity, 'the number -Infinity'],
    ['soon', 'the string "soon"'],
    ['5', 'the string "5"'],
    [undefined, 'undefined'],
    [null, 'null'],
    [Promise.resolve(NaN), 'the number NaN'],
  ])('T11: a message whose delay is %s is a dead letter, and not held for no time', async (came, said) => {
    const delayed = flow('f')
      .from(queue('in').of<number>())
      .delay((() => came) as never, { id: 'later' })
      .to(queue('out'))
      .build()
    const { rt } = await started(app(delayed))
    await rt.send('in', 1)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([])
    expect(rt.deadLetters.list()).toMatchObject([{ nodeId: 'later', message: { payload: 1 } }])
    expect(rt.deadLetters.list()[0]!.error.message).toContain(
      `The function of delay must give milliseconds as a finite number, but it gave ${said}. Give 0 for`,
    )
  })

  test('T11: each goes on when its time has come, and those of one time in the order they came', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ gap: fc.nat(20), duration: fc.integer({ min: -5, max: 40 }) }), { maxLength: 20 }),
        async (all) => {
          const passed: (readonly [n: number, at: number])[] = []
          const delayed = flow('f')
            .from(queue('in').of<number>())
            .delay((n) => all[n]!.duration, { concurrency: 100 })
            .handle((n) => void passed.push([n, clock.now()]))
            .build()
          const { rt, clock } = await started(app(delayed))
          const due: (readonly [n: number, at: number])[] = []
          for (const [n, { gap, duration }] of all.entries()) {
            await clock.advance(gap)
            due.push([n, clock.now() + Math.max(0, duration)])
            await rt.send('in', n)
            expectAccounts(rt)
          }
          await clock.advance(100)
          await rt.idle()
          expect(passed).toEqual(due.toSorted(([a, at], [b, bt]) => at - bt || a - b))
        },
      ),
      { numRuns: runs },
    )
  })

  test('T11, L3: a message that waits is in flight, and the stop names it', async () => {
    const { rt } = await started(
      app(flow('f').from(direct('in').of<number>()).delay(60_000, { id: 'later' }).to(queue('out')).build()),
    )
    await rt.send('in', 1)
    let idle = false
    void rt.idle().then(() => (idle = true))
    await settled()
    expect(idle).toBe(false)
    expect(await rt.stop({ timeout: 0 })).toMatchObject({
      left: [{ messageId: 'm1', channelId: 'f/later', state: 'delayed' }],
    })
  })
})

describe('T11: throttle', () => {
  test('T11: lets so many pass at once and holds the rest, and their sender', async () => {
    const { rt, clock } = await started(
      app(flow('f').from(direct('in').of<number>()).throttle({ rate: 2, per: 1_000 }).to(queue('out')).build()),
    )
    const sending = [1, 2, 3, 4, 5].map((n) => rt.send('in', n))
    await settled()
    expect(drained(rt.channel('out'))).toEqual([1, 2])
    await clock.advance(1_000)
    expect(drained(rt.channel('out'))).toEqual([3, 4])
    await clock.advance(1_000)
    expect(drained(rt.channel('out'))).toEqual([5])
    await Promise.all(sending)
  })

  test('T11: never more than the rate in any window, all in order, none later than it must be', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat(30), { minLength: 1, maxLength: 30 }),
        async (rate, per, gaps) => {
          const passed: number[] = []
          const paced = flow('f')
            .from(queue('in').of<number>(), { concurrency: 100 })
            .throttle({ rate, per })
            .handle(() => void passed.push(clock.now()))
            .build()
          const { rt, clock } = await started(app(paced))
          const start = clock.now()
          const arrivals: number[] = []
          for (const gap of gaps) {
            await clock.advance(gap)
            arrivals.push(clock.now())
            await rt.send('in', gap)
            expectAccounts(rt)
          }
          await clock.advance(per * gaps.length)
          const model: number[] = []
          for (const [i, arrival] of arrivals.entries())
            model.push(Math.max(arrival, (model[i - rate] ?? start - per) + per))
          expect(passed).toEqual(model)
        },
      ),
      { numRuns: runs },
    )
  })

  test('T11, L2: a stop does not wait for whoever is held, and leaves no timer', async () => {
    const { rt, clock } = await started(
      app(flow('f').from(queue('in').of<number>()).throttle({ rate: 1, per: 60_000 }).to(queue('out')).build()),
    )
    await rt.send('in', 1)
    await rt.send('in', 2)
    await settled()
    expect(await rt.stop({ timeout: 0 })).toMatchObject({
      drained: false,
      left: [{ messageId: 'm2', nodeId: 'n1' }, { messageId: 'm1' }],
    })
    expect(clock.pending).toBe(0)
  })
})
