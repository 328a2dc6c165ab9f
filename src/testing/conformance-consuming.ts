/** Conformance: consumers, credit, order per key (C6, C8, C9). */
import assert from 'node:assert/strict'
import type { Delivery } from '../transport/transport.ts'
import { BUFFERED, type CaseDefinition, POLLABLE, type Rig } from './conformance-rig.ts'

/** A consumer that keeps its deliveries until they are settled by the case. */
function keeping(): {
  readonly deliveries: Delivery[]
  readonly consumer: (delivery: Delivery) => void
  readonly payloads: () => unknown[]
} {
  const deliveries: Delivery[] = []
  return {
    deliveries,
    consumer: (delivery) => void deliveries.push(delivery),
    payloads: () => deliveries.map(({ message }) => message.payload),
  }
}

const offerAll = (rig: Rig, payloads: readonly unknown[]): void => {
  for (const payload of payloads) rig.offer(payload)
}

/** The cases of consuming. */
export const CONSUMING: readonly CaseDefinition[] = [
  {
    rule: 'C6',
    name: 'a consumer gets what is there already and what comes later',
    kinds: POLLABLE,
    run: async (rig) => {
      const got: unknown[] = []
      offerAll(rig, [1, 2])
      rig.consume(async (delivery) => {
        got.push(delivery.message.payload)
        await delivery.ack()
      })
      await rig.send(3)
      await rig.until('all three are settled', () => rig.port.stats.settled === 3)
      assert.deepEqual(got, [1, 2, 3])
    },
  },
  {
    rule: 'C9',
    name: 'at credit 1 nothing else is delivered while one is unsettled',
    kinds: POLLABLE,
    run: async (rig) => {
      const { deliveries, consumer, payloads } = keeping()
      rig.consume(consumer)
      offerAll(rig, [1, 2, 3])
      await rig.until('the first delivery', () => deliveries.length > 0)
      await rig.quiet()
      assert.deepEqual(payloads(), [1])
      await deliveries[0]!.nack()
      await rig.until('the first comes again', () => deliveries.length > 1)
      await rig.quiet()
      assert.deepEqual(payloads(), [1, 1])
      await deliveries[1]!.ack()
      await rig.until('the second delivery', () => deliveries.length > 2)
      await rig.quiet()
      assert.deepEqual(payloads(), [1, 1, 2])
    },
  },
  {
    rule: 'C9',
    name: 'credit n is reached and never exceeded, and can be changed',
    kinds: POLLABLE,
    run: async (rig) => {
      const { deliveries, consumer } = keeping()
      const subscription = rig.consume(consumer, { credit: 3 })
      offerAll(rig, [1, 2, 3, 4, 5, 6, 7, 8])
      await rig.until('three deliveries', () => deliveries.length === 3)
      await rig.quiet()
      assert.equal(deliveries.length, 3)
      subscription.credit = 5
      await rig.until('five deliveries', () => deliveries.length === 5)
      await rig.quiet()
      assert.equal(deliveries.length, 5)
      subscription.credit = 1
      for (const delivery of deliveries.slice(0, 4)) await delivery.ack()
      await rig.quiet()
      assert.equal(deliveries.length, 5)
      await deliveries[4]!.ack()
      await rig.until('one more', () => deliveries.length === 6)
      await rig.quiet()
      assert.equal(deliveries.length, 6)
      assert.equal(subscription.credit, 1)
    },
  },
  {
    rule: 'C9',
    name: 'a credit that is no whole number from 1 on is refused',
    kinds: POLLABLE,
    run: async (rig) => {
      for (const credit of [0, -1, 1.5, NaN]) {
        assert.throws(() => rig.consume(() => {}, { credit }), { name: 'InvalidOptionError' })
      }
      await rig.quiet()
    },
  },
  {
    rule: 'L6',
    name: 'a consumer that is paused gets nothing until it is resumed, one that is stopped nothing more',
    kinds: POLLABLE,
    run: async (rig) => {
      const { deliveries, consumer } = keeping()
      const subscription = rig.consume(consumer, { credit: 2 })
      subscription.pause()
      offerAll(rig, [1, 2, 3])
      await rig.quiet()
      assert.equal(deliveries.length, 0)
      subscription.resume()
      await rig.until('two deliveries', () => deliveries.length === 2)
      await subscription.stop()
      await subscription.stop()
      for (const delivery of deliveries) assert.equal(await delivery.ack(), true)
      subscription.resume()
      await rig.quiet()
      assert.equal(deliveries.length, 2)
      assert.equal(rig.port.stats.settled, 2)
      assert.equal((await rig.port.receive())!.payload, 3)
    },
  },
  {
    rule: 'E8',
    name: 'what a consumer throws or rejects with is told to nobody and settles nothing',
    kinds: POLLABLE,
    run: async (rig) => {
      let calls = 0
      rig.consume(
        (delivery) => {
          calls++
          if (delivery.message.payload === 'throws') throw new Error('thrown')
          if (delivery.message.payload === 'rejects') return Promise.reject(new Error('rejected'))
          return void delivery.ack()
        },
        { credit: 3 },
      )
      offerAll(rig, ['throws', 'rejects', 'works'])
      await rig.until('all three were delivered', () => calls === 3)
      await rig.quiet()
      assert.equal(rig.port.stats.inFlight, 2)
      assert.equal(rig.port.stats.settled, 1)
    },
  },
  {
    rule: 'C6',
    name: 'competing consumers each get their share, and no message comes twice',
    kinds: POLLABLE,
    run: async (rig) => {
      const got: unknown[][] = [[], [], []]
      for (const mine of got) {
        rig.consume(async (delivery) => {
          mine.push(delivery.message.payload)
          await Promise.resolve()
          await delivery.ack()
        })
      }
      const payloads = Array.from({ length: 60 }, (_, i) => i)
      offerAll(rig, payloads)
      await rig.until('all are settled', () => rig.port.stats.settled === payloads.length)
      assert.deepEqual(
        got.flat().toSorted((a, b) => (a as number) - (b as number)),
        payloads,
      )
      for (const mine of got) assert.ok(mine.length > 0, 'A consumer got nothing.')
    },
  },
  {
    rule: 'C6',
    name: 'consumers are never called in the stack of a sender',
    kinds: POLLABLE,
    needs: ['synchronous'],
    run: async (rig) => {
      let inside = true
      const calledInside: boolean[] = []
      rig.consume((delivery) => {
        calledInside.push(inside)
        void delivery.ack()
      })
      assert.equal(rig.port.trySend(rig.message()), true)
      inside = false
      await rig.until('the delivery', () => calledInside.length === 1)
      assert.deepEqual(calledInside, [false])
    },
  },
  {
    rule: 'C8',
    name: 'one producer and one consumer keep the order',
    kinds: POLLABLE,
    needs: ['total order'],
    run: async (rig) => {
      const got: unknown[] = []
      rig.consume(async (delivery) => {
        got.push(delivery.message.payload)
        if (got.length % 3 === 0) await Promise.resolve()
        await delivery.ack()
      })
      const payloads = Array.from({ length: 500 }, (_, i) => i)
      for (const payload of payloads) await rig.send(payload)
      await rig.until('all are settled', () => rig.port.stats.settled === payloads.length)
      assert.deepEqual(got, payloads)
    },
  },
  {
    rule: 'C8',
    name: 'orderBy holds back a key in work while others overtake',
    kinds: [...POLLABLE, 'pubsub'],
    run: async (rig) => {
      const { deliveries, consumer, payloads } = keeping()
      rig.consume(consumer, { credit: 3, orderBy: ({ payload }) => (payload as string)[0] })
      offerAll(rig, ['a1', 'a2', 'b1', 'a3', 'b2', 'c1'])
      await rig.until('one of each key', () => deliveries.length === 3)
      await rig.quiet()
      assert.deepEqual(payloads(), ['a1', 'b1', 'c1'])
      await deliveries[0]!.ack()
      await rig.until('the next a', () => deliveries.length === 4)
      assert.equal(payloads()[3], 'a2')
    },
  },
  {
    rule: 'C8',
    name: 'orderBy keeps the order of a key also when a message is given back',
    kinds: BUFFERED,
    needs: ['delay'],
    run: async (rig) => {
      const settled: Record<string, number[]> = { a: [], b: [], c: [] }
      rig.consume(
        async (delivery) => {
          const [key, number] = delivery.message.payload as [string, number]
          await Promise.resolve()
          if (delivery.attempt === 1 && number % 3 === 0) return void (await delivery.nack())
          if (delivery.attempt === 1 && number % 3 === 1) return void (await delivery.nack({ delay: 10 }))
          settled[key]!.push(number)
          await delivery.ack()
        },
        { credit: 8, orderBy: ({ payload }) => (payload as [string, number])[0] },
      )
      for (let number = 1; number <= 12; number++) for (const key of Object.keys(settled)) await rig.send([key, number])
      for (let waited = 0; rig.port.stats.settled < 36 && waited < 100; waited++) await rig.elapse(11)
      for (const numbers of Object.values(settled)) assert.deepEqual(numbers, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    },
  },
]
