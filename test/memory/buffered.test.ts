/** What the models of queues, priority and rendezvous channels leave out. */
import { getEventListeners } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import type { Delivery } from '../../src/transport/transport.ts'
import { note, opened } from './rig.ts'

const ids = (deliveries: readonly (Delivery | undefined)[]): unknown[] =>
  deliveries.map((delivery) => delivery?.message.id)

describe('C4: capacity', () => {
  test('C4: a queue holds 1,024 messages unless it is told otherwise', () => {
    const { port } = opened({ kind: 'queue' })
    for (let i = 0; i < 1_024; i++) expect(port.trySend(note(`m${i}`))).toBe(true)
    expect(port.trySend(note('one more'))).toBe(false)
  })

  test('C4: an unbounded queue holds what it is given, in order', () => {
    const { port } = opened({ kind: 'queue', capacity: 'unbounded' })
    for (let i = 0; i < 10_000; i++) expect(port.trySend(note(`m${i}`))).toBe(true)
    for (let i = 0; i < 10_000; i++) expect((port.receive() as { id: string }).id).toBe(`m${i}`)
    expect(port.tryTake()).toBeUndefined()
  })

  test.for(['by arrival', 'by correlation'])(
    'C4: an emptied queue, taken from %s, keeps no message alive',
    async (how) => {
      const { port } = opened({ kind: 'queue' })
      if (how === 'by correlation') void port.take({ correlationId: 'none', timeout: 0 })
      const send = (_: unknown, i: number): WeakRef<object> => {
        const message = note(`m${i}`, { correlationId: `c${i}` })
        void port.send(message)
        return new WeakRef(message)
      }
      const sent = Array.from({ length: 40 }, send)
      for (let i = 0; i < 40; i++)
        void port.receive(how === 'by correlation' && i % 2 === 1 ? { correlationId: `c${i}` } : {})
      await new Promise(setImmediate)
      globalThis.gc!()
      expect(port.stats.settled).toBe(40)
      expect(sent.filter((ref) => ref.deref() !== undefined)).toEqual([])
    },
  )

  test('C4: a sender gets the room of a delayed message that goes to who waits for its correlation', async () => {
    const { port, clock } = opened({ kind: 'queue', capacity: 1 })
    void port.send(note('delayed', { correlationId: 'x' }), { delay: 15 })
    const taking = Promise.resolve(port.take({ correlationId: 'x' }))
    const sending = Promise.resolve(port.send(note('waiting')))
    await clock.advance(15)
    expect((await taking)?.message.id).toBe('delayed')
    await sending
    expect(port.tryTake()?.message.id).toBe('waiting')
  })

  test('C13: correlations that have passed leave nothing behind', async () => {
    const { port, clock } = opened({ kind: 'queue' })
    void port.take({ correlationId: 'none', timeout: 0 })
    const use = async (from: number, to: number): Promise<void> => {
      for (let i = from; i < to; i++) {
        void port.send(note('m', { correlationId: `c${i}` }))
        void port.receive()
        void port.receive({ correlationId: `d${i}`, timeout: 1 })
        if (i % 1_000 === 0) await clock.advance(1)
      }
      await clock.advance(1)
      globalThis.gc!()
    }
    await use(0, 2_000)
    const before = process.memoryUsage().heapUsed
    await use(2_000, 12_000)
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(1_000_000)
  })
})

describe('C4: what is given up', () => {
  test('C4: dropOldest gives up what ranks last, the oldest of these first, and the new message when it ranks below all', () => {
    const dropped: string[] = []
    const { port } = opened(
      { kind: 'priority', capacity: 2, overflow: 'dropOldest' },
      { onDropped: (_id, { id }) => dropped.push(id) },
    )
    for (const [id, priority] of [
      ['a', 1],
      ['b', 1],
      ['c', 5],
      ['d', 0],
      ['e', 5],
    ] as const)
      void port.send(note(id, { priority }))
    expect(dropped).toEqual(['a', 'd', 'b'])
    expect(ids([port.tryTake(), port.tryTake()])).toEqual(['c', 'e'])
  })

  test('C4: dropOldest gives up a delayed message only when there is no other', () => {
    const dropped: string[] = []
    const { port } = opened(
      { kind: 'queue', capacity: 1, overflow: 'dropOldest' },
      { onDropped: (_id, { id }) => dropped.push(id) },
    )
    void port.send(note('delayed'), { delay: 10 })
    void port.send(note('b'))
    expect(dropped).toEqual(['b'])
    void port.send(note('delayed, too'), { delay: 10 })
    expect(dropped).toEqual(['b', 'delayed'])
    expect(port.stats.buffered).toBe(1)
  })

  test('C4: dropOldest gives up what is held back by its key before what came later', async () => {
    const dropped: string[] = []
    const { port, clock } = opened(
      { kind: 'queue', capacity: 2, overflow: 'dropOldest' },
      { onDropped: (_id, { id }) => dropped.push(id) },
    )
    port.consume({ name: 'c', credit: 2, orderBy: ({ id }) => id[0] }, () => {})
    void port.send(note('a1'))
    await clock.advance(0)
    for (const id of ['a2', 'b1']) void port.send(note(id))
    await clock.advance(0)
    expect(port.stats).toMatchObject({ inFlight: 2, buffered: 1 })
    for (const id of ['c1', 'c2']) void port.send(note(id))
    expect(dropped).toEqual(['a2'])
  })
})

describe('C4: priority', () => {
  test('C4: a comparator of the app decides, equals keep their order, and one that throws makes equals', () => {
    const functions = {
      byLength: (a: { payload: string }, b: { payload: string }) => {
        if (a.payload === 'bad' || b.payload === 'bad') throw new Error('Cannot compare.')
        return a.payload.length - b.payload.length
      },
    }
    const { port } = opened({ kind: 'priority', compare: 'byLength' }, { functions })
    for (const id of ['ccc', 'aa', 'bb', 'd']) void port.send(note(id))
    expect(ids([1, 2, 3, 4].map(() => port.tryTake()))).toEqual(['d', 'aa', 'bb', 'ccc'])
    void port.send(note('bad'))
    void port.send(note('e'))
    expect(ids([port.tryTake(), port.tryTake()])).toEqual(['bad', 'e'])
  })
})

describe('C8: order per key', () => {
  test('C8: a key passes to what is held back when its holder is purged, expires, or is dropped', async () => {
    const { port, clock } = opened({ kind: 'queue' })
    const got: string[] = []
    const kept: Delivery[] = []
    const consumer = port.consume({ name: 'c', credit: 3, orderBy: ({ id }) => id[0] }, (delivery) => {
      got.push(delivery.message.id)
      kept.push(delivery)
    })
    for (const id of ['a1', 'a2', 'a3', 'b1']) void port.send(note(id, id === 'a2' ? { expiresAt: 1_050 } : {}))
    await clock.advance(0)
    expect(got).toEqual(['a1', 'b1'])
    void kept[0]!.nack({ delay: 100 })
    await clock.advance(60)
    expect(got).toEqual(['a1', 'b1'])
    expect((await port.purge(({ id }) => id === 'a1')).map(({ id }) => id)).toEqual(['a1'])
    await clock.advance(0)
    expect(got).toEqual(['a1', 'b1', 'a3'])
    expect(port.stats).toMatchObject({ expired: 1, dropped: 1, inFlight: 2 })
    consumer.pause()
    void kept[2]!.ack()
    void port.send(note('a4'))
    consumer.resume()
    await clock.advance(0)
    expect(got.at(-1)).toBe('a4')
  })

  test('C8: takers, too, are not given a key in work; one who asks by correlation is', async () => {
    const { port, clock } = opened({ kind: 'queue' })
    const kept: Delivery[] = []
    port.consume({ name: 'c', orderBy: ({ id }) => id[0] }, (delivery) => void kept.push(delivery))
    for (const id of ['a1', 'a2', 'a3']) void port.send(note(id, { correlationId: id }))
    await clock.advance(0)
    expect(port.tryTake()).toBeUndefined()
    const correlated = await port.take({ correlationId: 'a2' })
    expect(ids([correlated])).toEqual(['a2'])
    expect(port.stats).toMatchObject({ buffered: 1, inFlight: 2 })
    void correlated!.ack()
    await clock.advance(0)
    expect(ids(kept)).toEqual(['a1'])
    void kept[0]!.ack()
    await clock.advance(0)
    expect(ids(kept)).toEqual(['a1', 'a3'])
  })

  test('C8: a taker gives its key back, too', async () => {
    const { port } = opened({ kind: 'queue' })
    port.consume({ name: 'c', orderBy: ({ id }) => id[0] }, () => {}).pause()
    for (const id of ['a1', 'a2']) void port.send(note(id))
    const first = port.tryTake()!
    const second = port.take()
    void first.ack()
    expect(ids([await second])).toEqual(['a2'])
  })

  test('C8: messages without a key, or whose key cannot be told, wait for nobody', async () => {
    const { port, clock } = opened({ kind: 'queue' })
    const got: string[] = []
    const orderBy = ({ id }: { readonly id: string }): unknown => {
      if (id === 'bad') throw new Error('No key.')
      return undefined
    }
    port.consume({ name: 'c', credit: 4, orderBy }, ({ message }) => void got.push(message.id))
    for (const id of ['a', 'bad', 'b', 'bad']) void port.send(note(id))
    await clock.advance(0)
    expect(got).toEqual(['a', 'bad', 'b', 'bad'])
  })

  test('C8: consumers of one channel share its order, and another order can follow when the first is done', async () => {
    const { port, clock } = opened({ kind: 'queue' })
    const orderBy = ({ id }: { readonly id: string }): unknown => id[0]
    const kept: Delivery[] = []
    const consumers = ['x', 'y'].map((name) => port.consume({ name, orderBy }, (delivery) => void kept.push(delivery)))
    for (const id of ['a1', 'a2', 'b1']) void port.send(note(id))
    await clock.advance(0)
    expect(ids(kept)).toEqual(['a1', 'b1'])
    for (const consumer of consumers) void consumer.stop()
    const other = (): unknown =>
      port.consume({ name: 'z', orderBy: () => 'all' }, (delivery) => void kept.push(delivery))
    expect(other).toThrow('keeps order by the key of another consumer')
    for (const delivery of kept) void delivery.ack()
    expect(other).toThrow('keeps order by the key of another consumer')
    expect(ids([port.tryTake()])).toEqual(['a2'])
  })

  test('C8: at a rendezvous a sender whose key is in work waits while others overtake it', async () => {
    const { port, clock } = opened({ kind: 'rendezvous' })
    const kept: Delivery[] = []
    port.consume({ name: 'c', credit: 2, orderBy: ({ id }) => id[0] }, (delivery) => void kept.push(delivery))
    void port.send(note('a1'))
    await clock.advance(0)
    const sent: string[] = []
    for (const id of ['a2', 'b1']) void Promise.resolve(port.send(note(id))).then(() => sent.push(id))
    await clock.advance(0)
    expect(sent).toEqual(['b1'])
    expect(ids(kept)).toEqual(['a1', 'b1'])
    void kept[0]!.ack()
    await clock.advance(0)
    expect(ids(kept)).toEqual(['a1', 'b1', 'a2'])
  })
})

describe('C11: expiry', () => {
  test('C11: a take passes over a sender whose message has expired', async () => {
    const expired: string[] = []
    const { port } = opened({ kind: 'rendezvous' }, { onExpired: (_id, { id }) => expired.push(id) })
    void port.send(note('expired', { expiresAt: 1 }))
    void port.send(note('a'))
    expect(ids([port.tryTake()])).toEqual(['a'])
    expect(expired).toEqual(['expired'])
  })

  test('C11: who leaves while an expired message is dealt with gets nothing, and the next message keeps its place', async () => {
    const { port, clock } = opened({ kind: 'queue' }, { onExpired: () => leaving.pause() })
    const got: string[] = []
    const leaving = port.consume({ name: 'c' }, ({ message }) => void got.push(message.id))
    for (const id of ['expired', 'a', 'b']) void port.send(note(id, id === 'expired' ? { expiresAt: 1 } : {}))
    await clock.advance(0)
    expect(got).toEqual([])
    expect(port.stats).toMatchObject({ expired: 1, inFlight: 0, buffered: 2 })
    leaving.resume()
    await clock.advance(0)
    expect(got).toEqual(['a'])
  })
})

describe('C13: correlation', () => {
  test('C13: who leaves while an expired message is dealt with gets nothing, and the next message keeps its place', async () => {
    const controller = new AbortController()
    let fails = true
    const onExpired = (): void => {
      if (fails) throw new Error('Full.')
      controller.abort(new Error('Gone.'))
    }
    const { port } = opened({ kind: 'queue' }, { onExpired })
    void port.send(note('expired', { correlationId: 'x', expiresAt: 1 }))
    const waiting = Promise.resolve(port.take({ correlationId: 'x', signal: controller.signal })).catch(
      (error: Error) => error.message,
    )
    fails = false
    void port.send(note('a', { correlationId: 'x' }))
    expect(await waiting).toBe('Gone.')
    expect(port.stats).toMatchObject({ expired: 1, buffered: 1, inFlight: 0 })
    expect(port.receive({ correlationId: 'x' })).toMatchObject({ id: 'a' })
  })

  test('C13: at a rendezvous a correlated take takes from one sender only, wherever it stands', async () => {
    const { port, clock } = opened({ kind: 'rendezvous' })
    const sent: string[] = []
    for (const [id, correlationId] of [
      ['a', 'x'],
      ['b', 'y'],
      ['c', 'y'],
    ] as const) {
      void Promise.resolve(port.send(note(id, { correlationId }))).then(() => sent.push(id))
    }
    expect(port.receive({ correlationId: 'y' })).toMatchObject({ id: 'b' })
    await clock.advance(0)
    expect(sent).toEqual(['b'])
    expect(port.stats).toMatchObject({ accepted: 1, buffered: 0 })
  })

  test('C13: a correlated take costs the same however many messages are buffered', () => {
    const { port } = opened({ kind: 'queue', capacity: 'unbounded' })
    const count = 20_000
    for (let i = 0; i < count; i++) void port.send(note(`m${i}`, { correlationId: `c${i}` }))
    const order: string[] = []
    for (let i = count - 1; i >= 0; i--) {
      const taken = port.receive({ correlationId: `c${i}` }) as { readonly id: string }
      order.push(taken.id)
    }
    expect(order).toEqual(Array.from({ length: count }, (_, i) => `m${count - 1 - i}`))
    expect(port.stats).toMatchObject({ settled: count, buffered: 0 })
  })

  test('C13: messages of one correlation come in their order, among others and after some were taken by anybody', () => {
    const { port } = opened({ kind: 'queue' })
    for (const [id, correlationId] of [
      ['a', 'x'],
      ['b', 'y'],
      ['c', 'x'],
      ['d', 'x'],
      ['e', 'y'],
    ] as const)
      void port.send(note(id, { correlationId }))
    const first = port.take({ correlationId: 'y' }) as Delivery
    expect(first.signal).toBeUndefined()
    expect(first.message.id).toBe('b')
    expect(ids([port.tryTake()])).toEqual(['a'])
    void first.nack()
    expect(
      ids([
        port.take({ correlationId: 'x' }) as Delivery,
        port.tryTake(),
        port.take({ correlationId: 'y', timeout: 0 }) as Delivery,
      ]),
    ).toEqual(['c', 'b', 'e'])
    expect(port.take({ correlationId: 'y', timeout: 0 })).toBeUndefined()
  })
})

describe('C1: a wait leaves nothing behind', () => {
  test('C1: the listener and the timer are gone however the wait ends', async () => {
    const { port, clock } = opened({ kind: 'queue', capacity: 1 })
    const { signal } = new AbortController()
    const listeners = (): number => getEventListeners(signal, 'abort').length
    const taking = port.take({ signal, timeout: 1_000 })
    const receiving = port.receive({ signal, timeout: 10 })
    expect(listeners()).toBe(2)
    await clock.advance(10)
    expect(await receiving).toBeUndefined()
    expect(listeners()).toBe(1)
    void port.send(note('a'))
    await ((await taking) as Delivery).ack()
    void port.send(note('b'))
    const sending = port.send(note('c'), { signal, timeout: 1_000 })
    void port.receive()
    await sending
    expect(clock.pending).toBe(0)
    expect(listeners()).toBe(0)
  })

  test('C1: a timeout of Infinity starts no timer', async () => {
    const { port, clock } = opened({ kind: 'queue' })
    const taking = port.receive({ timeout: Infinity })
    expect(clock.pending).toBe(0)
    void port.send(note('a'))
    expect(await taking).toMatchObject({ id: 'a' })
  })
})

describe('C3: takers and consumers stand in one line', () => {
  test('C3: a taker who came after a consumer gets what the consumer leaves', async () => {
    const { port, clock } = opened({ kind: 'queue' })
    const got: string[] = []
    port.consume({ name: 'c' }, ({ message }) => void got.push(`consumer ${message.id}`))
    const taking = Promise.resolve(port.receive()).then((message) => got.push(`taker ${message!.id}`))
    void port.send(note('a'))
    expect(port.tryTake()).toBeUndefined()
    expect(port.receive({ timeout: 0 })).toBeUndefined()
    void port.send(note('b'))
    await taking
    await clock.advance(0)
    expect(got).toEqual(['consumer a', 'taker b'])
  })

  test('C3: one microtask serves a burst', async () => {
    const queued = vi.spyOn(globalThis, 'queueMicrotask')
    try {
      const { port } = opened({ kind: 'queue' })
      let got = 0
      port.consume({ name: 'c' }, (delivery) => {
        got++
        void delivery.ack()
      })
      for (let i = 0; i < 100; i++) void port.send(note(`m${i}`))
      expect(queued).toHaveBeenCalledTimes(1)
      await Promise.resolve()
      expect(got).toBe(100)
    } finally {
      queued.mockRestore()
    }
  })

  test('C3: a consumer that sends to its own channel comes after those who wait to', async () => {
    const { port, clock } = opened({ kind: 'queue', capacity: 1 })
    const got: string[] = []
    port.consume({ name: 'c' }, (delivery) => {
      got.push(delivery.message.id)
      if (got.length === 1) void port.send(note('from within'))
      void delivery.ack()
    })
    for (const id of ['first', 'waiting']) void port.send(note(id))
    await clock.advance(0)
    expect(got).toEqual(['first', 'waiting', 'from within'])
  })

  test('C9: a consumer that sends to its own channel is not called within itself', async () => {
    const { port, clock } = opened({ kind: 'queue' })
    let depth = 0
    const depths: number[] = []
    port.consume({ name: 'c', credit: 5 }, ({ message, ...delivery }) => {
      depths.push(++depth)
      if (depths.length < 5) void port.send(note(`${message.id}'`))
      depth--
      return void delivery
    })
    void port.send(note('m'))
    await clock.advance(0)
    expect(depths).toEqual([1, 1, 1, 1, 1])
  })
})
