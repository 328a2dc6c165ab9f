/** Requests that come in and go out again: whose headers go where, who gets which answer, and what ends with whom. */
import { app, flow, queue } from 'allora'
import { http } from 'allora/http'
import { describe, expect, test } from 'vitest'
import { drained, expectAccounts, forbidUnhandledRejections, started } from '../runtime/rig.ts'
import { type RawServer, answered, rawServer } from './raw-server.ts'

forbidUnhandledRejections()

/** A flow that asks a server for each of its requests, behind a queue, and gives the address of its door. */
async function proxyOf(server: RawServer, options: { readonly concurrency?: number } = {}): Promise<string> {
  const door = http.inbound({ port: 0, path: '/in', body: 'text' })
  const requests = queue('requests').of<string>()
  const { rt } = await started(
    app(
      flow('door').from(door).to(requests).build(),
      flow('ask')
        .from(requests, options)
        .handle(http.outbound({ url: server.url, as: 'text' }))
        .build(),
    ),
  )
  expectAccounts(rt)
  return `${door.url}/in`
}

describe('headers', () => {
  const secrets = { authorization: 'Bearer secret', cookie: 'session=secret', 'x-own': '1' }

  test('nothing that the client sent goes to the server, but the trace; nothing of the server goes to the client, but the body', async () => {
    const server = await rawServer(() =>
      answered('201 Created', 'yes', { 'set-cookie': 'a=secret', 'x-powered-by': 'x' }),
    )
    const url = await proxyOf(server)
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const response = await fetch(url, { method: 'POST', body: 'ask', headers: { ...secrets, traceparent } })
    expect([response.status, await response.text()]).toEqual([200, 'yes'])
    expect([...response.headers.keys()].toSorted()).toEqual([
      'connection',
      'content-length',
      'content-type',
      'date',
      'keep-alive',
    ])
    const { headers } = server.requests[0]!
    expect(Object.keys(headers).filter((name) => name in secrets)).toEqual([])
    expect(headers['traceparent']).toBe(traceparent)
  })

  test('what fails there is told to nobody here', async () => {
    const server = await rawServer(() => answered('418 Teapot', 'secret of the server', { 'x-secret': '1' }))
    const response = await fetch(await proxyOf(server), { method: 'POST', body: 'ask' })
    expect([response.status, response.headers.has('x-secret')]).toEqual([500, false])
    expect(await response.text()).not.toMatch(/secret|418|teapot/i)
  })
})

test('a thousand at once: each client gets the answer to its own request, from a server that answers out of order', async () => {
  const held: (() => void)[] = []
  const server = await rawServer(({ body }, socket) => {
    held.push(() => void socket.write(answered('200 OK', `answer to ${body}`)))
    // Answers in the wrong order, ten at a time, and the last ones by themselves.
    if (held.length === 10 || server.requests.length >= 990) for (const answer of held.splice(0).toReversed()) answer()
  })
  const url = await proxyOf(server, { concurrency: 50 })
  const bodies = Array.from({ length: 1_000 }, (_, i) => `request ${i}`)
  const answers = await Promise.all(bodies.map(async (body) => (await fetch(url, { method: 'POST', body })).text()))
  expect(answers).toEqual(bodies.map((body) => `answer to ${body}`))
  // Connections are shared: far fewer than there were requests.
  expect(server.connections.made).toBeLessThanOrEqual(100)
})

test('a client that goes away takes its request to the server with it', async () => {
  const server = await rawServer(() => undefined)
  const door = http.inbound({ port: 0, path: '/in', body: 'text' })
  const ask = flow('ask')
    .from(door)
    .handle(http.outbound({ url: server.url }))
    .build()
  const { rt } = await started(app(ask))
  const client = new AbortController()
  const response = fetch(`${door.url}/in`, { method: 'POST', body: 'x', signal: client.signal }).catch(() => 'gone')
  await server.until(() => server.requests.length === 1)
  client.abort()
  expect(await response).toBe('gone')
  await server.until(() => server.connections.open === 0)
  await rt.idle()
  expectAccounts(rt)
})

test('M1: a message that is delivered again has the same id, so that a server can tell', async () => {
  let n = 0
  const server = await rawServer(() => answered(++n < 3 ? '503 Busy' : '200 OK'))
  const end = http.outbound({ url: server.url, headers: (_, { message }) => ({ 'idempotency-key': message.id }) })
  const { rt } = await started(
    app(
      flow('f')
        .from(queue('in').of<string>())
        .transform((x) => `${x}!`)
        .to(end)
        .build(),
    ),
  )
  await rt.send('in', 'x')
  for (let i = 0; i < 3; i++) {
    await rt.idle()
    await rt.deadLetters.redrive({})
  }
  const keys = server.requests.map(({ headers }) => headers['idempotency-key'])
  expect([keys.length, new Set(keys).size, drained(rt.channel('in'))]).toEqual([3, 1, []])
})
