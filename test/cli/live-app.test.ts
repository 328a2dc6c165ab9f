/** Reloading an app while it runs: what waits goes over, what is in work ends, and nothing is lost unsaid. */
import { expect, test, vi } from 'vitest'
import { type AnyApp, app, direct, flow, memory, priority, queue } from 'allora'
import { LiveApp } from '../../src/cli/live-app.ts'
import type { LoadedApp } from '../../src/cli/load-app.ts'
import type { PollableChannel } from '../../src/runtime/channel.ts'

const loaded = (given: AnyApp, more: Partial<LoadedApp> = {}): LoadedApp => ({
  app: given,
  services: {},
  transports: {},
  diagnostics: [],
  files: [],
  ...more,
})

const channel = (live: LiveApp, id: string): PollableChannel<unknown> => live.channel(id) as PollableChannel<unknown>

const payloads = async (live: LiveApp, id: string, count: number): Promise<unknown[]> => {
  const received: unknown[] = []
  for (let i = 0; i < count; i++) {
    const delivery = await channel(live, id).take()
    received.push(delivery.message.payload)
    await delivery.ack()
  }
  return received
}

async function started(given: LoadedApp): Promise<LiveApp> {
  const live = new LiveApp(given)
  await live.start()
  return live
}

/** Copies; the first message of a version waits for its gate. */
const copying = (mark: string, gate: Promise<unknown> = Promise.resolve(), capacity = 100) =>
  app(
    flow('copy')
      .from(queue('in').of<string>())
      .handle(async (text) => {
        await gate
        return `${mark}${text}`
      })
      .to(queue('out', { capacity }))
      .build(),
  )

test('messages wait for the new app in their order; the one in work ends in the old', async () => {
  const gate = Promise.withResolvers<void>()
  const live = await started(loaded(copying('old ', gate.promise)))
  const dropped: unknown[] = []
  live.on('dropped', (event) => dropped.push(event))
  for (const text of ['a', 'b', 'c']) await live.sendUnknown('in', text)
  const reload = live.reload(loaded(copying('new ')))
  const late = live.sendUnknown('in', 'd')
  gate.resolve()
  expect(await reload).toMatchObject({ kept: 3, homeless: [], left: [] })
  expect(dropped).toEqual([])
  await late
  expect(await payloads(live, 'out', 4)).toEqual(['old a', 'new b', 'new c', 'new d'])
  expect(await live.stop()).toMatchObject({ drained: true, left: [] })
})

test('work in flight that needs room in a full queue gets it', async () => {
  const live = await started(loaded(copying('old ', undefined, 1)))
  for (const text of ['a', 'b', 'c']) await live.sendUnknown('in', text)
  expect(await live.reload(loaded(copying('new ')))).toMatchObject({ left: [] })
  expect(new Set(await payloads(live, 'out', 3)).size).toBe(3)
  await live.stop()
})

test('a receiver that waits gets its message from the new app', async () => {
  const live = await started(loaded(copying('old ')))
  const received = payloads(live, 'out', 1)
  await live.reload(loaded(copying('new ')))
  await live.sendUnknown('in', 'a')
  expect(await received).toEqual(['new a'])
  await live.stop()
})

test('ids, headers, priorities and dead letters go over', async () => {
  const fails = (error: string) =>
    app(
      flow('fails')
        .from(queue('in').of<unknown>())
        .handle(() => {
          throw new Error(error)
        })
        .to(queue('out'))
        .build(),
      flow('urgent')
        .from(direct('urgent').of<number>())
        .setHeader('priority', (n) => n)
        .to(priority('sorted'))
        .build(),
    )
  const live = await started(loaded(fails('old')))
  const dead: string[] = []
  live.on('dead', ({ id }) => dead.push(id))
  await live.sendUnknown('in', 1)
  for (const n of [1, 3, 2]) await live.sendUnknown('urgent', n)
  expect(await live.reload(loaded(fails('new')))).toMatchObject({ kept: 3 })
  const [letter] = live.deadLetters.list()
  expect(letter?.id).toBe(dead[0])
  await live.deadLetters.redrive({ id: letter!.id })
  expect(await payloads(live, 'sorted', 3)).toEqual([3, 2, 1])
  expect(live.deadLetters.list()).toMatchObject([
    { id: letter!.id, error: { message: expect.stringContaining('new') } },
  ])
  expect(dead).toEqual([letter!.id, letter!.id])
  await live.stop()
})

test('messages whose channel is gone wait until it comes back, and are named when it does not', async () => {
  const live = await started(loaded(copying('old ')))
  await live.sendUnknown('in', 'a')
  const other = app(flow('other').from(queue('other').of<number>()).to(queue('elsewhere')).build())
  const gone = await live.reload(loaded(other))
  expect(gone).toMatchObject({ kept: 0, homeless: [{ channelId: 'out', message: { payload: 'old a' } }] })
  expect(await live.reload(loaded(copying('new ')))).toMatchObject({ kept: 1, homeless: [] })
  expect(await payloads(live, 'out', 1)).toEqual(['old a'])
  await live.sendUnknown('in', 'b')
  await live.reload(loaded(other))
  expect(await live.stop()).toMatchObject({ left: [{ channelId: 'out', state: 'buffered' }] })
})

test('an app that cannot start leaves the old one running with its messages', async () => {
  const live = await started(loaded(copying('old ')))
  await live.sendUnknown('in', 'a')
  const closed = { ...memory(), open: () => Promise.reject(new Error('port in use')) }
  await expect(live.reload(loaded(copying('new '), { transports: { default: closed } }))).rejects.toThrow('port in use')
  await live.sendUnknown('in', 'b')
  expect(await payloads(live, 'out', 2)).toEqual(['old a', 'old b'])
  await live.stop()
})

test('open groups cannot go over: their messages are named', async () => {
  const grouping = app(
    flow('group')
      .from(queue('in').of<string>())
      .aggregate({ correlateBy: () => 'all', size: 2, combine: (parts) => parts.join() })
      .to(queue('out'))
      .build(),
  )
  const live = await started(loaded(grouping))
  await live.sendUnknown('in', 'a')
  expect(await live.reload(loaded(grouping))).toMatchObject({ kept: 0, left: [{ flowId: 'group', state: 'grouped' }] })
  await live.stop()
})

test('stop waits for a reload and is one stop, whoever asks', async () => {
  const live = await started(loaded(copying('old ')))
  const reload = live.reload(loaded(copying('new ')))
  const [one, two] = await Promise.all([live.stop(), live.stop()])
  expect(one).toBe(two)
  expect(await live.stopped).toBe(one)
  expect(await reload).toMatchObject({ kept: 0 })
})

const grouping = (node = 'pairs', extra: { readonly size?: number } = { size: 2 }) =>
  app(
    flow('group')
      .from(queue('in').of<string>())
      .aggregate({ correlateBy: () => 'all', ...extra, id: node })
      .to(queue('out'))
      .build(),
  )

async function reloading(given: LoadedApp): Promise<LiveApp> {
  const live = new LiveApp(given, { reloads: true })
  await live.start()
  return live
}

test('an open group goes over, and goes on in the new app', async () => {
  const live = await reloading(loaded(grouping()))
  await live.sendUnknown('in', 'a')
  await vi.waitUntil(() => live.metrics().openGroups === 1)
  expect(await live.reload(loaded(grouping()))).toMatchObject({ kept: 1, homeless: [], ungrouped: [], left: [] })
  await live.sendUnknown('in', 'b')
  expect(await payloads(live, 'out', 1)).toEqual([['a', 'b']])
  await live.stop()
})

test('an open group whose aggregator is gone waits for one that brings it back, or is named at the end', async () => {
  const live = await reloading(loaded(grouping()))
  await live.sendUnknown('in', 'a')
  await vi.waitUntil(() => live.metrics().openGroups === 1)
  const place = { flowId: 'group', nodeId: 'pairs', channelId: 'in', state: 'grouped' }
  expect(await live.reload(loaded(grouping('other')))).toMatchObject({ kept: 0, ungrouped: [place], left: [] })
  await live.reload(loaded(grouping()))
  expect(live.metrics().openGroups).toBe(1)
  await live.reload(loaded(copying('new ')))
  expect(await live.stop()).toMatchObject({ left: [place] })
})

test('what is delayed goes over, and waits no less than it would have', async () => {
  const holding = app(
    flow('hold').from(queue('in').of<string>()).delay(60_000, { id: 'wait' }).to(queue('out')).build(),
  )
  const live = await reloading(loaded(holding))
  await live.sendUnknown('in', 'a')
  await vi.waitUntil(() => live.metrics().channels['hold/wait']?.buffered === 1)
  for (let i = 0; i < 2; i++) {
    expect(await live.reload(loaded(holding))).toMatchObject({ kept: 1, left: [] })
    expect(live.metrics().channels).toMatchObject({ 'hold/wait': { buffered: 1 }, out: { accepted: 0 } })
  }
  expect(await live.stop({ timeout: 0 })).toMatchObject({ left: [{ channelId: 'hold/wait', state: 'delayed' }] })
})
