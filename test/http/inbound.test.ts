import { app, direct, flow, queue } from 'allora'
import { http } from 'allora/http'
import { left, right } from 'fp-ts/lib/Either.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import { deferred, drained, forbidUnhandledRejections, settled, started } from '../runtime/rig.ts'
import { seen } from './rig.ts'

forbidUnhandledRejections()

type Options = Parameters<typeof http.inbound>[0]

/** A flow that answers with its payload, called without sockets. */
async function echo(
  options: Partial<Options> = {},
): Promise<(body?: BodyInit, init?: RequestInit) => Promise<Response>> {
  const echoed = flow('echo')
    .from(http.inbound({ path: '/echo', ...options }))
    .transform((payload) => ({ payload }))
    .build()
  const { rt } = await started(app(echoed))
  void rt
  const handle = http.handler(echoed)
  return (body, init) =>
    handle(new Request('http://localhost/echo', { method: 'POST', ...(body !== undefined && { body }), ...init }))
}

type BodyInit = ConstructorParameters<typeof Response>[0]

const typed = (contentType: string): RequestInit => ({ headers: { 'content-type': contentType } })
const json = typed('application/json')

describe('a request becomes a message', () => {
  test('headers say what came, and none is one of ours or of the connection', async () => {
    const kept = flow('keep')
      .from(http.inbound({ port: 0, path: '/a/:id/*', methods: ['PUT'], reply: false }))
      .to(queue('kept'))
      .build()
    const { rt } = await started(app(kept))
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const source = http.inbound({ path: '/never' })
    expect(source.url).toBeUndefined()
    const response = await http.handler(kept)(
      new Request('http://localhost/a/caf%C3%A9%2525/x?b=1&c', {
        method: 'PUT',
        body: 'hi',
        headers: {
          'content-type': 'text/plain',
          'X-One': '1',
          replyTo: 'elsewhere',
          correlationId: 'mine',
          priority: '9',
          te: 'trailers',
          'keep-alive': 'x',
          traceparent,
          tracestate: 'vendor=1',
        },
      }),
    )
    expect(response.status).toBe(202)
    const { payload, headers } = await rt.channel('kept').receive()
    expect(payload).toBe('hi')
    expect(headers).toEqual({
      'http.method': 'PUT',
      'http.path': '/a/caf%C3%A9%2525/x',
      'http.query': 'b=1&c',
      'http.version': 'unknown',
      'http.content_type': 'text/plain',
      'http.param.id': 'café%25',
      'http.header.content-type': 'text/plain',
      'http.header.correlationid': 'mine',
      'http.header.priority': '9',
      'http.header.replyto': 'elsewhere',
      'http.header.traceparent': traceparent,
      'http.header.tracestate': 'vendor=1',
      'http.header.x-one': '1',
      traceparent,
      tracestate: 'vendor=1',
    })
  })

  test('a traceparent that is none does not become one, and a tracestate is nothing without it', async () => {
    const kept = flow('keep')
      .from(http.inbound({ path: '/', reply: false }))
      .to(queue('kept'))
      .build()
    const { rt } = await started(app(kept))
    for (const traceparent of [
      '',
      '00-0-0-0',
      `ff-${'1'.repeat(32)}-${'1'.repeat(16)}-01`,
      `00-${'0'.repeat(32)}-${'1'.repeat(16)}-01`,
    ]) {
      await http.handler(kept)(
        new Request('http://localhost/', { method: 'POST', headers: { traceparent, tracestate: 'vendor=1' } }),
      )
      const { headers } = await rt.channel('kept').receive()
      expect('traceparent' in headers || 'tracestate' in headers).toBe(false)
    }
  })

  test('types: payload by body or schema, parameters by path', () => {
    const orders = http.inbound({ path: '/orders/:id/lines/:line{[0-9]+}', body: 'text' })
    flow('typed')
      .from(orders)
      .handle((payload, { message: { headers } }) => {
        expectTypeOf(payload).toEqualTypeOf<string>()
        expectTypeOf(headers['http.param.id']).toEqualTypeOf<string>()
        expectTypeOf(headers['http.param.line']).toEqualTypeOf<string>()
        expectTypeOf(headers['http.header.accept']).toEqualTypeOf<string | undefined>()
        expectTypeOf(headers['http.method']).toEqualTypeOf<string>()
        // @ts-expect-error -- the path has no such parameter
        return headers['http.param.other']
      })
    const checked = http.inbound({ path: '/n', schema: z.object({ n: z.coerce.number() }) })
    flow('checked').from(checked).to(queue('n').of<{ n: number }>())
    // @ts-expect-error -- a path begins with a slash
    expect(() => http.inbound({ path: 'orders' })).toThrow(/must be a path that begins with a slash: '\/orders'/)
    // @ts-expect-error -- no method of HTTP that a flow can answer
    expect(() => http.inbound({ path: '/', methods: ['FETCH'] })).toThrow(/methods .* "FETCH"/)
    expect(() => http.inbound({ path: '/', port: 70_000 })).toThrow(/port .* whole number from 0 to 65535/)
    expect(() => http.inbound({ path: '/', limit: -1 })).toThrow(/limit .* whole number, 0 or more/)
    // @ts-expect-error -- no kind of body
    expect(() => http.inbound({ path: '/', body: 'xml' })).toThrow(/body .* one of auto, json/)
    expect(() => http.inbound({ path: '/', methods: [] as never })).toThrow(/methods .* list of methods/)
  })
})

describe('bodies', () => {
  test('auto: by the content type', async () => {
    const post = await echo()
    expect(await seen(post('{"a":[1]}', json))).toEqual([200, { payload: { a: [1] } }])
    expect(await seen(post('"x"', typed('application/problem+json; charset=utf-8')))).toEqual([200, { payload: 'x' }])
    expect(await seen(post('<a/>', typed('text/xml')))).toEqual([200, { payload: '<a/>' }])
    expect(await seen(post('a=1&b=2&a=3', typed('application/x-www-form-urlencoded')))).toEqual([
      200,
      { payload: { a: ['1', '3'], b: '2' } },
    ])
    expect(await seen(post(new Uint8Array([255]), typed('image/png')))).toEqual([200, { payload: { 0: 255 } }])
    expect(await seen(post())).toEqual([200, {}])
  })

  test('json: invalid JSON, invalid UTF-8, another type or character set are refused with the reason', async () => {
    const post = await echo({ body: 'json' })
    expect(await seen(post('{"a":', json))).toEqual([
      400,
      expect.objectContaining({ detail: expect.stringMatching(/no JSON/) }),
    ])
    expect(await seen(post('', json))).toEqual([
      400,
      expect.objectContaining({ detail: expect.stringMatching(/no JSON/) }),
    ])
    expect(await seen(post(new Uint8Array([34, 255, 34]), json))).toEqual([
      400,
      expect.objectContaining({ detail: 'The body is not UTF-8.' }),
    ])
    const other = await post('a', typed('text/plain'))
    expect([other.status, other.headers.get('accept')]).toEqual([415, 'application/json, application/*+json'])
    expect((await post('1', typed('application/json; charset=utf-16'))).status).toBe(415)
    expect(
      (await post('1', { headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' } })).status,
    ).toBe(415)
    expect(await seen(post(new Uint8Array([49])))).toEqual([200, { payload: 1 }])
  })

  test.each([
    '{"__proto__":{"admin":true}}',
    String.raw`{"a":[{"\u005f_proto__":1}]}`,
    '{"a":{"constructor":{"prototype":{"admin":true}}}}',
  ])('json: prototype keys are refused: %s', async (body) => {
    const post = await echo({ body: 'json' })
    expect((await post(body, json)).status).toBe(400)
    expect(({} as { admin?: true }).admin).toBeUndefined()
  })

  test('json: keys that only look like it pass', async () => {
    const post = await echo({ body: 'json' })
    const body = { constructor: 'Bach', prototypes: 1, text: '__proto__' }
    expect(await seen(post(JSON.stringify(body), json))).toEqual([200, { payload: body }])
  })

  test('form: prototype keys are refused, files come as files', async () => {
    const post = await echo({ body: 'form' })
    expect((await post('__proto__=1', typed('application/x-www-form-urlencoded'))).status).toBe(400)
    expect(await seen(post('constructor=a&hasOwnProperty=b', typed('application/x-www-form-urlencoded')))).toEqual([
      200,
      { payload: { constructor: 'a', hasOwnProperty: 'b' } },
    ])
    const form = new FormData()
    form.append('name', 'a')
    form.append('file', new File(['hello'], 'hello.txt'))
    const kept = flow('files')
      .from(http.inbound({ path: '/', body: 'form', reply: false }))
      .to(queue('files'))
      .build()
    const { rt } = await started(app(kept))
    await http.handler(kept)(new Request('http://localhost/', { method: 'POST', body: form }))
    const { payload } = await rt.channel('files').receive()
    const { name, file } = payload as { name: string; file: File }
    expect([name, file.name, await file.text()]).toEqual(['a', 'hello.txt', 'hello'])
    expect((await post('no form', typed('multipart/form-data; boundary=x'))).status).toBe(400)
  })

  test('textOrBytes: whatever it is', async () => {
    const post = await echo({ body: 'textOrBytes' })
    expect(await seen(post('{"a":1}', json))).toEqual([200, { payload: '{"a":1}' }])
    expect(await seen(post(new Uint8Array([255])))).toEqual([200, { payload: { 0: 255 } }])
    expect(await seen(post())).toEqual([200, { payload: '' }])
  })

  test('limit: 413, whether the length is said or not', async () => {
    const post = await echo({ limit: 4, body: 'text' })
    expect((await post('1234')).status).toBe(200)
    expect((await post('12345')).status).toBe(413)
    expect((await post('12345', { headers: { 'content-length': '5' } })).status).toBe(413)
    expect((await post('12345', { headers: { 'content-length': '1' } })).status).toBe(413)
  })

  test('contentTypes: those alone', async () => {
    const post = await echo({ body: 'bytes', contentTypes: ['image/*'] })
    expect((await post('x', typed('image/png'))).status).toBe(200)
    expect((await post('x', typed('text/plain'))).status).toBe(415)
  })

  test('schema: 422 with the issues, or what the schema makes of it', async () => {
    const post = await echo({ schema: z.object({ at: z.string().transform((text) => text.length) }) })
    expect(await seen(post('{"at":"abc"}', json))).toEqual([200, { payload: { at: 3 } }])
    const [status, body] = await seen(post('{"at":1}', json))
    expect([status, (body as { issues: { path: string[] }[] }).issues.map(({ path }) => path)]).toEqual([422, [['at']]])
  })
})

describe('routes', () => {
  test('404, 405 with Allow, OPTIONS and HEAD by themselves', async () => {
    const get = flow('get')
      .from(http.inbound({ path: '/a/:id', methods: ['GET'] }))
      .transform(() => 'got')
      .build()
    await started(app(get))
    const handle = http.handler(get)
    const ask = (method: string, path = '/a/1') => handle(new Request(`http://localhost${path}`, { method }))
    expect(await seen(ask('GET'))).toEqual([200, 'got'])
    const head = await ask('HEAD')
    expect([head.status, await head.text(), head.headers.get('content-type')]).toEqual([
      200,
      '',
      'text/plain; charset=utf-8',
    ])
    expect(await seen(ask('GET', '/b'))).toEqual([404, { title: 'Not Found', status: 404 }])
    const other = await ask('DELETE')
    expect([other.status, other.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
    const options = await ask('OPTIONS')
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS'])
  })

  test.each(['/a/..%2f..%2fetc%2fpasswd', '/a/%2e%2e%2fx', '/a/..%5cx', '/a/%00', '/a/%', '/a/%ff'])(
    'a path that leads out of itself or is not encoded is refused: %s',
    async (path) => {
      const get = flow('get')
        .from(http.inbound({ path: '/a/*', methods: ['GET'] }))
        .transform(() => 'got')
        .build()
      await started(app(get))
      const request = { method: 'GET', url: `http://localhost${path}`, headers: new Headers(), body: null }
      expect((await http.handler(get)(request as unknown as Request)).status).toBe(400)
    },
  )

  test('parameters are no properties of objects', async () => {
    const get = flow('get')
      .from(http.inbound({ path: '/a/:id', methods: ['GET'] }))
      .transform((_, { message: { headers } }) => headers['http.param.id'])
      .build()
    await started(app(get))
    expect(await seen(http.handler(get)(new Request('http://localhost/a/__proto__')))).toEqual([200, '__proto__'])
  })
})

describe('replies', () => {
  /** A flow that replies what it is told. */
  const answering = async (reply: () => unknown, options: Partial<Options> = {}): Promise<Response> => {
    const answered = flow('answer')
      .from(http.inbound({ path: '/', methods: ['GET'], ...options }))
      .handle(reply)
      .build()
    await started(app(answered), { logger: silent })
    return http.handler(answered)(new Request('http://localhost/'))
  }

  test.each([
    ['text', () => 'a', 200, 'text/plain; charset=utf-8', 'a'],
    ['JSON', () => ({ a: null }), 200, 'application/json', '{"a":null}'],
    ['null', () => null, 200, 'application/json', 'null'],
    ['bytes', () => new Uint8Array([65]), 200, 'application/octet-stream', 'A'],
    ['a buffer', () => new Uint8Array([65]).buffer, 200, 'application/octet-stream', 'A'],
    ['nothing', () => undefined, 204, null, ''],
    ['a stream', () => new Blob(['ab']).stream(), 200, 'application/octet-stream', 'ab'],
    ['a status', () => http.reply('made', { status: 201 }), 201, 'text/plain; charset=utf-8', 'made'],
    ['a content type', () => http.reply('<a/>', { contentType: 'text/xml' }), 200, 'text/xml', '<a/>'],
    ['no body by its status', () => http.reply('x', { status: 304 }), 304, 'text/plain; charset=utf-8', ''],
  ])('%s', async (_, reply, status, contentType, body) => {
    const response = await answering(reply)
    expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
      status,
      contentType,
      body,
    ])
  })

  test('header fields are those that the flow sets for the reply, and never those of the request', async () => {
    const answered = flow('answer')
      .from(http.inbound({ path: '/', methods: ['GET'] }))
      .handle(() =>
        http.reply('a', {
          headers: { 'X-One': '1', 'set-cookie': ['a=1', 'b=2'], connection: 'close', 'content-length': '9' },
        }),
      )
      .setHeader('http.reply.x-two', () => 2)
      .build()
    await started(app(answered))
    const { headers } = await http.handler(answered)(new Request('http://localhost/', { headers: { 'x-secret': 's' } }))
    expect([...headers]).toEqual([
      ['content-type', 'text/plain; charset=utf-8'],
      ['set-cookie', 'a=1'],
      ['set-cookie', 'b=2'],
      ['x-one', '1'],
      ['x-two', '2'],
    ])
  })

  test.each([
    ['a status out of range', () => http.reply('a', { status: 99 })],
    ['a line break in a field', () => http.reply('a', { headers: { x: 'a\r\nset-cookie: b=1' } })],
    ['a payload without JSON', () => 1n],
    ['a defect', () => Promise.reject(new Error('secret'))],
    ['a typed failure', () => left({ secret: true })],
  ])('%s is 500 without its words', async (_, reply) => {
    expect(await seen(answering(reply))).toEqual([500, { title: 'Internal Server Error', status: 500 }])
  })

  test('failure: a typed failure is answered as the option says', async () => {
    const failure = (error: unknown) =>
      error === 'gone' ? { status: 410, body: { error }, headers: { 'x-why': 'age' } } : undefined
    const gone = await answering(() => left('gone'), { failure })
    expect([gone.headers.get('x-why'), ...(await seen(gone))]).toEqual(['age', 410, { error: 'gone' }])
    expect((await answering(() => left('other'), { failure })).status).toBe(500)
    expect(await seen(answering(() => right('fine'), { failure }))).toEqual([200, 'fine'])
  })
})

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined }

describe('G2: the reply comes from wherever the message went', () => {
  test('through a queue and another flow, to the client that asked', async () => {
    const take = flow('take')
      .from(http.inbound({ path: '/orders', body: 'text' }))
      .to(queue('orders'))
      .build()
    const work = flow('work')
      .from(queue('orders').of<string>(), { concurrency: 4 })
      .handle((order) => http.reply(`done ${order}`, { status: 201 }))
      .build()
    await started(app(take, work))
    const handle = http.handler(take)
    const ask = (body: string) => seen(handle(new Request('http://localhost/orders', { method: 'POST', body })))
    expect(await Promise.all(['a', 'b', 'c'].map(ask))).toEqual([
      [201, 'done a'],
      [201, 'done b'],
      [201, 'done c'],
    ])
  })

  test('504 when nobody replies in time, by the clock of the runtime, and the late reply is counted', async () => {
    const take = flow('take')
      .from(http.inbound({ path: '/', timeout: 5_000 }))
      .to(queue('kept').of<unknown>())
      .build()
    const { rt, clock } = await started(app(take))
    const asked = seen(http.handler(take)(new Request('http://localhost/', { method: 'POST' })))
    await settled()
    await clock.advance(5_000)
    expect(await asked).toEqual([504, { title: 'Gateway Timeout', status: 504 }])
    expect(rt.channel('kept').size).toBe(1)
  })

  test('reply: false gives 202 when the message has been taken, and the failure otherwise', async () => {
    const take = flow('take')
      .from(http.inbound({ path: '/', reply: false, body: 'text' }))
      .filter((text) => {
        if (text === 'bad') throw new Error('secret')
        return true
      })
      .to(queue('kept'))
      .build()
    const { rt } = await started(app(take))
    const ask = (body: string) => seen(http.handler(take)(new Request('http://localhost/', { method: 'POST', body })))
    expect(await ask('good')).toEqual([202, ''])
    expect(await ask('bad')).toEqual([500, { title: 'Internal Server Error', status: 500 }])
    expect(drained(rt.channel('kept'))).toEqual(['good'])
    expect(rt.deadLetters.size).toBe(1)
  })
})

describe('overload: 503 with Retry-After, and nothing lost', () => {
  test('more than maxInFlight and waiting', async () => {
    const gate = deferred()
    const slow = flow('slow')
      .from(http.inbound({ path: '/', body: 'text', maxInFlight: 2, waiting: 1, retryAfter: 7 }))
      .handle((text) => gate.promise.then(() => text))
      .build()
    await started(app(slow))
    const ask = (body: string) => http.handler(slow)(new Request('http://localhost/', { method: 'POST', body }))
    const taken = ['a', 'b', 'c'].map(ask)
    const refused = await ask('d')
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '7'])
    gate.resolve()
    expect(await Promise.all(taken.map(seen))).toEqual([
      [200, 'a'],
      [200, 'b'],
      [200, 'c'],
    ])
  })

  test('a request whose turn does not come in time', async () => {
    const gate = deferred()
    const slow = flow('slow')
      .from(http.inbound({ path: '/', timeout: 1_000 }), { maxInFlight: 1 })
      .handle(() => gate.promise)
      .build()
    const { clock } = await started(app(slow))
    const ask = () => http.handler(slow)(new Request('http://localhost/', { method: 'POST' }))
    const first = ask()
    await settled()
    const second = ask()
    await settled()
    await clock.advance(1_000)
    expect([(await first).status, (await second).status]).toEqual([504, 503])
    gate.resolve()
  })

  test('a channel inside that is full', async () => {
    const take = flow('take')
      .from(http.inbound({ path: '/', reply: false }))
      .to(queue('full', { capacity: 1, overflow: 'reject' }))
      .build()
    await started(app(take))
    const ask = () => http.handler(take)(new Request('http://localhost/', { method: 'POST' }))
    expect([(await ask()).status, (await ask()).status]).toEqual([202, 503])
  })
})

test('a flow that does not begin with http.inbound has no handler', () => {
  const plain = flow('plain').from(direct('in').of<string>()).build()
  expect(() => http.handler(plain)).toThrow(/Flow "plain" does not begin with http.inbound/)
})
