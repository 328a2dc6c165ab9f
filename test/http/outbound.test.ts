/** Requests to servers that do what they should: what goes out, what comes back, and its types. */
import { type Exchange, type Flow, app, direct, flow, iterate, message, queue, runtime } from 'allora'
import fc from 'fast-check'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { HttpFailure } from '../../src/errors/http-outbound-errors.ts'
import { outbound } from '../../src/http/outbound.ts'
import type { HttpReply, Outbound } from '../../src/http/outbound-options.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { expectAccounts, forbidUnhandledRejections, started } from '../runtime/rig.ts'
import { type RawRequest, answered, rawServer } from './raw-server.ts'

forbidUnhandledRejections()

const numRuns = process.env['CI'] === undefined ? 200 : 1000

/** What a fetch was called with. */
interface Call {
  readonly url: string
  readonly init: RequestInit
}

/** A fetch that notes its calls. */
function noting(response: () => Response = () => new Response(null)): {
  readonly calls: Call[]
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>
} {
  const calls: Call[] = []
  return {
    calls,
    fetch: async (url, init) => {
      calls.push({ url, init })
      return response()
    },
  }
}

/** Asks a flow of one step. */
async function asked(step: Outbound<unknown, unknown, unknown>, payload: unknown): Promise<E.Either<unknown, unknown>> {
  const { rt } = await started(app(flow('f').from(direct('in').of<unknown>()).handle(step).build()))
  return rt.request('in', payload)
}

/** The request that a payload becomes at a real server. */
async function requestFor(payload: unknown, options: object = {}): Promise<RawRequest> {
  const server = await rawServer(() => answered('200 OK'))
  await asked(outbound({ url: `${server.url}/in`, ...options }), payload)
  return server.requests[0]!
}

describe('what goes out', () => {
  test.each([
    ['a text', 'grüße', 'text/plain;charset=utf-8', 'grüße'],
    ['bytes', Buffer.from('raw'), 'application/octet-stream', 'raw'],
    ['an object', { a: [1, null] }, 'application/json', '{"a":[1,null]}'],
    ['a number', 7, 'application/json', '7'],
    ['a form', new URLSearchParams({ a: '1', b: '&' }), 'application/x-www-form-urlencoded;charset=UTF-8', 'a=1&b=%26'],
    ['null', null, undefined, ''],
    ['undefined', undefined, undefined, ''],
  ])('%s has the content type that fits', async (_, payload, type, body) => {
    const request = await requestFor(payload)
    expect([request.line, request.headers['content-type'], request.body]).toEqual(['POST /in HTTP/1.1', type, body])
  })

  test('a stream of texts and bytes is sent as it comes', async () => {
    async function* parts(): AsyncGenerator<string | Uint8Array> {
      yield 'a,b\n'
      yield Buffer.from('1,2\n')
    }
    const { headers, body } = await requestFor(message(parts(), { contentType: 'text/csv' }))
    expect([headers['content-type'], headers['transfer-encoding'], body]).toEqual(['text/csv', 'chunked', 'a,b\n1,2\n'])
  })

  test('the contentType of the message says what texts and bytes are, and which JSON, and nothing else', async () => {
    const typeOf = async (payload: unknown, contentType: string): Promise<unknown> =>
      (await requestFor(message(payload, { contentType }))).headers['content-type']
    expect(await typeOf('{}', 'application/json')).toBe('application/json')
    expect(await typeOf({}, 'application/merge-patch+json')).toBe('application/merge-patch+json')
    expect(await typeOf({}, 'text/plain')).toBe('application/json')
    expect((await requestFor({}, { headers: { 'content-type': 'application/x-own' } })).headers['content-type']).toBe(
      'application/x-own',
    )
  })

  test('of the headers of a message only http.request.* and the trace go out', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const headers = {
      traceparent,
      tracestate: 'vendor=1',
      correlationId: 'c',
      'http.header.authorization': 'Bearer secret',
      'http.header.cookie': 'a=b',
      'http.reply.location': '/x',
      'http.response.etag': '"e"',
      'http.request.x-tenant': ['acme', 'emca'],
      'http.request.connection': 'close',
    }
    const request = await requestFor(message('x', headers))
    const own = ['host', 'connection', 'content-type', 'content-length', 'accept', 'accept-language', 'sec-fetch-mode']
    const sent = Object.entries(request.headers).filter(
      ([name]) => ![...own, 'user-agent', 'accept-encoding'].includes(name),
    )
    expect(Object.fromEntries(sent)).toEqual({ traceparent, tracestate: 'vendor=1', 'x-tenant': 'acme, emca' })
    const stateOnly = await requestFor(message('x', { tracestate: 'vendor=1' }))
    expect('tracestate' in stateOnly.headers).toBe(false)
  })

  test('the option headers goes before those of the message; undefined leaves one out', async () => {
    const { headers } = await requestFor(message({ id: 'A1' }, { 'http.request.x-a': 'message' }), {
      headers: ({ id }: { id: string }, { message: { payload } }: Exchange<object>) => ({
        'x-a': `${id} ${Object.keys(payload).join('')}`,
        'x-b': undefined,
      }),
    })
    expect([headers['x-a'], 'x-b' in headers]).toEqual(['A1 id', false])
  })

  test('the URL may be made of the message, and its user becomes the Authorization', async () => {
    const { calls, fetch } = noting()
    const step = outbound({
      url: (id: string) => `https://us%20er:p%40ss@example.org/${encodeURIComponent(id)}#x`,
      fetch,
    })
    const { rt } = await started(app(flow('f').from(direct('in').of<string>()).handle(step).build()))
    await rt.request('in', 'a/b')
    expect(calls[0]!.url).toBe('https://example.org/a%2Fb')
    expect(new Headers(calls[0]!.init.headers).get('authorization')).toBe(`Basic ${btoa('us er:p@ss')}`)
  })

  test('GET and HEAD send no body', async () => {
    for (const method of ['GET', 'head']) {
      const { calls, fetch } = noting()
      await asked(outbound({ url: 'http://example.org', method, fetch }), { id: 1 })
      expect(calls[0]!.init).toMatchObject({ method: method.toUpperCase() })
      expect('body' in calls[0]!.init).toBe(false)
    }
  })

  test('connections are used again, also after failures', async () => {
    let n = 0
    const server = await rawServer(() =>
      ++n % 2 === 0 ? answered('500 Oh', 'no '.repeat(1_000)) : answered('200 OK', 'yes'),
    )
    const tell = flow('f')
      .from(iterate(Array.from({ length: 10 }, (_, i) => i)))
      .to(outbound({ url: server.url }))
      .build()
    const { rt } = await started(app(tell))
    await rt.idle()
    expect(server.requests).toHaveLength(10)
    // The next request may begin before the connection of the one before it is free.
    expect(server.connections.made).toBeLessThanOrEqual(2)
    expect(rt.deadLetters.size).toBe(5)
  })

  test('any value that JSON has a word for arrives as it was', async () => {
    let seen: unknown
    const fetch = async (_: string, { body }: RequestInit): Promise<Response> => {
      seen = JSON.parse(body as string)
      return Response.json(seen)
    }
    const echo = outbound({ url: 'http://example.org', fetch })
    const { rt } = await started(app(flow('f').from(direct('in').of<unknown>()).handle(echo).build()))
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.dictionary(fc.string(), fc.jsonValue()), fc.array(fc.jsonValue()), fc.integer(), fc.boolean()),
        async (value) => {
          const wanted: unknown = JSON.parse(JSON.stringify(value))
          expect(await rt.request('in', value)).toEqual(E.right(wanted))
          expect(seen).toEqual(wanted)
        },
      ),
      { numRuns },
    )
  })
})

describe('what comes back', () => {
  const served = (body: string | Uint8Array<ArrayBuffer> | null, type?: string, status = 200) =>
    noting(() => new Response(body, { status, ...(type !== undefined && { headers: { 'content-type': type } }) })).fetch

  test.each([
    ['JSON', '{"a":1}', 'application/json; charset=utf-8', { a: 1 }],
    ['a problem', '{"title":"x"}', 'application/problem+json', { title: 'x' }],
    ['text', 'hi', 'text/plain', 'hi'],
    ['text in Latin-1', new Uint8Array([0xfc]), 'text/plain; charset="iso-8859-1"', 'ü'],
    ['bytes', new Uint8Array([1, 2]), 'image/png', new Uint8Array([1, 2])],
    ['nothing', '', 'application/json', undefined],
  ])('%s is read by its content type', async (_, body, type, payload) => {
    expect(await asked(outbound({ url: 'http://example.org', fetch: served(body, type) }), 1)).toEqual(E.right(payload))
  })

  test('as says how it is read, whatever the content type', async () => {
    const fetch = served('{"a":1}', 'text/plain')
    expect(await asked(outbound({ url: 'http://x', as: 'json', fetch }), 1)).toEqual(E.right({ a: 1 }))
    expect(await asked(outbound({ url: 'http://x', as: 'text', fetch }), 1)).toEqual(E.right('{"a":1}'))
    expect(await asked(outbound({ url: 'http://x', as: 'bytes', fetch }), 1)).toEqual(
      E.right(new Uint8Array(Buffer.from('{"a":1}'))),
    )
    expect(await asked(outbound({ url: 'http://x', as: 'text', fetch: served(null) }), 1)).toEqual(E.right(''))
  })

  test('status and fields come as http.response.*, without cookies and those of the connection', async () => {
    const server = await rawServer(() =>
      answered('201 Created', 'x', {
        location: '/orders/1',
        'set-cookie': 'session=secret',
        'keep-alive': 'timeout=5',
        connection: 'keep-alive, x-hop',
        'x-hop': '1',
      }),
    )
    const ask = flow('f')
      .from(direct('in').of<string>())
      .handle(outbound({ url: server.url }))
      .to(queue('out'))
      .build()
    const { rt } = await started(app(ask))
    await rt.send('in', 'x')
    const { headers } = await rt.channel('out').receive()
    const came = Object.entries(headers).filter(([name]) => name.startsWith('http.'))
    expect(Object.fromEntries(came)).toEqual({ 'http.response.status': 201, 'http.response.location': '/orders/1' })
  })

  test('a schema types the payload, and what does not fit fails with its issues', async () => {
    const schema = z.object({ rate: z.coerce.number() })
    const fetch = served('{"rate":"1.5"}', 'application/json')
    expect(await asked(outbound({ url: 'http://x', schema, fetch }), 1)).toEqual(E.right({ rate: 1.5 }))
    const wrong = outbound({ url: 'http://x', schema, fetch: served('{"rate":"high"}', 'application/json') })
    await expect(asked(wrong, 1)).rejects.toMatchObject({
      cause: { code: 'ALLORA856', retryable: false, issues: [{ path: ['rate'] }] },
    })
  })

  test('another status is a Left with status, headers and preview, and no cookie', async () => {
    const server = await rawServer(() =>
      answered('503 Busy', 'wait '.repeat(200), { 'retry-after': '2', 'set-cookie': 'a=b', 'x-id': '7' }),
    )
    const reply = await asked(outbound({ url: `${server.url}/in?key=secret`, method: 'PUT' }), 'x')
    const failure = (reply as E.Left<HttpFailure>).left
    expect(failure).toBeInstanceOf(HttpFailure)
    expect(failure).toMatchObject({ code: 'ALLORA857', status: 503, retryable: true, retryAfter: 2_000 })
    expect(failure.headers).toEqual({ 'retry-after': '2', 'x-id': '7' })
    expect(failure.preview).toBe('wait '.repeat(200).slice(0, 512))
    expect(failure.message).toBe(
      `PUT ${server.url}/in?*** was answered with 503 "Busy". The preview of this failure has what the server says about it.`,
    )
  })

  test("nonSuccess: 'reply' makes every status a result", async () => {
    const ask = (fetch: ReturnType<typeof served>) =>
      asked(outbound({ url: 'http://x', nonSuccess: 'reply', fetch }), 1)
    expect(await ask(served('{"a":1}', 'application/json'))).toEqual(
      E.right({ acknowledged: true, status: 200, body: { a: 1 } }),
    )
    expect(await ask(served('{"a":', 'application/json', 404))).toEqual(
      E.right({ acknowledged: false, status: 404, body: '{"a":' }),
    )
  })

  test('as a sink, a 2xx delivers whatever its body is; with a schema the body has to fit', async () => {
    const end = (options: object) =>
      outbound({ url: 'http://x', fetch: served('no JSON', 'application/json'), ...options })
    const { rt } = await started(
      app(
        flow('a').from(direct('a').of<string>()).to(end({})).build(),
        flow('b')
          .from(direct('b').of<string>())
          .to(end({ schema: z.unknown() }))
          .build(),
        flow('c')
          .from(direct('c').of<string>())
          .to(end({ fetch: served('', undefined, 404), nonSuccess: 'reply' }))
          .build(),
      ),
    )
    await rt.send('a', 'x')
    await rt.send('c', 'x')
    await expect(rt.send('b', 'x')).rejects.toMatchObject({ cause: { code: 'ALLORA855' } })
    expectAccounts(rt)
  })
})

describe('retry', () => {
  /** Answers with the statuses, in their order, and counts the calls. */
  const statuses = (...all: number[]) => noting(() => new Response(null, { status: all.shift()! }))

  test.each([
    ['GET', {}, [503, 502, 200], 3],
    ['PUT', {}, [500, 200], 2],
    ['DELETE', {}, [429, 204], 2],
    ['GET', {}, [404, 200], 1],
    ['GET', {}, [501, 200], 1],
    ['POST', {}, [503, 200], 1],
    ['PATCH', {}, [503, 200], 1],
    ['POST', { idempotent: true }, [503, 200], 2],
    ['GET', { idempotent: false }, [503, 200], 1],
  ])('E3: %s %o after %o is called %i times', async (method, options, answers, times) => {
    const { calls, fetch } = statuses(...answers)
    const step = outbound({ url: 'http://x', method, fetch, ...options })
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .handle(step, { retry: { attempts: 5 } })
          .build(),
      ),
    )
    await rt.request('in', 1)
    expect(calls).toHaveLength(times)
  })

  test('E3: a stream is never sent again, since it is gone', async () => {
    const { calls, fetch } = statuses(503, 200)
    const step = outbound({ url: 'http://x', method: 'PUT', fetch, idempotent: true })
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<AsyncIterable<string>>())
          .handle(step, { retry: { attempts: 5 } })
          .build(),
      ),
    )
    const reply = await rt.request('in', ReadableStream.from(['a']))
    expect(reply).toMatchObject({ left: { status: 503, retryable: false } })
    expect(calls).toHaveLength(1)
  })

  test('E3: Retry-After holds the retry back, in seconds or until a date', async () => {
    for (const field of ['3', 'Tue, 14 Nov 2023 22:13:23 GMT']) {
      let n = 0
      const clock = virtualClock(1_700_000_000_000)
      const fetch = async (): Promise<Response> =>
        n++ === 0 ? new Response(null, { status: 429, headers: { 'retry-after': field } }) : new Response('done')
      const step = outbound({ url: 'http://x', method: 'GET', as: 'text', fetch, clock })
      const ask = flow('f')
        .from(direct('in').of<number>())
        .handle(step, { retry: { attempts: 2 } })
        .build()
      const { rt } = await started(app(ask), { clock })
      const reply = rt.request('in', 1)
      await clock.advance(2_999)
      expect(n).toBe(1)
      await clock.advance(1)
      expect(await reply).toEqual(E.right('done'))
    }
  })
})

describe('options', () => {
  test.each([
    [
      'a timeout of 0',
      { timeout: 0 },
      /^The option timeout of http.outbound must be a number of milliseconds above 0, but it is the number 0/,
    ],
    ['a maxBody below 0', { maxBody: -1 }, /^The option maxBody/],
    ['half a redirect', { redirects: 0.5 }, /^The option redirects/],
    ['a method of two words', { method: 'GET IT' }, /^The option method/],
    ['CONNECT', { method: 'CONNECT' }, /^The option method/],
    [
      'another scheme',
      { url: 'ftp://me:secret@example.org/?key=secret' },
      /but it is "ftp:\/\/\*\*\*@example.org\/\?\*\*\*"\./,
    ],
    ['no URL', { url: 7 }, /but it is the number 7\./],
  ])('%s is refused where it is written', (_, options, sentence) => {
    expect(() => outbound({ url: 'http://example.org', ...options } as never)).toThrow(sentence)
  })

  test('its label shows no secret', () => {
    expect(outbound({ url: 'https://me:secret@example.org/in?key=secret' }).label).toBe(
      'POST https://example.org/in?***',
    )
    expect(outbound({ url: () => 'https://example.org', method: 'put' }).label).toBe('PUT by message')
  })
})

test('the types follow from the options', async () => {
  const start = flow('f').from(direct('in').of<{ id: string }>())
  const schema = z.object({ ok: z.boolean() })
  const typed = start.handle(outbound({ url: 'http://x', schema }))
  expectTypeOf<PayloadIn<typeof typed>>().toEqualTypeOf<{ ok: boolean }>()
  const text = start.handle(outbound({ url: 'http://x', as: 'text' }))
  expectTypeOf<PayloadIn<typeof text>>().toEqualTypeOf<string>()
  const reply = start.handle(outbound({ url: 'http://x', schema, nonSuccess: 'reply' }))
  expectTypeOf<PayloadIn<typeof reply>>().toEqualTypeOf<HttpReply<{ ok: boolean }>>()
  expectTypeOf<ErrorIn<typeof typed>>().toEqualTypeOf<HttpFailure>()
  expectTypeOf<ErrorIn<typeof reply>>().toEqualTypeOf<never>()
  typed.handle((_, { message: { headers } }) => expectTypeOf(headers['http.response.status']).toEqualTypeOf<number>())
  // @ts-expect-error -- the url is made of payloads of another type
  start.to(outbound({ url: (id: number) => `http://x/${id}` }))
  const sealed = start.to(outbound({ url: ({ id }: { id: string }) => `http://x/${id}` })).build()
  await using rt = runtime(app(sealed))
  expect(rt).toBeDefined()
})

type PayloadIn<F> = F extends Flow<infer _S, infer P, infer _H, infer _E, infer _R> ? P : never
type ErrorIn<F> = F extends Flow<infer _S, infer _P, infer _H, infer E, infer _R> ? E : never
