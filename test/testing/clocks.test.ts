/** The system's clock, and the one that tests move. */
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/transport/clock.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { RUNS } from '../memory/rig.ts'

describe('L3: the system clock', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 5_000 }))
  afterEach(() => void vi.useRealTimers())

  test('L3: it tells the time and runs a task once, after the delay', () => {
    const task = vi.fn<() => void>()
    expect(systemClock.now()).toBe(5_000)
    systemClock.schedule(100, task)
    vi.advanceTimersByTime(99)
    expect(task).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1_000)
    expect(task).toHaveBeenCalledTimes(1)
  })

  test('L3: a delay of 0 or less runs as soon as possible, but not within the call', () => {
    const task = vi.fn<() => void>()
    systemClock.schedule(0, task)
    systemClock.schedule(-5, task)
    expect(task).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(task).toHaveBeenCalledTimes(2)
  })

  test('L3: a cancelled timer does not run, and may be cancelled again', () => {
    const task = vi.fn<() => void>()
    const timer = systemClock.schedule(10, task)
    timer.cancel()
    timer.cancel()
    vi.advanceTimersByTime(100)
    expect(task).not.toHaveBeenCalled()
    expect(vi.getTimerCount()).toBe(0)
  })

  test('L3: a delay longer than a timer of Node can hold is slept in pieces', () => {
    const task = vi.fn<() => void>()
    const longest = 0x7fff_ffff
    const timer = systemClock.schedule(longest * 2 + 10, task)
    vi.advanceTimersByTime(longest * 2 + 9)
    expect(task).not.toHaveBeenCalled()
    vi.advanceTimersByTime(1)
    expect(task).toHaveBeenCalledTimes(1)
    timer.cancel()
    const second = systemClock.schedule(longest * 2, task)
    vi.advanceTimersByTime(longest + 1)
    second.cancel()
    vi.advanceTimersByTime(longest)
    expect(task).toHaveBeenCalledTimes(1)
  })
})

describe('L3: the virtual clock', () => {
  test('L3: it stands still until it is moved', async () => {
    const clock = virtualClock(1_000)
    const task = vi.fn<() => void>()
    clock.schedule(0, task)
    await new Promise(setImmediate)
    expect(task).not.toHaveBeenCalled()
    expect(clock.now()).toBe(1_000)
    expect(clock.pending).toBe(1)
    await clock.advance(0)
    expect(task).toHaveBeenCalledTimes(1)
    expect(clock.now()).toBe(1_000)
    expect(virtualClock().now()).toBe(0)
  })

  test('L3: timers run in the order of their times, those of one time in the order of their start', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ delay: fc.integer({ min: -5, max: 30 }), cancelled: fc.boolean() })),
        async (timers) => {
          const clock = virtualClock()
          const seen: { readonly index: number; readonly at: number }[] = []
          const started = timers.map(({ delay }, index) =>
            clock.schedule(delay, () => seen.push({ index, at: clock.now() })),
          )
          timers.forEach(({ cancelled }, index) => cancelled && started[index]!.cancel())
          const expected = timers
            .map(({ delay, cancelled }, index) => ({ index, at: Math.max(0, delay), cancelled }))
            .filter(({ cancelled }) => !cancelled)
            .toSorted((a, b) => a.at - b.at || a.index - b.index)
          expect(clock.pending).toBe(expected.length)
          await clock.advance(20)
          expect(seen).toEqual(expected.filter(({ at }) => at <= 20).map(({ index, at }) => ({ index, at })))
          expect(clock.now()).toBe(20)
          await clock.runAll()
          expect(seen).toHaveLength(expected.length)
          expect(clock.pending).toBe(0)
          started.forEach((timer) => timer.cancel())
          expect(clock.pending).toBe(0)
        },
      ),
      RUNS,
    )
  })

  test('L3: chains of promises settle before the time moves on', async () => {
    const clock = virtualClock()
    const seen: string[] = []
    clock.schedule(10, () => {
      void (async () => {
        for (let i = 0; i < 50; i++) await Promise.resolve()
        seen.push(`settled at ${clock.now()}`)
        clock.schedule(5, () => seen.push(`run at ${clock.now()}`))
      })()
    })
    clock.schedule(11, () => seen.push('next'))
    await clock.advance(20)
    expect(seen).toEqual(['settled at 10', 'next', 'run at 15'])
  })

  test('L3: what is to come when the clock is moved settles first', async () => {
    const clock = virtualClock()
    const seen: number[] = []
    void Promise.resolve().then(() => clock.schedule(5, () => seen.push(clock.now())))
    await clock.advance(10)
    expect(seen).toEqual([5])
  })

  test('L3: what a timer throws rejects the call, and the others still run', async () => {
    const clock = virtualClock()
    const task = vi.fn<() => void>()
    clock.schedule(1, () => {
      throw new Error('broken')
    })
    clock.schedule(2, task)
    await expect(clock.advance(5)).rejects.toThrow('broken')
    await clock.advance(5)
    expect(task).toHaveBeenCalledTimes(1)
  })

  test('L3: timers that start each other without end are noticed', async () => {
    const clock = virtualClock()
    const again = (): void => void clock.schedule(1, again)
    again()
    await expect(clock.runAll()).rejects.toThrow('100000 timers')
  })
})
