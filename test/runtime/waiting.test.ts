/** Messages that wait for others lend their place meanwhile: `resilience/lent.ts`. Every pair of steps is in `waiting.property.test.ts`. */
import { app, flow, pubsub, queue } from 'allora'
import { describe, expect, test } from 'vitest'
import type { Branch } from '../../src/flow/route-types.ts'
import { CorrelationError } from '../../src/errors/handling-errors.ts'
import { deferred, drained, forbidUnhandledRejections, settled, started } from './rig.ts'

forbidUnhandledRejections()

/** A function that fails for each text when it comes first. */
function failsOnce(): (text: string) => string {
  const seen = new Set<string>()
  return (text) => {
    if (seen.size !== seen.add(text).size) throw new Error(`${text} for the first time`)
    return text
  }
}

const same = (text: string): string => text
const retry = { attempts: 3, delay: 5 }

describe('E3, C8: those of a key wait in their order for the one that is retried', () => {
  test('E3, C8: others pass them', async () => {
    const work = failsOnce()
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<{ key: string; n: number }>())
          .handle(({ key, n }) => `${work(key)}${n}`, { retry, orderBy: ({ key }) => key })
          .to(queue('out').of<string>())
          .build(),
      ),
    )
    for (const [n, key] of ['a', 'a', 'a', 'b', 'a', 'b'].entries()) await rt.send('in', { key, n })
    await clock.runAll()
    await rt.idle()
    const out = drained(rt.channel('out'))
    expect(out.filter((text) => text.startsWith('a'))).toEqual(['a0', 'a1', 'a2', 'a4'])
    expect(out.filter((text) => text.startsWith('b'))).toEqual(['b3', 'b5'])
    expect(out[0]).toBe('a0')
  })

  test.each([1, 4])('E3, C8: however many there are, with a concurrency of %i', async (concurrency) => {
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in', { capacity: 2_000 }).of<string>(), { concurrency })
          .handle(failsOnce(), { retry, orderBy: same })
          .to(queue('out', { capacity: 2_000 }))
          .build(),
      ),
    )
    for (let n = 0; n < 1_500; n++) await rt.send('in', 'a')
    await clock.advance(4)
    expect(rt.metrics().channels['in']).toMatchObject({ inFlight: 1_000 + concurrency })
    await clock.runAll()
    await rt.idle()
    expect(rt.channel('out').size).toBe(1_500)
  })

  test('E3, C8: subscribers that are called at once keep the order, too', async () => {
    const work = failsOnce()
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(pubsub('in').of<number>())
          .handle((n) => (work('a'), n), { retry, orderBy: () => 'a' })
          .to(queue('out').of<number>())
          .build(),
      ),
    )
    for (let n = 0; n < 5; n++) await rt.send('in', n)
    await clock.runAll()
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([0, 1, 2, 3, 4])
  })

  test('E3: a timeout ends the waiting, and leaves the lane and the place to others', async () => {
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>())
          .handle(failsOnce(), { retry: { attempts: 2, delay: 50 }, orderBy: same, timeout: { overall: 30 } })
          .to(queue('out').of<string>())
          .build(),
      ),
    )
    for (const text of ['a', 'a', 'b']) await rt.send('in', text)
    await clock.advance(40)
    expect(rt.deadLetters.list().map(({ message }) => message.payload)).toEqual(['a', 'b'])
    await rt.send('in', 'a')
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual(['a', 'a'])
  })
})

describe('T12: a duplicate that waits for the message in work', () => {
  test.each([
    ['queue', 1, queue],
    ['queue', 2, queue],
    ['pubsub', 1, pubsub as unknown as typeof queue],
  ])('T12: lends its place to it when that is retried (%s, %i)', async (_, concurrency, kind) => {
    const { rt, clock, dropped } = await started(
      app(
        flow('f')
          .from(kind('in').of<string>(), { concurrency })
          .idempotent({ key: same })
          .handle(failsOnce(), { retry })
          .to(queue('out').of<string>())
          .build(),
      ),
    )
    for (const text of ['a', 'a', 'a', 'a', 'b', 'c']) await rt.send('in', text)
    await clock.runAll()
    await rt.idle()
    expect(drained(rt.channel('out')).toSorted()).toEqual(['a', 'b', 'c'])
    expect(dropped).toEqual(['duplicate "a"', 'duplicate "a"', 'duplicate "a"'])
  })

  test('T12: and when that waits at a barrier', async () => {
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>())
          .idempotent({ key: same })
          .barrier({ trigger: queue('go').of<string>(), correlateBy: same, timeout: 1_000 })
          .to(queue('out').of<string>())
          .build(),
      ),
    )
    for (const text of ['a', 'a', 'b']) await rt.send('in', text)
    await settled()
    await rt.send('go', 'a')
    await settled()
    expect(drained(rt.channel('out'))).toEqual(['a'])
    await clock.runAll()
    await rt.idle()
    expect(rt.deadLetters.list().map(({ message }) => message.payload)).toEqual(['b'])
  })

  test.each([
    ['itself', (turn: Branch<number, {}>) => turn.idempotent({ key: () => 'k' })],
    [
      'its part',
      (turn: Branch<number, {}>) =>
        turn
          .idempotent({ key: () => 'k' })
          .split((n) => [n])
          .aggregate({ combine: ([n]) => n! }),
    ],
  ])('T12: a message that would wait for its own end fails: %s', async (_, body) => {
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .loop((turn) => body(turn).transform((n) => n - 1), { while: (n) => n > 0, max: 5 })
          .to(queue('out').of<number>())
          .build(),
      ),
    )
    for (const turns of [2, 1]) await rt.send('in', turns)
    await rt.idle()
    const cause = expect.any(CorrelationError) as unknown
    expect(rt.deadLetters.list()).toMatchObject([{ message: { payload: 2 }, error: { cause } }])
    // Its key is free again.
    expect(drained(rt.channel('out'))).toEqual([0])
  })
})

describe('C9: what was lent lets no more be worked on than the concurrency says', () => {
  test('C9: a branch keeps the place of its message, in which others are at work', async () => {
    const calls: string[] = []
    const work = failsOnce()
    const note = (branch: string) => (text: string) => {
      calls.push(`${text} ${branch}`)
      return work(`${text} ${branch}`)
    }
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>())
          .scatterGather(
            {
              one: (branch) => branch.handle(note('one'), { retry }),
              two: (branch) => branch.handle(note('two'), { retry }),
            },
            { timeout: 100, onFailure: 'fail' },
          )
          .to(queue('out'))
          .build(),
      ),
    )
    for (const text of ['a', 'b']) await rt.send('in', text)
    await clock.runAll()
    await rt.idle()
    const turns = (text: string): string[] => [`${text} one`, `${text} two`, `${text} one`, `${text} two`]
    expect(calls).toEqual([...turns('a'), ...turns('b')])
  })

  test('C9: a message that waited in vain comes back to a place before its failure is handled', async () => {
    const slow = deferred<string>()
    const calls: string[] = []
    const note = (text: string): string | Promise<string> => {
      calls.push(text)
      return text === 'b' ? slow.promise : text
    }
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>())
          .barrier({ trigger: queue('go').of<string>(), correlateBy: same, timeout: 10 })
          .onError(() => 'a in vain')
          .handle(note)
          .build(),
      ),
    )
    await rt.send('go', 'b')
    for (const text of ['a', 'b']) await rt.send('in', text)
    await clock.advance(20)
    expect(calls).toEqual(['b'])
    slow.resolve('b')
    await rt.idle()
    expect(calls).toEqual(['b', 'a in vain'])
  })
})
