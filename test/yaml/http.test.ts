/** HTTP adapters of files, over real sockets and with no factory: what Allora does, without what it gets wrong. */
import { createServer } from 'node:net'
import { type QueueChannel, type Runtime, type UntypedFlow, type Exchange, message, registry } from 'allora'
import { type BindOptions, bindFile, parseAllora } from 'allora/yaml'
import { http } from 'allora/http'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { answered, freePort, rawServer } from '../http/raw-server.ts'
import { MISSING, withoutHono } from '../http/without-hono.ts'
import { type Rig, drained, expectAccounts, forbidUnhandledRejections, started } from '../runtime/rig.ts'

forbidUnhandledRejections()

const numRuns = process.env['CI'] === undefined ? 200 : 1000

async function running(text: string, options: BindOptions = {}): Promise<Rig<UntypedFlow>> {
  const parsed = parseAllora(text)
  if (parsed._tag === 'Left') throw new Error(parsed.left.map((each) => each.message).join('\n'))
  const bound = bindFile(parsed.right, options)
  if (bound._tag === 'Left') throw new Error(bound.left.map((each) => each.message).join('\n'))
  return started(bound.right.app)
}

const held = (rt: Runtime<UntypedFlow>, id: string): unknown[] => drained(rt.channel(id) as QueueChannel<unknown>)

/** One service behind one inbound adapter. */
const echo = (port: number, path = '/in', more = ''): string => `version: 1
channels: [{ id: requests, kind: queue }, { id: replies, kind: queue }]
service-activators: [{ ref-name: echo, from: requests, to: replies }]
http-inbound-adapters:
  - { host: localhost, port: ${port}, path: ${path}, methods: [POST, GET], request-channel: requests${more} }`

const inOut = ', reply-channel: replies'

describe('inbound', () => {
  test('a request goes through two queues, and its reply is the response', async () => {
    const port = await freePort()
    await running(echo(port, '/in', inOut), { services: { echo: (text: string) => `${text} from the other side` } })
    const response = await fetch(`http://localhost:${port}/in`, { method: 'POST', body: 'ping' })
    expect([response.status, await response.text()]).toEqual([200, 'ping from the other side'])
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  })

  test('G2: each caller gets its own reply, whatever the order of the replies', async () => {
    const port = await freePort()
    const waiting: (() => void)[] = []
    const services = {
      echo: (text: string): Promise<string> => new Promise((resolve) => waiting.push(() => resolve(`reply ${text}`))),
    }
    const text = echo(port, '/in', inOut).replace('{ id: requests, kind: queue }', '{ id: requests }')
    const { rt } = await running(text, { services })
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.uuid(), { minLength: 2, maxLength: 8 }),
        fc.infiniteStream(fc.nat()),
        async (payloads, order) => {
          const responses = payloads.map((body) => fetch(`http://localhost:${port}/in`, { method: 'POST', body }))
          while (waiting.length < payloads.length) await new Promise((resolve) => setImmediate(resolve))
          while (waiting.length > 0) waiting.splice(order.next().value! % waiting.length, 1)[0]!()
          const texts = await Promise.all(responses.map(async (response) => (await response).text()))
          expect(texts).toEqual(payloads.map((payload) => `reply ${payload}`))
        },
      ),
      { numRuns: numRuns / 10 },
    )
    expect(held(rt, 'replies')).toEqual([])
  })

  test('without a reply channel the answer is 202, and the message is there', async () => {
    const port = await freePort()
    const { rt } = await running(echo(port), { services: { echo: (text: string) => text } })
    const response = await fetch(`http://localhost:${port}/in`, { method: 'POST', body: 'event' })
    expect([response.status, await response.text()]).toEqual([202, 'ok'])
    await rt.idle()
    expect(held(rt, 'replies')).toEqual(['event'])
  })

  test('path and methods are enforced', async () => {
    const port = await freePort()
    await running(echo(port, '/in', inOut), { services: { echo: () => 'yes' } })
    const status = async (path: string, method: string): Promise<unknown> => {
      const response = await fetch(`http://localhost:${port}${path}`, { method })
      return response.status === 405 ? [405, response.headers.get('allow')] : response.status
    }
    expect(await status('/in', 'POST')).toBe(200)
    expect(await status('/in/', 'POST')).toBe(200)
    expect(await status('/in/deep/er', 'GET')).toBe(200)
    expect(await status('/in', 'DELETE')).toEqual([405, 'GET, HEAD, OPTIONS, POST'])
    expect(await status('/inside', 'POST')).toBe(404)
    expect(await status('/', 'POST')).toBe(404)
  })

  test.each([
    ['/in', '/in', '/'],
    ['/in', '/in/', '/'],
    ['/in', '/in/a%20b/c?d=1', '/a%20b/c'],
    ['/in/', '/in/a', '/a'],
    ['/', '/', '/'],
    ['/', '/a/b', '/a/b'],
    ['/api/v1', '/api/v1/orders', '/orders'],
  ])('of an adapter at %s, the http.path of %s is %s', async (base, path, rest) => {
    const port = await freePort()
    const services = { echo: (_: unknown, { message: { headers } }: Exchange<unknown>) => headers }
    await running(echo(port, base, inOut), { services })
    const response = await fetch(`http://localhost:${port}${path}`, { method: 'POST', body: 'x' })
    expect(await response.json()).toMatchObject({ 'http.path': rest })
  })

  test('the headers are those of Allora, and the old names of ids can be read', async () => {
    const port = await freePort()
    const text = `${echo(port, '/in', inOut).replace('from: requests', 'from: known')}
filters:
  - from: requests
    to: known
    when: exists(header("corr_id")) && exists(header("correlation_id")) && exists(header("message_id")) && header("http.body_text") == "grüße"`
    const services = { echo: (_: unknown, { message: { headers } }: Exchange<unknown>) => headers }
    await running(text.replace('{ id: requests, kind: queue }', '{ id: requests }, { id: known }'), { services })
    const response = await fetch(`http://localhost:${port}/in/a?b=c`, {
      method: 'POST',
      body: 'grüße',
      headers: { 'X-Own': '1', 'content-type': 'application/json', connection: 'close' },
    })
    const headers = (await response.json()) as object
    expect(headers).toMatchObject({
      'http.method': 'POST',
      'http.path': '/a',
      'http.query': 'b=c',
      'http.version': '1.1',
      'http.header.x-own': '1',
      'http.content_type': 'application/json',
      'http.body_text': 'grüße',
    })
    expect(headers).not.toHaveProperty(['http.header.connection'])
  })

  test('what is no UTF-8 comes as bytes, and without http.body_text', async () => {
    const port = await freePort()
    const services = {
      echo: (payload: unknown, { message: { headers } }: Exchange<unknown>) =>
        payload instanceof Uint8Array && !('http.body_text' in headers) ? payload : 'no bytes',
    }
    await running(echo(port, '/in', inOut), { services })
    const body = new Uint8Array([0xff, 0xfe])
    const response = await fetch(`http://localhost:${port}/in`, { method: 'POST', body })
    expect(new Uint8Array(await response.arrayBuffer())).toEqual(body)
  })

  test('status and fields of the response are set by headers', async () => {
    const port = await freePort()
    const services = {
      echo: (id: string) => message(`made ${id}`, { 'http.status': 201, 'http.reply.location': `/in/${id}` }),
    }
    await running(echo(port, '/in', inOut), { services })
    const response = await fetch(`http://localhost:${port}/in`, { method: 'POST', body: '7' })
    expect([response.status, response.headers.get('location'), await response.text()]).toEqual([201, '/in/7', 'made 7'])
  })

  test('a message that nobody waits for is not kept among the replies, but counted', async () => {
    const port = await freePort()
    const { rt, dropped } = await running(echo(port, '/in', inOut), { services: { echo: (text: string) => text } })
    await rt.sendUnknown('requests', 'from code')
    await rt.idle()
    expect([held(rt, 'replies'), dropped]).toEqual([[], ['filtered "from code"']])
    expectAccounts(rt)
  })

  test('adapters of one host and port share a server, and may share a reply channel', async () => {
    const port = await freePort()
    const text = `${echo(port, '/a', inOut)}
  - { id: other, host: localhost, port: ${port}, path: /b, methods: [PUT], request-channel: requests, reply-channel: replies }`
    await running(text, { services: { echo: (_: unknown, { message: { headers } }: Exchange<unknown>) => headers } })
    for (const [path, method] of [
      ['/a', 'POST'],
      ['/b', 'PUT'],
    ] as const) {
      const response = await fetch(`http://localhost:${port}${path}/x`, { method, body: '1' })
      expect(await response.json()).toMatchObject({ 'http.method': method, 'http.path': '/x' })
    }
  })

  test('L1: a port that is in use fails the start', async () => {
    const server = createServer().listen(0, 'localhost')
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as { port: number }
    await expect(running(echo(port), { services: { echo: () => 'x' } })).rejects.toThrow(
      `localhost:${port}: the port is in use`,
    )
    await new Promise((resolve) => server.close(resolve))
  })
})

describe('outbound', () => {
  const outbound = (url: string, more = ''): string => `version: 1
channels: [{ id: out, kind: queue }, { id: answers, kind: queue }]
http-outbound-adapters: [{ url: "${url}", from: out${more} }]`

  test('a message goes out as what it is, and the answer comes with what became of it', async () => {
    const server = await rawServer(({ body }) => answered('200 OK', `got ${body}`))
    const { rt } = await running(outbound(`${server.url}/in?a=b`, ', method: PUT, to: answers'))
    for (const payload of ['text', { a: 1 }, Buffer.from('raw'), null]) await rt.sendUnknown('out', payload)
    await rt.idle()
    expect(server.requests.map(({ line, headers, body }) => [line, headers['content-type'], body])).toEqual([
      ['PUT /in?a=b HTTP/1.1', 'text/plain;charset=utf-8', 'text'],
      ['PUT /in?a=b HTTP/1.1', 'application/json', '{"a":1}'],
      ['PUT /in?a=b HTTP/1.1', 'application/octet-stream', 'raw'],
      ['PUT /in?a=b HTTP/1.1', undefined, ''],
    ])
    const { payload, headers } = await (rt.channel('answers') as QueueChannel<unknown>).receive()
    expect([payload, headers]).toMatchObject([
      'got text',
      { 'dispatch-result.status-code': '200', 'dispatch-result.acknowledged': 'true' },
    ])
  })

  test('another status than 2xx is passed on too, as Allora does', async () => {
    const server = await rawServer(() => answered('404 Not Found', 'nothing here'))
    const { rt } = await running(outbound(server.url, ', to: answers'))
    await rt.sendUnknown('out', message('x', { kept: 1 }))
    const { payload, headers } = await (rt.channel('answers') as QueueChannel<unknown>).receive()
    expect([payload, headers]).toMatchObject([
      'nothing here',
      { kept: 1, 'dispatch-result.status-code': '404', 'dispatch-result.acknowledged': 'false' },
    ])
  })

  test('an answer that is no text is passed on as bytes', async () => {
    const server = await rawServer(() =>
      Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n'), Buffer.from([0xff, 0xfe])]),
    )
    const { rt } = await running(outbound(server.url, ', to: answers'))
    await rt.sendUnknown('out', 'x')
    expect((await (rt.channel('answers') as QueueChannel<unknown>).receive()).payload).toEqual(
      new Uint8Array([0xff, 0xfe]),
    )
  })

  test('E6: what nobody would see is a dead letter: a refusal without to, and a server that is not there', async () => {
    const server = await rawServer(() => answered('500 Oh'))
    for (const [url, more, code] of [
      [server.url, '', 'ALLORA857'],
      [`http://127.0.0.1:${await freePort()}`, ', to: answers', 'ALLORA852'],
    ] as const) {
      const { rt } = await running(outbound(url, more))
      await rt.sendUnknown('out', 'precious')
      await rt.idle()
      expect(rt.deadLetters.list()).toMatchObject([{ message: { payload: 'precious' }, error: { cause: { code } } }])
      expect(held(rt, 'answers')).toEqual([])
    }
  })

  test('a service may be http.outbound itself, as a step or as a sink', async () => {
    const server = await rawServer(({ body }) => answered('200 OK', body, { 'content-type': 'application/json' }))
    const text = `version: 2
channels: [{ id: ask }, { id: tell }, { id: answers, kind: queue }]
flows:
  - { id: ask, from: ask, steps: [{ handle: partner }, { to: answers }] }
  - { id: tell, from: tell, steps: [{ to: { adapter: partner }, retry: { attempts: 2 } }] }`
    const { rt } = await running(text, { services: { partner: http.outbound({ url: server.url }) } })
    await rt.sendUnknown('ask', { a: 1 })
    await rt.sendUnknown('tell', { b: 2 })
    expect(held(rt, 'answers')).toEqual([{ a: 1 }])
    expect(server.requests.map(({ body }) => body)).toEqual(['{"a":1}', '{"b":2}'])
  })

  test('version 2: steps use an adapter of the file by its id', async () => {
    const server = await rawServer(({ body }) => answered(body === 'no' ? '503 Busy' : '200 OK', `got ${body}`))
    const text = `version: 2
channels: [{ id: ask }, { id: tell }, { id: answers, kind: queue }]
http-outbound-adapters: [{ id: partner, url: "${server.url}", method: PUT }]
flows:
  - { id: ask, from: ask, steps: [{ handle: partner, retry: { attempts: 2 } }, { to: answers }] }
  - { id: tell, from: tell, steps: [{ to: { adapter: partner } }] }`
    const { rt } = await running(text)
    await rt.sendUnknown('ask', 'a')
    await rt.sendUnknown('tell', 'b')
    await expect(rt.sendUnknown('ask', 'no')).rejects.toMatchObject({ cause: { code: 'ALLORA857', status: 503 } })
    expect(held(rt, 'answers')).toEqual(['got a'])
    expect(server.requests.map(({ body }) => body)).toEqual(['a', 'b', 'no', 'no'])
  })

  test.each([
    ['an object', { partner: String }],
    ['a registry', registry().add('partner', String)],
  ])('a service goes before an adapter of its name, also in %s', async (_, services) => {
    const text = `version: 2
channels: [{ id: ask }, { id: answers, kind: queue }]
http-outbound-adapters: [{ id: partner, url: "http://127.0.0.1:1" }]
flows:
  - { id: ask, from: ask, steps: [{ handle: partner }, { to: answers }] }`
    const { rt } = await running(text, { services })
    await rt.sendUnknown('ask', 7)
    expect(held(rt, 'answers')).toEqual(['7'])
  })
})

test('version 2: a flow with no end of its own answers the request', async () => {
  const port = await freePort()
  const text = `version: 2
channels: [{ id: orders, kind: queue }, { id: replies, kind: queue }]
http-inbound-adapters:
  - { host: 127.0.0.1, port: ${port}, path: /orders, methods: [POST], request-channel: orders, reply-channel: replies }
flows:
  - { id: price, from: orders, steps: [{ handle: price }] }`
  await running(text, { services: { price: (id: string) => ({ id, total: 7 }) } })
  const response = await fetch(`http://127.0.0.1:${port}/orders`, { method: 'POST', body: 'A1' })
  expect(await response.json()).toEqual({ id: 'A1', total: 7 })
})

describe('without the packages of servers', () => {
  const programOf = (text: string, then: string): string => `
import { runtime } from 'allora'
import { bindFile, parseAllora } from 'allora/yaml'
const { app } = bindFile(parseAllora(${JSON.stringify(text)}).right, { services: { echo: (text) => text } }).right
try { await using rt = await runtime(app, { logger: { debug() {}, info() {}, warn() {}, error() {} } }).start(); ${then} } catch (error) { console.log(error.code, error.message) }`

  test('the start of an inbound adapter says what to install', async () => {
    expect(await withoutHono(programOf(echo(8080), ''))).toBe(MISSING)
  })

  test('an outbound adapter does not need them', async () => {
    const server = await rawServer(({ body }) => answered('200 OK', `got ${body}`))
    const text = `version: 1
channels: [{ id: out }, { id: answers, kind: queue }]
http-outbound-adapters: [{ url: "${server.url}", from: out, to: answers }]`
    const then = "await rt.sendUnknown('out', 'x'); console.log((await rt.channel('answers').receive()).payload)"
    expect(await withoutHono(programOf(text, then))).toBe('got x')
  })
})
