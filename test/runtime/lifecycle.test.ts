import {
  app,
  contract,
  direct,
  flow,
  message,
  priority,
  pubsub,
  queue,
  readApp,
  rendezvous,
  restoreMessage,
  runtime,
} from 'allora'
import { left } from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import type { ChannelToken } from '../../src/flow/channel-token.ts'
import { AbortedError } from '../../src/errors/handling-errors.ts'
import { memory } from '../../src/memory/memory.ts'
import { Engine } from '../../src/runtime/engine.ts'
import type { Transport } from '../../src/transport/transport.ts'
import { deferred, drained, forbidUnhandledRejections, numberedIds, recorded, settled, started } from './rig.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'

forbidUnhandledRejections()

/** What a promise rejected with. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => error,
  )

/** A request to a flow that does not reply, which does not compile. */
type Ask = (id: string, payload: unknown, options?: object) => Promise<unknown>

const forever = (): Promise<never> => new Promise(() => {})
const simple = app(flow('f').from(queue('in').of<number>()).to(queue('out').of<number>()).build())

/** The memory transport, with parts replaced. */
function transport(name: string, changes: Partial<Transport>): Transport {
  const inner = memory()
  return {
    name,
    capabilities: inner.capabilities,
    open: (...args) => inner.open(...args),
    port: (id) => inner.port(id),
    close: () => inner.close(),
    ...changes,
  }
}

describe('L1: start', () => {
  test('L1: a runtime goes through its states once', async () => {
    const rt = runtime(simple)
    const states = [rt.state]
    const starting = rt.start()
    states.push(rt.state)
    expect(await starting).toBe(rt)
    states.push(rt.state)
    const stopping = rt.stop()
    states.push(rt.state)
    await stopping
    states.push(rt.state)
    expect(states).toEqual(['new', 'starting', 'running', 'stopping', 'stopped'])
  })

  test('L1: consumers run before the first send, and send before start says so', async () => {
    const rt = runtime(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle((n) => n)
          .build(),
      ),
    )
    await expect(rt.send('in', 1)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[NotStartedError: The runtime has not been started, so it accepts no messages. Call \`await rt.start()\` first.]`,
    )
    await expect(rt.request('in', 1)).rejects.toMatchObject({ code: 'ALLORA401' })
    const starting = rt.start()
    await expect(rt.send('in', 1)).rejects.toMatchObject({ code: 'ALLORA401' })
    await starting
    await rt.send('in', 1)
    await rt.stop()
    await expect(rt.send('in', 1)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[StoppedError: The runtime is stopped, so it accepts no more messages. Make a new one with runtime(app).]`,
    )
    await expect(rt.request('in', 1)).rejects.toMatchObject({ code: 'ALLORA402' })
  })

  test('L1: it starts once', async () => {
    const { rt } = await started(simple)
    await expect(rt.start()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[StoppedError: The runtime is running already and cannot be started again. Make a new one with runtime(app).]`,
    )
    await rt.stop()
    await expect(rt.start()).rejects.toMatchObject({ code: 'ALLORA402' })
  })

  test('L1: an app with errors does not start, and says all of them', async () => {
    const graph = readApp(
      JSON.parse(JSON.stringify(simple.graph).replace('"channel":"out"', '"channel":"tuo"')) as never,
    )
    const engine = new Engine({ graph, functions: {}, contracts: [], schemas: {} })
    const error = (await failure(engine.start())) as Error
    expect(error).toMatchObject({ code: 'ALLORA403' })
    expect(error.message).toMatchInlineSnapshot(`
      "The app has an error and was not started:

      error ALLORA101 Unknown channel
        The outlet "n1" of flow "f" names channel "tuo", which no flow declares.
        Fix: Correct the name, or declare the channel."
    `)
    expect(engine.state).toBe('new')
    const worse = readApp(JSON.parse(JSON.stringify(graph).replace('"channel":"in"', '"channel":"ni"')) as never)
    await expect(new Engine({ graph: worse, functions: {}, contracts: [], schemas: {} }).start()).rejects.toThrow(
      /2 errors.*"ni".*"tuo"/s,
    )
  })

  test('L1: a service without a function is named before anything starts', () => {
    const price = contract<number, number>()('price')
    const stock = contract<number, number>()('stock')
    const needy = app(
      flow('f').from(queue('in').of<number>()).handle(price).handle(stock).to(queue('out').of<number>()).build(),
    )
    expect(() => runtime(needy, { services: { price: (n: number) => n } } as never)).toThrowErrorMatchingInlineSnapshot(
      `[MissingServiceError: The app needs a service that the runtime was not given: "stock". Pass it as runtime(app, { services: { "stock": ... } }).]`,
    )
    expect(() => runtime(needy, {} as never)).toThrowErrorMatchingInlineSnapshot(
      `[MissingServiceError: The app needs services that the runtime was not given: "price", "stock". Pass them as runtime(app, { services: { "price": ..., "stock": ... } }).]`,
    )
  })

  test('L1: services given to the runtime are called', async () => {
    const price = contract<number, number>()('price')
    const { rt } = await started(
      app(flow('f').from(direct('in').of<number>()).handle(price).to(queue('out').of<number>()).build()),
      {
        services: { price: (n: number) => n * 2 },
      } as never,
    )
    await rt.send('in', 2)
    expect(drained(rt.channel('out'))).toEqual([4])
  })

  test('L1: a failing transport undoes what was started, and start can be called again', async () => {
    const log: string[] = []
    let broken = true
    const noting = (name: string): Transport => {
      const inner = memory()
      return transport(name, {
        open: (specs, env) => {
          log.push(`open ${name}: ${specs.map(({ id }) => id).join(' ')}`)
          if (broken && name === 'second') throw new Error('no disk')
          return inner.open(specs, env)
        },
        port: (id) => inner.port(id),
        close: () => {
          log.push(`close ${name}`)
          return inner.close()
        },
      })
    }
    const f = flow('f')
      .from(queue('in', { transport: 'first' }).of<number>())
      .to(queue('out', { transport: 'second' }).of<number>())
      .build()
    const rt = runtime(app(f), { transports: { first: noting('first'), second: noting('second') } })
    await expect(rt.start()).rejects.toThrow('no disk')
    expect(log).toEqual(['open first: in', 'open second: out', 'close first', 'close second'])
    expect(rt.state).toBe('new')
    broken = false
    await rt.start()
    await rt.send('in', 1)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([1])
    await rt.stop()
  })

  test('L1: a consumer that cannot be attached undoes the start, the consumers before it included', async () => {
    const inner = memory()
    let broken = true
    const rt = runtime(
      app(
        flow('a').from(queue('a').of<number>()).to(queue('out').of<number>()).build(),
        flow('b').from(queue('b').of<number>()).to(queue('out').of<number>()).build(),
      ),
      {
        transports: {
          default: transport('t', {
            open: (specs, env) => inner.open(specs, env),
            port: (id) => {
              const port = inner.port(id)
              if (id === 'b' && broken)
                port.consume = () => {
                  throw new Error('no consumer')
                }
              return port
            },
            close: () => inner.close(),
          }),
        },
      },
    )
    await expect(rt.start()).rejects.toThrow('no consumer')
    broken = false
    await rt.start()
    await rt.send('a', 1)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([1])
    expect(await rt.stop()).toEqual({ drained: true, aborted: 0, left: [] })
  })

  test('L1: a channel bound to a transport that was not given is named', async () => {
    const rt = runtime(
      app(
        flow('f')
          .from(queue('in', { transport: 'jobs' }).of<number>())
          .build(),
      ),
      { transports: { job: memory() } },
    )
    await expect(rt.start()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[UnknownTransportError: Channel "in" is bound to transport "jobs", which the runtime was not given. Did you mean "job"? Pass it as runtime(app, { transports: { "jobs": ... } }).]`,
    )
  })

  test('L1: direct channels need no transport of their own, others take the default', async () => {
    const seen: string[] = []
    const inner = memory()
    const { rt } = await started(app(flow('f').from(direct('in').of<number>()).to(queue('out').of<number>()).build()), {
      transports: {
        default: transport('t', {
          open: (specs, env) => (seen.push(...specs.map(({ id }) => id)), inner.open(specs, env)),
          port: (id) => inner.port(id),
          close: () => inner.close(),
        }),
      },
    })
    await rt.send('in', 1)
    expect(seen).toEqual(['out'])
  })

  test('L1: an interceptor for a channel that is not there is named', async () => {
    const rt = runtime(simple, { interceptors: { tuo: [] } as never })
    await expect(rt.start()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[UnknownChannelError: There is no channel "tuo" in this app. Its channels are "in", "out".]`,
    )
  })

  test('L1: a stop while it starts stops it as soon as it has started', async () => {
    const gate = deferred()
    const inner = memory()
    const rt = runtime(simple, {
      transports: {
        default: transport('slow', {
          open: async (...args) => (await gate.promise, inner.open(...args)),
          port: (id) => inner.port(id),
          close: () => inner.close(),
        }),
      },
    })
    const events: string[] = []
    for (const event of ['started', 'stopped'] as const) rt.on(event, () => events.push(event))
    const starting = rt.start()
    const stopping = rt.stop()
    await settled()
    expect(rt.state).toBe('starting')
    gate.resolve()
    await starting
    expect(await stopping).toEqual({ drained: true, aborted: 0, left: [] })
    expect([rt.state, events]).toEqual(['stopped', ['started', 'stopped']])
    await expect(rt.send('in', 1)).rejects.toMatchObject({ code: 'ALLORA402' })
  })

  test('L1: a stop while it fails to start stops it', async () => {
    const rt = runtime(simple, {
      transports: {
        default: transport('bad', {
          open: () => {
            throw new Error('no disk')
          },
        }),
      },
    })
    const starting = failure(rt.start())
    expect(await rt.stop()).toEqual({ drained: true, aborted: 0, left: [] })
    expect(await starting).toEqual(new Error('no disk'))
    expect(rt.state).toBe('stopped')
  })

  test('L1: names that every object has are names like others', async () => {
    for (const name of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      const { rt } = await started(
        app(
          flow(name)
            .from(queue(name).of<number>())
            .transform((n) => n + 1, { id: name })
            .to(queue(`${name} out`).of<number>())
            .build(),
        ),
        { metrics: true },
      )
      await rt.send(name as never, 1)
      await rt.idle()
      expect(rt.metrics().channels[name]).toMatchObject({ settled: 1 })
      expect(rt.metrics().nodes[`${name}/${name}`]).toMatchObject({ entered: 1 })
    }
  })
})

describe('L2: stop', () => {
  test('L2: drains what is in flight and in channels that flows consume', async () => {
    const gate = deferred()
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle(async (n) => (await gate.promise, n))
          .to(queue('out').of<number>())
          .build(),
      ),
    )
    for (const n of [1, 2, 3]) await rt.send('in', n)
    const stopping = rt.stop()
    await settled()
    expect(rt.state).toBe('stopping')
    gate.resolve()
    const report = await stopping
    expect(report).toMatchObject({ drained: true, aborted: 0 })
    expect(report.left.map(({ channelId, state, messageId }) => [channelId, state, messageId.slice(0, 2)])).toEqual([
      ['out', 'buffered', 'm1'],
      ['out', 'buffered', 'm2'],
      ['out', 'buffered', 'm3'],
    ])
  })

  test('L2: in-flight handlers keep a live signal until the deadline, then see it aborted and may end', async () => {
    const seen: [number, boolean, unknown][] = []
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle((_, { signal }) => {
            seen.push([clock.now(), signal.aborted, undefined])
            return new Promise<void>((resolve) => {
              signal.addEventListener('abort', () => {
                seen.push([clock.now(), signal.aborted, signal.reason])
                resolve()
              })
            })
          })
          .build(),
      ),
    )
    const start = clock.now()
    await rt.send('in', 1)
    await settled()
    const stopping = rt.stop({ timeout: 500 })
    await clock.advance(499)
    expect(seen).toEqual([[start, false, undefined]])
    await clock.advance(1)
    const report = await stopping
    expect(seen[1]).toEqual([start + 500, true, expect.objectContaining({ code: 'ALLORA402' })])
    expect(report).toMatchObject({ drained: false, aborted: 0 })
    expect(rt.metrics().channels['in']).toMatchObject({ settled: 1 })
  })

  test('L2: the default deadline is 10 seconds', async () => {
    const { rt, clock } = await started(app(flow('f').from(queue('in').of<number>()).handle(forever).build()))
    await rt.send('in', 1)
    let done = false
    void rt.stop().then(() => (done = true))
    await clock.advance(9_999)
    expect(done).toBe(false)
    await clock.advance(1)
    await settled()
    await settled()
    expect(done).toBe(true)
  })

  test('L2: a second stop brings the end forward, and never puts it off', async () => {
    for (const [first, second, at] of [
      [10_000, 0, 0],
      [10_000, 300, 300],
      [500, 9_000, 500],
    ] as const) {
      const { rt, clock } = await started(app(flow('f').from(queue('in').of<number>()).handle(forever).build()))
      await rt.send('in', 1)
      const stopping = rt.stop({ timeout: first })
      await settled()
      expect(rt.stop({ timeout: second })).toBe(stopping)
      let done = false
      void stopping.then(() => (done = true))
      await clock.advance(Math.max(0, at - 1))
      await settled()
      await settled()
      expect(done).toBe(at === 0)
      await clock.advance(1)
      expect(await stopping).toMatchObject({ drained: false, left: [{ state: 'aborted', channelId: 'in' }] })
      await rt.stop({ timeout: 5 })
    }
  })

  test.each([Number.NaN, -1, '5' as never])('L2: a timeout of %j is refused, and nothing stops', async (timeout) => {
    const { rt } = await started(app(flow('f').from(queue('in').of<number>()).handle(forever).build()))
    await rt.send('in', 1)
    await expect(rt.stop({ timeout })).rejects.toMatchObject({
      code: 'ALLORA207',
      message: expect.stringMatching(
        /^The timeout of stop\(\) must be a number of milliseconds from 0, or Infinity, but it is .+\. Correct it, or leave it out\.$/,
      ),
    })
    expect(rt.state).toBe('running')
    const stopping = rt.stop()
    await expect(rt.stop({ timeout })).rejects.toThrow('timeout of stop()')
    expect(rt.stop({ timeout: 0 })).toBe(stopping)
    expect(await stopping).toMatchObject({ drained: false, aborted: 1 })
  })

  test('L2: stuck handlers are named with channel, flow, node and age; their messages are back in their channels', async () => {
    const { rt, clock } = await started(
      app(
        flow('f').from(queue('in').of<number>(), { concurrency: 2 }).handle(forever, { id: 'stuck' }).build(),
        flow('g')
          .from(direct('now').of<number>())
          .transform((n) => n)
          .handle(forever, { id: 'too' })
          .build(),
      ),
    )
    const dropped = recorded(rt, 'dropped')
    for (const n of [1, 2, 3]) await rt.send('in', n)
    const sending = failure(rt.send('now', 4))
    await clock.advance(250)
    const report = await rt.stop({ timeout: 0 })
    expect(report).toEqual({
      drained: false,
      aborted: 3,
      left: [
        { messageId: 'm4', channelId: 'now', flowId: 'g', nodeId: 'too', state: 'aborted', age: 250 },
        { messageId: 'm1', channelId: 'in', flowId: 'f', nodeId: 'stuck', state: 'aborted', age: 250 },
        { messageId: 'm2', channelId: 'in', flowId: 'f', nodeId: 'stuck', state: 'aborted', age: 250 },
        { messageId: 'm3', channelId: 'in', state: 'buffered', age: 250 },
      ],
    })
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 3, buffered: 3, inFlight: 0 })
    const error = (await sending) as AbortedError
    expect(error).toBeInstanceOf(AbortedError)
    expect(error.message).toMatchInlineSnapshot(
      `"Message "m4" was still in node "too" (handle) of flow "g" when the stop deadline passed. It was not handled to the end; send it again. Give stop() a longer { timeout }, or have the handler watch exchange.signal."`,
    )
    expect(dropped).toMatchObject([{ reason: 'refused', channelId: 'now', flowId: 'g' }])
    expect(rt.metrics().channels['now']).toMatchObject({ accepted: 1, dropped: 1, inFlight: 0 })
  })

  test('L2: an aborted requester is told, and so is one whose reply cannot come any more', async () => {
    const { rt } = await started(
      app(
        flow('f').from(queue('in').of<number>()).handle(forever).build(),
        flow('g').from(direct('lost').of<number>()).to(queue('nobody').of<number>()).build(),
      ),
    )
    const stuck = failure(rt.request('in', 1))
    const lost = failure((rt.request as unknown as Ask)('lost', 1))
    await settled()
    await rt.stop({ timeout: 0 })
    expect(((await stuck) as Error).message).toMatchInlineSnapshot(
      `"Message "m1" was still in node "n1" (handle) of flow "f" when the stop deadline passed. It is back in channel "in". Give stop() a longer { timeout }, or have the handler watch exchange.signal."`,
    )
    expect(((await lost) as Error).message).toMatchInlineSnapshot(
      `"The runtime stopped before the reply came. The message is in the stop report, or was handled without a reply."`,
    )
    expect([await stuck, await lost].every((error) => error instanceof AbortedError)).toBe(true)
  })

  test('L2: nobody is called once the stop has cut a split off, and its iterator is closed', async () => {
    const gate = deferred<number>()
    const parts: number[] = []
    let closed = false
    const source = async function* (): AsyncGenerator<number> {
      try {
        yield 1
        yield await gate.promise
        yield 3
      } finally {
        closed = true
      }
    }
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .split(source)
          .handle((n) => void parts.push(n))
          .build(),
      ),
    )
    await rt.send('in', 0)
    await settled()
    const report = await rt.stop({ timeout: 0 })
    expect(report).toMatchObject({ aborted: 1, left: [{ messageId: 'm1', nodeId: 'n1', state: 'aborted' }] })
    gate.resolve(2)
    await settled()
    expect([parts, closed]).toEqual([[1], true])
  })

  test('L2: direct hops, calls and parts that are cut off are given up as one', async () => {
    const price = flow('price').from(queue('price').of<number>()).handle(forever, { id: 'stuck' }).build()
    const { rt } = await started(
      app(
        flow('f').from(queue('in').of<readonly number[]>()).split().to(direct('next').of<number>()).build(),
        flow('g').from(direct('next').of<number>()).call(price).build(),
      ),
    )
    await rt.send('in', [1, 2])
    await settled()
    const report = await rt.stop({ timeout: 0 })
    expect(report.drained).toBe(false)
    expect(report.left.map(({ flowId, nodeId, channelId }) => [flowId, nodeId, channelId])).toEqual(
      expect.arrayContaining([
        ['price', 'stuck', 'price'],
        ['f', 'n1', 'in'],
      ]) as unknown,
    )
    expect(rt.metrics()).toMatchObject({
      channels: { in: { buffered: 1, inFlight: 0 }, price: { buffered: 1, inFlight: 0 } },
      pendingRequests: 0,
      deadLetters: 0,
    })
  })

  test('L2: a group that its timeout would emit is waited for; one that only a message could complete is left', async () => {
    const grouped = (timeout: number | undefined) =>
      app(
        flow('f')
          .from(queue('in').of<string>())
          .aggregate({ correlateBy: () => 'all', size: 3, ...(timeout !== undefined && { timeout }) })
          .to(queue('out').of<readonly string[]>())
          .build(),
      )
    const timed = await started(grouped(100))
    await timed.rt.send('in', 'a')
    const stopping = timed.rt.stop()
    await timed.clock.advance(100)
    expect(await stopping).toMatchObject({ drained: true, left: [{ channelId: 'out', state: 'buffered' }] })

    const untimed = await started(grouped(undefined))
    await untimed.rt.send('in', 'a')
    await untimed.rt.send('in', 'b')
    await untimed.clock.advance(70)
    expect(await untimed.rt.stop()).toEqual({
      drained: true,
      aborted: 0,
      left: ['m1', 'm2'].map((messageId) => ({
        messageId,
        channelId: 'in',
        flowId: 'f',
        nodeId: 'n1',
        state: 'grouped',
        age: 70,
      })),
    })
  })

  test('L2: a group whose timeout is beyond the deadline is left, with its timer stopped', async () => {
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>())
          .aggregate({ correlateBy: () => 'all', size: 3, timeout: 1_000 })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 'a')
    await settled()
    const stopping = rt.stop({ timeout: 100 })
    await clock.advance(100)
    expect(await stopping).toMatchObject({ drained: false, aborted: 0, left: [{ messageId: 'm1', state: 'grouped' }] })
    expect(clock.pending).toBe(0)
  })

  test('L2: a group cut off behind its aggregator is named with every member', async () => {
    for (const how of ['arrival', 'timer'] as const) {
      const { rt, clock } = await started(
        app(
          flow('f')
            .from(queue('in').of<string>())
            .aggregate({ correlateBy: () => 'all', size: how === 'arrival' ? 2 : 3, timeout: 100 })
            .handle(forever, { id: 'stuck' })
            .build(),
        ),
      )
      await rt.send('in', 'a')
      await rt.send('in', 'b')
      await clock.advance(100)
      const report = await rt.stop({ timeout: 0 })
      expect(report.left.map(({ messageId, nodeId, state }) => [messageId, nodeId, state])).toEqual([
        ['m1', 'stuck', 'aborted'],
        ['m2', 'stuck', 'aborted'],
      ])
      await clock.advance(10_000)
      expect([clock.pending, rt.deadLetters.size]).toEqual([0, 0])
    }
  })

  test('L2: a group whose combine fails after the stop starts no timer', async () => {
    const gate = deferred<readonly string[]>()
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>())
          .aggregate({ correlateBy: () => 1, size: 1, timeout: 100, combine: () => gate.promise })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 'a')
    await clock.advance(100)
    const report = await rt.stop({ timeout: 0 })
    gate.reject(new Error('too late'))
    await settled()
    expect(clock.pending).toBe(0)
    expect(report.left).toMatchObject([{ messageId: 'm1' }])
  })

  test('L2: what user code has taken and not settled is named', async () => {
    const { rt, clock } = await started(simple)
    await rt.send('out', 1)
    await rt.channel('out').take()
    await clock.advance(5)
    expect(await rt.stop()).toEqual({
      drained: true,
      aborted: 0,
      left: [{ messageId: 'm1', channelId: 'out', state: 'aborted', age: 5 }],
    })
  })

  test('L2: what subscribers of a pubsub channel have not taken is named, not dropped', async () => {
    const topic = pubsub('topic').of<number>()
    const { rt, dropped } = await started(app(flow('f').from(topic).handle(forever).build()))
    for (const n of [1, 2, 3]) await rt.send('topic', n)
    const report = await rt.stop({ timeout: 0 })
    expect(report.left.map(({ messageId, state }) => [messageId, state])).toEqual([
      ['m1', 'aborted'],
      ['m2', 'buffered'],
      ['m3', 'buffered'],
    ])
    expect(dropped).toEqual([])
  })

  test('L2: a handler that was subscribed by hand is stopped like a flow', async () => {
    const { rt } = await started(simple)
    const seen: number[] = []
    rt.channel('out').subscribe(async (n) => (seen.push(n), forever()))
    await rt.send('in', 1)
    await rt.send('in', 2)
    await settled()
    const report = await rt.stop({ timeout: 0 })
    await settled()
    expect(seen).toEqual([1])
    expect(report.left.map(({ channelId, state, flowId }) => [channelId, state, flowId])).toEqual([
      ['out', 'aborted', 'subscriber of out'],
      ['out', 'buffered', undefined],
    ])
  })

  test('L2: it is idempotent and safe to call at the same time', async () => {
    const { rt } = await started(simple)
    const stopped = recorded(rt, 'stopped')
    const reports = await Promise.all([rt.stop(), rt.stop({ timeout: 0 }), rt.stop()])
    expect(reports[1]).toBe(reports[0])
    expect(await rt.stop()).toBe(reports[0])
    expect(stopped).toEqual([reports[0]])
  })

  test('L2: a runtime that was never started stops', async () => {
    const rt = runtime(simple)
    expect(await rt.stop()).toEqual({ drained: true, aborted: 0, left: [] })
    expect(rt.state).toBe('stopped')
    await expect(rt.start()).rejects.toMatchObject({ code: 'ALLORA402' })
  })

  test('L2: await using stops', async () => {
    let state: () => string
    {
      await using rt = await runtime(simple).start()
      state = () => rt.state
      await rt.send('in', 1)
    }
    expect(state()).toBe('stopped')
  })

  test('L2: a transport that cannot close does not keep the others open, and the stop says so', async () => {
    const inner = memory()
    let closed = false
    const rt = await runtime(
      app(
        flow('f')
          .from(queue('in', { transport: 'bad' }).of<number>())
          .to(queue('out', { transport: 'good' }).of<number>())
          .build(),
      ),
      {
        transports: {
          bad: transport('bad', {
            close: () => {
              throw new Error('stuck file')
            },
          }),
          good: transport('good', {
            open: (...args) => inner.open(...args),
            port: (id) => inner.port(id),
            close: () => ((closed = true), inner.close()),
          }),
        },
      },
    ).start()
    await expect(rt.stop()).rejects.toThrow('stuck file')
    expect(closed).toBe(true)
    expect(rt.state).toBe('stopped')
  })

  test('L2: on the system clock no timer and no handle is left', async () => {
    const before = process.getActiveResourcesInfo().length
    const rt = await runtime(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .aggregate({ correlateBy: () => 1, size: 9, timeout: 60_000 })
          .to(queue('out'))
          .build(),
        flow('g').from(queue('stuck').of<number>()).handle(forever).build(),
      ),
    ).start()
    await rt.send('in', 1, { delay: 60_000 })
    await rt.send('in', 2)
    await rt.send('stuck', 3)
    const asking = failure(rt.request('stuck', 4))
    const receiving = failure(rt.channel('out').receive({ timeout: 60_000 }))
    await settled()
    expect(process.getActiveResourcesInfo().length).toBeGreaterThan(before)
    const report = await rt.stop({ timeout: 0 })
    expect(report.left.map(({ state }) => state).toSorted()).toEqual(['aborted', 'buffered', 'delayed', 'grouped'])
    expect(await asking).toBeInstanceOf(AbortedError)
    expect(await receiving).toMatchObject({ code: 'ALLORA203' })
    // The test runner may have ended a timer of its own.
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before)
  })
})

describe('L3: idle', () => {
  /** Whether `idle` has resolved, without waiting for it. */
  const watching = (rt: { idle(): Promise<void> }): (() => boolean) => {
    let idle = false
    void rt.idle().then(() => (idle = true))
    return () => idle
  }

  test('L3: nothing outstanding resolves at once, whatever unconsumed channels hold', async () => {
    const { rt } = await started(simple)
    await rt.idle()
    await rt.channel('out').send(1)
    await rt.idle()
    expect(rt.channel('out').size).toBe(1)
  })

  test('L3: waits for work in flight and for what waits in channels', async () => {
    const gates = [deferred(), deferred()]
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle(async (n) => gates[n]!.promise)
          .build(),
      ),
    )
    await rt.send('in', 0)
    await rt.send('in', 1)
    const idle = watching(rt)
    await settled()
    gates[0]!.resolve()
    await settled()
    expect(idle()).toBe(false)
    gates[1]!.resolve()
    await settled()
    expect(idle()).toBe(true)
  })

  test('L3: a delayed message and one in redelivery delay are in flight', async () => {
    let broken = true
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle(() => {
            if (broken) throw new Error('no')
          })
          .build(),
      ),
      { deadLetters: { capacity: 0 } },
    )
    await rt.send('in', 1, { delay: 50 })
    const idle = watching(rt)
    await clock.advance(49)
    expect(idle()).toBe(false)
    await clock.advance(1)
    expect(rt.metrics().channels['in']).toMatchObject({ buffered: 1 })
    await clock.advance(999)
    expect(idle()).toBe(false)
    broken = false
    await clock.advance(1)
    expect(idle()).toBe(true)
  })

  test('L3: an open request is outstanding', async () => {
    const { rt, clock } = await started(
      app(flow('f').from(direct('in').of<number>()).to(queue('nobody').of<number>()).build()),
    )
    void failure((rt.request as unknown as Ask)('in', 1, { timeout: 40 }))
    const idle = watching(rt)
    await clock.advance(39)
    expect(idle()).toBe(false)
    await clock.advance(1)
    expect(idle()).toBe(true)
  })

  test('L3: an open group is outstanding', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>())
          .aggregate({ correlateBy: () => 1, size: 2 })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 'a')
    const idle = watching(rt)
    await settled()
    expect(idle()).toBe(false)
    await rt.send('in', 'b')
    await settled()
    expect(idle()).toBe(true)
  })

  test('L3: a purge and an expiry end the waiting, too', async () => {
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle(async () => undefined)
          .build(),
      ),
    )
    await rt.send('in', 1, { delay: 1_000 })
    const purged = watching(rt)
    await rt.channel('in').purge()
    await settled()
    expect(purged()).toBe(true)

    await rt.send('in', message(2, { expiresAt: clock.now() + 10 }), { delay: 1_000 })
    const expired = watching(rt)
    await clock.advance(1_000)
    expect(expired()).toBe(true)
    expect(rt.deadLetters.list()).toMatchObject([{ reason: 'expired' }])
  })

  test.each(['receive', 'take'] as const)(
    'L3: user code that takes the last message of a channel by %s ends the waiting',
    async (how) => {
      const { rt, clock } = await started(
        app(
          flow('f')
            .from(queue('in').of<number>())
            .handle(async () => undefined)
            .build(),
        ),
      )
      const channel = rt.channel('in')
      const received = channel[how]({ correlationId: 'mine' })
      await channel.send(message(1, { correlationId: 'mine' }), { delay: 10 })
      const idle = watching(rt)
      await clock.advance(9)
      expect(idle()).toBe(false)
      await clock.advance(1)
      await received
      await settled()
      expect(idle()).toBe(true)
    },
  )

  test('L3: what a subscriber left behind is nobody’s work any more', async () => {
    const { rt } = await started(simple)
    const subscription = rt.channel('out').subscribe(() => undefined)
    await subscription.stop()
    await rt.send('in', 1)
    await rt.idle()
    expect(rt.channel('out').size).toBe(1)
    expect(await rt.stop()).toMatchObject({ drained: true, left: [{ state: 'buffered' }] })
  })

  test('L3: many may wait, and again', async () => {
    const { rt } = await started(simple)
    for (let i = 0; i < 3; i++) {
      await rt.send('in', i)
      await Promise.all([rt.idle(), rt.idle()])
      expect(rt.channel('out').size).toBe(i + 1)
    }
  })
})

describe('L4: events', () => {
  test('L4: each event is told once, with what it is about', async () => {
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .filter((n) => n !== 2)
          .handle((n) => (n === 3 ? left('three') : n))
          .to(queue('out').of<number>())
          .build(),
      ),
    )
    const log: string[] = []
    rt.on('accepted', ({ channelId, message: it }) => log.push(`accepted ${channelId} ${String(it.payload)}`))
    rt.on('delivered', ({ channelId, message: it, attempt }) =>
      log.push(`delivered ${channelId} ${String(it.payload)} ${attempt}`),
    )
    rt.on('handled', ({ channelId, flowId, message: it }) =>
      log.push(`handled ${flowId} ${channelId} ${String(it.payload)}`),
    )
    rt.on('failed', ({ flowId, nodeId, message: it, error }) =>
      log.push(`failed ${flowId} ${nodeId} ${String(it.payload)} ${error.kind}`),
    )
    rt.on('dead', ({ flowId, channelId, message: it }) =>
      log.push(`dead ${String(flowId)} ${channelId} ${String(it.payload)}`),
    )
    rt.on('dropped', ({ reason, flowId, nodeId, message: it }) =>
      log.push(`dropped ${reason} ${String(flowId)} ${String(nodeId)} ${String(it.payload)}`),
    )
    rt.on('retried', () => log.push('retried'))
    rt.on('stopped', ({ drained: all }) => log.push(`stopped ${String(all)}`))
    for (const n of [1, 2, 3]) {
      await rt.send('in', n)
      await rt.idle()
    }
    await rt.channel('out').receive()
    await clock.advance(1)
    await rt.stop()
    expect(log).toEqual([
      'accepted in 1',
      'delivered in 1 1',
      'accepted out 1',
      'handled f in 1',
      'accepted in 2',
      'delivered in 2 1',
      'dropped filtered f n1 2',
      'handled f in 2',
      'accepted in 3',
      'delivered in 3 1',
      'failed f n2 3 failure',
      'dead f in 3',
      'delivered out 1 1',
      'stopped true',
    ])
  })

  for (const [name, token] of Object.entries({
    direct: direct('in'),
    queue: queue('in'),
    priority: priority('in'),
    rendezvous: rendezvous('in'),
    pubsub: pubsub('in'),
  })) {
    test(`L4: a ${name} channel tells accepted, delivered and handled once each, whoever sends`, async () => {
      const { rt } = await started(
        app(
          flow('f')
            .from((token as unknown as ChannelToken<'queue', 'in', unknown>).of<number>())
            .handle(async (n) => n)
            .build(),
        ),
      )
      const log: string[] = []
      for (const event of ['accepted', 'delivered', 'handled'] as const)
        rt.on(event, ({ message: { id } }) => log.push(`${event} ${id}`))
      await rt.send('in', 1)
      await rt.idle()
      expect(rt.channel('in').trySend(2)).toBe(true)
      await rt.idle()
      expect(log).toEqual(['accepted m1', 'delivered m1', 'handled m1', 'accepted m2', 'delivered m2', 'handled m2'])
    })
  }

  test('L4: accepted comes first, however the message was sent, replaced or given up', async () => {
    const { rt, clock } = await started(
      app(
        flow('quick')
          .from(pubsub('news', { await: 'handled' }).of<number>())
          .handle(async (n) => n)
          .to(queue('small', { overflow: 'dropNewest', capacity: 1 }))
          .build(),
        flow('slow').from(rendezvous('slow').of<number>()).throttle({ rate: 1, per: 10 }).build(),
      ),
      {
        interceptors: {
          news: [{ beforeSend: ({ id, payload }) => restoreMessage({ id: `${id}!`, timestamp: 0, payload }) }],
        },
      },
    )
    const log: string[] = []
    for (const event of ['accepted', 'delivered', 'handled', 'dropped', 'dead'] as const)
      rt.on(event, ({ message: { id }, ...rest }) =>
        log.push(`${event} ${'channelId' in rest ? rest.channelId : ''} ${id.slice(0, 3)}`),
      )
    await rt.send('news', 1)
    await rt.send('news', 2)
    const sends = [3, 4].map((n) => rt.send('slow', n))
    await clock.advance(20)
    await Promise.all(sends)
    const firsts = new Map(log.toReversed().map((line) => [line.slice(line.indexOf(' ')), line.split(' ')[0]]))
    expect([...firsts.values()].every((event) => event === 'accepted')).toBe(true)
    expect(log.filter((line) => !line.includes('small'))).toEqual([
      'accepted news m1!',
      'delivered news m1!',
      'handled news m1!',
      'accepted news m2!',
      'delivered news m2!',
      'handled news m2!',
      'accepted slow m3',
      'delivered slow m3',
      'handled slow m3',
      'accepted slow m4',
      'delivered slow m4',
      'handled slow m4',
    ])
    expect(log.filter((line) => line.includes('small')).map((line) => line.split(' ')[0])).toEqual([
      'accepted',
      'accepted',
      'dropped',
    ])
  })

  test('L4: whoever receives by hand is told of, too; a send that waited for room as well', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .to(queue('out', { capacity: 1 }).of<number>())
          .build(),
      ),
    )
    const log: string[] = []
    for (const event of ['accepted', 'delivered'] as const)
      rt.on(event, ({ channelId, message: it }) => channelId === 'out' && log.push(`${event} ${String(it.payload)}`))
    const out = rt.channel('out')
    await out.send(1)
    const waiting = out.send(2)
    await settled()
    expect(log).toEqual(['accepted 1'])
    await out.receive()
    await waiting
    out.tryReceive()
    await out.send(3)
    await (await out.take()).ack()
    expect(log.toSorted()).toEqual([
      'accepted 1',
      'accepted 2',
      'accepted 3',
      'delivered 1',
      'delivered 2',
      'delivered 3',
    ])
  })

  test('L4: a listener that throws harms nobody and is reported', async () => {
    const warnings: Error[] = []
    const note = (warning: Error): unknown => warnings.push(warning)
    process.on('warning', note)
    const { rt } = await started(simple)
    const seen: unknown[] = []
    rt.on('accepted', () => {
      throw new Error('listener')
    })
    const off = rt.on('accepted', ({ channelId }) => seen.push(channelId))
    await rt.send('in', 1)
    await rt.idle()
    off()
    off()
    await rt.send('in', 2)
    await rt.idle()
    await settled()
    process.off('warning', note)
    expect(seen).toEqual(['in', 'out'])
    expect(warnings.map(({ name, message: text }) => `${name}: ${text}`)).toContain(
      'AlloraWarning: A listener of the event "accepted" threw: Error: listener',
    )
    expect(drained(rt.channel('out'))).toEqual([1, 2])
  })

  test('L4: nobody listens any more when all have left', async () => {
    const { rt } = await started(simple)
    const off = rt.on('accepted', () => undefined)
    off()
    off()
    expect((rt as unknown as Engine).events.listeners.accepted).toBeUndefined()
  })

  test('L4: started tells when', async () => {
    const clock = virtualClock(5)
    const rt = runtime(simple, { clock, ids: numberedIds })
    const events = recorded(rt, 'started')
    await rt.start()
    await rt.stop()
    expect(events).toEqual([{ at: 5 }])
  })
})

describe('L5: metrics', () => {
  test('L5: channels are counted always, nodes when asked for', async () => {
    const f = app(
      flow('f')
        .from(queue('in').of<number>())
        .handle((n) => n)
        .to(queue('out').of<number>())
        .build(),
    )
    const { rt, clock } = await started(f)
    await rt.send('in', 1)
    await rt.idle()
    expect(rt.metrics()).toEqual({
      at: clock.now(),
      channels: {
        in: { kind: 'queue', accepted: 1, settled: 1, dead: 0, expired: 0, dropped: 0, inFlight: 0, buffered: 0 },
        out: { kind: 'queue', accepted: 1, settled: 0, dead: 0, expired: 0, dropped: 0, inFlight: 0, buffered: 1 },
      },
      nodes: {},
      dropped: {},
      deadLetters: 0,
      openGroups: 0,
      pendingRequests: 0,
    })
  })

  test('L5: a node counts what entered, what failed in whatever way, and how long it took', async () => {
    const gate = deferred()
    const ways = [
      (): unknown => 1,
      (): unknown => {
        throw new Error('no')
      },
      (): unknown => Promise.reject(new Error('no')),
      (): unknown => left('no'),
      async (): Promise<unknown> => left('no'),
      (): unknown => gate.promise,
    ]
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>(), { concurrency: 6 })
          .handle((n) => ways[n]!(), { id: 'work' })
          .to(queue('out'))
          .build(),
      ),
      { metrics: true },
    )
    for (let n = 0; n < ways.length; n++) await rt.send('in', n)
    await clock.advance(40)
    expect(rt.metrics().nodes['f/work']).toMatchObject({
      entered: 6,
      failed: 4,
      inFlight: 1,
      latency: { count: 5, sum: 0, max: 0 },
    })
    gate.resolve()
    await rt.idle()
    const { latency, inFlight, failed } = rt.metrics().nodes['f/work']!
    expect([inFlight, failed]).toEqual([0, 4])
    expect(latency).toEqual({
      count: 6,
      sum: 40,
      max: 40,
      buckets: [5, 0, 0, 0, 0, 0, 1, ...Array.from({ length: 13 }, () => 0)],
    })
    expect(rt.metrics().nodes['f/n2']).toMatchObject({ entered: 2, failed: 0 })
  })

  test('L5: a snapshot is a copy, plain as JSON', async () => {
    const { rt } = await started(simple, { metrics: true })
    await rt.send('in', 1)
    await rt.idle()
    const before = rt.metrics()
    const text = JSON.stringify(before)
    await rt.send('in', 2)
    await rt.idle()
    expect(JSON.stringify(before)).toBe(text)
    expect(JSON.parse(text)).toEqual(before)
  })

  test('L5: metrics and history change nothing about what a flow does', async () => {
    const f = app(
      flow('f')
        .from(direct('in').of<readonly number[]>())
        .split()
        .handle(async (n) => (n === 2 ? left('two') : n))
        .onError(() => -1)
        .filter((n) => n !== 3)
        .aggregate()
        .to(queue('out'))
        .build(),
    )
    for (const options of [{}, { metrics: true, history: true }]) {
      const { rt } = await started(f, options)
      await rt.send('in', [1, 2, 3, 4])
      expect(drained(rt.channel('out'))).toEqual([[1, -1, 4]])
    }
  })
})

describe('wrong use in full sentences', () => {
  test('L1: unknown channels are named with those there are', async () => {
    const { rt } = await started(simple)
    await expect(rt.send('im' as never, 1 as never)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[UnknownChannelError: There is no channel "im" in this app. Its channels are "in", "out".]`,
    )
    await expect((rt.request as unknown as Ask)('ouch', 1)).rejects.toMatchObject({ code: 'ALLORA209' })
    expect(() => rt.channel('nope' as never)).toThrowErrorMatchingInlineSnapshot(
      `[UnknownChannelError: There is no channel "nope" in this app. Its channels are "in", "out".]`,
    )
  })
})
