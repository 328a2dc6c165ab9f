import { app, direct, flow, message, priority, pubsub, queue, rendezvous, runtime } from 'allora'
import type { Message } from 'allora'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ChannelClosedError, VetoedError } from '../../src/errors/channel-errors.ts'
import type { ChannelToken } from '../../src/flow/channel-token.ts'
import { NotStartedError } from '../../src/errors/lifecycle-errors.ts'
import { memory } from '../../src/memory/memory.ts'
import type { Engine } from '../../src/runtime/engine.ts'
import type { ChannelInterceptor } from '../../src/transport/interceptors.ts'
import type { AnyMessage, Transport } from '../../src/transport/transport.ts'
import { deferred, drained, forbidUnhandledRejections, recorded, settled, started } from './rig.ts'

forbidUnhandledRejections()

/** What a promise rejected with. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => error,
  )

/** An app around one channel that no flow consumes. */
const around = <C extends ChannelToken<'queue' | 'priority' | 'rendezvous', 'c', number>>(token: C) =>
  app(
    flow('f')
      .from(direct('in').of<number>())
      .to(token as ChannelToken<'queue', 'c', number>)
      .build(),
  )

const pollable = [queue('c').of<number>(), priority('c').of<number>(), rendezvous('c').of<number>()] as const

describe('handles', () => {
  test('a handle can be had before the start and is the same afterwards', async () => {
    const rt = runtime(around(queue('c').of<number>()))
    const handle = rt.channel('c')
    expect([handle.id, handle.kind, handle.capacity]).toEqual(['c', 'queue', 1_024])
    expect(() => handle.size).toThrow(NotStartedError)
    expect(() => handle.size).toThrowErrorMatchingInlineSnapshot(
      `[NotStartedError: Channel "c" is not open: the runtime has not been started. Call \`await rt.start()\` first.]`,
    )
    expect(() => handle.subscribe(() => undefined)).toThrow(NotStartedError)
    await expect(handle.receive()).rejects.toThrow(NotStartedError)
    await expect(handle.send(1)).rejects.toThrow(NotStartedError)
    expect(() => handle.trySend(1)).toThrow(NotStartedError)
    await rt.start()
    expect(rt.channel('c')).toBe(handle)
    await handle.send(1)
    expect(handle.size).toBe(1)
    await rt.stop()
  })

  test('C4: capacity is what was given, 1,024 or Infinity; channels that hold nothing have none', async () => {
    const { rt } = await started(
      app(
        flow('a')
          .from(direct('direct').of<number>())
          .to(queue('small', { capacity: 3 }).of<number>())
          .build(),
        flow('b')
          .from(pubsub('pubsub').of<number>())
          .to(queue('boundless', { capacity: Infinity }).of<number>())
          .build(),
        flow('c').from(priority('priority').of<number>()).to(rendezvous('rendezvous').of<number>()).build(),
      ),
    )
    const capacities = (['direct', 'small', 'pubsub', 'boundless', 'priority', 'rendezvous'] as const).map(
      (id) => rt.channel(id).capacity,
    )
    expect(capacities).toEqual([undefined, 3, 1_024, Infinity, 1_024, undefined])
  })

  for (const token of pollable) {
    test(`C1: ${token.kind}: receive waits; a timeout gives undefined, a signal its reason, and neither loses anything`, async () => {
      const { rt, clock } = await started(around(token))
      const channel = rt.channel('c')
      const first = channel.receive()
      await channel.send(1)
      expect((await first).payload).toBe(1)

      expect(await channel.receive({ timeout: 0 })).toBeUndefined()
      const timed = channel.receive({ timeout: 20 })
      await clock.advance(20)
      expect(await timed).toBeUndefined()
      const controller = new AbortController()
      const aborted = failure(channel.receive({ signal: controller.signal }))
      controller.abort(new Error('enough'))
      expect(await aborted).toEqual(new Error('enough'))

      const last = channel.receive()
      await channel.send(2)
      expect((await last).payload).toBe(2)
    })

    test(`C6: ${token.kind}: take gives a delivery to settle once; nack brings the message back with a higher attempt`, async () => {
      const { rt, clock } = await started(around(token))
      const channel = rt.channel('c')
      const taking = channel.take()
      await channel.send(1)
      const delivery = await taking
      expect([delivery.message.payload, delivery.attempt]).toEqual([1, 1])
      expect(rt.metrics().channels['c']).toMatchObject({ inFlight: 1 })
      expect(await delivery.extend(1_000)).toBe(true)
      expect(await delivery.nack({ delay: 30 })).toBe(true)
      expect([await delivery.ack(), await delivery.nack(), await delivery.extend(1)]).toEqual([false, false, false])
      const again = channel.take()
      await clock.advance(30)
      expect((await again).attempt).toBe(2)
      expect(await (await again).ack()).toBe(true)
      expect(rt.metrics().channels['c']).toMatchObject({ accepted: 1, settled: 1, inFlight: 0 })
      expect(await channel.take({ timeout: 0 })).toBeUndefined()
    })

    test(`C13: ${token.kind}: a correlated receive takes its message only`, async () => {
      const { rt } = await started(around(token))
      const channel = rt.channel('c')
      const mine = channel.receive({ correlationId: 'mine' })
      const any = channel.receive()
      await channel.send(message(1, { correlationId: 'yours' }))
      await channel.send(message(2, { correlationId: 'mine' }))
      expect([(await any).payload, (await mine).payload]).toEqual([1, 2])
    })

    test(`C1: ${token.kind}: for await receives until the channel is closed and empty`, async () => {
      const { rt } = await started(around(token))
      const channel = rt.channel('c')
      const seen: number[] = []
      const reading = (async () => {
        for await (const { payload } of channel) seen.push(payload)
        return 'closed'
      })()
      await channel.send(1)
      await channel.send(2)
      await channel.close()
      expect(await reading).toBe('closed')
      expect(seen).toEqual([1, 2])
      expect(channel.closed).toBe(true)
    })

    test(`C5: ${token.kind}: a closed channel refuses sends and empty receives; close is idempotent`, async () => {
      const { rt } = await started(around(token))
      const channel = rt.channel('c')
      const receiving = failure(channel.receive())
      await channel.close()
      await channel.close()
      expect(await receiving).toBeInstanceOf(ChannelClosedError)
      await expect(channel.send(1)).rejects.toBeInstanceOf(ChannelClosedError)
      await expect(channel.receive()).rejects.toBeInstanceOf(ChannelClosedError)
      expect(channel.trySend(1)).toBe(false)
      expect(channel.tryReceive()).toBeUndefined()
    })
  }

  test('C1: leaving a for await loses nothing', async () => {
    const { rt } = await started(around(queue('c').of<number>()))
    for (const n of [1, 2, 3]) await rt.send('c', n)
    for await (const { payload } of rt.channel('c')) if (payload === 2) break
    expect(drained(rt.channel('c'))).toEqual([3])
  })

  test('C1: a for await passes on what is no close', async () => {
    const rt = runtime(around(queue('c').of<number>()))
    await expect(rt.channel('c')[Symbol.asyncIterator]().next()).rejects.toThrow(NotStartedError)
  })

  test('C4: purge gives back what it removed and counts it', async () => {
    const { rt, dropped } = await started(around(queue('c').of<number>()))
    for (const n of [1, 2, 3, 4]) await rt.send('c', n)
    expect((await rt.channel('c').purge(({ payload }) => payload % 2 === 0)).map(({ payload }) => payload)).toEqual([
      2, 4,
    ])
    expect((await rt.channel('c').purge()).map(({ payload }) => payload)).toEqual([1, 3])
    expect(dropped).toEqual(['purged 2', 'purged 4', 'purged 1', 'purged 3'])
    expect(rt.metrics()).toMatchObject({
      dropped: { purged: 4 },
      channels: { c: { accepted: 4, dropped: 4, buffered: 0 } },
    })
  })

  test('C2: send waits for room, up to its timeout or signal; trySend does not', async () => {
    const { rt, clock } = await started(around(queue('c', { capacity: 1 }).of<number>()))
    const channel = rt.channel('c')
    expect(channel.trySend(1)).toBe(true)
    expect(channel.trySend(2)).toBe(false)
    await expect(channel.send(2, { timeout: 0 })).rejects.toMatchObject({ code: 'ALLORA204' })
    const timed = failure(rt.send('c', 2, { timeout: 10 }))
    await clock.advance(10)
    expect(await timed).toMatchObject({ code: 'ALLORA204' })
    const controller = new AbortController()
    const aborted = failure(channel.send(3, { signal: controller.signal }))
    controller.abort(new Error('enough'))
    expect(await aborted).toEqual(new Error('enough'))
    expect(drained(channel)).toEqual([1])
  })

  test('C2: overflow gives up what it says and counts it', async () => {
    const { rt, dropped } = await started(
      app(
        flow('a')
          .from(direct('a').of<number>())
          .to(queue('oldest', { capacity: 2, overflow: 'dropOldest' }).of<number>())
          .build(),
        flow('b')
          .from(direct('b').of<number>())
          .to(queue('newest', { capacity: 2, overflow: 'dropNewest' }).of<number>())
          .build(),
      ),
    )
    for (const n of [1, 2, 3]) {
      await rt.send('a', n)
      await rt.send('b', n)
    }
    expect([drained(rt.channel('oldest')), drained(rt.channel('newest'))]).toEqual([
      [2, 3],
      [1, 2],
    ])
    expect(dropped).toEqual(['overflow 1', 'overflow 3'])
    expect(rt.metrics().dropped).toEqual({ overflow: 2 })
  })

  test('priority: the most urgent message first, ties in order, or as a comparator says', async () => {
    const byPayload = priority('mine', {
      compare: (a: Message<unknown>, b: Message<unknown>) => (a.payload as number) - (b.payload as number),
    }).of<number>()
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .toEach([priority('c').of<number>(), byPayload])
          .build(),
      ),
    )
    for (const [n, urgency] of [
      [5, 1],
      [3, undefined],
      [4, 2],
      [1, 1],
      [2, -1],
    ] as const)
      await rt.send('in', message(n, urgency === undefined ? {} : { priority: urgency }))
    expect(drained(rt.channel('c'))).toEqual([4, 5, 1, 3, 2])
    expect(drained(rt.channel('mine'))).toEqual([1, 2, 3, 4, 5])
  })

  test('rendezvous: send resolves when a receiver has taken it, also when that is a flow', async () => {
    const gate = deferred()
    const { rt } = await started(
      app(
        flow('f')
          .from(rendezvous('a').of<number>())
          .handle(() => gate.promise)
          .build(),
        flow('g').from(direct('b').of<number>()).to(rendezvous('c').of<number>()).build(),
      ),
    )
    await rt.send('a', 1)
    let sent = false
    const sending = rt.send('a', 2).then(() => (sent = true))
    await settled()
    expect(sent).toBe(false)
    gate.resolve()
    await sending

    const through = rt.send('b', 3)
    expect((await rt.channel('c').receive()).payload).toBe(3)
    await through
  })

  test('direct: trySend hands over at once; without room or consumer it says false', async () => {
    const seen: number[] = []
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('a').of<number>())
          .handle((n) => void seen.push(n))
          .build(),
        flow('g').from(queue('q').of<number>()).tap(direct('nobody').of<number>()).build(),
      ),
    )
    expect(rt.channel('a').trySend(1)).toBe(true)
    expect(seen).toEqual([1])
    expect(rt.channel('nobody').trySend(1)).toBe(false)
    await expect(rt.send('nobody', 1)).rejects.toMatchObject({ code: 'ALLORA201' })
  })

  test('a handle of a direct or pubsub channel has nothing to receive', async () => {
    const { rt } = await started(app(flow('f').from(direct('a').of<number>()).to(pubsub('b').of<number>()).build()))
    for (const id of ['a', 'b'] as const) expect('receive' in rt.channel(id)).toBe(false)
    await rt.channel('a').close()
    await expect(rt.send('a', 1)).rejects.toBeInstanceOf(ChannelClosedError)
  })
})

describe('subscribe', () => {
  test('C6: calls the handler with payload and message until it stops', async () => {
    const { rt } = await started(
      app(flow('f').from(direct('in').of<number>()).to(pubsub('topic').of<number>()).build()),
    )
    const seen: unknown[] = []
    const subscription = rt.channel('topic').subscribe((n, { id, headers }) => void seen.push([n, id, headers]))
    await rt.send('in', message(1, { tenant: 'a' }))
    await rt.idle()
    await subscription.stop()
    await rt.send('in', 2)
    expect(seen).toEqual([[1, 'm1', { tenant: 'a' }]])
    expect(rt.metrics().dropped).toEqual({ 'no-subscriber': 1 })
  })

  test('E1: what it throws has an error scope and dead letters like a flow, which can be redriven', async () => {
    const { rt } = await started(around(queue('c').of<number>()))
    let broken = true
    const seen: number[] = []
    rt.channel('c').subscribe(async (n) => {
      if (broken) throw new Error('no')
      seen.push(n)
    })
    await rt.send('c', 1)
    await rt.idle()
    expect(rt.deadLetters.list()).toMatchObject([
      { id: 'm1', flowId: 'subscriber of c', nodeId: 'handler', channelId: 'c' },
    ])
    broken = false
    await rt.deadLetters.redrive({})
    await rt.idle()
    expect(seen).toEqual([1])
  })

  test('C9: as many at the same time as it has credit, which can change', async () => {
    const { rt } = await started(around(queue('c').of<number>()))
    const gates = [deferred(), deferred(), deferred(), deferred()]
    const running: number[] = []
    const subscription = rt.channel('c').subscribe(
      async (n) => {
        running.push(n)
        await gates[n]!.promise
      },
      { credit: 2 },
    )
    for (const n of [0, 1, 2, 3]) await rt.send('c', n)
    await settled()
    expect(running).toEqual([0, 1])
    subscription.credit = 3
    await settled()
    expect(running).toEqual([0, 1, 2])
    subscription.pause()
    for (const gate of gates) gate.resolve()
    await settled()
    expect(running).toEqual([0, 1, 2])
    subscription.resume()
    await rt.idle()
    expect(running).toEqual([0, 1, 2, 3])
  })

  test('two subscribers of one direct channel are refused by name', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('a').of<number>())
          .handle((n) => void n)
          .build(),
      ),
    )
    expect(() => rt.channel('a').subscribe(() => undefined)).toThrowErrorMatchingInlineSnapshot(
      `[DoubleConsumerError: Channel "a" is direct and has one consumer already, flow "f", so flow "subscriber of a" cannot consume from it. Set dispatch: 'roundRobin' or 'failover' to share it, or make it a pubsub channel to give both every message.]`,
    )
  })

  test('it does not reply: a request to its channel is left to its timeout', async () => {
    const { rt, clock } = await started(around(queue('c').of<number>()))
    rt.channel('c').subscribe(() => undefined)
    const asking = failure((rt.request as unknown as (id: string, n: number) => Promise<unknown>)('c', 1))
    await clock.advance(30_000)
    expect(await asking).toMatchObject({ code: 'ALLORA308' })
  })
})

describe('C8: order', () => {
  test('C8: with concurrency, messages of one key keep their order, at an inlet and behind a channel', async () => {
    const keys: unknown[] = []
    const running: string[] = []
    const gates: Record<string, ReturnType<typeof deferred<void>>> = {}
    const work = async (text: string): Promise<string> => {
      running.push(text)
      const gate = deferred()
      gates[text] = gate
      await gate.promise
      return text
    }
    const byKey = { concurrency: 3, orderBy: (text: string, it: Message<string>) => (keys.push(it.payload), text[0]) }
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>(), byKey)
          .handle(work)
          .through(queue('next').of<string>(), byKey)
          .handle(work)
          .to(queue('out').of<string>())
          .build(),
      ),
    )
    for (const text of ['a1', 'a2', 'b1', 'a3', 'b2']) await rt.send('in', text)
    await settled()
    expect(running).toEqual(['a1', 'b1'])
    expect(keys).toContain('a2')
    for (const text of ['b1', 'b1', 'a1', 'a1', 'a2', 'b2', 'a2', 'b2', 'a3', 'a3']) {
      gates[text]!.resolve()
      await settled()
    }
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual(['b1', 'a1', 'a2', 'b2', 'a3'])
  })
})

describe('schemas', () => {
  const positive = z.object({ id: z.string(), lines: z.array(z.number().positive()) })
  const refusing: StandardSchemaV1<number> = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: () => ({ issues: [{ message: 'no', path: [{ key: 'key of an object' }] }, { message: 'no path' }] }),
    },
  }
  const orders = app(
    flow('f').from(queue('orders').of(positive)).to(queue('out').of(positive)).build(),
    flow('g')
      .from(queue('constructor'))
      .handle((n) => n)
      .build(),
    flow('h').from(queue('other').of(refusing)).build(),
  )

  test('what untyped code sends is what the schema of the channel makes of it', async () => {
    const { rt } = await started(orders)
    const engine = rt as unknown as Engine
    await engine.sendUnknown('orders', { id: 'a', lines: [1], extra: true })
    await engine.sendUnknown('constructor', 'no schema, no check')
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([{ id: 'a', lines: [1] }])
  })

  test('what does not fit is refused with every issue, and nothing is sent', async () => {
    const { rt } = await started(orders)
    const engine = rt as unknown as Engine
    const error = (await failure(engine.sendUnknown('orders', { lines: [1, -2] }))) as Error
    expect(error).toMatchObject({ code: 'ALLORA211', issues: [{ path: ['id'] }, { path: ['lines', 1] }] })
    expect(error.message).toMatchInlineSnapshot(
      `"The payload does not fit the schema of channel "orders": id: Invalid input: expected string, received undefined; lines.1: Too small: expected number to be >0. Nothing was sent."`,
    )
    await expect(engine.sendUnknown('orders', 7)).rejects.toThrow('of channel "orders": Invalid input')
    await expect(engine.sendUnknown('other', 7)).rejects.toThrow(
      'of channel "other": key of an object: no; no path. Nothing was sent.',
    )
    await expect(engine.sendUnknown('ordesr', 7)).rejects.toMatchObject({ code: 'ALLORA209' })
    expect(rt.metrics().channels['orders']!.accepted).toBe(0)
  })
})

describe('C11: expiry', () => {
  test('C11: an expired message is not handled: it is a dead letter, counted as expired', async () => {
    const { rt, clock } = await started(
      app(flow('f').from(queue('in').of<number>()).to(queue('out').of<number>()).build()),
    )
    const dead = recorded(rt, 'dead')
    await rt.send('in', message(1, { expiresAt: clock.now() + 100 }), { delay: 99 })
    await rt.send('in', message(2, { expiresAt: clock.now() + 100 }), { delay: 100 })
    await clock.advance(99)
    expect(drained(rt.channel('out'))).toEqual([1])
    await clock.advance(1)
    await rt.idle()
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 2, settled: 1, expired: 1, dead: 0 })
    expect(dead).toMatchObject([{ id: 'm2', reason: 'expired', channelId: 'in', attempts: 0, message: { payload: 2 } }])
    expect(dead[0]!.error.message).toMatchInlineSnapshot(
      `"Message "m2" expired in channel "in" before it was handled. Handle it sooner, or send it with a later expiresAt."`,
    )
    expect(dead[0]!.flowId).toBeUndefined()
  })

  test('C11: with full dead letters it stays in its channel', async () => {
    const { rt, clock } = await started(around(queue('c').of<number>()), { deadLetters: { capacity: 0 } })
    await rt.send('c', message(1, { expiresAt: clock.now() }))
    expect(rt.channel('c').tryReceive()).toBeUndefined()
    expect(rt.metrics().channels['c']).toMatchObject({ buffered: 1, expired: 0 })
  })

  test('C11: a request that expires is told at once', async () => {
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle((n) => n)
          .build(),
      ),
    )
    const asking = failure(rt.request('in', message(1, { expiresAt: clock.now() })))
    await settled()
    expect(await asking).toMatchObject({ code: 'ALLORA312' })
  })
})

describe('C12: interceptors', () => {
  const noting = (log: string[], name: string): ChannelInterceptor => ({
    beforeSend: (it) => (log.push(`${name} beforeSend`), it),
    afterSend: (_it, _id, error) => void log.push(`${name} afterSend${error === undefined ? '' : ' failed'}`),
    beforeReceive: () => (log.push(`${name} beforeReceive`), true),
    afterReceive: () => void log.push(`${name} afterReceive`),
  })

  test('C12: those of a channel are called in order, and in reverse when it is done', async () => {
    const log: string[] = []
    const { rt } = await started(around(queue('c').of<number>()), {
      interceptors: { c: [noting(log, 'a'), noting(log, 'b')] },
    })
    await rt.send('in', 1)
    await rt.channel('c').receive()
    expect(log).toEqual([
      'a beforeSend',
      'b beforeSend',
      'b afterSend',
      'a afterSend',
      'a beforeReceive',
      'b beforeReceive',
      'b afterReceive',
      'a afterReceive',
    ])
  })

  test('C12: a veto rejects the sender, here a flow, whose message is then a dead letter', async () => {
    const { rt } = await started(around(queue('c').of<number>()), {
      interceptors: { c: [{ beforeSend: () => false }], in: undefined } as never,
    })
    await expect(rt.send('in', 1)).rejects.toMatchObject({ nodeId: 'n1', cause: expect.any(VetoedError) as unknown })
    await expect(rt.send('c', 1)).rejects.toBeInstanceOf(VetoedError)
    expect(() => rt.channel('c').trySend(1)).toThrow(VetoedError)
    expect(rt.deadLetters.size).toBe(1)
    expect(rt.channel('c').size).toBe(0)
  })

  test('C12: a veto on a tapped channel never affects the main flow', async () => {
    const { rt, dropped } = await started(
      app(flow('f').from(direct('in').of<number>()).tap(queue('spy').of<number>()).to(queue('c').of<number>()).build()),
      { interceptors: { spy: [{ beforeSend: () => false }] } },
    )
    await rt.send('in', 1)
    expect(drained(rt.channel('c'))).toEqual([1])
    expect(dropped).toEqual(['tap-failed 1'])
  })
})

describe('channels of another transport', () => {
  /** The memory transport, answering everything later, as remote ones do. */
  const remote = (): Transport => {
    const inner = memory()
    return {
      name: 'remote',
      capabilities: { ...inner.capabilities, synchronous: false },
      open: (...args) => inner.open(...args),
      close: async () => inner.close(),
      port: (id) => {
        const port = inner.port(id)
        return {
          spec: port.spec,
          get closed() {
            return port.closed
          },
          get stats() {
            return port.stats
          },
          // What comes over a wire is plain data.
          send: async (it, options) => port.send(JSON.parse(JSON.stringify(it)) as AnyMessage, options),
          trySend: () => {
            throw new Error('not here')
          },
          take: async (options) => later(await port.take(options)),
          receive: async (options) => port.receive(options),
          tryTake: () => {
            throw new Error('not here')
          },
          consume: (options, consumer) => port.consume(options, (delivery) => consumer(later(delivery)!)),
          purge: async (predicate) => port.purge(predicate),
          close: async () => port.close(),
        }
      },
    }
  }
  type Taken = Awaited<ReturnType<ReturnType<Transport['port']>['take']>>
  const later = (delivery: Taken): Taken =>
    delivery && {
      message: delivery.message,
      attempt: delivery.attempt,
      signal: delivery.signal,
      ack: async (as) => delivery.ack(as),
      nack: async (options) => delivery.nack(options),
      extend: async (milliseconds) => delivery.extend(milliseconds),
    }

  test('C6: flows, taps, requests, dead letters and the stop work alike when every answer comes later', async () => {
    let broken = true
    const { rt, dropped, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .tap(queue('spy', { capacity: 1 }).of<number>())
          .handle((n) => {
            if (broken && n === 2) throw new Error('no')
            return n * 10
          })
          .to(queue('out').of<number>())
          .build(),
        flow('g')
          .from(queue('ask').of<number>())
          .handle((n) => n + 1)
          .build(),
      ),
      { transports: { default: remote() }, deadLetters: { capacity: 1 } },
    )
    const accepted = recorded(rt, 'accepted')
    for (const n of [1, 2]) await rt.send('in', n)
    await rt.idle()
    expect(rt.deadLetters.list()).toMatchObject([{ id: 'm2' }])
    expect(await rt.request('ask', 1)).toMatchObject({ right: 2 })
    await rt.send('in', 2)
    await clock.advance(500)
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 3, settled: 1, dead: 1, buffered: 1 })
    broken = false
    await clock.advance(500)
    await rt.idle()
    const out = rt.channel('out')
    expect([
      (await out.receive()).payload,
      (await (await out.take()).ack(), await out.receive({ timeout: 0 })),
    ]).toEqual([10, undefined])
    expect(
      accepted
        .map(({ channelId }) => channelId)
        .filter((id) => id !== 'spy')
        .toSorted(),
    ).toEqual(['ask', 'in', 'in', 'in', 'out', 'out'])
    expect((await rt.channel('spy').purge()).map(({ payload }) => payload)).toEqual([1])
    await rt.channel('spy').close()
    await rt.send('in', 3)
    await rt.idle()
    expect(dropped).toContain('tap-failed 3')
    expect(await rt.stop()).toMatchObject({ drained: true })
  })

  test('E8: an acknowledgement that fails leaves nothing hanging', async () => {
    const inner = memory()
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle((n) => {
            if (n > 1) throw new Error('no')
          })
          .build(),
      ),
      {
        transports: {
          default: {
            name: 'lossy',
            capabilities: inner.capabilities,
            open: (...args) => inner.open(...args),
            close: () => inner.close(),
            port: (id) => {
              const port = inner.port(id)
              const consume = port.consume.bind(port)
              port.consume = (options, consumer) =>
                consume(options, (delivery) => {
                  const ack = delivery.ack.bind(delivery)
                  delivery.ack = (as) => (ack(as), Promise.reject(new Error('connection lost')))
                  return consumer(delivery)
                })
              return port
            },
          },
        },
      },
    )
    await rt.send('in', 1)
    await rt.send('in', 2)
    await rt.idle()
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 2, settled: 1, dead: 1 })
  })
})
