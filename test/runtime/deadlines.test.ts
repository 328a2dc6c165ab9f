/** Deadlines: those who wait equally long share a timer, and durations that nobody waits any more are forgotten. */
import { virtualClock } from 'allora/testing'
import { expect, test } from 'vitest'
import { unlink } from '../../src/memory/linked-list.ts'
import { Deadlines, type Mortal } from '../../src/runtime/deadlines.ts'

class Waiting implements Mortal<Waiting> {
  before: Waiting | undefined = undefined
  after: Waiting | undefined = undefined
  deadline = 0
  expired = false

  expire(): void {
    this.expired = true
    unlink(this)
  }
}

test('G1: one timer for each duration, and none, nor a line, when all have left', async () => {
  const clock = virtualClock()
  const deadlines = new Deadlines<Waiting>(clock)
  const durations = Array.from({ length: 1_000 }, (_, i) => 1_000 + i / 7)
  const all = durations.flatMap((duration) => [0, 1].map(() => ({ duration, waiting: new Waiting() })))
  for (const { duration, waiting } of all) deadlines.add(waiting, duration)
  expect([clock.pending, deadlines.size]).toEqual([1_000, 1_000])
  for (const { duration, waiting } of all) {
    unlink(waiting)
    deadlines.left(duration)
  }
  await clock.advance(0)
  expect([clock.pending, deadlines.size]).toEqual([0, 0])
  const late = new Waiting()
  deadlines.add(late, 1_000)
  await clock.advance(1_000)
  expect(late.expired).toBe(true)
})
