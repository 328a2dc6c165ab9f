/** HTTP in a trace: from a client over a handler and a flow to another server, all in one. */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { app, direct, flow, message, queue } from 'allora'
import { http } from 'allora/http'
import { tracedFetch, tracedHandler } from 'allora/otel'
import { expect, test } from 'vitest'
import { forbidUnhandledRejections, settled } from '../runtime/rig.ts'
import { traced, tracer, withContexts } from './rig.ts'

forbidUnhandledRejections()
withContexts()

test('client, server, flow and the next client are one trace, through a queue', async () => {
  const { options, spans } = tracer()
  const seen: (string | null)[] = []
  const call = tracedFetch(options, async (_, { headers }) => {
    seen.push(new Headers(headers).get('traceparent'))
    return new Response('ok')
  })
  const { rt } = await traced(
    app(
      flow('in').from(direct('in').of<string>()).to(queue('work').of<string>()).build(),
      flow('out')
        .from(queue('work').of<string>())
        .handle(async (text) => (await call(`https://user:pw@rates.example:8443/${text}?key=s3cret`, {})).text(), {
          id: 'ask',
        })
        .build(),
    ),
    {},
    options,
  )
  const answer = tracedHandler(async ({ headers }) => {
    await rt.send('in', message('EUR', { traceparent: headers.get('traceparent')! }))
    return new Response(null, { status: 202 })
  }, options)
  const incoming = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await answer(
    new Request('http://localhost:8080/hooks?token=x', { method: 'POST', headers: { traceparent: incoming } }),
  )
  await rt.idle()
  await settled()

  const get = spans.one('GET')
  expect(spans.pathOf(get)).toEqual([
    'GET',
    'handle out/ask',
    'process work',
    'send work',
    'process in',
    'send in',
    'POST',
  ])
  expect(spans.one('POST').parentSpanContext?.spanId).toBe('b7ad6b7169203331')
  expect(seen).toEqual([`00-0af7651916cd43dd8448eb211c80319c-${get.spanContext().spanId}-01`])
  expect([get.kind, get.attributes]).toEqual([
    SpanKind.CLIENT,
    {
      'http.request.method': 'GET',
      'url.full': 'https://rates.example:8443/EUR',
      'server.address': 'rates.example',
      'server.port': 8443,
      'http.response.status_code': 200,
    },
  ])
  expect([spans.one('POST').kind, spans.one('POST').attributes]).toEqual([
    SpanKind.SERVER,
    {
      'http.request.method': 'POST',
      'url.path': '/hooks',
      'url.scheme': 'http',
      'server.address': 'localhost',
      'server.port': 8080,
      'http.response.status_code': 202,
    },
  ])
})

test('the body and the signal of a request come through', async () => {
  const answer = tracedHandler(
    async (request) => new Response(`${await request.text()} ${request.signal.aborted}`),
    tracer().options,
  )
  const response = await answer(new Request('http://localhost/', { method: 'POST', body: 'said' }))
  expect(await response.text()).toBe('said false')
})

test('a status is an error of the client from 400 on, of the server from 500 on; what is thrown is one of both', async () => {
  const { options, spans } = tracer()
  const request = new Request('http://localhost/')
  await tracedHandler(() => new Response(null, { status: 404 }), options)(request)
  await tracedFetch(options, async () => new Response(null, { status: 404 }))('http://localhost/', { method: 'put' })
  await tracedHandler(() => new Response(null, { status: 503 }), options)(request)
  await expect(
    tracedFetch(options, () => Promise.reject(new TypeError('fetch failed')))('http://localhost/', {}),
  ).rejects.toThrow('fetch failed')
  expect(spans.all.map(({ name, status, attributes }) => [name, status.code, attributes['error.type']])).toEqual([
    ['GET', SpanStatusCode.UNSET, undefined],
    ['PUT', SpanStatusCode.ERROR, '404'],
    ['GET', SpanStatusCode.ERROR, '503'],
    ['GET', SpanStatusCode.ERROR, 'TypeError'],
  ])
})

test('over sockets, with nothing put around: caller, inbound, queue, flow, outbound and a second app are one trace', async () => {
  const { options, spans } = tracer()
  const stock = http.inbound({ port: 0, path: '/stock/:sku', methods: ['GET'] })
  const fields: unknown[] = []
  await traced(
    app(
      flow('stock')
        .from(stock)
        .handle((_, { message: { headers } }) => (fields.push(headers['http.header.tracestate']), { count: 3 }), {
          id: 'show',
        })
        .build(),
    ),
    {},
    options,
  )
  const orders = http.inbound({ port: 0, path: '/orders', body: 'text' })
  const count = http.outbound({
    url: (sku: string) => `${stock.url}/stock/${sku}`,
    method: 'GET',
    fetch: tracedFetch(options),
  })
  await traced(
    app(
      flow('take').from(orders).to(queue('work').of<string>()).build(),
      flow('work').from(queue('work').of<string>()).handle(count, { id: 'count' }).build(),
    ),
    {},
    options,
  )
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const headers = { traceparent, tracestate: 'vendor=1' }
  const response = await fetch(`${orders.url}/orders`, { method: 'POST', body: 'tea', headers })
  expect(await response.json()).toEqual({ count: 3 })
  await settled()

  expect(spans.pathOf(spans.one('handle stock/show'))).toEqual([
    'handle stock/show',
    'process stock/n0',
    'send stock/n0',
    'GET /stock/:sku',
    'GET',
    'handle work/count',
    'process work',
    'send work',
    'process take/n0',
    'send take/n0',
    'POST /orders',
  ])
  expect(new Set(spans.all.map((span) => span.spanContext().traceId))).toEqual(
    new Set(['0af7651916cd43dd8448eb211c80319c']),
  )
  const post = spans.one('POST /orders')
  expect(post.parentSpanContext?.spanId).toBe('b7ad6b7169203331')
  expect(fields).toEqual(['vendor=1'])
  expect([post.kind, post.attributes]).toEqual([
    SpanKind.SERVER,
    {
      'http.request.method': 'POST',
      'http.route': '/orders',
      'url.path': '/orders',
      'url.scheme': 'http',
      'network.protocol.version': '1.1',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(orders.url!).port),
      'http.response.status_code': 200,
    },
  ])
  expect(spans.open.size).toBe(0)
})

test('a request that is refused or fails has a server span too; only what fails is an error of the server', async () => {
  const source = http.inbound({ port: 0, path: '/', body: 'json' })
  const fails = flow('fails')
    .from(source)
    .handle(() => {
      throw new Error('no')
    })
    .build()
  const { spans } = await traced(app(fails))
  const post = (body: string, headers = {}): Promise<Response> => fetch(source.url!, { method: 'POST', body, headers })
  expect((await post('{', { 'content-type': 'application/json' })).status).toBe(400)
  expect((await post('x', { 'content-type': 'text/plain' })).status).toBe(415)
  expect((await post('{}', { 'content-type': 'application/json' })).status).toBe(500)
  expect(
    spans.named('POST /').map(({ status, attributes }) => [status.code, attributes['http.response.status_code']]),
  ).toEqual([
    [SpanStatusCode.UNSET, 400],
    [SpanStatusCode.UNSET, 415],
    [SpanStatusCode.ERROR, 500],
  ])
})

test('what another server took has no second server span', async () => {
  const source = http.inbound({ path: '/', methods: ['GET'] })
  const hello = flow('hello')
    .from(source)
    .handle(() => 'hello', { id: 'say' })
    .build()
  const { options, spans } = tracer()
  await traced(app(hello), {}, options)
  await tracedHandler(http.handler(hello), options)(new Request('http://localhost/'))
  expect(spans.all.filter(({ kind }) => kind === SpanKind.SERVER).map(({ name }) => name)).toEqual(['GET'])
  expect(spans.pathOf(spans.one('handle hello/say')).at(-1)).toBe('GET')
})
