import { app, flow, queue, runtime, sink, timer } from 'allora'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Tick } from '../../src/adapters/timer.ts'
import type { Source } from '../../src/message/source.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { deferred, drained, forbidUnhandledRejections, started } from '../runtime/rig.ts'

forbidUnhandledRejections()

const numRuns = process.env['CI'] === undefined ? 200 : 1000
const times = (ticks: readonly Tick[]): string[] => ticks.map(({ time }) => new Date(time).toISOString())

/** The ticks of a timer in so many milliseconds after a time. */
async function ticksOf(source: Source<Tick>, start: string, milliseconds: number): Promise<Tick[]> {
  const clock = virtualClock(Date.parse(start))
  const { rt } = await started(app(flow('t').from(source).to(queue('ticks')).build()), { clock })
  await clock.advance(milliseconds)
  const ticks = drained(rt.channel('ticks'))
  await rt.stop()
  expect(clock.pending).toBe(0)
  return ticks
}

describe('T17: timer({ every })', () => {
  test('T17: ticks by the clock, the first after one interval, and counts', async () => {
    expect(await ticksOf(timer({ every: 1_000 }), '1970-01-01T00:00:05Z', 3_500)).toEqual([
      { time: 6_000, count: 1 },
      { time: 7_000, count: 2 },
      { time: 8_000, count: 3 },
    ])
    expect(times(await ticksOf(timer({ every: 1_000, initialDelay: 0 }), '1970-01-01T00:00:00Z', 1_000))).toEqual([
      '1970-01-01T00:00:00.000Z',
      '1970-01-01T00:00:01.000Z',
    ])
  })

  test('L3: an idle timer does not keep the runtime busy, and leaves no timer behind', async () => {
    const { rt, clock } = await started(
      app(
        flow('t')
          .from(timer({ every: 1_000 }))
          .to(queue('ticks'))
          .build(),
      ),
    )
    await rt.idle()
    expect(clock.pending).toBe(1)
    expect(await rt.stop()).toMatchObject({ drained: true, left: [] })
    expect(clock.pending).toBe(0)
  })

  test('T17: ticks that fall due while there is no room are left out, and the others keep their times', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.nat(200), { minLength: 1, maxLength: 8 }),
        async (every, durations) => {
          const clock = virtualClock(0)
          const seen: number[] = []
          const work = flow('t')
            .from(timer({ every }))
            .to(
              sink(({ time }: Tick) => {
                seen.push(time)
                const duration = durations[seen.length - 1] ?? 1_000_000
                return new Promise<void>((resolve) => clock.schedule(duration, resolve))
              }),
            )
            .build()
          const { rt } = await started(app(work), { clock })
          await clock.advance(5_000)
          const expected = [every]
          for (const duration of durations) {
            const last = expected.at(-1)!
            expected.push(Math.max(last + every, Math.ceil((last + duration) / every) * every))
          }
          expect(seen).toEqual(expected.filter((time) => time <= 5_000))
          await rt.stop({ timeout: 0 })
        },
      ),
      { numRuns },
    )
  })

  test('T17: with room for more, a slow message does not hold up the next tick', async () => {
    const gate = deferred()
    const seen: number[] = []
    const slow = sink(({ count }: Tick) => {
      seen.push(count)
      return gate.promise
    })
    const { rt, clock } = await started(
      app(
        flow('t')
          .from(timer({ every: 10 }), { maxInFlight: 2 })
          .to(slow)
          .build(),
      ),
    )
    await clock.advance(100)
    expect(seen).toEqual([1, 2])
    gate.resolve()
    await clock.advance(0)
    await rt.idle()
    await clock.advance(10)
    expect(seen).toEqual([1, 2, 3, 4])
  })

  test('T17: refuses an interval that is none', () => {
    expect(() => timer({ every: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[InvalidOptionError: The option every of a timer must be a number of milliseconds above 0, but it is 0. Write timer({ every: 1_000 }).]`,
    )
    expect(() => timer({ every: 1, initialDelay: NaN })).toThrowErrorMatchingInlineSnapshot(
      `[InvalidOptionError: The option initialDelay of a timer must be a number of milliseconds from 0, but it is NaN. Leave it out for 1.]`,
    )
    // @ts-expect-error neither an interval nor a pattern
    expect(() => timer({})).toThrowErrorMatchingInlineSnapshot(
      `[InvalidOptionError: The option every of a timer must be a number of milliseconds above 0, but it is undefined. Write timer({ every: 1_000 }).]`,
    )
    expectTypeOf(timer({ every: 1 })).toEqualTypeOf<Source<Tick>>()
  })
})

describe('T17: timer({ cron })', () => {
  const day = 86_400_000

  test('T17: ticks by the pattern in the time zone, across a leap day', async () => {
    expect(
      times(await ticksOf(timer({ cron: '0 6 * * *', timeZone: 'America/New_York' }), '2024-02-28T12:00:00Z', 3 * day)),
    ).toEqual(['2024-02-29T11:00:00.000Z', '2024-03-01T11:00:00.000Z', '2024-03-02T11:00:00.000Z'])
  })

  test('T17: a time that the clocks skip comes after the gap, one that they repeat comes once', async () => {
    const early = timer({ cron: '30 2 * * *', timeZone: 'Europe/Berlin' })
    expect(times(await ticksOf(early, '2024-03-30T12:00:00Z', 2 * day))).toEqual([
      '2024-03-31T01:00:00.000Z',
      '2024-04-01T00:30:00.000Z',
    ])
    expect(times(await ticksOf(early, '2024-10-26T12:00:00Z', 2 * day))).toEqual([
      '2024-10-27T00:30:00.000Z',
      '2024-10-28T01:30:00.000Z',
    ])
  })

  test('T17: six fields have seconds, and delays longer than a timer of Node holds are waited for', async () => {
    expect(
      times(await ticksOf(timer({ cron: '*/20 * * * * *', timeZone: 'UTC' }), '2024-01-01T00:00:05Z', 45_000)),
    ).toEqual(['2024-01-01T00:00:20.000Z', '2024-01-01T00:00:40.000Z'])
    expect(
      times(await ticksOf(timer({ cron: '0 0 29 2 *', timeZone: 'UTC' }), '2024-03-01T00:00:00Z', 4 * 366 * day)),
    ).toEqual(['2028-02-29T00:00:00.000Z'])
  })

  test('T17: a pattern without another time ends the source', async () => {
    const clock = virtualClock(Date.parse('2024-01-01'))
    const { rt } = await started(
      app(
        flow('t')
          .from(timer({ cron: '0 0 0 1 1 * 2023', timeZone: 'UTC' }))
          .to(queue('ticks'))
          .build(),
      ),
      { clock },
    )
    await rt.idle()
    expect(rt.control.flows()[0]!.sources).toMatchObject([{ state: 'ended' }])
  })

  test('L1: a wrong pattern or time zone rejects the start, and nothing is left running', async () => {
    const clock = virtualClock()
    const starting = (cron: string, timeZone?: string) =>
      runtime(
        app(
          flow('t')
            .from(timer({ cron, ...(timeZone !== undefined && { timeZone }) }))
            .to(queue('ticks'))
            .build(),
          flow('u')
            .from(timer({ every: 1 }))
            .to(queue('others'))
            .build(),
        ),
        { clock },
      ).start()
    await expect(starting('every day')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[InvalidOptionError: The cron pattern "every day" cannot be read: CronPattern: invalid configuration format ('every day'), exactly five, six, or seven space separated parts are required. Write timer({ cron: '0 6 * * 1-5', timeZone: 'Europe/Berlin' }).]`,
    )
    await expect(starting('0 6 * * *', 'Mars/Olympus')).rejects.toMatchObject({ code: 'ALLORA207' })
    expect(clock.pending).toBe(0)
  })
})
