import { app, direct, flow, message, priority, pubsub, queue, rendezvous, runtime } from 'allora'
import { left, right } from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import type { ChannelToken } from '../../src/flow/channel-token.ts'
import { InvalidOptionError } from '../../src/errors/channel-errors.ts'
import { NoReplyError, RequestTimeoutError } from '../../src/errors/handling-errors.ts'
import { deferred, drained, forbidUnhandledRejections, settled, started } from './rig.ts'

forbidUnhandledRejections()

/** What a promise rejected with. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => error,
  )

type Divide = readonly [number, number]
const divide = ([a, b]: Divide) => {
  if (Number.isNaN(a)) throw new TypeError('no number')
  return b === 0 ? left('division by zero' as const) : right(a / b)
}

describe('G1: request', () => {
  test.each([Number.NaN, -1])('G1: a timeout of %d is refused, not waited for', async (timeout) => {
    const { rt } = await started(app(flow('echo').from(direct('echo').of<string>()).handle(String).build()))
    const refused = await failure(rt.request('echo', 'hello', { timeout }))
    expect(refused).toMatchObject({ code: 'ALLORA207', channelId: 'echo' })
    expect(String(refused)).toContain(`but it is the number ${timeout}.`)
    expect(rt.metrics()).toMatchObject({ pendingRequests: 0, channels: { echo: { accepted: 0 } } })
  })

  test.each([
    [{ requestTimeout: Number.NaN }, 'The requestTimeout of the runtime must be a number of milliseconds from 0'],
    [{ requestTimeout: -1 }, 'but it is the number -1.'],
    [{ deadLetters: { capacity: Number.NaN } }, 'The deadLetters.capacity of the runtime must be a number from 0'],
    [{ deadLetters: { capacity: -1 } }, 'but it is the number -1.'],
  ])('L1: %j is refused before anything is made of it', (options, words) => {
    const echo = app(flow('echo').from(direct('echo').of<string>()).handle(String).build())
    expect(() => runtime(echo, options)).toThrow(InvalidOptionError)
    expect(() => runtime(echo, options)).toThrow(words)
    const { deadLetters } = runtime(echo, { requestTimeout: Infinity, deadLetters: { capacity: 0 } })
    expect(deadLetters.list()).toEqual([])
  })

  test('G1: gives the reply as Right, a typed failure as Left, and rejects for a defect', async () => {
    const { rt } = await started(app(flow('divide').from(direct('divide').of<Divide>()).handle(divide).build()))
    expect(await rt.request('divide', [6, 2])).toEqual(right(3))
    expect(await rt.request('divide', [6, 0])).toEqual(left('division by zero'))
    await expect(rt.request('divide', [Number.NaN, 1])).rejects.toMatchObject({
      code: 'ALLORA301',
      cause: new TypeError('no number'),
    })
    expect(rt.metrics().pendingRequests).toBe(0)
  })

  test('G1: undefined is a reply', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle(() => undefined)
          .build(),
      ),
    )
    expect(await rt.request('in', 1)).toEqual(right(undefined))
  })

  test('G1: headers of a request travel, and a return address given by hand gives way', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle((n, { message: it }) => [n, { ...it.headers, replyTo: 'r' }])
          .build(),
      ),
    )
    expect(await rt.request('in', message(1, { tenant: 'a', replyTo: 'elsewhere' }))).toEqual(
      right([1, { tenant: 'a', replyTo: 'r' }]),
    )
  })

  test('G1: a typed failure of a part is the Left of the request', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<readonly (readonly Divide[])[]>())
          .split()
          .split()
          .handle(divide)
          .aggregate()
          .aggregate()
          .build(),
      ),
    )
    expect(
      await rt.request('in', [
        [[4, 2]],
        [
          [6, 3],
          [8, 4],
        ],
      ]),
    ).toEqual(right([[2], [2, 2]]))
    expect(await rt.request('in', [[[4, 2]], [[6, 0]]])).toEqual(left('division by zero'))
    await expect(rt.request('in', [[[Number.NaN, 2]]])).rejects.toThrow('no number')
  })

  test('G1: a typed failure that errorsTo parked is the Left all the same', async () => {
    const { rt } = await started(
      app(flow().from(direct('in').of<Divide>()).handle(divide).errorsTo(queue('errors')).build()),
    )
    expect(await rt.request('in', [1, 0])).toEqual(left('division by zero'))
    expect(rt.channel('errors').size).toBe(1)
    expect(rt.channel('errors').tryReceive()!.headers.replyTo).toBeUndefined()
  })

  test('G1: no reply in time is a RequestTimeoutError; what replies later is counted', async () => {
    const gate = deferred()
    const { rt, clock, dropped } = await started(
      app(
        flow('slow')
          .from(queue('in').of<number>())
          .handle(async (n) => (await gate.promise, n))
          .build(),
      ),
    )
    const asking = failure(rt.request('in', 1, { timeout: 50 }))
    await clock.advance(49)
    expect(rt.metrics().pendingRequests).toBe(1)
    await clock.advance(1)
    const error = await asking
    expect(error).toBeInstanceOf(RequestTimeoutError)
    expect((error as Error).message).toMatchInlineSnapshot(
      `"No reply to a request on channel "in" came within 50 ms. The message may still be in work; give the request a longer { timeout }, or look where it waits with rt.metrics()."`,
    )
    expect(rt.metrics().pendingRequests).toBe(0)
    gate.resolve()
    await rt.idle()
    expect(dropped).toEqual(['late-reply 1'])
    expect(rt.metrics()).toMatchObject({ dropped: { 'late-reply': 1 }, channels: { in: { settled: 1 } } })
  })

  test('G1: waits 30 seconds unless the runtime or the request says otherwise', async () => {
    for (const [options, expected] of [
      [{}, 30_000],
      [{ requestTimeout: 70 }, 70],
    ] as const) {
      const { rt, clock } = await started(
        app(
          flow()
            .from(queue('in').of<number>())
            .handle(() => new Promise<number>(() => {}))
            .build(),
        ),
        options,
      )
      let done = false
      void failure(rt.request('in', 1)).then(() => (done = true))
      await clock.advance(expected - 1)
      expect(done).toBe(false)
      await clock.advance(1)
      expect(done).toBe(true)
    }
  })

  test('G1: a signal gives up, before and while waiting, with its own reason', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(queue('in').of<number>())
          .handle(() => new Promise<number>(() => {}))
          .build(),
      ),
    )
    const aborted = AbortSignal.abort(new Error('never mind'))
    await expect(rt.request('in', 1, { signal: aborted })).rejects.toThrow('never mind')
    expect(rt.metrics().channels['in']!.accepted).toBe(0)

    const controller = new AbortController()
    const asking = failure(rt.request('in', 1, { signal: controller.signal }))
    await settled()
    controller.abort(new Error('enough'))
    expect(await asking).toEqual(new Error('enough'))
    expect(rt.metrics()).toMatchObject({ pendingRequests: 0, channels: { in: { accepted: 1 } } })
  })

  test('G1: a signal that is aborted after the reply does no harm', async () => {
    const controller = new AbortController()
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle((n) => n + 1)
          .build(),
      ),
    )
    expect(await rt.request('in', 1, { signal: controller.signal })).toEqual(right(2))
    controller.abort()
    await settled()
  })

  test('G1: a handler on the same stack sees the signal of the request', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle(
            (_, { signal }) =>
              new Promise<number>((_resolve, reject) =>
                signal.addEventListener('abort', () => reject(signal.reason as Error)),
              ),
          )
          .build(),
      ),
    )
    const controller = new AbortController()
    const asking = failure(rt.request('in', 1, { signal: controller.signal }))
    controller.abort(new Error('enough'))
    expect(await asking).toEqual(new Error('enough'))
    await rt.idle()
    expect(rt.deadLetters.list()).toMatchObject([{ error: { cause: new Error('enough') } }])
  })

  test('G1: sends on the same stack give up with the signal of the request', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .to(queue('full', { capacity: 1 }).of<number>())
          .build(),
      ),
    )
    await rt.send('full', 0)
    const controller = new AbortController()
    const sending = failure(rt.send('in', 1, { signal: controller.signal }))
    await settled()
    controller.abort(new Error('enough'))
    expect(await sending).toMatchObject({ flowId: 'f', cause: new Error('enough') })
    expect(drained(rt.channel('full'))).toEqual([0])
  })

  test('G1: a request that its channel refuses is told so', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(queue('in', { capacity: 1, overflow: 'reject' }).of<number>())
          .handle(() => new Promise<number>(() => {}))
          .build(),
      ),
    )
    void failure(rt.request('in', 1))
    await settled()
    await rt.send('in', 2)
    await expect(rt.request('in', 3)).rejects.toMatchObject({ code: 'ALLORA202' })
    await rt.channel('in').close()
    await expect(rt.request('in', 4)).rejects.toMatchObject({ code: 'ALLORA203' })
    expect(rt.metrics().pendingRequests).toBe(1)
  })

  test('G1: a request that waits for room and is refused there is told so', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(queue('in', { capacity: 1 }).of<number>())
          .handle(() => new Promise<number>(() => {}))
          .build(),
      ),
    )
    void failure(rt.request('in', 1))
    await settled()
    await rt.send('in', 2)
    const asking = failure(rt.request('in', 3))
    await rt.channel('in').close()
    expect(await asking).toMatchObject({ code: 'ALLORA203' })
  })

  test('G1: thousands in flight each get their own reply, in whatever order they come', async () => {
    const gates = Array.from({ length: 2_000 }, () => deferred())
    const { rt } = await started(
      app(
        flow()
          .from(queue('in', { capacity: 5_000 }).of<number>(), { concurrency: 5_000 })
          .handle(async (n) => (await gates[n]!.promise, n * 2))
          .build(),
      ),
    )
    const asking = gates.map((_, n) => rt.request('in', n))
    await settled()
    expect(rt.metrics().pendingRequests).toBe(2_000)
    for (const gate of gates.toReversed()) gate.resolve()
    expect(await Promise.all(asking)).toEqual(gates.map((_, n) => right(n * 2)))
    expect(rt.metrics().pendingRequests).toBe(0)
  })

  test('G1: what the requested flow drops is told at once', async () => {
    const gone = {
      'a filter': flow('f')
        .from(queue('filter').of<number>())
        .filter(() => false)
        .build(),
      'a split without parts': flow('s')
        .from(queue('split').of<number>())
        .split(() => [])
        .build(),
      'a filter of every part': flow('p')
        .from(queue('parts').of<number>())
        .split((n) => [n, n])
        .filter(() => false)
        .build(),
      'a filter of every part, later': flow('q')
        .from(queue('later').of<number>())
        .split((n) => [n, n])
        .filter(async () => false)
        .build(),
    }
    const { rt, dropped } = await started(app(...Object.values(gone)))
    const told: unknown[] = []
    for (const id of ['filter', 'split', 'parts', 'later'] as const)
      told.push(await failure(rt.request(id as 'filter', 1)))
    expect(told.every((error) => error instanceof NoReplyError)).toBe(true)
    expect((told[0] as Error).message).toMatchInlineSnapshot(
      `"Node "n1" (filter) of flow "f" dropped the message of the request, so no reply will come. Send it to a channel whose flow replies, such as with { discardTo }, or handle the rejection."`,
    )
    expect(dropped).toEqual(['filtered 1', 'empty-split 1', 'filtered 1', 'filtered 1', 'filtered 1', 'filtered 1'])
    expect(rt.metrics().pendingRequests).toBe(0)
  })

  test('G1: of the parts without an aggregate the first reply counts, the others are late', async () => {
    const { rt, dropped } = await started(
      app(
        flow()
          .from(direct('in').of<readonly number[]>())
          .split()
          .filter((n) => n > 1)
          .build(),
      ),
    )
    expect(await rt.request('in', [1, 2, 3])).toEqual(right(2))
    expect(dropped).toEqual(['filtered 1', 'late-reply 3'])
  })
})

describe('G2: across channels and flows', () => {
  for (const between of [direct('b'), queue('b'), priority('b'), rendezvous('b'), pubsub('b')]) {
    test(`G2: the reply finds its way back over a ${between.kind} channel`, async () => {
      // One type for all kinds: the channel's kind plays no part here.
      const token = (between as unknown as ChannelToken<'queue', 'b', unknown>).of<number>()
      const { rt } = await started(
        app(
          flow('first')
            .from(direct('a').of<number>())
            .handle((n) => n + 1)
            .to(token)
            .build(),
          flow('second')
            .from(token)
            .handle(async (n) => n * 2)
            .build(),
        ),
      )
      // The types know only flows that reply themselves.
      expect(await (rt.request as (id: string, payload: number) => Promise<unknown>)('a', 1)).toEqual(right(4))
    })
  }

  test('G2: through splits, aggregates and another queue', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<readonly number[]>())
          .split()
          .through(queue('parts').of<number>(), { concurrency: 2 })
          .handle(async (n) => n * 2)
          .aggregate({ combine: (group) => group.reduce((a, b) => a + b, 0) })
          .through(queue('sums').of<number>())
          .build(),
      ),
    )
    expect(await rt.request('in', [1, 2, 3])).toEqual(right(12))
  })

  test('G2: the return address can be a channel', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle((n) => n + 1)
          .build(),
        flow('g').from(direct('other').of<number>()).to(queue('replies').of<number>()).build(),
      ),
    )
    await rt.send('in', message(1, { replyTo: 'replies', correlationId: 'c' }))
    await rt.idle()
    expect(rt.channel('replies').tryReceive()).toMatchObject({
      payload: 2,
      headers: { correlationId: 'c', causationId: expect.any(String) as string },
    })
    expect(rt.channel('replies').size).toBe(0)
  })

  test('G2: a reply to a channel keeps no return address, so it is not answered in turn', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle((n) => n + 1)
          .build(),
        flow('g')
          .from(queue('replies').of<number>())
          .handle((n) => void n)
          .build(),
      ),
    )
    const headers: unknown[] = []
    rt.on('handled', ({ message: it }) => headers.push(it.headers.replyTo))
    await rt.send('in', message(1, { replyTo: 'replies' }))
    await rt.idle()
    expect(headers).toEqual(['replies', undefined])
  })

  test('G2: a return address that is no channel leaves the message a dead letter', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .handle((n) => n + 1)
          .build(),
      ),
    )
    await expect(rt.send('in', message(1, { replyTo: 'replise' }))).rejects.toThrowErrorMatchingInlineSnapshot(
      `[FlowError: Flow "f" failed at node "n2" (reply): There is no channel "replise" in this app. Its channels are "in". The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m1" }).]`,
    )
    expect(rt.deadLetters.size).toBe(1)
  })

  test('G2: a reply that its channel refuses leaves the message a dead letter', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .handle((n) => n + 1)
          .build(),
        flow('g').from(direct('other').of<number>()).to(queue('replies').of<number>()).build(),
      ),
    )
    await rt.channel('replies').close()
    await expect(rt.send('in', message(1, { replyTo: 'replies' }))).rejects.toThrow('closed')
    expect(rt.deadLetters.list()).toMatchObject([{ message: { payload: 1 } }])
  })

  test('G2: two runtimes never mix up their requests', async () => {
    const f = app(
      flow()
        .from(direct('in').of<number>())
        .handle((n) => n + 1)
        .build(),
    )
    await using a = await runtime(f).start()
    await using b = await runtime(f).start()
    expect(await Promise.all([a.request('in', 1), b.request('in', 10), a.request('in', 2)])).toEqual([
      right(2),
      right(11),
      right(3),
    ])
  })
})

describe('T14: call', () => {
  const price = flow('price')
    .from(direct('price').of<number>())
    .handle((n) => (n < 0 ? left('negative' as const) : n === 0 ? Promise.reject(new Error('no zero')) : right(n * 10)))
    .build()

  test('T14: goes on with the reply, keeping its own headers', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .setHeader('tenant', () => 'a')
          .call(price)
          .transform((n) => n + 1)
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 1)
    expect(rt.channel('out').tryReceive()).toMatchObject({ payload: 11, headers: { tenant: 'a' } })
    expect(rt.metrics().pendingRequests).toBe(0)
  })

  test("T14: the callee's typed failure is one of this step, a defect likewise; neither is parked twice", async () => {
    const { rt } = await started(app(flow('f').from(direct('in').of<number>()).call(price, { id: 'ask' }).build()))
    expect(await rt.request('in', 1)).toEqual(right(10))
    expect(await rt.request('in', -1)).toEqual(left('negative'))
    const error = await failure(rt.request('in', 0))
    expect(error).toMatchObject({
      flowId: 'f',
      nodeId: 'ask',
      cause: { flowId: 'price', parked: { kind: 'caller' }, cause: { message: 'no zero' } },
    })
    expect(rt.deadLetters.list().map(({ flowId }) => flowId)).toEqual(['f'])
    expect(rt.metrics().channels['price']).toMatchObject({ accepted: 3, settled: 3, dead: 0 })
  })

  test("T14: the caller's scope takes the callee's failure", async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .call(price)
          .onError((it) => (it.kind === 'failure' ? it.error : 'defect'))
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', -1)
    await rt.send('in', 0)
    expect(drained(rt.channel('out'))).toEqual(['negative', 'defect'])
    expect(rt.deadLetters.size).toBe(0)
  })

  test('T14: call in call, over queues, many at once', async () => {
    const inner = flow('inner')
      .from(queue('inner').of<number>(), { concurrency: 8 })
      .handle(async (n) => n + 1)
      .build()
    const outer = flow('outer').from(queue('outer').of<number>(), { concurrency: 8 }).call(inner).call(inner).build()
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>(), { concurrency: 8 })
          .call(outer)
          .handle((n) => n * 10)
          .build(),
      ),
    )
    const asked = Array.from({ length: 100 }, (_, n) => n)
    expect(await Promise.all(asked.map((n) => rt.request('in', n)))).toEqual(asked.map((n) => right((n + 2) * 10)))
  })

  test('T14: a call that gets no reply in time is a failure of the step; the reply is late', async () => {
    const gate = deferred()
    const slow = flow('slow')
      .from(queue('slow').of<number>())
      .handle(async (n) => (await gate.promise, n))
      .build()
    const { rt, clock, dropped } = await started(
      app(flow('f').from(queue('in').of<number>()).call(slow, { timeout: 20 }).build()),
    )
    await rt.send('in', 1)
    await clock.advance(20)
    expect(rt.deadLetters.list()).toMatchObject([{ flowId: 'f', error: { cause: { code: 'ALLORA308' } } }])
    gate.resolve()
    await rt.idle()
    expect(dropped).toEqual(['late-reply 1'])
  })

  test('T14: a call waits 30 seconds by default', async () => {
    const never = flow('never')
      .from(queue('never').of<number>())
      .handle(() => new Promise<number>(() => {}))
      .build()
    const { rt, clock } = await started(app(flow('f').from(queue('in').of<number>()).call(never).build()))
    await rt.send('in', 1)
    await clock.advance(29_999)
    expect(rt.deadLetters.size).toBe(0)
    await clock.advance(1)
    expect(rt.deadLetters.size).toBe(1)
  })

  test('T14: a callee that failed after its caller gave up is a dead letter of its own', async () => {
    const gate = deferred()
    const slow = flow('slow')
      .from(queue('slow').of<number>())
      .handle(async () => {
        await gate.promise
        throw new Error('too late')
      })
      .build()
    const { rt, clock } = await started(
      app(flow('f').from(queue('in').of<number>()).call(slow, { timeout: 20 }).build()),
    )
    await rt.send('in', 1)
    await clock.advance(20)
    gate.resolve()
    await rt.idle()
    expect(rt.deadLetters.list().map(({ flowId }) => flowId)).toEqual(['f', 'slow'])
  })

  test('T14: a filter in the callee tells the caller at once', async () => {
    const sieve = flow('sieve')
      .from(direct('sieve').of<number>())
      .filter((n) => n > 0)
      .build()
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .call(sieve)
          .onError(() => 'nothing')
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 0)
    expect(drained(rt.channel('out'))).toEqual(['nothing'])
  })

  test('T14: the reply to the caller does not answer who asked the caller', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .call(price)
          .handle(async (n) => n + 1)
          .build(),
      ),
    )
    expect(await rt.request('in', 1)).toEqual(right(11))
  })
})
