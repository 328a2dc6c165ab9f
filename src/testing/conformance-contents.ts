/** Conformance: what a message carries, in which order it comes, and when it expires (M1, M2, C4, C11). */
import assert from 'node:assert/strict'
import { BUFFERED, type CaseDefinition, POLLABLE, type Rig, refuses } from './conformance-rig.ts'

const MEGABYTE = 1_000_000

const HEADERS = {
  correlationId: 'order 17',
  causationId: 'm0',
  sequence: { correlationId: 's', number: 2, size: 3, outer: { correlationId: 't', number: 1 } },
  priority: -2,
  expiresAt: 9e15,
  replyTo: 'replies',
  contentType: 'application/json; charset=utf-8',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  text: 'ä€😀"\\\n',
  yes: true,
  none: null,
  list: [1, 'two', { three: 3 }],
}

async function roundTrip(
  rig: Rig,
  payload: unknown,
  headers: { readonly [name: string]: unknown } = {},
): Promise<void> {
  const message = rig.message(payload, headers)
  await rig.port.send(message)
  const received = (await rig.port.receive())!
  assert.equal(received.id, message.id)
  assert.equal(received.timestamp, message.timestamp)
  assert.deepEqual(received.payload, payload)
  assert.deepEqual({ ...received.headers }, headers)
}

/** The cases of what messages carry. */
export const CONTENTS: readonly CaseDefinition[] = [
  {
    rule: 'M2',
    name: 'every kind of header survives, with the id and the timestamp',
    kinds: BUFFERED,
    run: (rig) => roundTrip(rig, { order: 17 }, HEADERS),
  },
  {
    rule: 'M4',
    name: 'payloads of every JSON type survive',
    kinds: BUFFERED,
    run: async (rig) => {
      for (const payload of [null, false, 0, -1.5, '', 'ä€😀', [], {}, { deep: [{ er: null }] }])
        await roundTrip(rig, payload)
    },
  },
  {
    rule: 'M1',
    name: 'a payload of 1 MB survives',
    kinds: BUFFERED,
    run: (rig) => roundTrip(rig, 'é'.repeat(MEGABYTE / 2)),
  },
  {
    rule: 'C4',
    name: 'channels of one transport keep apart',
    kinds: BUFFERED,
    run: async (rig) => {
      await rig.stop()
      await rig.start({}, { id: 'd', kind: 'queue' })
      const other = rig.transport.port('d')
      await rig.send('for c')
      await other.send(rig.message('for d'))
      assert.deepEqual(await rig.drain(other), ['for d'])
      assert.deepEqual(await rig.drain(), ['for c'])
      await other.close()
      await rig.send('again')
      assert.deepEqual(await rig.drain(), ['again'])
    },
  },
  {
    rule: 'E2',
    name: 'a port of a channel that was not opened is refused by name',
    kinds: ['queue'],
    run: (rig) => refuses(() => rig.transport.port('nope'), 'UnknownChannelError', '"nope"'),
  },
  {
    rule: 'C4',
    name: 'higher priority comes first, none counts as 0, and equals keep their order',
    kinds: ['priority'],
    needs: ['priority'],
    run: async (rig) => {
      const priorities = [0, 5, undefined, -1, 5, 0, 10]
      for (const [i, priority] of priorities.entries()) await rig.send(i, priority === undefined ? {} : { priority })
      const urgent = (await rig.port.take())!
      assert.equal(urgent.message.payload, 6)
      await urgent.nack()
      assert.deepEqual(await rig.drain(), [6, 1, 4, 0, 2, 5, 3])
    },
  },
  {
    rule: 'C11',
    name: 'an expired message is not delivered but given to onExpired and counted',
    kinds: BUFFERED,
    run: async (rig) => {
      const expiring = await rig.send('expiring', { expiresAt: rig.now + 400 })
      await rig.send('lasting', { expiresAt: rig.now + 60_000 })
      await rig.elapse(401)
      assert.deepEqual(await rig.drain(), ['lasting'])
      assert.deepEqual(
        rig.expired.map(({ id }) => id),
        [expiring.id],
      )
      assert.equal(rig.port.stats.expired, 1)
      assert.equal(await rig.port.take({ timeout: 0 }), undefined)
    },
  },
  {
    rule: 'C11',
    name: 'an expired message that onExpired cannot take stays, and holds nobody up',
    kinds: BUFFERED,
    run: async (rig) => {
      rig.expiryFails = true
      await rig.send('expired', { expiresAt: rig.now - 1 })
      await rig.send('lasting')
      assert.equal((await rig.port.receive())!.payload, 'lasting')
      assert.equal(rig.port.stats.buffered, 1)
      rig.expiryFails = false
      assert.deepEqual(await rig.drain(), [])
      assert.equal(rig.port.stats.expired, 1)
    },
  },
  {
    rule: 'C11',
    name: 'a consumer does not get expired messages',
    kinds: POLLABLE,
    run: async (rig) => {
      const got: unknown[] = []
      rig.consume(async (delivery) => {
        got.push(delivery.message.payload)
        await delivery.ack()
      })
      rig.offer('expired', { expiresAt: rig.now - 1 })
      rig.offer('lasting')
      await rig.until('the other is settled', () => rig.port.stats.settled === 1)
      assert.deepEqual(got, ['lasting'])
      assert.equal(rig.port.stats.expired, 1)
    },
  },
  {
    rule: 'C10',
    name: 'an acknowledgement commits the sends made while handling',
    kinds: BUFFERED,
    needs: ['transactions'],
    run: async (rig) => {
      await rig.stop()
      await rig.start({}, { id: 'd', kind: 'queue' })
      await rig.send('in')
      const delivery = (await rig.port.take())!
      await delivery.ack('settled', [{ channelId: 'd', message: rig.message('out') }])
      assert.deepEqual(await rig.drain(rig.transport.port('d')), ['out'])
      assert.equal(await delivery.ack('settled', [{ channelId: 'd', message: rig.message('twice') }]), false)
      assert.deepEqual(await rig.drain(rig.transport.port('d')), [])
    },
  },
]
