import { app, direct, flow, queue } from 'allora'
import fc from 'fast-check'
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { HopLimitError, RequestTimeoutError, RoutingError } from '../../../src/errors/handling-errors.ts'
import { InvalidStepError } from '../../../src/errors/flow-errors.ts'
import { Declined } from '../../flow/samples.ts'
import { drained, forbidUnhandledRejections, started } from '../rig.ts'

forbidUnhandledRejections()
const numRuns = process.env['CI'] ? 1000 : 200

interface Trip {
  readonly stops: readonly Stop[]
  readonly seen: string
}
type Stop = 'a' | 'b' | 'c'
const trip = (...stops: Stop[]): Trip => ({ stops, seen: '' })

const a = flow()
  .from(direct('a').of<Trip>())
  .transform(({ stops, seen }) => ({ stops, seen: `${seen}a` }))
  .build()
const b = flow()
  .from(queue('b').of<Trip>())
  .handle(async ({ stops, seen }) => ({ stops, seen: `${seen}b` }))
  .build()
const c = flow()
  .from(direct('c').of<Trip>())
  .through(queue('behind c').of<Trip>())
  .transform(({ stops, seen }) => ({ stops, seen: `${seen}c` }))
  .build()
const from = flow('f').from(direct('in').of<Trip>())
const slip = from.routingSlip(({ stops }) => stops, [a, b, c], { max: 6 })
const dynamic = from.dynamicRoute(({ stops, seen }) => stops[seen.length], [a, b, c], { max: 6 })

describe.each([
  ['routingSlip', app(slip.build())],
  ['dynamicRoute', app(dynamic.build())],
])('T14: %s', (_, travelling) => {
  test('T14: the message visits the flows in order, each asked with what the one before it replied', async () => {
    const { rt } = await started(travelling)
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom<Stop>('a', 'b', 'c'), { maxLength: 9 }), async (stops) => {
        const reply = await rt.request('in', trip(...stops)).catch((error: Error) => error)
        expect(reply).toMatchObject(
          stops.length > 6 ? { cause: { code: 'ALLORA321' } } : right({ stops, seen: stops.join('') }),
        )
        await rt.idle()
      }),
      { numRuns },
    )
  })

  test('T14: the limit and a stop that is not there are named errors, and the message is a dead letter as it came', async () => {
    const { rt } = await started(travelling)
    const causeOf = (stops: readonly string[]): Promise<unknown> =>
      rt.send('in', trip(...(stops as readonly Stop[]))).catch((reason: Error) => reason.cause)
    expect(await causeOf(['a', 'a', 'a', 'a', 'a', 'a', 'a'])).toBeInstanceOf(HopLimitError)
    const unknown = await causeOf(['a', 'x'])
    expect(unknown).toBeInstanceOf(RoutingError)
    expect((unknown as Error).message).toContain('none of its channels: "a", "b", "c"')
    expect(rt.deadLetters.list().map(({ message }) => (message.payload as Trip).seen)).toEqual(['', ''])
  })

  test('T14: the message keeps its headers and has an id of its own afterwards', async () => {
    const { rt } = await started(travelling)
    const reply = await rt.request('in', trip('a'))
    expect(reply).toMatchObject({ _tag: 'Right' })
  })
})

describe('T14: hops', () => {
  test('T14: a flow that fails fails the message; onError gets the payload as it entered the step', async () => {
    const failing = flow()
      .from(direct('failing').of<number>())
      .handle((n): Either<Declined, number> => (n > 1 ? left(new Declined()) : right(n + 1)))
      .build()
    const { rt } = await started(
      app(
        flow()
          .from(direct('numbers').of<number>())
          .routingSlip(() => ['failing', 'failing', 'failing'], [failing], { max: 3 })
          .onError((failure, { message }) => [failure, message.payload] as const)
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('numbers', 0)
    expect(drained(rt.channel('out'))).toEqual([[{ kind: 'failure', error: new Declined() }, 0]])
    expect(rt.deadLetters.size).toBe(0)
  })

  test('T14: a flow that does not reply in time fails the message', async () => {
    const hanging = flow()
      .from(direct('hanging').of<number>())
      .handle((): Promise<number> => new Promise(() => undefined))
      .build()
    const { rt, clock } = await started(
      app(
        flow()
          .from(direct('numbers').of<number>())
          .dynamicRoute(() => 'hanging', [hanging], { max: 3, timeout: 50 })
          .build(),
      ),
    )
    const sending = rt.send('numbers', 0).catch((reason: Error) => reason.cause)
    await clock.advance(50)
    expect(await sending).toBeInstanceOf(RequestTimeoutError)
  })

  test('T14: only flows that reply with the payload they are asked with can be visited, by their channels', () => {
    slip.transform((payload) => expectTypeOf(payload).toEqualTypeOf<Trip>())
    const oneWay = flow().from(direct('oneWay').of<Trip>()).to(queue('end')).build()
    const other = flow()
      .from(direct('other').of<Trip>())
      .transform(() => 1)
      .build()
    // @ts-expect-error the flow ends in a channel
    expect(() => from.routingSlip(() => [], [oneWay], { max: 1 })).toThrow(InvalidStepError)
    // @ts-expect-error the flow replies with a number
    from.dynamicRoute(() => undefined, [other], { max: 1 })
    // @ts-expect-error there is no flow that reads from this channel
    from.dynamicRoute(() => 'x', [a, b], { max: 1 })
    // @ts-expect-error there is no flow that reads from this channel
    from.routingSlip(() => ['a', 'x'], [a, b], { max: 1 })
    // @ts-expect-error the number of hops is bounded
    expect(() => from.dynamicRoute(() => 'a', [a])).toThrow('max must be')
  })
})
