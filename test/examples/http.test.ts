/** The HTTP examples, over real sockets; `test/outside` asks them from outside. */
import { join } from 'node:path'
import { type Message, type QueueChannel, formatDiagnostic } from 'allora'
import { parseAllora } from 'allora/yaml'
import { describe, expect, test } from 'vitest'
import { startRelay } from '../../examples/webhook-relay/relay.ts'
import { answered, freePort, rawServer } from '../http/raw-server.ts'
import { drained, forbidUnhandledRejections } from '../runtime/rig.ts'
import { root } from '../tooling/virtual-program.ts'
import { run, running } from './run-example.ts'

forbidUnhandledRejections()

test('both files are of version 1, and nothing is wrong with them', () => {
  for (const example of ['http-inbound', 'http-outbound']) {
    const file = join(root, 'examples', example, 'allora.yml')
    const parsed = parseAllora({ file })
    const said = parsed._tag === 'Left' ? parsed.left : parsed.right.warnings
    expect(said.map((each) => formatDiagnostic(each))).toEqual([])
    expect(parsed).toMatchObject({ right: { version: 1 } })
  }
})

describe('http-outbound', () => {
  test('the shop posts to the post office, and keeps its answers', async () => {
    const port = await freePort()
    await running('http-inbound', port)
    const shop = await running('http-outbound', port)
    for (const order of [
      { city: 'Oslo', books: 4 },
      { city: 'Rome', books: 100 },
    ])
      await shop.sendUnknown('orders', order)
    await shop.idle()
    const held = (id: string): unknown[] => drained(shop.channel(id) as QueueChannel<unknown>)
    expect(held('posted').map((text) => JSON.parse(String(text)) as unknown)).toEqual([{ to: 'Oslo', postage: 8 }])
    expect(held('refused')).toEqual(['50 kg are too heavy.'])
    expect(shop.deadLetters.size).toBe(0)
  })

  test('E6: with nobody at the post office, the parcel is a dead letter, and goes when somebody is back', async () => {
    const port = await freePort()
    const shop = await running('http-outbound', port)
    await shop.sendUnknown('orders', { city: 'Oslo', books: 4 })
    await shop.idle()
    expect(shop.deadLetters.list()).toMatchObject([
      { message: { payload: { to: 'Oslo', kilos: 2 } }, error: { cause: { code: 'ALLORA852', retryable: true } } },
    ])
    await running('http-inbound', port)
    await shop.deadLetters.redrive({})
    await shop.idle()
    const { payload } = (await (shop.channel('posted') as QueueChannel<string>).receive()) satisfies Message<string>
    expect(JSON.parse(payload)).toEqual({ to: 'Oslo', postage: 8 })
  })
})

describe('webhook-relay', () => {
  const json = { 'content-type': 'application/json' }

  /** Gives the status. */
  async function post(url: string, body: string, headers: Record<string, string> = json): Promise<number> {
    return (await fetch(url, { method: 'POST', body, headers })).status
  }

  test('tells what becomes of each event', async () => {
    expect((await run('webhook-relay.ts')).trimEnd().split('\n')).toEqual([
      'shop: {"id":"A1","cents":1999} gets 202',
      'shop: {"id":"B2","cents":250000} gets 202',
      'shop: {"id":"A1","cents":1999} gets 202',
      'shop: {"id":"C3"} gets 422',
      'partner: A1 is booked, 19.99 euros',
      'refused: {"id":"B2","cents":250000} with 422',
      'dead letters: 0',
    ])
  })

  test('a partner that breaks off and is busy gets an event until it has it, with one key', async () => {
    let requests = 0
    const partner = await rawServer((_, socket) => {
      if (++requests === 1) return void socket.resetAndDestroy()
      if (requests === 2) return void socket.end('garbage')
      return requests === 3 ? answered('503 Busy') : answered('201 Created')
    })
    await using relay = await startRelay({ port: 0, partner: partner.url })
    expect(await post(relay.url, '{"id":"A1","cents":1999}')).toBe(202)
    await relay.idle()
    const got = partner.requests.map(({ headers, body }) => [headers['idempotency-key'], body])
    expect(got).toEqual(Array.from({ length: 4 }, () => ['A1', '{"id":"A1","euros":19.99}']))
    expect([relay.deadLetters.size, relay.refused.size]).toEqual([0, 0])
  })

  test('E6: what a partner is too busy for is a dead letter, and is delivered when it is not any more', async () => {
    let busy = true
    const partner = await rawServer(() => answered(busy ? '503 Busy' : '201 Created'))
    await using relay = await startRelay({ port: 0, partner: partner.url })
    await post(relay.url, '{"id":"A1","cents":100}')
    await relay.idle()
    expect(relay.deadLetters.list()).toMatchObject([{ message: { payload: { id: 'A1' } }, nodeId: 'partner' }])
    busy = false
    await relay.deadLetters.redrive({})
    await relay.idle()
    expect([partner.requests.length, relay.deadLetters.size]).toEqual([5, 0])
  })

  test('events that are none are told so, and go nowhere', async () => {
    const partner = await rawServer(() => answered('201 Created'))
    await using relay = await startRelay({ port: 0, partner: partner.url })
    expect(await post(relay.url, '{"id":"","cents":1}')).toBe(422)
    expect(await post(relay.url, '{')).toBe(400)
    expect(await post(relay.url, '{"id":"A1","cents":1}', { 'content-type': 'text/plain' })).toBe(415)
    expect((await fetch(relay.url)).status).toBe(405)
    await relay.idle()
    expect(partner.requests).toEqual([])
  })
})
