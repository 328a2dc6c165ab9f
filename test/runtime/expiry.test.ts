import {
  type AnyMessage,
  ExpiredError,
  type HandlersFailedError,
  app,
  direct,
  flow,
  message,
  pubsub,
  queue,
  rendezvous,
} from 'allora'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ChannelToken } from '../../src/flow/channel-token.ts'
import { forbidUnhandledRejections, recorded, settled, started } from './rig.ts'

forbidUnhandledRejections()

const NOW = 1_700_000_000_000

const told = (sending: Promise<unknown>): Promise<unknown> =>
  sending.then(
    () => 'resolved',
    (error: unknown) => error,
  )

describe('C11: an expired message is not handled', () => {
  test('C11: on a direct channel it is a dead letter, and its sender is told', async () => {
    const handled: number[] = []
    const { rt } = await started(
      app(
        flow('work')
          .from(direct('in').of<number>())
          .handle((n) => void handled.push(n))
          .build(),
      ),
    )
    const events = [recorded(rt, 'accepted'), recorded(rt, 'dead'), recorded(rt, 'delivered')]
    const error = await told(rt.send('in', message(1, { expiresAt: NOW })))
    expect(error).toBeInstanceOf(ExpiredError)
    expect(error).toMatchObject({ channelId: 'in', messageId: 'm1', parked: { kind: 'deadLetters' } })
    await rt.send('in', message(2, { expiresAt: NOW + 1 }))
    expect(handled).toEqual([2])
    expect(rt.deadLetters.list()).toMatchObject([{ id: 'm1', reason: 'expired', channelId: 'in' }])
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 2, expired: 1, settled: 1, inFlight: 0 })
    expect(events.map((list) => list.length)).toEqual([2, 1, 1])
  })

  test('C11: a requester is told at once, of what expires on a direct hop too', async () => {
    const { rt, clock } = await started(
      app(
        flow('slow').from(queue('in').of<number>()).delay(10).to(direct('late').of<number>()).build(),
        flow('late')
          .from(direct('late').of<number>())
          .transform((n) => n)
          .build(),
        flow('ask')
          .from(direct('ask').of<number>())
          .transform((n) => n)
          .build(),
      ),
    )
    await expect(rt.request('ask', message(1, { expiresAt: NOW }))).rejects.toThrow(ExpiredError)
    await rt.send('in', message(2, { expiresAt: NOW + 5 }))
    await clock.advance(10)
    await rt.idle()
    // Where it waited it was to be delivered, and so it expired there.
    expect(rt.deadLetters.list().map(({ channelId, reason }) => `${channelId} ${reason}`)).toEqual([
      'ask expired',
      'slow/n1 expired',
    ])
  })

  test('C11: what expires on a direct hop is one dead letter, and the flow before it is done with it', async () => {
    const { rt } = await started(
      app(
        flow('first')
          .from(direct('in').of<number>())
          .setHeader('expiresAt', () => NOW - 1)
          .to(direct('second').of<number>())
          .build(),
        flow('second')
          .from(direct('second').of<number>())
          .handle(() => undefined)
          .build(),
      ),
    )
    await expect(rt.send('in', 1)).rejects.toThrow(ExpiredError)
    expect(rt.deadLetters.list()).toMatchObject([{ channelId: 'second', reason: 'expired' }])
    expect(rt.metrics().channels).toMatchObject({
      in: { accepted: 1, settled: 1 },
      second: { accepted: 1, expired: 1 },
    })
  })

  test('C11: an expired message that cannot become a dead letter is still its sender’s', async () => {
    const { rt, dropped } = await started(
      app(
        flow('work')
          .from(direct('in').of<number>())
          .handle(() => undefined)
          .build(),
      ),
      { deadLetters: { capacity: 1 } },
    )
    await told(rt.send('in', message(1, { expiresAt: NOW })))
    const error = await told(rt.send('in', message(2, { expiresAt: NOW })))
    expect(error).toBeInstanceOf(ExpiredError)
    expect(error).not.toHaveProperty('parked')
    expect(String(error)).toContain('The dead letters are full (1)')
    expect(dropped).toEqual(['refused 2'])
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 2, expired: 1, dropped: 1, inFlight: 0 })
  })

  test('C11: a direct message given back is looked at again when it is delivered again', async () => {
    const { rt, clock } = await started(
      app(
        flow('work')
          .from(direct('in').of<number>())
          .handle(() => undefined)
          .build(),
      ),
      { interceptors: { in: [{ beforeReceive: () => false }] } },
    )
    const sending = told(rt.send('in', message(1, { expiresAt: NOW + 500 })))
    await clock.advance(1_000)
    expect(await sending).toBeInstanceOf(ExpiredError)
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 1, expired: 1, buffered: 0, inFlight: 0 })
  })

  test('C11: of a pubsub channel that is awaited, the sender is told of the copy that expired', async () => {
    const got: string[] = []
    const { rt, clock } = await started(
      app(
        flow('quick')
          .from(pubsub('news', { await: 'handled' }).of<string>())
          .handle((text) => void got.push(text))
          .build(),
        flow('slow')
          .from(pubsub('news', { await: 'handled' }).of<string>())
          .throttle({ rate: 1, per: 100 })
          .handle((text) => void got.push(text))
          .build(),
      ),
    )
    await rt.send('news', 'a')
    const waiting = [rt.send('news', 'b'), told(rt.send('news', message('c', { expiresAt: NOW + 50 })))]
    await clock.advance(200)
    const [, error] = (await Promise.all(waiting)) as [void, HandlersFailedError]
    expect(error.errors).toMatchObject([{ code: 'ALLORA312', parked: { kind: 'deadLetters' } }])
    expect(got).toEqual(['a', 'a', 'b', 'c', 'b'])
    expect(rt.metrics().channels['news']).toMatchObject({ accepted: 6, settled: 5, expired: 1, inFlight: 0 })
  })

  test('C11: a message in work is not looked at again, however long a barrier holds it', async () => {
    const { rt, clock } = await started(
      app(
        flow('held')
          .from(queue('in').of<string>())
          .barrier({ correlateBy: (text) => text, timeout: 1_000, trigger: direct('go').of<string>() })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', message('a', { expiresAt: NOW + 5 }))
    await settled()
    await clock.advance(100)
    await rt.send('go', 'a')
    await settled()
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 1, settled: 1, expired: 0 })
    // It entered the next channel expired, so nobody gets it there.
    expect(rt.channel('out').tryReceive()).toBeUndefined()
    expect(rt.deadLetters.list()).toMatchObject([{ channelId: 'out', reason: 'expired' }])
  })

  test('C10, C11: of messages that expire at random each is handled in time or expires, in every kind of channel', async () => {
    // To the compiler one kind stands for all: the flow is the same.
    const kinds = [
      direct('in').of<number>(),
      queue('in').of<number>(),
      pubsub('in').of<number>(),
      rendezvous('in').of<number>(),
    ] as ChannelToken<'direct', 'in', number>[]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...kinds),
        fc.array(fc.record({ lives: fc.integer({ min: -5, max: 30 }), pause: fc.nat({ max: 8 }) }), { maxLength: 12 }),
        async (channel, plans) => {
          const handled: AnyMessage[] = []
          const { rt, clock } = await started(
            app(
              flow('work')
                .from(channel)
                .handle((_, exchange) => void handled.push(exchange.message))
                .throttle({ rate: 1, per: 10 })
                .build(),
            ),
          )
          const times: number[] = []
          rt.on('delivered', () => times.push(clock.now()))
          const sends = []
          for (const { lives, pause } of plans) {
            sends.push(told(rt.send('in', message(lives, { expiresAt: clock.now() + lives }))))
            await clock.advance(pause)
          }
          await clock.advance(1_000)
          await Promise.all(sends)
          expect(handled.every(({ headers }, i) => times[i]! < headers.expiresAt!)).toBe(true)
          const { accepted, settled: done, expired, ...rest } = rt.metrics().channels['in']!
          expect([accepted, done + expired, done]).toEqual([plans.length, plans.length, handled.length])
          expect(rest).toMatchObject({ dead: 0, dropped: 0, inFlight: 0, buffered: 0 })
          expect(rt.deadLetters.size).toBe(expired)
          await rt.stop()
        },
      ),
      { numRuns: process.env['CI'] === undefined ? 200 : 1_000 },
    )
  })
})
