import { app, direct, flow, message, queue } from 'allora'
import type { MessageDraft } from 'allora'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { BarrierTimeoutError, CorrelationError } from '../../../src/errors/handling-errors.ts'
import { drained, expectAccounts, forbidUnhandledRejections, settled, started } from '../rig.ts'

forbidUnhandledRejections()
const numRuns = process.env['CI'] ? 1000 : 200
const keyed = <T>(payload: T, correlationId: string): MessageDraft<T> => message(payload, { correlationId })
const go = direct('go').of<string>()
const held = () =>
  started(app(flow('f').from(queue('in').of<number>()).barrier({ trigger: go, timeout: 100 }).to(queue('out')).build()))

describe('T15: barrier', () => {
  test('T15: a message waits for its trigger, whichever comes first, and holds up no other', async () => {
    const { rt } = await held()
    await rt.send('in', keyed(1, 'a'))
    await rt.send('in', keyed(2, 'b'))
    await settled()
    expect(drained(rt.channel('out'))).toEqual([])
    await rt.send('go', keyed('go', 'b'))
    await rt.send('go', keyed('go', 'c'))
    await rt.send('in', keyed(3, 'c'))
    await settled()
    expect(drained(rt.channel('out'))).toEqual([2, 3])
    await rt.send('go', keyed('go', 'a'))
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([1])
  })

  test('T15: without a trigger in time the message fails; a trigger without a message is dropped', async () => {
    const { rt, clock, dropped } = await held()
    await rt.send('in', keyed(1, 'a'))
    await rt.send('go', keyed('go', 'b'))
    await settled()
    await clock.advance(100)
    await rt.idle()
    expect(rt.deadLetters.list()).toMatchObject([{ id: 'm1', nodeId: 'n1' }])
    expect(rt.deadLetters.list()[0]!.error.cause).toBeInstanceOf(BarrierTimeoutError)
    expect(dropped).toEqual(['unmatched "go"'])
  })

  test('T15: correlateBy gives the key of both; without a key they fail', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .barrier({ trigger: go, timeout: 100, correlateBy: (payload) => Number(payload) })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('go', '7')
    await rt.send('in', 7)
    expect(drained(rt.channel('out'))).toEqual([7])
    const other = await held()
    await expect(other.rt.send('go', 'x')).rejects.toMatchObject({ cause: expect.any(CorrelationError) as unknown })
  })

  test('T15: what waits when the runtime stops is in the report, and no timer is left', async () => {
    const { rt, clock } = await held()
    await rt.send('in', keyed(1, 'a'))
    await rt.send('go', keyed('go', 'b'))
    await settled()
    const { left } = await rt.stop({ timeout: 0 })
    expect(left).toMatchObject([
      { messageId: 'm2', channelId: 'go', nodeId: 'n1', state: 'grouped' },
      { messageId: 'm1', channelId: 'in', nodeId: 'n1', state: 'aborted' },
    ])
    expect(clock.pending).toBe(0)
  })

  test('T15: as many go on as have both come and been triggered, in any order of arrival', async () => {
    const arrivals = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), isTrigger: fc.boolean() }), {
      maxLength: 15,
    })
    await fc.assert(
      fc.asyncProperty(arrivals, async (all) => {
        const { rt, clock, dropped } = await held()
        for (const { key, isTrigger } of all)
          await (isTrigger ? rt.send('go', keyed('go', key)) : rt.send('in', keyed(1, key)))
        await settled()
        expectAccounts(rt)
        await clock.advance(100)
        await rt.idle()
        const count = (key: string, isTrigger: boolean): number =>
          all.filter((it) => it.key === key && it.isTrigger === isTrigger).length
        const pairs = ['a', 'b', 'c'].reduce((sum, key) => sum + Math.min(count(key, true), count(key, false)), 0)
        const triggers = all.filter(({ isTrigger }) => isTrigger).length
        expect([rt.channel('out').size, rt.deadLetters.size, dropped.length]).toEqual([
          pairs,
          all.length - triggers - pairs,
          triggers - pairs,
        ])
        await rt.stop()
      }),
      { numRuns },
    )
  })

  test('T15: payload and headers stay; the trigger is a channel of the app', () => {
    const from = flow().from(direct('in').of<number>())
    from
      .barrier({
        trigger: go,
        timeout: 1,
        correlateBy: (payload) => (expectTypeOf(payload).toEqualTypeOf<string | number>(), payload),
      })
      .transform((n) => expectTypeOf(n).toEqualTypeOf<number>())
    // @ts-expect-error how long it waits has to be said
    expect(() => from.barrier({ trigger: go })).toThrow('timeout must be')
  })
})
