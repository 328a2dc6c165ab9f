/** The HTTP examples, over real sockets; one of them with curl, which knows nothing of this library. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Message, type QueueChannel, type Runtime, type UntypedFlow, formatDiagnostic } from 'allora'
import { loadRuntime, parseAllora } from 'allora/yaml'
import { describe, expect, onTestFinished, test } from 'vitest'
import { pack } from '../../examples/http-outbound/services.ts'
import { weigh } from '../../examples/http-inbound/services.ts'
import { startRelay } from '../../examples/webhook-relay/relay.ts'
import { answered, freePort, rawServer } from '../http/raw-server.ts'
import { drained, forbidUnhandledRejections } from '../runtime/rig.ts'
import { root } from '../tooling/virtual-program.ts'
import { run } from './run-example.ts'

forbidUnhandledRejections()

/** Runs an example as its file is, but for the port. */
async function running(example: string, port: number): Promise<Runtime<UntypedFlow>> {
  const readFile = (path: string): string => readFileSync(path, 'utf8').replaceAll('18080', String(port))
  const rt = await loadRuntime(join(root, 'examples', example, 'allora.yml'), {
    services: { pack, weigh },
    readFile,
  }).start()
  onTestFinished(async () => void (await rt.stop()))
  return rt
}

/** What curl prints: the body, and on the last line the status. */
async function curl(...args: readonly string[]): Promise<readonly [status: number, body: string]> {
  const { stdout } = await promisify(execFile)('curl', [
    '--silent',
    '--max-time',
    '10',
    '--write-out',
    '\n%{http_code}',
    ...args,
  ])
  const end = stdout.lastIndexOf('\n')
  return [Number(stdout.slice(end + 1)), stdout.slice(0, end)]
}

test('both files are of version 1, and nothing is wrong with them', () => {
  for (const example of ['http-inbound', 'http-outbound']) {
    const file = join(root, 'examples', example, 'allora.yml')
    const parsed = parseAllora({ file })
    const said = parsed._tag === 'Left' ? parsed.left : parsed.right.warnings
    expect(said.map((each) => formatDiagnostic(each))).toEqual([])
    expect(parsed).toMatchObject({ right: { version: 1 } })
  }
})

describe('http-inbound', () => {
  test('curl gets a receipt, a refusal, and the methods that there are', async () => {
    const port = await freePort()
    await running('http-inbound', port)
    const url = `http://127.0.0.1:${port}/parcels`
    const [status, body] = await curl('--data', '{ "to": "Oslo", "kilos": 3 }', url)
    expect([status, JSON.parse(body)]).toEqual([201, { to: 'Oslo', postage: 10 }])
    expect(await curl('--data', '{ "to": "Oslo", "kilos": 31 }', url)).toEqual([422, '31 kg are too heavy.'])
    expect(await curl('--data', 'Oslo', url)).toEqual([422, 'A parcel is JSON: { "to": "Oslo", "kilos": 3 }'])
    expect(await curl('--request', 'PUT', '--include', url)).toEqual([
      405,
      expect.stringContaining('allow: OPTIONS, POST'),
    ])
    expect(await curl(`http://127.0.0.1:${port}/elsewhere`)).toEqual([404, expect.any(String)])
  })

  test('a hundred calls of curl at the same time, and each gets its own receipt', async () => {
    const port = await freePort()
    await running('http-inbound', port)
    const url = `http://127.0.0.1:${port}/parcels`
    const folder = mkdtempSync(join(tmpdir(), 'allora-'))
    const towns = Array.from({ length: 100 }, (_, i) => `town ${i}`)
    const calls = towns.map((to) => ['--data', JSON.stringify({ to, kilos: 1 }), '--output', join(folder, to), url])
    const args = calls.flatMap((call, i) => (i === 0 ? call : ['--next', ...call]))
    await promisify(execFile)('curl', ['--silent', '--parallel', '--parallel-max', '50', ...args])
    const receipts = towns.map((to) => JSON.parse(readFileSync(join(folder, to), 'utf8')) as unknown)
    expect(receipts).toEqual(towns.map((to) => ({ to, postage: 6 })))
  })
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
  const json = ['--header', 'content-type: application/json']

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
    expect(await curl(...json, '--data', '{"id":"A1","cents":1999}', relay.url)).toEqual([202, ''])
    await relay.idle()
    const got = partner.requests.map(({ headers, body }) => [headers['idempotency-key'], body])
    expect(got).toEqual(Array.from({ length: 4 }, () => ['A1', '{"id":"A1","euros":19.99}']))
    expect([relay.deadLetters.size, relay.refused.size]).toEqual([0, 0])
  })

  test('E6: what a partner is too busy for is a dead letter, and is delivered when it is not any more', async () => {
    let busy = true
    const partner = await rawServer(() => answered(busy ? '503 Busy' : '201 Created'))
    await using relay = await startRelay({ port: 0, partner: partner.url })
    await curl(...json, '--data', '{"id":"A1","cents":100}', relay.url)
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
    const status = async (...args: string[]): Promise<number> => (await curl(...args, relay.url))[0]
    expect(await status(...json, '--data', '{"id":"","cents":1}')).toBe(422)
    expect(await status(...json, '--data', '{')).toBe(400)
    expect(await status('--data', '{"id":"A1","cents":1}')).toBe(415)
    expect(await status()).toBe(405)
    await relay.idle()
    expect(partner.requests).toEqual([])
  })
})
