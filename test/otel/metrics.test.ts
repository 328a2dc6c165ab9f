/** Metrics: what a runtime counts, by the meter of OpenTelemetry. */
import { app, direct, flow, queue } from 'allora'
import { expect, test } from 'vitest'
import { settled } from '../runtime/rig.ts'
import { traced, withContexts } from './rig.ts'

withContexts()

const orders = flow('orders')
  .from(direct('orders').of<number>())
  .filter((n) => n > 0)
  .handle(
    (n) => {
      if (n > 9) throw new RangeError('too many')
      return n
    },
    { retry: { attempts: 2 } },
  )
  .to(queue('output').of<number>())
  .build()

test('depth, in flight, sent and consumed of every channel, as of when they are collected', async () => {
  const { rt, collect } = await traced(app(orders))
  await rt.send('orders', 1)
  await rt.send('orders', 2)
  const taken = await rt.channel('output').take()

  const of = async (name: string) =>
    Object.fromEntries(
      (await collect())[name]!.map(({ attributes, value }) => [attributes['messaging.destination.name'], value]),
    )
  expect(await of('allora.channel.depth')).toEqual({ orders: 0, output: 1 })
  expect(await of('allora.channel.in_flight')).toEqual({ orders: 0, output: 1 })
  expect(await of('messaging.client.sent.messages')).toEqual({ orders: 2, output: 2 })
  expect(await of('messaging.client.consumed.messages')).toEqual({ orders: 2, output: 1 })
  await taken.ack()
  expect(await of('allora.channel.in_flight')).toEqual({ orders: 0, output: 0 })
})

test('dead, dropped by reason and retried', async () => {
  const { rt, collect } = await traced(app(orders))
  await rt.send('orders', 0)
  await rt.send('orders', -1)
  await rt.send('orders', 10).catch(() => undefined)

  const points = await collect()
  const system = { 'messaging.system': 'allora' }
  const place = { ...system, 'messaging.destination.name': 'orders', 'allora.flow.id': 'orders' }
  expect(points['allora.messages.dead']).toEqual([{ attributes: { ...place, 'allora.reason': 'failed' }, value: 1 }])
  expect(points['allora.messages.retried']).toEqual([{ attributes: place, value: 1 }])
  expect(points['allora.messages.dropped']).toEqual([
    { attributes: { ...system, 'allora.reason': 'filtered' }, value: 2 },
  ])
})

test('durations of sends and of handling, apart by what failed', async () => {
  const { rt, collect } = await traced(app(orders))
  await rt.send('orders', 1)
  await rt.send('orders', 10).catch(() => undefined)

  const points = await collect()
  const counts = (name: string) =>
    points[name]!.map(({ attributes, value }) => [
      attributes['messaging.destination.name'],
      attributes['error.type'],
      (value as { readonly count: number }).count,
    ])
  expect(counts('messaging.process.duration')).toEqual([
    ['orders', undefined, 1],
    ['orders', 'RangeError', 1],
  ])
  expect(counts('messaging.client.operation.duration')).toEqual([
    ['output', undefined, 1],
    ['orders', undefined, 1],
    ['orders', 'RangeError', 1],
  ])
})

test('how long messages waited in a queue', async () => {
  const { rt, collect } = await traced(
    app(
      flow('work')
        .from(queue('work').of<number>())
        .handle((n) => n)
        .build(),
    ),
  )
  await rt.send('work', 1)
  await settled()
  const [point] = (await collect())['allora.queue.wait.duration']!
  expect(point).toMatchObject({ attributes: { 'messaging.destination.name': 'work' }, value: { count: 1 } })
})

test('after the stop nothing is read any more', async () => {
  const { rt, collect } = await traced(app(orders))
  await rt.send('orders', 1)
  await rt.stop()
  expect((await collect())['allora.channel.depth'] ?? []).toEqual([])
})
