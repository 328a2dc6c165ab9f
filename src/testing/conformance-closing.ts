/** Conformance: closing a channel and its transport (C5). */
import assert from 'node:assert/strict'
import type { Delivery } from '../transport/transport.ts'
import { BUFFERED, type CaseDefinition, POLLABLE, refuses, watch } from './conformance-rig.ts'

/** The cases of closing. */
export const CLOSING: readonly CaseDefinition[] = [
  {
    rule: 'C5',
    name: 'a closed channel refuses sends, once and for all',
    kinds: ['direct', 'queue', 'priority', 'rendezvous', 'pubsub'],
    run: async (rig) => {
      rig.consume((delivery) => void delivery.ack())
      assert.equal(rig.port.closed, false)
      await rig.port.close()
      await rig.port.close()
      assert.equal(rig.port.closed, true)
      await refuses(() => rig.port.send(rig.message()), 'ChannelClosedError', '"c"')
      if (rig.capabilities.synchronous) assert.equal(rig.port.trySend(rig.message()), false)
      assert.equal(rig.port.stats.accepted, 0)
    },
  },
  {
    rule: 'C5',
    name: 'what is buffered when the channel closes can still be taken and consumed',
    kinds: BUFFERED,
    run: async (rig) => {
      for (const payload of [1, 2, 3, 4]) await rig.send(payload)
      await rig.port.close()
      assert.equal((await rig.port.receive())!.payload, 1)
      const taken = (await rig.port.take())!
      const got: unknown[] = []
      rig.consume(async (delivery) => {
        got.push(delivery.message.payload)
        await delivery.ack()
      })
      await rig.until('the rest is settled', () => rig.port.stats.settled === 3)
      assert.deepEqual(got, [3, 4])
      assert.equal(await taken.ack(), true)
    },
  },
  {
    rule: 'C5',
    name: 'takers that wait, or would wait, get ChannelClosedError',
    kinds: POLLABLE,
    run: async (rig) => {
      const waiting = watch(() => rig.port.take())
      const timed = watch(() => rig.port.receive({ timeout: 10_000 }))
      const correlated = rig.capabilities.correlation ? watch(() => rig.port.take({ correlationId: 'x' })) : undefined
      await rig.quiet()
      await rig.port.close()
      await refuses(() => rig.outcome('a waiting take', waiting), 'ChannelClosedError', '"c"')
      await refuses(() => rig.outcome('a waiting receive', timed), 'ChannelClosedError', '"c"')
      if (correlated !== undefined)
        await refuses(() => rig.outcome('a correlated take', correlated), 'ChannelClosedError', '"c"')
      await refuses(() => rig.port.take(), 'ChannelClosedError', '"c"')
      assert.equal(await rig.port.take({ timeout: 0 }), undefined)
    },
  },
  {
    rule: 'C5',
    name: 'senders that wait when the channel closes get ChannelClosedError',
    kinds: POLLABLE,
    needs: ['bounded'],
    spec: { capacity: 1 },
    run: async (rig) => {
      if (rig.kind !== 'rendezvous') await rig.send('in')
      const waiting = rig.offer('out')
      await rig.quiet()
      await rig.port.close()
      await refuses(() => rig.outcome('a waiting send', waiting), 'ChannelClosedError', '"c"')
      assert.deepEqual(await rig.drain(), rig.kind === 'rendezvous' ? [] : ['in'])
    },
  },
  {
    rule: 'C5',
    name: 'a delivery that is unsettled when the channel closes can still be settled, or given back',
    kinds: BUFFERED,
    run: async (rig) => {
      for (const payload of [1, 2]) await rig.send(payload)
      const first = (await rig.port.take())!
      const second = (await rig.port.take())!
      await rig.port.close()
      assert.equal(await first.ack(), true)
      assert.equal(await second.nack(), true)
      assert.deepEqual(await rig.drain(), [2])
    },
  },
  {
    rule: 'L2',
    name: 'close() of the transport names what is left, in which state and how old',
    kinds: BUFFERED,
    needs: ['delay'],
    run: async (rig) => {
      const messages = [await rig.send('unsettled'), await rig.send('delayed'), await rig.send('buffered')]
      await rig.port.take()
      await (await rig.port.take())!.nack({ delay: 60_000 })
      await rig.elapse(100)
      const left = await rig.stop()
      assert.deepEqual(
        left
          .map(({ channelId, messageId, state }) => ({ channelId, messageId, state }))
          .toSorted((a, b) => (a.state < b.state ? -1 : 1)),
        [
          { channelId: 'c', messageId: messages[2]!.id, state: 'buffered' },
          { channelId: 'c', messageId: messages[1]!.id, state: 'delayed' },
          { channelId: 'c', messageId: messages[0]!.id, state: 'unsettled' },
        ],
      )
      for (const { age } of left) assert.ok(age >= 100 && age < 60_000, `An age of ${age} ms cannot be.`)
    },
  },
  {
    rule: 'L3',
    name: 'close() of the transport ends every wait and every delivery',
    kinds: POLLABLE,
    run: async (rig) => {
      const deliveries: Delivery[] = []
      const subscription = rig.consume((delivery) => void deliveries.push(delivery))
      rig.offer(1)
      await rig.until('the first delivery', () => deliveries.length === 1)
      const sender =
        rig.kind === 'rendezvous' ? watch(() => rig.port.send(rig.message(), { timeout: 50_000 })) : undefined
      if (sender === undefined) rig.offer(2)
      await rig.quiet()
      await rig.stop()
      if (sender !== undefined) await refuses(() => rig.outcome('a waiting send', sender), 'ChannelClosedError')
      await deliveries[0]!.nack({ delay: 60_000 })
      subscription.resume()
      await rig.quiet()
      assert.equal(deliveries.length, 1)
    },
  },
]
