/** Servers that hang, break off, lie and send in circles, over real sockets: each failure is a sentence, and nothing is lost. */
import { getEventListeners } from 'node:events'
import { type AlloraError, type Runtime, app, direct, flow, queue } from 'allora'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { outbound } from '../../src/http/outbound.ts'
import type { AnyFlow } from '../../src/flow/flow-def.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { expectAccounts, forbidUnhandledRejections, recorded, started } from '../runtime/rig.ts'
import { type RawServer, answered, freePort, rawServer } from './raw-server.ts'

forbidUnhandledRejections()

const numRuns = process.env['CI'] === undefined ? 200 : 1000

/** Sends a message to a flow that ends in a request, and gives what that failed with. E6: the message has to be a dead letter. */
async function failing(
  url: string,
  options: object = {},
): Promise<{ readonly error: AlloraError & { readonly retryable: boolean }; readonly rt: Runtime<AnyFlow> }> {
  const end = outbound({ url, ...options })
  const { rt } = await started(app(flow('f').from(queue('in').of<string>()).to(end).build()))
  await rt.send('in', 'precious')
  await rt.idle()
  const letters = rt.deadLetters.list()
  expect(letters.map(({ message }) => message.payload)).toEqual(['precious'])
  expectAccounts(rt)
  return { error: letters[0]!.error.cause as never, rt }
}

/** Nothing is left of what failed. */
const closed = (server: RawServer): Promise<void> => server.until(() => server.connections.open === 0)

describe('no answer', () => {
  test('a refused connection was never a request: it may be repeated, whatever the method', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    const { error } = await failing(`${url}/in?key=secret`)
    expect(error).toMatchObject({ code: 'ALLORA852', retryable: true })
    expect(error.message).toBe(
      `POST ${url}/in?*** got no answer: the connection was refused. Start the server, or correct host and port of the url.`,
    )
  })

  test('a port that fetch does not connect to', async () => {
    const { error } = await failing('http://127.0.0.1:9/')
    expect(error).toMatchObject({ code: 'ALLORA852', retryable: false })
    expect(error.message).toBe('POST http://127.0.0.1:9/ got no answer: fetch refuses the port. Correct the url.')
  })

  test('a name that is not known', async () => {
    const { error } = await failing('http://no-such-host.invalid/')
    expect(error).toMatchObject({ code: 'ALLORA852', retryable: true })
    expect(error.message).toMatch(
      /^POST http:\/\/no-such-host.invalid\/ got no answer: the host name (is not known|could not be looked up)\. /,
    )
  })

  test.each([
    ['POST', false],
    ['PUT', true],
  ])('a reset: %s may be repeated: %s', async (method, retryable) => {
    const server = await rawServer((_, socket) => void socket.resetAndDestroy())
    const { error } = await failing(server.url, { method })
    expect(error).toMatchObject({ code: 'ALLORA852', retryable })
    expect(error.message).toContain('got no answer: the server closed the connection before its answer was complete. ')
    await closed(server)
  })

  test('a server that closes without a word', async () => {
    const server = await rawServer((_, socket) => void socket.end())
    const { error } = await failing(server.url)
    expect(error.message).toContain('the server closed the connection before its answer was complete. ')
  })

  test('garbage', async () => {
    const server = await rawServer((_, socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n'))
    const { error } = await failing(server.url)
    expect(error).toMatchObject({ code: 'ALLORA852' })
    expect(error.message).toContain('got no answer: what the server says is not HTTP (HPE_')
    await closed(server)
  })

  test('headers without end', async () => {
    const server = await rawServer(
      (_, socket) => void socket.end(`HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}\r\n\r\n`),
    )
    const { error } = await failing(server.url)
    expect(error.message).toContain('its headers are longer than')
    await closed(server)
  })

  test('a server without TLS that is asked with it', async () => {
    const server = await rawServer(
      () => undefined,
      (socket) => socket.end('HTTP/1.1 400 Bad\r\n\r\n'),
    )
    const { error } = await failing(server.url.replace('http:', 'https:'))
    expect(error).toMatchObject({ code: 'ALLORA852' })
    expect(error.message).toContain('got no answer: what the server says is not TLS (ERR_SSL_')
    await closed(server)
  })
})

describe('answers that hang', () => {
  /** Lets the time of a request run out once the server has it. */
  async function late(answer: Parameters<typeof rawServer>[0]): Promise<AlloraError> {
    const server = await rawServer(answer)
    const clock = virtualClock()
    const step = outbound({ url: server.url, method: 'GET', clock })
    const { rt } = await started(app(flow('f').from(queue('in').of<string>()).handle(step).to(queue('out')).build()))
    await rt.send('in', 'precious')
    await server.until(() => server.requests.length === 1)
    await clock.advance(29_999)
    expect(rt.deadLetters.size).toBe(0)
    await clock.advance(1)
    await rt.idle()
    expect(rt.deadLetters.list().map(({ message }) => message.payload)).toEqual(['precious'])
    expect(clock.pending).toBe(0)
    await closed(server)
    return rt.deadLetters.list()[0]!.error.cause as AlloraError
  }

  test('a server that never answers is left after 30,000 ms, unless timeout says otherwise', async () => {
    const error = await late(() => undefined)
    expect(error).toMatchObject({ code: 'ALLORA853', retryable: true })
    expect(error.message).toMatch(
      /^GET http:\/\/127.0.0.1:\d+\/ was not answered within 30000 ms. Look at the server, or give it longer: { timeout }.$/,
    )
  })

  test('the time includes the body', async () => {
    const error = await late(() => 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')
    expect(error).toMatchObject({ code: 'ALLORA853' })
  })

  test('the time includes the redirects', async () => {
    const error = await late(({ line }) =>
      line.startsWith('GET / ') ? answered('302 Found', '', { location: '/b', connection: 'close' }) : undefined,
    )
    expect(error).toMatchObject({ code: 'ALLORA853' })
  })

  test('the signal of the exchange ends it: the timeout of the step, and the deadline of a stop', async () => {
    const server = await rawServer(() => undefined)
    const step = outbound({ url: server.url })
    const { rt, clock } = await started(
      app(
        flow('a').from(queue('a').of<string>()).to(step, { timeout: 50 }).build(),
        flow('b').from(queue('b').of<string>()).to(step).build(),
      ),
    )
    await rt.send('a', 'x')
    await server.until(() => server.requests.length === 1)
    await clock.advance(50)
    await closed(server)
    expect(rt.deadLetters.list()[0]!.error.cause).toMatchObject({ code: 'ALLORA319' })
    await rt.send('b', 'y')
    await server.until(() => server.requests.length === 2)
    const stopping = rt.stop({ timeout: 10 })
    await clock.advance(10)
    const { left } = await stopping
    expect(left.map(({ channelId }) => channelId)).toEqual(['b'])
    await closed(server)
  })

  test('what was aborted before it began is not sent', async () => {
    const server = await rawServer(() => answered('200 OK'))
    const gone = { signal: AbortSignal.abort(new Error('gone')), message: { headers: {} } }
    await expect(outbound({ url: server.url })('x', gone as never)).rejects.toThrow('gone')
    expect(server.connections.made).toBe(0)
  })
})

describe('answers that break off', () => {
  const half = 'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf'

  test('in the middle of a body that is read, the message fails', async () => {
    const server = await rawServer((_, socket) => void socket.end(half))
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<string>())
          .handle(outbound({ url: server.url }))
          .to(queue('out'))
          .build(),
      ),
    )
    await expect(rt.send('in', 'x')).rejects.toMatchObject({ cause: { code: 'ALLORA852', retryable: false } })
    expect(rt.channel('out').size).toBe(0)
    await closed(server)
  })

  test('a sink has its 2xx: to send again would only repeat it', async () => {
    const server = await rawServer((_, socket) => void socket.end(half))
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<string>())
          .to(outbound({ url: server.url }))
          .build(),
      ),
    )
    await rt.send('in', 'x')
    expect(rt.deadLetters.size).toBe(0)
    await closed(server)
  })

  test('in the middle of a failure, what came is its preview', async () => {
    const server = await rawServer((_, socket) => void socket.end(half.replace('200 OK', '500 Oh')))
    const { error } = await failing(server.url)
    expect(error).toMatchObject({ code: 'ALLORA857', status: 500, preview: 'half' })
  })
})

describe('bodies that cannot be used', () => {
  /** Asks for a body, and gives what that failed with. */
  async function reading(options: object, bytes: string | Buffer): Promise<AlloraError> {
    const server = await rawServer(() => bytes)
    const step = outbound({ url: server.url, method: 'GET', ...options })
    const { rt } = await started(app(flow('f').from(queue('in').of<string>()).handle(step).to(queue('out')).build()))
    const failed = recorded(rt, 'failed')
    await rt.send('in', 'precious')
    await rt.idle()
    expect(failed).toHaveLength(1)
    expect(rt.deadLetters.list().map(({ message }) => message.payload)).toEqual(['precious'])
    return rt.deadLetters.list()[0]!.error.cause as AlloraError
  }

  test('one that is too large is left as soon as that is known, also when it never ends', async () => {
    const endless = `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${`400\r\n${'x'.repeat(1024)}\r\n`.repeat(3)}`
    for (const bytes of [answered('200 OK', 'x'.repeat(2_049)), endless]) {
      const error = await reading({ maxBody: 2_048 }, bytes)
      expect(error).toMatchObject({ code: 'ALLORA855', retryable: false })
      expect(error.message).toContain(
        'with status 200, has a body of more than 2048 bytes. Allow more with { maxBody }, or ask for less.',
      )
    }
  })

  test('no JSON, and no word of it in the sentence', async () => {
    const error = await reading({}, answered('200 OK', 'secret{', { 'content-type': 'application/json' }))
    expect(error).toMatchObject({ code: 'ALLORA855', retryable: false })
    expect(error.message).toMatch(
      /with status 200, has a body that is no JSON, of 7 characters\. Take it as it is: { as: 'text' }\.$/,
    )
    expect(JSON.stringify([error.message, error.cause])).not.toContain('secret')
  })

  test('no text in its charset, or a charset that does not exist', async () => {
    for (const type of ['text/plain', 'text/plain; charset=klingon']) {
      const head = `HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\ncontent-length: 1\r\n\r\n`
      const error = await reading({}, Buffer.concat([Buffer.from(head), Buffer.from([0xff])]))
      expect(error.message).toMatch(
        /has a body that is no text in "(utf-8|klingon)"\. Take it as it is: { as: 'bytes' }\.$/,
      )
    }
  })
})

describe('redirects', () => {
  const to = (location: string, status = '302 Found'): string => answered(status, '', { location })

  test('a circle', async () => {
    const server = await rawServer(({ line }) => to(line.includes('/a') ? '/b' : '/a'))
    const { error } = await failing(`${server.url}/a`, { method: 'GET' })
    expect(error).toMatchObject({ code: 'ALLORA854', retryable: false })
    expect(error.message).toContain(`was sent in a circle, back to ${server.url}/a. `)
    expect(server.requests).toHaveLength(2)
  })

  test('more than five, or than redirects says', async () => {
    let n = 0
    const server = await rawServer(() => to(`/${++n}`))
    const { error } = await failing(server.url, { method: 'GET' })
    expect(error.message).toContain(`was sent on more than 5 times, last to ${server.url}/6. `)
    expect(server.requests).toHaveLength(6)
  })

  test('none with redirects: 0', async () => {
    const server = await rawServer(() => to('/b'))
    const { error } = await failing(server.url, { redirects: 0 })
    expect(error).toMatchObject({ code: 'ALLORA857', status: 302, headers: { location: '/b' } })
  })

  test.each(['ftp://me:secret@example.org/', 'http://', 'javascript:alert(1)'])(
    'to %s, where nothing can be',
    async (location) => {
      const server = await rawServer(() => to(location))
      const { error } = await failing(server.url)
      expect(error).toMatchObject({ code: 'ALLORA854' })
      expect(error.message).not.toContain('secret')
    },
  )

  test('from https to http', async () => {
    const fetch = async (): Promise<Response> =>
      new Response(null, { status: 307, headers: { location: 'http://example.org' } })
    const { error } = await failing('https://example.org', { fetch })
    expect(error.message).toContain(
      'was sent on from https to http, to http://example.org/, where anybody could read it. ',
    )
  })

  test('a stream is gone, and cannot be sent on', async () => {
    const server = await rawServer(() => to('/b', '307 Temporary Redirect'))
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<AsyncIterable<string>>())
          .to(outbound({ url: server.url }))
          .build(),
      ),
    )
    await expect(rt.send('in', ReadableStream.from(['a']))).rejects.toThrow('but its body was a stream and is gone')
  })

  test.each([
    ['301 Moved', 'POST', 'GET'],
    ['302 Found', 'POST', 'GET'],
    ['303 See Other', 'PUT', 'GET'],
    ['307 Temporary', 'POST', 'POST'],
    ['308 Permanent', 'POST', 'POST'],
    ['302 Found', 'PUT', 'PUT'],
  ])('%s of a %s is a %s', async (status, method, next) => {
    const server = await rawServer(({ line }) => (line.includes('/b') ? answered('200 OK') : to('/b', status)))
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<string>())
          .to(outbound({ url: server.url, method }))
          .build(),
      ),
    )
    await rt.send('in', 'text')
    const { line, body, headers } = server.requests[1]!
    expect([line, body, 'content-type' in headers]).toEqual([
      `${next} /b HTTP/1.1`,
      next === 'GET' ? '' : 'text',
      next !== 'GET',
    ])
  })

  test('what was meant for one server is not told to another', async () => {
    const other = await rawServer(() => answered('200 OK'))
    const first = await rawServer(() => to(`${other.url}/b`, '307 Temporary'))
    const headers = { authorization: 'Bearer secret', 'x-api-key': 'secret', accept: 'text/plain' }
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<string>())
          .to(outbound({ url: first.url, headers }))
          .build(),
      ),
    )
    await rt.send('in', 'text')
    const seen = other.requests[0]!.headers
    expect([seen['authorization'], seen['x-api-key'], seen['accept']]).toEqual([undefined, undefined, 'text/plain'])
  })
})

describe('messages that cannot be sent', () => {
  const circle: { self?: unknown } = {}
  circle.self = circle

  test.each([
    ['a big integer', 7n, {}, 'A payload that is the bigint 7 cannot be sent as JSON: '],
    ['a circle', circle, {}, 'A payload that is an object cannot be sent as JSON: '],
    ['a function', () => 1, {}, 'A payload that is a function cannot be sent as JSON: JSON has no word for it. '],
    ['a header of two lines', 'x', { headers: { 'x-a': 'secret\r\nx-b: 1' } }, 'The header "x-a" cannot be sent: '],
    ['a header of no name', 'x', { headers: { 'x a': 'secret' } }, 'The header "x a" cannot be sent: '],
    [
      'a header of the connection',
      'x',
      { headers: { 'Transfer-Encoding': 'secret' } },
      'The header "Transfer-Encoding" belongs to the connection',
    ],
    [
      'a length by hand',
      'x',
      { headers: { 'content-length': '7' } },
      'The header "content-length" belongs to the connection',
    ],
    [
      'no URL',
      'x',
      { url: () => '/in?secret' },
      'The url of an outbound request must be one of http or https, but it is "/in?***". ',
    ],
  ])('%s', async (_, payload, options, sentence) => {
    const server = await rawServer(() => answered('200 OK'))
    const end = outbound({ url: server.url, ...options })
    const { rt } = await started(app(flow('f').from(queue('in').of<unknown>()).to(end).build()))
    await rt.send('in', payload)
    await rt.idle()
    const cause = rt.deadLetters.list()[0]!.error.cause as AlloraError
    expect(cause).toMatchObject({ code: 'ALLORA851', retryable: false })
    expect(cause.message).toContain(sentence)
    expect(`${cause.message} ${String(cause.cause)}`).not.toContain('secret')
    expect(server.connections.made).toBe(0)
  })

  test('a stream that gives something else, or breaks off, takes the request with it', async () => {
    for (const chunk of [7, undefined]) {
      const server = await rawServer(() => answered('200 OK'))
      async function* parts(): AsyncGenerator<unknown> {
        yield 'a'
        if (chunk === undefined) throw new Error('no more rows')
        yield chunk
      }
      const { rt } = await started(
        app(
          flow('f')
            .from(queue('in').of<unknown>())
            .to(outbound({ url: server.url }))
            .build(),
        ),
      )
      await rt.send('in', parts())
      await rt.idle()
      const cause = rt.deadLetters.list()[0]!.error.cause as AlloraError
      expect(cause.message).toContain(chunk === undefined ? 'no more rows' : 'It gave the number 7')
      expect(server.requests).toHaveLength(0)
      await closed(server)
    }
  })
})

describe('what stays secret, and what is left', () => {
  const chain = (error: unknown): string[] =>
    error instanceof Error ? [String(error), error.stack ?? '', JSON.stringify(error), ...chain(error.cause)] : []

  test('no error shows the user, the query or the fragment of a URL, nor a header that was sent or a cookie that came', async () => {
    const secret = fc.stringMatching(/^[a-z0-9]{12,16}$/)
    const failures: ((url: string) => Promise<Response>)[] = [
      async () =>
        Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNRESET' }) })),
      async () => new Response('x', { status: 500, headers: { 'set-cookie': 'a=b' } }),
      async () => new Response('{', { headers: { 'content-type': 'application/json' } }),
      async () => new Response('xx', { headers: { 'content-type': 'text/plain' } }),
      async (url) => new Response(null, { status: 302, headers: { location: url } }),
      async (url) => new Response(null, { status: 302, headers: { location: url.replace('http', 'gopher') } }),
    ]
    await fc.assert(
      fc.asyncProperty(secret, fc.constantFrom(...failures), async (token, fail) => {
        const url = `http://${token}:${token}@example.org/in?${token}=${token}#${token}`
        const step = outbound({
          url: () => url,
          method: 'GET',
          maxBody: 1,
          headers: { authorization: token, cookie: token, 'x-api-key': token },
          fetch: async () => fail(`http://${token}@example.org/in?${token}`),
        })
        const exchange = { signal: new AbortController().signal, message: { headers: {} } }
        const outcome = await step('x', exchange as never).then(
          (result) => (result._tag === 'Left' ? result.left : undefined),
          (error: unknown) => error,
        )
        expect(outcome).toHaveProperty('code')
        expect(chain(outcome).filter((text) => text.includes(token))).toEqual([])
      }),
      { numRuns },
    )
  })

  test('a call leaves no listener with the signal of the exchange, which lives as long as the runtime, and no timer', async () => {
    const { signal } = new AbortController()
    const clock = virtualClock()
    const exchange = { signal, message: { headers: {} } } as never
    for (const status of [200, 500]) {
      const fetch = async (): Promise<Response> => new Response('x', { status })
      const step = outbound({ url: 'http://example.org', fetch, clock })
      await step('x', exchange)
      await step.write('x', exchange)
    }
    await expect(
      outbound({ url: 'http://example.org', fetch: async () => Promise.reject(new Error('no')), clock })('x', exchange),
    ).rejects.toThrow('got no answer')
    expect([getEventListeners(signal, 'abort').length, clock.pending]).toEqual([0, 0])
  })
})
