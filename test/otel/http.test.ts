/** HTTP in a trace: from a client over a handler and a flow to another server, all in one. */
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import { app, direct, flow, message, queue } from 'allora'
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
