/** Conformance: publish-subscribe channels. */
import assert from 'node:assert/strict'
import type { ChannelKind } from '../graph/graph.ts'
import type { Delivery } from '../transport/transport.ts'
import { type CaseDefinition, type Rig, refuses, watch } from './conformance-rig.ts'

const PUBLISHING: readonly ChannelKind[] = ['pubsub']

/** Subscribes somebody who notes the payloads he gets. */
function noting(rig: Rig): unknown[] {
  const got: unknown[] = []
  rig.consume(async (delivery) => {
    got.push(delivery.message.payload)
    await delivery.ack()
  })
  return got
}

/** The cases of `pubsub`. */
export const PUBSUB: readonly CaseDefinition[] = [
  {
    rule: 'C8',
    name: 'every subscriber gets every message, in order',
    kinds: PUBLISHING,
    run: async (rig) => {
      const all = [noting(rig), noting(rig), noting(rig)]
      const payloads = Array.from({ length: 50 }, (_, i) => i)
      for (const payload of payloads) await rig.send(payload)
      await rig.until('all copies are settled', () => rig.port.stats.settled === 150)
      for (const got of all) assert.deepEqual(got, payloads)
    },
  },
  {
    rule: 'C6',
    name: 'subscribers are called in the order in which they subscribed',
    kinds: PUBLISHING,
    needs: ['synchronous'],
    run: async (rig) => {
      const calls: string[] = []
      for (const name of ['a', 'b', 'c']) {
        rig.consume((delivery) => {
          calls.push(name + String(delivery.message.payload))
          void delivery.ack()
        })
      }
      await rig.send(1)
      await rig.send(2)
      assert.deepEqual(calls, ['a1', 'b1', 'c1', 'a2', 'b2', 'c2'])
    },
  },
  {
    rule: 'E8',
    name: 'a subscriber that fails does not stop the others, nor the sender',
    kinds: PUBLISHING,
    run: async (rig) => {
      rig.consume((delivery) => {
        void delivery.ack('dead')
        throw new Error('thrown')
      })
      rig.consume((delivery) => {
        void delivery.ack('dead')
        return Promise.reject(new Error('rejected'))
      })
      const got = noting(rig)
      await rig.send(1)
      await rig.send(2)
      await rig.until('all copies are settled', () => rig.port.stats.settled === 2 && rig.port.stats.dead === 4)
      assert.deepEqual(got, [1, 2])
    },
  },
  {
    rule: 'C9',
    name: 'a subscriber that is stuck delays nobody beyond its buffer',
    kinds: PUBLISHING,
    needs: ['bounded'],
    spec: { capacity: 2 },
    run: async (rig) => {
      const stuck: Delivery[] = []
      rig.consume((delivery) => void stuck.push(delivery))
      const got = noting(rig)
      for (const payload of [1, 2, 3]) await rig.send(payload)
      await rig.until('the other has all three', () => got.length === 3)
      const fourth = rig.offer(4)
      await rig.quiet()
      assert.equal(fourth.state, 'pending')
      assert.deepEqual(got, [1, 2, 3])
      await refuses(() => rig.port.send(rig.message(), { timeout: 0 }), 'SendTimeoutError', '"c"', 'subscriber')
      await stuck[0]!.ack()
      await rig.outcome('a send that waited for a subscriber', fourth)
      await rig.until('the other has the fourth', () => got.length === 4)
    },
  },
  {
    rule: 'C4',
    name: 'each subscriber is given up to by the overflow of the channel',
    kinds: PUBLISHING,
    needs: ['bounded'],
    spec: { capacity: 1, overflow: 'dropOldest' },
    run: async (rig) => {
      const stuck: Delivery[] = []
      rig.consume((delivery) => void stuck.push(delivery))
      const got = noting(rig)
      for (const payload of [1, 2, 3]) await rig.send(payload)
      await rig.until('the other has all three', () => got.length === 3)
      assert.deepEqual(rig.dropped, ['overflow m2'])
      await stuck[0]!.ack()
      await rig.until('what is left comes', () => stuck.length === 2)
      assert.equal(stuck[1]!.message.payload, 3)
    },
  },
  {
    rule: 'C4',
    name: `overflow 'reject' refuses for all when one has no room`,
    kinds: PUBLISHING,
    needs: ['bounded'],
    spec: { capacity: 1, overflow: 'reject' },
    run: async (rig) => {
      rig.consume(() => {})
      const got = noting(rig)
      await rig.send(1)
      await rig.send(2)
      await refuses(() => rig.port.send(rig.message(3)), 'ChannelFullError', '"c"')
      await rig.until('the other has two', () => got.length === 2)
      await rig.quiet()
      assert.deepEqual(got, [1, 2])
    },
  },
  {
    rule: 'C10',
    name: 'without a subscriber a message is accepted, dropped, and said to be',
    kinds: PUBLISHING,
    run: async (rig) => {
      await rig.send()
      assert.equal(rig.port.stats.accepted, 1)
      assert.equal(rig.port.stats.dropped, 1)
      assert.deepEqual(rig.dropped, ['no-subscriber m1'])
    },
  },
  {
    rule: 'E2',
    name: 'fewer than minSubscribers refuse a send',
    kinds: PUBLISHING,
    spec: { minSubscribers: 2 },
    run: async (rig) => {
      noting(rig)
      await refuses(() => rig.port.send(rig.message()), 'NoSubscriberError', '"c"', '1 of the 2')
      if (rig.capabilities.synchronous) assert.equal(rig.port.trySend(rig.message()), false)
      noting(rig)
      await rig.send()
      await rig.until('both copies are settled', () => rig.port.stats.settled === 2)
      assert.equal(rig.port.stats.accepted, 2)
    },
  },
  {
    rule: 'C6',
    name: `await 'handled' waits for all subscribers, and tells what they failed with last`,
    kinds: PUBLISHING,
    spec: { await: 'handled' },
    run: async (rig) => {
      const slow: Delivery[] = []
      rig.consume((delivery) => void slow.push(delivery))
      rig.consume(async (delivery) => {
        if (delivery.attempt === 1) {
          await delivery.nack()
          throw new Error('not yet')
        }
        await delivery.ack()
        if (delivery.message.payload === 'bad') throw new Error('never')
      })
      const good = rig.offer('good')
      await rig.until('the slow one has it', () => slow.length === 1)
      await rig.quiet()
      assert.equal(good.state, 'pending')
      await slow[0]!.ack()
      await rig.outcome('a send whose message was handled', good)
      const bad = rig.offer('bad')
      await rig.until('the slow one has it', () => slow.length === 2)
      await slow[1]!.ack()
      await assert.rejects(rig.outcome('a send whose message failed', bad), (error) => {
        const { errors, message } = error as AggregateError
        assert.ok(message.includes('"c"'))
        assert.deepEqual(
          errors.map(({ message }: Error) => message),
          ['never'],
        )
        return true
      })
    },
  },
  {
    rule: 'C2',
    name: `await 'handled' is given up by the signal, and by close() of the transport`,
    kinds: PUBLISHING,
    spec: { await: 'handled' },
    run: async (rig) => {
      rig.consume(() => {}, { credit: 2 })
      const controller = new AbortController()
      const reason = new Error('I have changed my mind.')
      const given = watch(() => rig.port.send(rig.message(), { signal: controller.signal }))
      const waiting = rig.offer()
      await rig.quiet()
      controller.abort(reason)
      await assert.rejects(rig.outcome('an aborted send', given), reason)
      assert.equal((await rig.stop()).length, 2)
      await refuses(() => rig.outcome('a send whose message is left', waiting), 'ChannelClosedError', '"c"')
    },
  },
  {
    rule: 'C10',
    name: 'what a subscriber leaves behind when it stops is dropped, and said to be',
    kinds: PUBLISHING,
    run: async (rig) => {
      const kept: Delivery[] = []
      const leaving = rig.consume((delivery) => void kept.push(delivery))
      for (const payload of [1, 2, 3]) await rig.send(payload)
      await rig.until('the first is delivered', () => kept.length === 1)
      await leaving.stop()
      assert.deepEqual(rig.dropped, ['no-subscriber m2', 'no-subscriber m3'])
      await kept[0]!.nack()
      assert.deepEqual(rig.dropped, ['no-subscriber m2', 'no-subscriber m3', 'no-subscriber m1'])
      assert.equal(rig.port.stats.dropped, 3)
    },
  },
  {
    rule: 'C5',
    name: 'a closed channel still delivers what its subscribers have to get',
    kinds: PUBLISHING,
    run: async (rig) => {
      const kept: Delivery[] = []
      rig.consume((delivery) => void kept.push(delivery))
      await rig.send(1)
      await rig.send(2)
      await rig.port.close()
      await rig.until('the first is delivered', () => kept.length === 1)
      await kept[0]!.ack()
      await rig.until('the second is delivered', () => kept.length === 2)
      await kept[1]!.ack()
    },
  },
]
