/** Conformance: acknowledging, giving back, delays (C6, C7). */
import assert from 'node:assert/strict'
import type { Delivery } from '../transport/transport.ts'
import { BUFFERED, type CaseDefinition, POLLABLE, type Rig } from './conformance-rig.ts'

async function taken(rig: Rig, payload: unknown): Promise<Delivery> {
  const offered = rig.offer(payload)
  const delivery = await rig.port.take()
  await rig.outcome('a send whose message was taken', offered)
  return delivery!
}

/** The cases of settling. */
export const SETTLING: readonly CaseDefinition[] = [
  {
    rule: 'C6',
    name: 'a delivery is settled once; settling it again is harmless and gives false',
    kinds: POLLABLE,
    run: async (rig) => {
      const acked = await taken(rig, 'a')
      assert.equal(await acked.ack(), true)
      assert.equal(await acked.ack(), false)
      assert.equal(await acked.nack(), false)
      assert.equal(rig.port.stats.settled, 1)
      const nacked = await taken(rig, 'b')
      assert.equal(await nacked.nack(), true)
      assert.equal(await nacked.nack(), false)
      assert.equal(await nacked.ack(), false)
      assert.equal((await rig.port.receive())!.payload, 'b')
      assert.equal(rig.port.stats.settled, 2)
    },
  },
  {
    rule: 'C10',
    name: 'how a delivery is settled is counted as told',
    kinds: POLLABLE,
    run: async (rig) => {
      for (const as of ['settled', 'dead', 'dropped', 'expired'] as const) await (await taken(rig, as)).ack(as)
      const { accepted, settled, dead, dropped, expired } = rig.port.stats
      assert.deepEqual(
        { accepted, settled, dead, dropped, expired },
        { accepted: 4, settled: 1, dead: 1, dropped: 1, expired: 1 },
      )
    },
  },
  {
    rule: 'C6',
    name: 'extend is true while the delivery is unsettled',
    kinds: POLLABLE,
    run: async (rig) => {
      const delivery = await taken(rig, 'a')
      assert.equal(await delivery.extend(1_000), true)
      await delivery.ack()
      assert.equal(await delivery.extend(1_000), false)
    },
  },
  {
    rule: 'C7',
    name: 'attempts count from 1, one more with each delivery',
    kinds: POLLABLE,
    run: async (rig) => {
      const first = await taken(rig, 'a')
      const { id } = first.message
      let delivery = first
      for (let attempt = 1; attempt <= 5; attempt++) {
        assert.equal(delivery.attempt, attempt)
        assert.equal(delivery.message.id, id)
        await delivery.nack()
        delivery = (await rig.port.take())!
      }
      await delivery.ack()
    },
  },
  {
    rule: 'C6',
    name: 'a message that is given back comes again before what came later',
    kinds: BUFFERED,
    needs: ['total order'],
    run: async (rig) => {
      for (const payload of ['a', 'b', 'c', 'd']) await rig.send(payload)
      const a = (await rig.port.take())!
      const b = (await rig.port.take())!
      const c = (await rig.port.take())!
      await a.nack()
      await c.nack()
      await b.nack()
      assert.deepEqual(await rig.drain(), ['a', 'b', 'c', 'd'])
    },
  },
  {
    rule: 'C6',
    name: 'a message that is given back is not lost when the channel is full or closed',
    kinds: BUFFERED,
    needs: ['bounded'],
    spec: { capacity: 1 },
    run: async (rig) => {
      await rig.send('a')
      const first = (await rig.port.take())!
      await rig.send('b')
      await first.nack()
      assert.equal(rig.port.stats.buffered, 2)
      const again = (await rig.port.take())!
      assert.equal(again.message.payload, 'a')
      await rig.port.close()
      await again.nack()
      assert.deepEqual(await rig.drain(), ['a', 'b'])
    },
  },
  {
    rule: 'C6',
    name: 'a message that is given back 100 times in a row still drains',
    kinds: POLLABLE,
    run: async (rig) => {
      const attempts: number[] = []
      rig.consume(async (delivery) => {
        attempts.push(delivery.attempt)
        if (delivery.attempt <= 100) await delivery.nack()
        else await delivery.ack()
      })
      await rig.send('stubborn')
      await rig.until('the message is settled after 100 times', () => rig.port.stats.settled === 1)
      assert.deepEqual(
        attempts,
        Array.from({ length: 101 }, (_, i) => i + 1),
      )
    },
  },
  {
    rule: 'C6',
    name: 'a message given back with a delay comes again when it is over, and does not hold up others',
    kinds: BUFFERED,
    needs: ['delay'],
    run: async (rig) => {
      await rig.send('a')
      await rig.send('b')
      const a = (await rig.port.take())!
      await a.nack({ delay: 400 })
      assert.equal((await rig.port.receive())!.payload, 'b')
      assert.equal(rig.port.stats.buffered, 1)
      assert.equal(await rig.port.take({ timeout: 0 }), undefined)
      await rig.elapse(401)
      const again = (await rig.port.take())!
      assert.equal(again.message.payload, 'a')
      assert.equal(again.attempt, 2)
      await again.ack()
    },
  },
  {
    rule: 'C5',
    name: 'a delay that runs when the channel is closed runs on, and the message is delivered',
    kinds: BUFFERED,
    needs: ['delay'],
    run: async (rig) => {
      await rig.send('a')
      await (await rig.port.take())!.nack({ delay: 400 })
      const got: unknown[] = []
      rig.consume(async (delivery) => {
        got.push(delivery.message.payload)
        await delivery.ack()
      })
      await rig.port.close()
      await rig.quiet()
      assert.deepEqual(got, [])
      await rig.elapse(401)
      await rig.until('the delayed message is delivered', () => rig.port.stats.settled === 1)
      assert.deepEqual(got, ['a'])
    },
  },
  {
    rule: 'T11',
    name: 'a message sent with a delay is accepted at once and delivered when it is over',
    kinds: BUFFERED,
    needs: ['delay'],
    run: async (rig) => {
      await rig.port.send(rig.message('later'), { delay: 400 })
      await rig.send('now')
      assert.equal((await rig.port.receive())!.payload, 'now')
      assert.equal(await rig.port.take({ timeout: 0 }), undefined)
      const { accepted, buffered } = rig.port.stats
      assert.deepEqual({ accepted, buffered }, { accepted: 2, buffered: 1 })
      await rig.elapse(401)
      const taken = (await rig.port.take())!
      assert.equal(taken.message.payload, 'later')
      assert.equal(taken.attempt, 1)
      await taken.ack()
    },
  },
  {
    rule: 'C7',
    name: 'messages and their attempts survive a restart',
    kinds: BUFFERED,
    needs: ['reopen'],
    run: async (rig) => {
      await rig.send('a', { correlationId: 'x', priority: 3 })
      await rig.send('b')
      await (await rig.port.take())!.nack()
      await rig.stop()
      await rig.startWith(await rig.factory.reopen!())
      const a = (await rig.port.take())!
      assert.equal(a.message.payload, 'a')
      assert.equal(a.attempt, 2)
      assert.deepEqual({ ...a.message.headers }, { correlationId: 'x', priority: 3 })
      await a.ack()
      assert.deepEqual(await rig.drain(), ['b'])
    },
  },
  {
    rule: 'M1',
    name: 'a second send of the same id is taken for the first',
    kinds: BUFFERED,
    needs: ['dedupe'],
    run: async (rig) => {
      const message = rig.message('once')
      await rig.port.send(message)
      await rig.port.send(message)
      await rig.port.send(rig.message('again'), { dedupeId: message.id })
      assert.deepEqual(await rig.drain(), ['once'])
    },
  },
]
