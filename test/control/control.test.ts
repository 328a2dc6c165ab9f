/** The control socket: what clients of every kind may send, and what becomes of messages when they go away. */
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { type Socket, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { app, flow, queue, runtime, direct } from 'allora'
import {
  type ControlClient,
  ControlRefusedError,
  type ControlServer,
  ControlSocketError,
  NoRunningAppError,
  connectControl,
  serveControl,
  socketPathOf,
} from 'allora/control'
import { LONGEST_REQUEST, toLine } from '../../src/control/protocol.ts'

const orders = app(
  flow('orders')
    .from(queue('orders').of<unknown>())
    .filter((order) => order !== 'skip')
    .handle(
      (order) => {
        if (order === 'bad') throw new Error('No such order.')
        return order
      },
      { id: 'place' },
    )
    .to(queue('placed'))
    .build(),
  flow('direct').from(direct('direct').of<unknown>()).to(queue('placed').of<unknown>()).build(),
)
const start = () => runtime(orders, { ids: (n) => `m${n}` }).start()

let folder: string
let path: string
let rt: Awaited<ReturnType<typeof start>>
let server: ControlServer
let client: ControlClient
const sockets: Socket[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ctl-'))
  path = join(folder, 'app.sock')
  rt = await start()
  server = await serveControl(rt, path, { file: 'orders.ts' })
  client = await connectControl(path)
})
afterEach(async () => {
  client.close()
  for (const socket of sockets.splice(0)) socket.destroy()
  await server.close()
  await rt.stop({ timeout: 0 })
  rmSync(folder, { recursive: true, force: true })
})

/** A client that may write anything; gives the lines that come back. */
async function raw(...pieces: (string | Buffer)[]): Promise<AsyncIterator<string>> {
  const socket = connect(path)
  sockets.push(socket)
  await once(socket, 'connect')
  for (const piece of pieces) socket.write(piece)
  return createInterface({ input: socket })[Symbol.asyncIterator]()
}
const answer = async (...pieces: (string | Buffer)[]): Promise<unknown> =>
  JSON.parse((await (await raw(...pieces)).next()).value)

test('info says what runs', async () => {
  expect(await client.request('info')).toMatchObject({
    file: 'orders.ts',
    pid: process.pid,
    state: 'running',
    flows: [{ id: 'orders' }, { id: 'direct' }],
  })
})

test('requests are answered by their ids, also when one of them waits', async () => {
  const got: unknown[] = []
  const waiting = client.request('receive', { channel: 'placed' }, (event) => got.push(event))
  await client.request('send', { channel: 'orders', payload: { id: 1 }, headers: { tier: 'gold' } })
  expect(await waiting).toEqual({ received: 1 })
  expect(got).toMatchObject([{ payload: { id: 1 }, headers: { tier: 'gold' } }])
})

test.each([
  ['no JSON\n', /^A request must be a line of JSON:/],
  ['{"id":1}\n', /^A request must be \{ "id": number/],
  ['[]\n', /^A request must be/],
  ['null\n', /^A request must be/],
  ['{"id":1,"command":"snd"}\n', /^There is no command "snd"\. Did you mean "send"\?/],
  ['{"id":1,"command":"__proto__"}\n', /^There is no command "__proto__"/],
  ['{"id":1,"command":"send","args":{}}\n', /^"channel" must be a text, but it is missing\./],
  [
    '{"id":1,"command":"send","args":{"channel":"orders","headers":[]}}\n',
    /^"headers" must be an object, but it is an array/,
  ],
  ['{"id":1,"command":"send","args":{"channel":"orders","timeout":-1}}\n', /^"timeout" must be a number from 0/],
  ['{"id":1,"command":"send","args":{"channel":"nowhere"}}\n', /^There is no channel "nowhere"/],
  ['{"id":1,"command":"tail","args":{"channel":"nowhere"}}\n', /^There is no channel "nowhere"/],
  ['{"id":1,"command":"receive","args":{"channel":"direct"}}\n', /holds no messages to receive/],
  ['{"id":1,"command":"dlq ls","args":{"reason":"fail"}}\n', /^There is no reason "fail"\. Did you mean "failed"\?/],
  ['{"id":1,"command":"dlq redrive","args":{"from":"end"}}\n', /^"from" must be "start" or "node"/],
  ['{"id":1,"command":"dlq show","args":{"id":"m0"}}\n', /^There is no dead letter of message "m0"/],
])('%j is refused with a sentence', async (line, sentence) => {
  expect(await answer(line)).toMatchObject({ ok: false, error: { message: expect.stringMatching(sentence) } })
  expect(await client.request('info')).toMatchObject({ state: 'running' })
})

test('a line may come in pieces, cut anywhere, or with others at once', async () => {
  const text = Buffer.from(
    '{"id":7,"command":"send","args":{"channel":"orders","payload":"Größe 😀"}}\n\n{"id":8,"command":"metrics"}\n',
  )
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(text.length), { maxLength: 4 }), async (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), text.length]
      const lines = await raw(...at.slice(1).map((end, i) => text.subarray(at[i], end)))
      const answers = [JSON.parse((await lines.next()).value), JSON.parse((await lines.next()).value)]
      expect(new Set(answers.map(({ id, ok }) => `${id} ${ok}`))).toEqual(new Set(['7 true', '8 true']))
      expect(rt.channel('placed').tryReceive()?.payload).toBe('Größe 😀')
    }),
    { numRuns: 20 },
  )
})

test('a request that is too long is refused, and the connection ends', async () => {
  const lines = await raw('x'.repeat(LONGEST_REQUEST / 2), 'x'.repeat(LONGEST_REQUEST), 'x')
  expect(JSON.parse((await lines.next()).value)).toMatchObject({ ok: false, error: { code: 'ALLORA705' } })
  expect((await lines.next()).done).toBe(true)
  const long = await raw(`${'x'.repeat(LONGEST_REQUEST + 1)}\n`)
  expect(JSON.parse((await long.next()).value)).toMatchObject({ ok: false, error: { code: 'ALLORA705' } })
})

test('a client that goes away while it waits takes no message with it', async () => {
  const other = await connectControl(path)
  const lost = other.request('receive', { channel: 'placed' })
  await other.request('info')
  other.close()
  await expect(lost).rejects.toThrow(ControlRefusedError)
  await client.request('send', { channel: 'orders', payload: 1 })
  await rt.idle()
  expect(rt.channel('placed').size).toBe(1)
})

test('tail tells what happens, of one channel or of all', async () => {
  const [one, all] = [[], []] as [unknown[], unknown[]]
  const other = await connectControl(path)
  const ended = [
    other.request('tail', { channel: 'orders' }, (event) => one.push(event)),
    other.request('tail', {}, (event) => all.push(event)),
  ]
  await other.request('info')
  for (const payload of ['bad', 'skip', 'good']) await client.request('send', { channel: 'orders', payload })
  await rt.idle()
  await other.request('info')
  other.close()
  await Promise.allSettled(ended)
  expect(one.map((event) => (event as { type: string }).type)).toEqual([
    'watching',
    'accepted',
    'dead',
    'accepted',
    'accepted',
  ])
  expect(all).toContainEqual(
    expect.objectContaining({ type: 'failed', nodeId: 'place', error: expect.objectContaining({ code: 'ALLORA301' }) }),
  )
  expect(all).toContainEqual(expect.objectContaining({ type: 'accepted', channelId: 'placed' }))
})

test('dead letters are listed, redriven with their progress, and removed', async () => {
  for (let i = 0; i < 250; i++) await rt.send('orders', 'bad')
  await rt.idle()
  expect(await client.request('dlq ls', { flowId: 'orders' })).toHaveLength(250)
  expect(await client.request('dlq ls', { nodeId: 'other' })).toEqual([])
  expect(await client.request('dlq show', { id: 'm1' })).toMatchObject({ id: 'm1', error: { code: 'ALLORA301' } })
  const progress: unknown[] = []
  const report = await client.request('dlq redrive', {}, (event) => progress.push(event))
  expect(report).toMatchObject({ refused: [], redriven: { length: 250 } })
  expect(progress).toEqual([
    { done: 100, of: 250 },
    { done: 200, of: 250 },
  ])
  await rt.idle()
  expect(await client.request('dlq redrive', { id: 'm2', dryRun: true })).toMatchObject({ redriven: [{ id: 'm2' }] })
  expect(await client.request('dlq rm', { id: 'm2' })).toMatchObject([{ id: 'm2' }])
  expect(rt.deadLetters.size).toBe(249)
})

test('stop answers with the report', async () => {
  expect(await client.request('stop', { timeout: 0 })).toMatchObject({ drained: true, left: [] })
  await expect(client.request('send', { channel: 'orders', payload: 1 })).rejects.toMatchObject({
    remoteCode: 'ALLORA402',
  })
})

test('what JSON cannot say is said as text', () => {
  const circle: Record<string, unknown> = {
    n: 10n,
    f: function named() {},
    m: new Map([['a', 1]]),
    b: new Uint8Array([1, 255]),
    e: new RangeError('far'),
  }
  circle['self'] = circle
  circle['twice'] = [circle['m'], circle['m']]
  expect(JSON.parse(toLine(circle))).toEqual({
    n: '10',
    f: '[function named]',
    m: [['a', 1]],
    b: { base64: 'Af8=' },
    e: { name: 'RangeError', message: 'far' },
    self: '[circular]',
    twice: [[['a', 1]], [['a', 1]]],
  })
})

test('only the user can open the socket, and only one app has it', async () => {
  expect(statSync(path).mode & 0o777).toBe(0o600)
  await expect(serveControl(rt, path)).rejects.toThrow('Another app is running with the control socket')
  const open = join(folder, 'open')
  await serveControl(rt, join(open, 'a.sock')).then((other) => other.close())
  chmodSync(open, 0o750)
  await expect(serveControl(rt, join(open, 'a.sock'))).rejects.toThrow(ControlSocketError)
  const file = join(folder, 'file')
  writeFileSync(file, '')
  await expect(serveControl(rt, join(folder, 'x'.repeat(200)))).rejects.toThrow('cannot be opened')
})

test('a socket that a dead program left is taken over; a closed server leaves none', async () => {
  await server.close()
  expect(existsSync(path)).toBe(false)
  writeFileSync(path, '')
  await expect(connectControl(path)).rejects.toThrow(NoRunningAppError)
  server = await serveControl(rt, path)
  client = await connectControl(path)
  expect(await client.request('info')).toMatchObject({ state: 'running' })
})

test('who asks an app that has ended is told, whether it ended before or meanwhile', async () => {
  const told = client.request('receive', { channel: 'placed' }).catch((error: Error) => error.message)
  await client.request('info')
  await server.close()
  expect(await told).toBe('The app ended the connection before it answered.')
  await expect(client.request('info')).rejects.toThrow('The app ended the connection before it answered.')
})

test('each file has a socket of its own, with a name that is short and safe', () => {
  const one = socketPathOf('/a/app.ts')
  expect(one).toBe(socketPathOf('/a/../a/app.ts'))
  expect(one).not.toBe(socketPathOf('/b/app.ts'))
  expect(socketPathOf(`/a/${'ü /'.repeat(50)}x y.ts`)).toMatch(/\/x_y\.ts-[0-9a-f]{12}\.sock$/)
})
