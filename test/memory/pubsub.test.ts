/** What the model of pubsub channels leaves out. */
import { expect, test } from 'vitest'
import type { Delivery, Subscription } from '../../src/transport/transport.ts'
import { note, opened } from './rig.ts'

test('C6: who subscribes while a message is on its way gets the next one; who stops then gets none', async () => {
  const dropped: string[] = []
  const { port } = opened({ kind: 'pubsub' }, { onDropped: (_id, { id }, reason) => dropped.push(`${reason} ${id}`) })
  const got: string[] = []
  const subscribe = (name: string): Subscription =>
    port.consume({ name }, (delivery) => {
      got.push(name + delivery.message.id)
      void delivery.ack()
      if (name !== 'a' || delivery.message.id !== '1') return
      void leaving.stop()
      subscribe('c')
    })
  subscribe('a')
  const leaving = subscribe('b')
  await port.send(note('1'))
  await port.send(note('2'))
  expect(got).toEqual(['a1', 'a2', 'c2'])
  expect(dropped).toEqual(['no-subscriber 1'])
  expect(port.stats).toMatchObject({ accepted: 4, settled: 3, dropped: 1 })
})

test('C8: a subscriber may send to its own channel; everybody gets the messages in one order', async () => {
  const { port } = opened({ kind: 'pubsub' })
  const got: string[] = []
  for (const name of ['a', 'b']) {
    port.consume({ name }, (delivery) => {
      got.push(name + delivery.message.id)
      if (name === 'a' && delivery.message.id === '1') void port.send(note('2'))
      void delivery.ack()
    })
  }
  await port.send(note('1'))
  expect(got.filter((call) => call.startsWith('a'))).toEqual(['a1', 'a2'])
  expect(got.filter((call) => call.startsWith('b')).toSorted()).toEqual(['b1', 'b2'])
})

test('T11: a delayed message comes to each subscriber that was there when it was sent', async () => {
  const { port, clock } = opened({ kind: 'pubsub', await: 'handled' })
  const got: string[] = []
  const subscribe = (name: string): Subscription =>
    port.consume({ name }, (delivery) => {
      got.push(name + delivery.message.id)
      void delivery.ack()
    })
  subscribe('a')
  subscribe('b')
  const sending = port.send(note('1'), { delay: 50 })
  subscribe('c')
  await clock.advance(49)
  expect(got).toEqual([])
  await clock.advance(1)
  await sending
  expect(got).toEqual(['a1', 'b1'])
})

test('C11: each subscriber passes over an expired message', async () => {
  const expired: string[] = []
  const { port, clock } = opened({ kind: 'pubsub' }, { onExpired: (_id, { id }) => expired.push(id) })
  const kept: Delivery[] = []
  port.consume({ name: 'slow' }, (delivery) => void kept.push(delivery))
  port.consume({ name: 'fast' }, (delivery) => void delivery.ack())
  await port.send(note('1'))
  await port.send(note('2', { expiresAt: 1_100 }))
  await clock.advance(100)
  await port.send(note('3'))
  void kept[0]!.ack()
  expect(kept.map(({ message }) => message.id)).toEqual(['1', '3'])
  expect(expired).toEqual(['2'])
  expect(port.stats).toMatchObject({ accepted: 6, settled: 4, expired: 1, inFlight: 1 })
})

test('C3: what waits for a delay fills a mailbox, also while its consumer is idle', async () => {
  const dropped: string[] = []
  const { port, clock } = opened(
    { kind: 'pubsub', capacity: 1, overflow: 'dropNewest' },
    { onDropped: (_id, { id }, reason) => dropped.push(`${reason} ${id}`) },
  )
  const got: string[] = []
  port.consume({ name: 'a' }, (delivery) => {
    got.push(`${delivery.message.id}#${delivery.attempt}`)
    if (delivery.attempt === 1) void delivery.nack({ delay: 10 })
    else void delivery.ack()
  })
  await port.send(note('1'))
  await port.send(note('2'))
  await clock.advance(10)
  expect([got, dropped]).toEqual([['1#1', '1#2'], ['overflow 2']])
})
