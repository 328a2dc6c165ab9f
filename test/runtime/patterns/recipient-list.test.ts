import { type ErrorMessage, app, direct, flow, queue } from 'allora'
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { RecipientsError, RoutingError } from '../../../src/errors/handling-errors.ts'
import { OutOfStock } from '../../flow/samples.ts'
import { drained, forbidUnhandledRejections, started } from '../rig.ts'

forbidUnhandledRejections()
const numRuns = process.env['CI'] ? 1000 : 200
const from = flow('f').from(direct('in').of<readonly string[]>())
const [a, b, c] = [
  queue('a').of<readonly string[]>(),
  queue('b').of<readonly string[]>(),
  queue('c').of<readonly string[]>(),
]
type Id = 'a' | 'b' | 'c'

describe('T4: recipients', () => {
  test('T4: each selected channel gets the message once, all others nothing', async () => {
    const { rt } = await started(app(from.recipients((ids) => ids as readonly Id[], [a, b, c]).build()))
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 }), async (ids) => {
        await rt.send('in', ids)
        for (const id of ['a', 'b', 'c'] as const)
          expect(drained(rt.channel(id))).toEqual(ids.includes(id) ? [ids] : [])
      }),
      { numRuns },
    )
  })

  test('T4: the selector may take its time', async () => {
    const { rt } = await started(app(from.recipients(async () => ['b'] as const, [a, b]).build()))
    await rt.send('in', [])
    expect([rt.channel('a').size, rt.channel('b').size]).toEqual([0, 1])
  })

  test('T4: strict by default: it fails at the first refused send, and says who has the message', async () => {
    const full = queue('full', { capacity: 1, overflow: 'reject' }).of<readonly string[]>()
    const strict = await started(app(from.recipients(() => ['a', 'full', 'b'], [a, full, b]).build()))
    await strict.rt.send('in', ['x'])
    const error: unknown = await strict.rt.send('in', ['y']).catch((reason: Error) => reason.cause)
    expect(error).toBeInstanceOf(RecipientsError)
    expect((error as Error).message).toContain('It is in "a" already.')
    expect(drained(strict.rt.channel('b'))).toEqual([['x']])
    const going = await started(
      app(from.recipients(() => ['a', 'full', 'b'], [a, full, b], { onFailure: 'continue' }).build()),
    )
    for (const text of ['x', 'y']) await going.rt.send('in', [text])
    expect(drained(going.rt.channel('b'))).toEqual([['x'], ['y']])
    expect(going.dropped).toEqual(['refused ["y"]'])
  })

  test.each([
    ['no channel', []],
    ['a channel it does not have', ['x']],
    ['no list', 'a' as never],
  ])('T4: a selector that gives %s fails the message', async (_, ids) => {
    const { rt } = await started(app(from.recipients(() => ids as readonly Id[], [a, b, c]).build()))
    const error: unknown = await rt.send('in', []).catch((reason: Error) => reason.cause)
    expect(error).toBeInstanceOf(RoutingError)
    expect(rt.deadLetters.size).toBe(1)
  })

  test('T4: the selector gives ids of the channels, and its failures are typed', () => {
    const sealed = from.recipients((): Either<OutOfStock, readonly 'a'[]> => left(new OutOfStock()), [a, b])
    expectTypeOf(sealed).toHaveProperty('build')
    const errors = queue('errors').of<ErrorMessage<OutOfStock>>()
    sealed.errorsTo(errors)
    // @ts-expect-error there is no channel of this id
    from.recipients(() => right(['x'] as const), [a, b])
    // @ts-expect-error the channel takes numbers
    from.recipients(() => ['n'], [queue('n').of<number>()])
  })
})
