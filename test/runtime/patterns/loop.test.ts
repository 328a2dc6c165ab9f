import { type Failure, app, direct, flow, queue } from 'allora'
import fc from 'fast-check'
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { HopLimitError } from '../../../src/errors/handling-errors.ts'
import { Declined, edgesOf, nodesOf } from '../../flow/samples.ts'
import { drained, forbidUnhandledRejections, started } from '../rig.ts'

forbidUnhandledRejections()
const numRuns = process.env['CI'] ? 1000 : 200
const from = flow('f').from(direct('in').of<number>())

describe('T14: loop', () => {
  test('T14: the condition is asked before every turn, so there may be none', async () => {
    const { rt } = await started(
      app(
        from
          .loop((turn) => turn.transform((n) => n + 1), { while: (n) => n < 3, max: 5 })
          .to(queue('out'))
          .build(),
      ),
    )
    for (const n of [0, 2, 3, 7]) await rt.send('in', n)
    expect(drained(rt.channel('out'))).toEqual([3, 3, 3, 7])
  })

  test('T14: with more turns than max it fails, and says so', async () => {
    const { rt } = await started(
      app(
        from
          .loop((turn) => turn.transform((n) => n + 1), { while: () => true, max: 4 })
          .to(queue('out'))
          .build(),
      ),
    )
    const error: unknown = await rt.send('in', 0).catch((reason: Error) => reason.cause)
    expect(error).toBeInstanceOf(HopLimitError)
    expect((error as Error).message).toBe(
      'The loop has taken 4 turns, as many as its max allows, and its condition still holds. Let the body end it sooner, or raise { max }.',
    )
    expect(rt.deadLetters.list()).toMatchObject([{ id: 'm1', nodeId: 'n1' }])
  })

  test('T14: every turn has a message id of its own, the same ones when the message comes again', async () => {
    const ids: string[] = []
    const { rt } = await started(
      app(
        from
          .loop((turn) => turn.handle((n, { message }) => (ids.push(message.id), n + 1)), {
            while: (n) => n < 3,
            max: 5,
          })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 0)
    const [out] = await rt.channel('out').purge()
    expect(new Set(['m1', ...ids, out!.id]).size).toBe(5)
    expect(out!.headers).toEqual({ causationId: expect.any(String) as string })
  })

  test('T14: turns are counted through channels, delays and inner loops', async () => {
    let turns = 0
    const { rt, clock } = await started(
      app(
        from
          .loop(
            (turn) =>
              turn
                .through(queue('work').of<number>())
                .delay(10)
                .loop((inner) => inner.transform((n) => (turns++, n + 1)), { while: (n) => n % 3 !== 0, max: 3 })
                .transform((n) => n + 1),
            { while: (n) => n < 100, max: 4 },
          )
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 1)
    await clock.advance(1_000)
    await rt.idle()
    expect(turns).toBe(8)
    expect(rt.deadLetters.list()).toMatchObject([{ error: { cause: { code: 'ALLORA321' } } }])
  })

  test('T14: a route in the body may end the message or go on', async () => {
    const { rt } = await started(
      app(
        from
          .loop(
            (turn) =>
              turn.routeBy((n) => (n === 5 ? 'odd' : 'even'), {
                odd: (b) => b.to(queue('fives')),
                even: (b) => b.transform((n) => n + 1),
              }),
            { while: (n) => n < 10, max: 20 },
          )
          .to(queue('out'))
          .build(),
      ),
    )
    for (const n of [0, 6]) await rt.send('in', n)
    expect(drained(rt.channel('fives'))).toEqual([5])
    expect(drained(rt.channel('out'))).toEqual([10])
  })

  test('T14: onError behind it takes the failures of the body and of the limit', async () => {
    const failing = (n: number): number => {
      if (n === 2) throw new Error('two')
      return n + 1
    }
    const { rt } = await started(
      app(
        from
          .loop((turn) => turn.handle(failing), { while: () => true, max: 3 })
          .onError(() => -1)
          .to(queue('out'))
          .build(),
      ),
    )
    for (const n of [0, 5]) await rt.send('in', n)
    expect(drained(rt.channel('out'))).toEqual([-1, -1])
  })

  test('T14: gives what the same loop in code gives, or fails at its limit', async () => {
    const cases = fc.record({
      start: fc.nat(20),
      until: fc.nat(40),
      by: fc.integer({ min: 1, max: 5 }),
      max: fc.integer({ min: 1, max: 12 }),
    })
    await fc.assert(
      fc.asyncProperty(cases, async ({ start, until, by, max }) => {
        const { rt } = await started(
          app(from.loop((turn) => turn.handle(async (n) => n + by), { while: (n) => n < until, max }).build()),
        )
        let expected = start
        let turns = 0
        for (; expected < until; turns++) expected += by
        const reply = await rt.request('in', start).catch((error: Error) => error)
        expect(reply).toMatchObject(turns > max ? { cause: { code: 'ALLORA321' } } : right(expected))
      }),
      { numRuns },
    )
  })

  test('T14: a loop that a failure has left begins anew, in a loop around it or when the message comes again', async () => {
    let failures = 0
    const nested = from
      .loop(
        (outer) =>
          outer
            .loop(
              (inner) =>
                inner.transform((n) => {
                  if (n % 10 === 2 && failures++ < 3) throw new Error('as arranged')
                  return n + 1
                }),
              { while: (n) => n % 10 < 3, max: 3 },
            )
            .onError(() => 0),
        { while: (n) => n % 10 !== 3, max: 9 },
      )
      .transform((n, { message }) => [n, Object.keys(message.headers).filter((name) => name.startsWith('loop:'))])
    const { rt } = await started(app(nested.build()))
    expect(await rt.request('in', 0)).toEqual(right([3, []]))
    expect(failures).toBe(4)
  })

  test('T14: what tells an error channel of a failed loop counts no turns', async () => {
    const failing = from
      .loop(
        (turn) =>
          turn.transform((n) => {
            if (n === 2) throw new Error('as arranged')
            return n + 1
          }),
        { while: () => true, max: 9 },
      )
      .errorsTo(queue('failed'))
      .build()
    const { rt } = await started(app(failing))
    await expect(rt.send('in', 0)).rejects.toThrow('as arranged')
    const { payload, headers } = await rt.channel('failed').receive()
    expect(payload.failed.headers).toMatchObject({ 'loop:f/n1': 3 })
    expect(Object.keys(headers)).toEqual(['causationId'])
  })

  test('T14: the body leads back to its loop in the graph', () => {
    const built = from.loop((turn) => turn.transform((n) => n), { while: () => false, max: 1 }).build()
    expect(nodesOf(built)).toEqual(['n0 inlet', 'n1 loop', 'n2 transform', 'n3 reply'])
    expect(edgesOf(built)).toEqual(['n0 -> n1', 'n1 body-> n2', 'n2 -> n1', 'n1 -> n3'])
  })

  test('T14: the body ends with the payload it began with; its errors are those of the flow', () => {
    const looped = from.loop(
      (turn) => turn.handle((n): Either<Declined, number> => (n > 0 ? right(n) : left(new Declined()))),
      { while: () => false, max: 1 },
    )
    looped.transform((n) => expectTypeOf(n).toEqualTypeOf<number>())
    looped.onError((failure) => expectTypeOf(failure).toEqualTypeOf<Failure<Declined>>())
    // @ts-expect-error the body makes text of a number
    from.loop((turn) => turn.transform(String), { while: () => false, max: 1 })
    // @ts-expect-error a loop has to be bounded
    expect(() => from.loop((turn) => turn, { while: () => false })).toThrow('max must be')
  })
})
