/** Bad input and faults over real sockets of the loopback interface: no crash, no leak, no reply to the wrong caller. */
import https from 'node:https'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { app, flow, queue, runtime } from 'allora'
import { http } from 'allora/http'
import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { deferred, forbidUnhandledRejections, settled, started } from '../runtime/rig.ts'
import { cert, key } from './certificate.ts'
import { RawClient, requestText, responsesIn, seen } from './rig.ts'

forbidUnhandledRejections()

type Options = Parameters<typeof http.inbound>[0]

/** The address of a flow that answers with the text it gets, on a port of its own. */
async function echoing(
  options: Partial<Options> = {},
  answer: (text: string) => unknown = (text) => text,
): Promise<string> {
  const source = http.inbound({ port: 0, path: '/echo', methods: ['GET', 'POST'], body: 'text', ...options })
  const echo = flow('echo')
    .from(source)
    .handle((text) => answer(String(text)))
    .build()
  await started(app(echo))
  return source.url!
}

const post = (url: string, body: string): Promise<Response> => fetch(`${url}/echo`, { method: 'POST', body })
/** Whether the server still answers. */
const alive = (url: string): ReturnType<typeof seen> => seen(post(url, 'alive'))
const ALIVE = [200, 'alive']

/** A good client is answered all the while that another one is slow. Each of its requests comes whole, so that it is never too slow itself. */
async function answersUntilClosed(url: string, slow: RawClient): Promise<void> {
  const good = new RawClient(url)
  do {
    good.received = ''
    await good.say(requestText('POST', '/echo', 'alive')).until(/alive$/)
    await settled()
  } while (!slow.socket.closed)
}

/** Bytes in use, for values and for buffers. */
function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

describe('clients that do not speak HTTP', () => {
  test.each([
    ['nonsense', 'hello\r\n\r\n', 400],
    ['bytes that are no text', '\u0000\u00FF\u00FE\r\n\r\n', 400],
    ['an unknown method', 'BREW /echo HTTP/1.1\r\nHost: x\r\n\r\n', 400],
    ['no host', 'GET /echo HTTP/1.1\r\n\r\n', 400],
    ['a host that is none', 'GET /echo HTTP/1.1\r\nHost: a b/c?d\r\nConnection: close\r\n\r\n', 400],
    ['two lengths', 'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab', 400],
    [
      'a length and chunks',
      'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['a chunk that is none', 'POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
    ['a field with a control character', 'GET /echo HTTP/1.1\r\nHost: x\r\nA: \u0001\r\n\r\n', 400],
    ['a head that does not end', `GET /echo HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}`, 431],
    ['a thousand fields', `GET /echo HTTP/1.1\r\nHost: x\r\n${'A: b\r\n'.repeat(5_000)}\r\n`, 431],
    ['a tunnel', 'CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n', undefined],
  ])('%s', async (_, said, status) => {
    const url = await echoing()
    const client = new RawClient(url).say(Buffer.from(said, 'latin1'))
    const statuses = (await client.all()).map((response) => response.status)
    expect(statuses).toEqual(status === undefined ? [] : [status])
    expect(await alive(url)).toEqual(ALIVE)
  })

  test('a method that is known but not taken gets 405, a target that is no path 400', async () => {
    const url = await echoing()
    const client = new RawClient(url)
    client
      .say(requestText('PROPFIND', '/echo'))
      .say(requestText('DELETE', '/echo'))
      .say(requestText('OPTIONS', '*', '', ['Connection: close']))
    expect((await client.all()).map(({ status }) => status)).toEqual([405, 405, 400])
    expect(await alive(url)).toEqual(ALIVE)
  })

  test('a client of HTTP/1.0, which need not name a host, is served', async () => {
    const url = await echoing()
    const [response] = await new RawClient(url).say('POST /echo HTTP/1.0\r\nContent-Length: 2\r\n\r\nab').all()
    expect(response).toMatchObject({ status: 200, body: 'ab' })
  })

  test('whatever is said, the server lives and answers the next one', async () => {
    const url = await echoing()
    const numRuns = process.env['CI'] === undefined ? 50 : 200
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async (bytes) => {
        const client = new RawClient(url)
        client.socket.end(bytes)
        await client.closed
      }),
      { numRuns },
    )
    expect(await alive(url)).toEqual(ALIVE)
  })
})

describe('clients that send too much or too slowly', () => {
  test('100 MB get 413 without being read, whether the length is said or not', async () => {
    const url = await echoing({ limit: 1_000 })
    const said = new RawClient(url).say(`POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: ${100_000_000}\r\n\r\n`)
    expect(await said.until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 413 /)
    const before = memory()
    const chunked = new RawClient(url).say('POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536), Buffer.from('\r\n')])
    let sent = 0
    while (sent < 100_000_000 && !chunked.socket.destroyed && chunked.received === '') {
      sent += chunk.length
      if (!chunked.socket.write(chunk)) await settled()
    }
    expect(await chunked.until(/\r\n\r\n/)).toMatch(/^HTTP\/1.1 413 /)
    expect(sent).toBeLessThan(100_000_000)
    expect(memory() - before).toBeLessThan(50_000_000)
    expect(await alive(url)).toEqual(ALIVE)
  })

  test('a body that is compressed gets 415, with what is taken, and is not unpacked', async () => {
    const url = await echoing({ limit: 1_000 })
    for (const [encoding, packed] of [
      ['gzip', gzipSync(Buffer.alloc(100_000))],
      ['br', brotliCompressSync(Buffer.alloc(100_000))],
      ['GZIP, identity', gzipSync('alive')],
    ] as const) {
      const headers = { 'content-encoding': encoding }
      const response = await fetch(`${url}/echo`, { method: 'POST', body: new Uint8Array(packed), headers })
      expect([response.status, response.headers.get('accept-encoding')]).toEqual([415, 'identity'])
    }
    expect(await alive(url)).toEqual(ALIVE)
  })

  test('slowloris: a head that does not come gets 408 and is closed', async () => {
    const url = await echoing({ server: { headersTimeout: 400 } })
    const client = new RawClient(url).say('GET /echo HTTP/1.1\r\nHost: x\r\nA: b')
    await answersUntilClosed(url, client)
    expect((await client.all()).map(({ status }) => status)).toEqual([408])
  })

  test('slowloris: a body that does not come gets 408 and is closed, and its request never reaches the flow', async () => {
    let calls = 0
    const url = await echoing({ server: { requestTimeout: 400 } }, (text) => (text === 'abc' ? calls++ : text))
    const client = new RawClient(url).say('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc')
    await answersUntilClosed(url, client)
    expect(client.received).toMatch(/^(HTTP\/1.1 408 .*)?/)
    expect(calls).toBe(0)
  })

  test('more connections than are allowed are closed, those that are there go on', async () => {
    const url = await echoing({ server: { maxConnections: 1 } })
    const first = new RawClient(url).say(requestText('POST', '/echo', 'a'))
    await first.until(/a$/)
    const second = new RawClient(url).say(requestText('POST', '/echo', 'b'))
    await second.closed
    expect(second.received).toBe('')
    await first.say(requestText('POST', '/echo', 'c')).until(/c$/)
  })
})

describe('replies go to their own request', () => {
  test('pipelined requests are answered in their order, each with its own', async () => {
    const url = await echoing(
      {},
      (text) => new Promise((resolve) => setImmediate(() => setImmediate(() => resolve(text)))),
    )
    const client = new RawClient(url)
    const bodies = Array.from({ length: 50 }, (_, number) => `body ${number}`)
    client.say(bodies.map((body) => requestText('POST', '/echo', body)).join(''))
    await client.until(/body 49$/)
    expect(responsesIn(client.received).map(({ body }) => body)).toEqual(bodies)
  })

  test('a slow first reply does not let a later one go before it', async () => {
    const first = deferred<string>()
    const url = await echoing({}, (text) => (text === 'first' ? first.promise : text))
    const client = new RawClient(url)
    client.say(requestText('POST', '/echo', 'first')).say(requestText('POST', '/echo', 'second'))
    expect(await alive(url)).toEqual(ALIVE)
    expect(client.received).toBe('')
    first.resolve('at last')
    await client.until(/second$/)
    expect(responsesIn(client.received).map(({ body }) => body)).toEqual(['at last', 'second'])
  })
})

describe('clients that go away', () => {
  test('exchange.signal is aborted, and the server goes on', async () => {
    const begun = deferred()
    const aborted = deferred<unknown>()
    const source = http.inbound({ port: 0, path: '/' })
    const slow = flow('slow')
      .from(source)
      .handle((_, { signal }) => {
        signal.addEventListener('abort', () => aborted.resolve(signal.aborted))
        begun.resolve()
        return aborted.promise
      })
      .build()
    const { rt } = await started(app(slow))
    const client = new RawClient(source.url!).say(requestText('POST', '/'))
    await begun.promise
    client.socket.destroy()
    expect(await aborted.promise).toBe(true)
    await rt.idle()
    expect(rt.metrics().pendingRequests).toBe(0)
  })

  test('in the middle of a body: the flow never sees it', async () => {
    let calls = 0
    const url = await echoing({}, (text) => (text === 'alive' ? text : calls++))
    const client = new RawClient(url)
    client.socket.end('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc')
    await client.closed
    expect(await alive(url)).toEqual(ALIVE)
    expect(calls).toBe(0)
  })

  test('in the middle of a reply: its stream is ended', async () => {
    const ended = deferred<boolean>()
    const url = await echoing({}, (text) => (text === 'alive' ? text : endless(() => ended.resolve(true))))
    const client = new RawClient(url).say(requestText('POST', '/echo', 'x'))
    await client.until(/aaaa/)
    client.socket.destroy()
    expect(await ended.promise).toBe(true)
    expect(await alive(url)).toEqual(ALIVE)
  })

  async function* endless(ended: () => void): AsyncGenerator<string> {
    try {
      for (;;) {
        yield 'a'.repeat(1_000)
        await settled()
      }
    } finally {
      ended()
    }
  }
})

describe('streams', () => {
  test('a large reply is sent as fast as the client takes it', async () => {
    let made = 0
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (; made < 400; made++) yield new Uint8Array(65_536)
    }
    const url = await echoing({}, () => pieces())
    const response = await fetch(`${url}/echo`)
    const reader = response.body!.getReader()
    let length = (await reader.read()).value!.byteLength
    for (let turn = 0; turn < 50; turn++) await settled()
    expect(made).toBeLessThan(400)
    for (let next = await reader.read(); !next.done; next = await reader.read()) length += next.value.byteLength
    expect(length).toBe(400 * 65_536)
  })

  test('one that fails breaks off, so that nobody takes it for complete', async () => {
    async function* broken(): AsyncGenerator<string> {
      yield 'a'
      throw new Error('secret')
    }
    const lines: string[] = []
    const source = http.inbound({ port: 0, path: '/', methods: ['GET'] })
    const logger = { ...console, warn: (line: string) => lines.push(line) }
    await started(
      app(
        flow('broken')
          .from(source)
          .handle(() => broken())
          .build(),
      ),
      { logger },
    )
    const response = await fetch(source.url!)
    await expect(response.text()).rejects.toThrow('terminated')
    expect(lines.join('')).toMatch(/was not sent to its end: Error: secret/)
  })
})

describe('TLS', () => {
  test('a flow answers over TLS', async () => {
    const url = await echoing({ server: { tls: { key, cert } } })
    const text = await new Promise((resolve, reject) => {
      const request = https.request(`${url}/echo`, { ca: cert, method: 'POST', agent: false }, (response) => {
        response.setEncoding('utf8').on('data', resolve)
      })
      request.on('error', reject).end('hello')
    })
    expect([new URL(url).protocol, text]).toEqual(['https:', 'hello'])
  })

  test('a key that is none fails the start', async () => {
    const source = http.inbound({ port: 0, path: '/', server: { tls: { key: 'none', cert: 'none' } } })
    await expect(runtime(app(flow('safe').from(source).build())).start()).rejects.toThrow(
      /http.inbound cannot serve TLS/,
    )
  })
})

describe('servers', () => {
  test('a port in use fails the start with a sentence', async () => {
    const url = await echoing()
    const port = Number(new URL(url).port)
    const other = flow('other')
      .from(http.inbound({ port, path: '/other', server: { keepAliveTimeout: 1 } }))
      .build()
    const rt = runtime(app(other))
    await expect(rt.start()).rejects.toThrow(
      `http.inbound cannot listen at 127.0.0.1:${port}: the port is in use. Stop what uses it, or choose another port; 0 is a free one.`,
    )
  })

  test('flows of a runtime share a server, and a path with the same method is refused', async () => {
    const [a, b] = [
      http.inbound({ port: 0, path: '/a', methods: ['GET'] }),
      http.inbound({ port: 0, path: '/b', methods: ['GET'] }),
    ]
    const both = app(
      flow('a')
        .from(a)
        .handle(() => 'a')
        .build(),
      flow('b')
        .from(b)
        .handle(() => 'b')
        .build(),
    )
    const { rt } = await started(both)
    expect(a.url).toBe(b.url)
    expect(await Promise.all([seen(fetch(`${a.url}/a`)), seen(fetch(`${a.url}/b`))])).toEqual([
      [200, 'a'],
      [200, 'b'],
    ])
    await rt.control.stop('a')
    expect([await seen(fetch(`${b.url}/a`)), await seen(fetch(`${b.url}/b`))]).toEqual([
      [404, { title: 'Not Found', status: 404 }],
      [200, 'b'],
    ])
    const twice = app(
      flow('one').from(a).build(),
      flow('two')
        .from(http.inbound({ port: 0, path: '/a', methods: ['GET'] }))
        .build(),
    )
    await expect(runtime(twice).start()).rejects.toThrow(/Two flows answer GET \/a on the same server/)
  })

  test('flows that say different things of their server are refused', async () => {
    const of = (id: string, requestTimeout: number) =>
      flow(id)
        .from(http.inbound({ port: 0, path: `/${id}`, server: { requestTimeout } }))
        .build()
    await expect(runtime(app(of('a', 1_000), of('b', 2_000))).start()).rejects.toThrow(
      /say different things of the server/,
    )
  })
})

describe('L2: stop', () => {
  test('under load: what was taken is answered, nothing else is, and no connection is left', async () => {
    const source = http.inbound({ port: 0, path: '/', body: 'text' })
    const gate = deferred()
    const take = flow('take').from(source).to(queue('work').of<string>()).build()
    const work = flow('work')
      .from(queue('work').of<string>(), { concurrency: 50 })
      .handle((text) => gate.promise.then(() => text))
      .build()
    const rt = await runtime(app(take, work)).start()
    onTestFinished(async () => void (await rt.stop()))
    const url = source.url!
    const idle = new RawClient(url)
    await idle.say(requestText('PUT', '/')).until(/405/)
    const half = new RawClient(url).say('POST / HTTP/1.1\r\nHost: x\r\n')
    const asked = Array.from({ length: 50 }, (_, number) => seen(fetch(url, { method: 'POST', body: String(number) })))
    while (rt.metrics().pendingRequests < 50) await settled()
    const stopping = rt.stop()
    await idle.closed
    await expect(fetch(url)).rejects.toThrow('fetch failed')
    gate.resolve()
    expect(await Promise.all(asked)).toEqual(asked.map((_, number) => [200, String(number)]))
    expect(await stopping).toEqual({ drained: true, aborted: 0, left: [] })
    await half.closed
    expect(source.url).toBeUndefined()
  })

  test('at the deadline those who still wait get 503, and the flow can be started again on its port', async () => {
    const source = http.inbound({ port: 0, path: '/', body: 'text' })
    const stuck = flow('stuck')
      .from(source)
      .handle(() => new Promise<string>(() => undefined))
      .build()
    const { rt } = await started(app(stuck))
    const asked = seen(fetch(source.url!, { method: 'POST', body: 'x' })).catch(() => 'cut off')
    while (rt.metrics().pendingRequests < 1) await settled()
    const report = await rt.stop({ timeout: 0 })
    expect(report.aborted).toBe(1)
    expect([[503, { title: 'Service Unavailable', status: 503 }], 'cut off']).toContainEqual(await asked)
  })

  test('L6: a flow that is stopped and started listens again', async () => {
    const source = http.inbound({ port: 0, path: '/echo', body: 'text' })
    const { rt } = await started(
      app(
        flow('echo')
          .from(source)
          .transform((text) => text)
          .build(),
      ),
    )
    const port = Number(new URL(source.url!).port)
    expect(port).toBeGreaterThan(0)
    await rt.control.stop('echo')
    expect(source.url).toBeUndefined()
    await rt.control.start('echo')
    expect(await alive(source.url!)).toEqual(ALIVE)
  })
})
