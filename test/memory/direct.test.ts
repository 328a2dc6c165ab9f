/** What the model of direct channels leaves out. */
import { expect, test } from 'vitest'
import type { Delivery } from '../../src/transport/transport.ts'
import { note, opened } from './rig.ts'

test('E1: a sender that waited for a paused consumer is told what the consumer throws', async () => {
  const { port } = opened({ kind: 'direct' })
  const consumer = port.consume({ name: 'c' }, (delivery) => {
    void delivery.ack('dead')
    throw new Error('broken')
  })
  consumer.pause()
  const sending = port.send(note('m'))
  consumer.resume()
  await expect(sending).rejects.toThrow('broken')
})

test('C10: a sender that waited is served once, whatever its consumer does meanwhile', async () => {
  const { port } = opened({ kind: 'direct' })
  const got: string[] = []
  const consumer = port.consume({ name: 'c' }, (delivery) => {
    got.push(delivery.message.id)
    consumer.pause()
    consumer.resume()
    void delivery.ack()
  })
  consumer.pause()
  const first = port.send(note('1'))
  const second = port.send(note('2'))
  consumer.resume()
  await first
  await second
  expect(got.toSorted()).toEqual(['1', '2'])
  expect(port.stats).toMatchObject({ accepted: 2, settled: 2 })
})

test('E1: failover goes on only with what is not settled', async () => {
  const { port } = opened({ kind: 'direct', dispatch: 'failover' })
  port.consume({ name: 'a' }, (delivery) => {
    void delivery.ack('dead')
    throw new Error('parked')
  })
  let called = false
  port.consume({ name: 'b' }, () => void (called = true))
  await expect((async () => port.send(note('m')))()).rejects.toThrow('parked')
  expect(called).toBe(false)
  expect(port.stats).toMatchObject({ accepted: 1, dead: 1 })
})

test('E1: a sender whose message was given back is told what the next delivery throws', async () => {
  const { port } = opened({ kind: 'direct' })
  port.consume({ name: 'c' }, (delivery) => {
    if (delivery.attempt === 1) return void delivery.nack()
    void delivery.ack('dead')
    throw new Error('broken')
  })
  await expect(port.send(note('m'))).rejects.toThrow('broken')
  expect(port.stats).toMatchObject({ accepted: 1, dead: 1 })
})

test('C10: a message that comes again when the last consumer has stopped is dropped, and its sender told', async () => {
  const dropped: string[] = []
  const { port, clock } = opened(
    { kind: 'direct' },
    { onDropped: (_id, { id }, reason) => dropped.push(`${reason} ${id}`) },
  )
  const consumer = port.consume({ name: 'c' }, (delivery) => void delivery.nack({ delay: 10 }))
  const sending = Promise.resolve(port.send(note('m'))).catch((error: Error) => error.name)
  void consumer.stop()
  await clock.advance(10)
  expect(await sending).toBe('NoSubscriberError')
  expect(dropped).toEqual(['no-subscriber m'])
  expect(port.stats).toMatchObject({ accepted: 1, dropped: 1, buffered: 0 })
})

test('L2: a message given back to a paused consumer is among the leftovers, and its sender is told', async () => {
  const { port, transport, clock } = opened({ kind: 'direct' })
  const kept: Delivery[] = []
  const consumer = port.consume({ name: 'c' }, async (delivery) => void kept.push(delivery))
  const sending = Promise.resolve(port.send(note('m'))).catch((error: Error) => error.name)
  consumer.pause()
  void kept[0]!.nack()
  await clock.advance(0)
  expect(transport.close()).toEqual([{ channelId: 'c', messageId: 'm', state: 'buffered', age: 1_000 }])
  expect(await sending).toBe('ChannelClosedError')
})

test('L3: a delivery given back after the transport has closed starts no timer and is not lost silently', async () => {
  const dropped: string[] = []
  const { port, transport, clock } = opened({ kind: 'direct' }, { onDropped: (_id, { id }) => dropped.push(id) })
  const kept: Delivery[] = []
  port.consume({ name: 'c' }, (delivery) => void kept.push(delivery))
  void port.send(note('m'))
  await transport.close()
  expect(kept[0]!.nack({ delay: 50 })).toBe(true)
  expect(clock.pending).toBe(0)
  await clock.advance(0)
  expect(dropped).toEqual(['m'])
})

test('C9: its credit can be set and means nothing: there is never more in work than there are senders', () => {
  const { port } = opened({ kind: 'direct' })
  const consumer = port.consume({ name: 'c', credit: 2 }, () => {})
  consumer.credit = 1
  expect(consumer.credit).toBe(1)
  for (const id of ['a', 'b', 'c']) void port.send(note(id))
  expect(port.stats.inFlight).toBe(3)
})
