import { app, direct, flow, message, pubsub, queue, readApp } from 'allora'
import type { Exchange } from 'allora'
import { left, right } from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import {
  FlowError,
  HandlerResultError,
  RecipientsError,
  RejectedError,
  RoutingError,
} from '../../src/errors/handling-errors.ts'
import { Engine } from '../../src/runtime/engine.ts'
import { drained, forbidUnhandledRejections, recorded, started } from './rig.ts'

forbidUnhandledRejections()

/* oxlint-disable unicorn/no-thenable -- a handler may return any thenable */
describe('T1: transform and handle', () => {
  const outcomes = {
    'a plain value': (n: number) => n + 1,
    'a promise': async (n: number) => n + 1,
    'a Right': (n: number) => right(n + 1),
    'a promise of a Right': async (n: number) => right(n + 1),
    'a Task': (n: number) => () => Promise.resolve(n + 1),
    'a TaskEither': (n: number) => () => Promise.resolve(right(n + 1)),
    'a draft': (n: number) => message(n + 1),
    'a promise of a draft': async (n: number) => message(n + 1),
    'a Right of a draft': (n: number) => right(message(n + 1)),
    'a thenable': (n: number): PromiseLike<number> => ({ then: (resolve) => Promise.resolve(n + 1).then(resolve) }),
    'a thenable that answers at once': (n: number): PromiseLike<number> => ({
      then: (resolve) => (resolve!(n + 1), undefined as never),
    }),
  }

  for (const [name, handler] of Object.entries(outcomes)) {
    test(`T1: a handler that returns ${name} is called once`, async () => {
      let calls = 0
      const counted = (n: number): unknown => (calls++, handler(n))
      const { rt } = await started(app(flow().from(direct('in').of<number>()).handle(counted).to(queue('out')).build()))
      await rt.send('in', 1)
      expect(drained(rt.channel('out'))).toEqual([2])
      expect(calls).toBe(1)
    })
  }

  test('T1: a value that only looks like an Either is a value', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle(() => ({ _tag: 'Left' }))
          .handle(async (it) => ({ was: it._tag, _tag: 'Right' }))
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 1)
    expect(drained(rt.channel('out'))).toEqual([{ was: 'Left', _tag: 'Right' }])
  })

  test('T1: a thenable that answers twice, or throws after it answered, is heard once', async () => {
    const twice = (n: number): PromiseLike<number> => ({
      then(resolve) {
        resolve!(n)
        resolve!(n + 1)
        throw new Error('too late')
      },
    })
    let calls = 0
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle(twice)
          .handle(async (n) => (calls++, n))
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 1)
    expect(drained(rt.channel('out'))).toEqual([1])
    expect(calls).toBe(1)
  })

  test('T1: a one-way handler ends a flow', async () => {
    const seen: number[] = []
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle((n) => void seen.push(n))
          .build(),
      ),
    )
    await rt.send('in', 1)
    expect(seen).toEqual([1])
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 1, settled: 1 })
  })

  test('T1: the exchange tells a handler of its message, place and way', async () => {
    let seen: Exchange<unknown> | undefined
    let notes: unknown
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .transform((n, { properties }) => (properties.set('first', n), n + 1), { id: 'a' })
          .handle(
            async (n, exchange) => {
              seen = { ...pick(exchange) }
              notes = exchange.properties.get('first')
              return n
            },
            { id: 'b' },
          )
          .to(queue('out'))
          .build(),
      ),
      { history: true },
    )
    await rt.send('in', message(1, { tenant: 'a' }))
    expect(seen).toMatchObject({
      correlationId: 'm1',
      attempt: 1,
      message: { payload: 2, headers: { tenant: 'a', causationId: 'm1' } },
    })
    expect(seen!.history).toEqual(['n0', 'a', 'b'].slice(1).map((nodeId) => ({ flowId: 'f', nodeId, at: clock.now() })))
    expect(seen!.signal.aborted).toBe(false)
    expect(notes).toBe(1)

    function pick({
      message: it,
      correlationId,
      attempt,
      signal,
      history,
      properties,
    }: Exchange<unknown>): Exchange<unknown> {
      return { message: it, correlationId, attempt, signal, history: [...history], properties }
    }
  })

  test('T1: history is empty unless it is asked for', async () => {
    let history: unknown
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle((_, exchange) => void (history = exchange.history))
          .build(),
      ),
    )
    await rt.send('in', 1)
    expect(history).toEqual([])
  })

  test("T1: the exchange's correlation is that of the header when there is one", async () => {
    const seen: string[] = []
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle((_, { correlationId }) => void seen.push(correlationId))
          .build(),
      ),
    )
    await rt.send('in', 1)
    await rt.send('in', message(1, { correlationId: 'order-7' }))
    expect(seen).toEqual(['m1', 'order-7'])
  })
})

describe('T2: filter', () => {
  test('T2: what is rejected is counted and announced as dropped', async () => {
    const { rt, dropped } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .filter((n) => n > 1)
          .to(queue('out'))
          .build(),
      ),
    )
    const events = recorded(rt, 'dropped')
    await rt.send('in', 1)
    await rt.send('in', 2)
    expect(drained(rt.channel('out'))).toEqual([2])
    expect(dropped).toEqual(['filtered 1'])
    expect(rt.metrics().dropped).toEqual({ filtered: 1 })
    expect(events[0]).toMatchObject({ reason: 'filtered', flowId: 'f', nodeId: 'n1', message: { id: 'm1' } })
  })

  test('T2: only true accepts', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<unknown>())
          .filter((it) => it as boolean)
          .to(queue('out'))
          .build(),
      ),
    )
    for (const verdict of [1, 'yes', {}, undefined, null, false, true]) await rt.send('in', verdict)
    expect(drained(rt.channel('out'))).toEqual([true])
  })

  test('T2: discardTo takes the very message that was rejected', async () => {
    const { rt, dropped } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .filter(async (n) => n > 1, { discardTo: queue('rejected').of<number>() })
          .to(queue('out').of<number>())
          .build(),
      ),
    )
    await rt.send('in', message(1, { tenant: 'a' }))
    await rt.send('in', 2)
    expect(rt.channel('rejected').tryReceive()).toMatchObject({ id: 'm1', payload: 1, headers: { tenant: 'a' } })
    expect(drained(rt.channel('out'))).toEqual([2])
    expect(dropped).toEqual([])
  })

  test("T2: reject: 'error' makes it a failure", async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .filter((n) => n > 1, { reject: 'error' })
          .to(queue('out'))
          .build(),
      ),
    )
    const error = await rt.send('in', 1).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'ALLORA301', nodeId: 'n1', cause: expect.any(RejectedError) as unknown })
    expect((error as Error).message).toMatchInlineSnapshot(
      `"Flow "f" failed at node "n1" (filter): The filter does not accept the message. Take the failure with onError or errorsTo, or leave out { reject: 'error' } to drop it. The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m1" })."`,
    )
    expect(rt.deadLetters.size).toBe(1)
  })

  test('T2: a predicate that fails is a failure, not a verdict', async () => {
    const { rt, dropped } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .filter((n) => (n > 1 ? left('odd') : Promise.reject(new Error('lost'))))
          .to(queue('out'))
          .build(),
      ),
    )
    await expect(rt.send('in', 1)).rejects.toThrow('lost')
    await expect(rt.send('in', 2)).rejects.toThrow('odd')
    expect(dropped).toEqual([])
  })

  test('T2: what a direct channel has parked already is not failed twice', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .filter((n) => n > 1, { discardTo: direct('rejected').of<number>() })
          .to(queue('out'))
          .build(),
        flow('g')
          .from(direct('rejected').of<number>())
          .handle(() => {
            throw new Error('full stop')
          })
          .build(),
      ),
    )
    await expect(rt.send('in', 1)).rejects.toThrow('full stop')
    expect(rt.deadLetters.list().map(({ flowId }) => flowId)).toEqual(['g'])
  })
})

describe('T3: route', () => {
  type Shape = { readonly kind: 'circle'; readonly r: number } | { readonly kind: 'square'; readonly a: number }

  test('T3: takes the branch of the discriminant; the branches that go on meet again', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<Shape>())
          .route('kind', {
            circle: (branch) => branch.transform(({ r }) => `circle ${r}`),
            square: (branch) => branch.transform(async ({ a }) => `square ${a}`),
          })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', { kind: 'square', a: 2 })
    await rt.send('in', { kind: 'circle', r: 1 })
    expect(drained(rt.channel('out'))).toEqual(['square 2', 'circle 1'])
  })

  test('T3: a branch may end in a channel of its own', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<Shape>())
          .route('kind', {
            circle: (branch) => branch.to(queue('circles')),
            square: (branch) => branch.transform(({ a }) => a),
          })
          .to(queue('areas'))
          .build(),
      ),
    )
    await rt.send('in', { kind: 'circle', r: 1 })
    await rt.send('in', { kind: 'square', a: 2 })
    expect(rt.channel('circles').tryReceive()).toMatchObject({ id: 'm1', payload: { kind: 'circle', r: 1 } })
    expect(drained(rt.channel('areas'))).toEqual([2])
  })

  test('T3: a case that nobody foresaw is a RoutingError that names what came and the cases', async () => {
    const { rt } = await started(
      app(
        flow('shapes')
          .from(direct('in').of<Shape>())
          .route('kind', { circle: (branch) => branch.to(queue('out')), square: (branch) => branch.to(queue('out')) })
          .build(),
      ),
    )
    const error = await rt.send('in', { kind: 'hexagon' } as never).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'ALLORA301', nodeId: 'n1', cause: expect.any(RoutingError) as unknown })
    expect((error as Error).message).toMatchInlineSnapshot(
      `"Flow "shapes" failed at node "n1" (route): No case takes the message: "kind" of the payload is the string "hexagon", and the cases are "circle", "square". Add the case, or give the route an { otherwise }. The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m1" })."`,
    )
    for (const payload of [null, undefined, 7, {}])
      await expect(rt.send('in', payload as never)).rejects.toThrow('"kind" of the payload is missing')
    expect(rt.deadLetters.size).toBe(5)
  })

  test('T3: otherwise takes what no case takes', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<Shape>())
          .route(
            'kind',
            { circle: (branch) => branch.transform(() => 'circle') },
            { otherwise: (branch) => branch.transform(({ kind }) => `some ${kind}`) },
          )
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', { kind: 'circle', r: 1 })
    await rt.send('in', { kind: 'square', a: 1 })
    await rt.send('in', { kind: 'toString' } as never)
    expect(drained(rt.channel('out'))).toEqual(['circle', 'some square', 'some toString'])
  })

  test('T3: routeBy takes the branch a selector gives, at once or later, with the payload as it was', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .routeBy((n) => (n > 9 ? Promise.resolve('many' as const) : ('few' as const)), {
            few: (branch) => branch.to(queue('few')),
            many: (branch) => branch.to(queue('many')),
          })
          .build(),
      ),
    )
    await rt.send('in', 1)
    await rt.send('in', 10)
    expect(drained(rt.channel('few'))).toEqual([1])
    expect(drained(rt.channel('many'))).toEqual([10])
  })

  test('T3: routeBy without a branch for what the selector gives is a RoutingError, or otherwise', async () => {
    const branches = { a: (branch: { to(channel: unknown): never }) => branch.to(queue('out')) }
    const { rt } = await started(
      app(
        flow('strict')
          .from(direct('strict').of<string>())
          .routeBy((text) => text as 'a', branches as never)
          .build(),
        flow('lenient')
          .from(direct('lenient').of<string>())
          .routeBy((text) => text as 'a', branches as never, { otherwise: (branch) => branch.to(queue('rest')) })
          .build(),
      ),
    )
    await expect(rt.send('strict', 'b')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[FlowError: Flow "strict" failed at node "n1" (route): No case takes the message: the selector gave the string "b", and the cases are "a". Add the case, or give the route an { otherwise }. The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m1" }).]`,
    )
    await rt.send('lenient', 'b')
    expect(drained(rt.channel('rest'))).toEqual(['b'])
  })
})

describe('T4: toEach', () => {
  test('T4: every channel gets the same message, in order', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .transform((n) => n + 1)
          .toEach([queue('a').of<number>(), queue('b').of<number>()])
          .build(),
      ),
    )
    const accepted = recorded(rt, 'accepted')
    await rt.send('in', 1)
    expect(accepted.map(({ channelId }) => channelId)).toEqual(['in', 'a', 'b'])
    const [a, b] = [rt.channel('a').tryReceive(), rt.channel('b').tryReceive()]
    expect(a).toBe(b)
    expect(a).toMatchObject({ payload: 2, headers: { causationId: 'm1' } })
  })

  test('T4: strict fails at the first refused send and says who has the message', async () => {
    const { rt } = await started(
      app(
        flow('list')
          .from(direct('in').of<number>())
          .toEach([queue('a').of<number>(), queue('b').of<number>(), queue('c').of<number>()])
          .build(),
      ),
    )
    await rt.channel('b').close()
    const error = await rt.send('in', 1).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'ALLORA301', cause: expect.any(RecipientsError) as unknown })
    expect((error as Error).message).toMatchInlineSnapshot(
      `"Flow "list" failed at node "n1" (recipients): The message could not be sent to "b": Channel "b" is closed and takes no more messages. Send before it is closed. It is in "a" already. The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m1" })."`,
    )
    expect([rt.channel('a').size, rt.channel('c').size]).toEqual([1, 0])
    expect(rt.deadLetters.size).toBe(1)
  })

  test('T4: strict says so when nobody has it', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .toEach([queue('a').of<number>(), queue('b').of<number>()])
          .build(),
      ),
    )
    await rt.channel('a').close()
    await expect(rt.send('in', 1)).rejects.toThrow('No channel has it.')
  })

  test("T4: 'continue' sends to the rest and names in the counts who refused", async () => {
    const { rt, dropped } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .toEach([queue('a').of<number>(), queue('b').of<number>()], { onFailure: 'continue' })
          .build(),
      ),
    )
    const events = recorded(rt, 'dropped')
    await rt.channel('a').close()
    await rt.send('in', 1)
    expect(drained(rt.channel('b'))).toEqual([1])
    expect(dropped).toEqual(['refused 1'])
    expect(events[0]).toMatchObject({ reason: 'refused', channelId: 'a', nodeId: 'n1' })
  })

  test("T4: 'continue' fails when every send failed", async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .toEach([queue('a').of<number>(), queue('b').of<number>()], { onFailure: 'continue' })
          .build(),
      ),
    )
    await rt.channel('a').close()
    await rt.channel('b').close()
    await expect(rt.send('in', 1)).rejects.toThrowErrorMatchingInlineSnapshot(
      `[FlowError: Flow "in" failed at node "n1" (recipients): The message could not be sent to "a", "b": Channel "a" is closed and takes no more messages. Send before it is closed. No channel has it. The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m1" }).]`,
    )
  })

  test("T4: 'continue' leaves out of the counts what a direct channel's flow has parked", async () => {
    const { rt, dropped } = await started(
      app(
        flow('list')
          .from(direct('in').of<number>())
          .toEach([direct('a').of<number>(), queue('b').of<number>()], { onFailure: 'continue' })
          .build(),
        flow('a')
          .from(direct('a').of<number>())
          .handle(() => {
            throw new Error('no')
          })
          .build(),
      ),
    )
    await rt.send('in', 1)
    expect(drained(rt.channel('b'))).toEqual([1])
    expect(rt.deadLetters.list().map(({ flowId }) => flowId)).toEqual(['a'])
    expect(dropped).toEqual([])
  })
})

describe('T9: setHeader', () => {
  test('T9: adds a header and leaves the payload alone, at once or later', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .setHeader('half', (n) => n / 2)
          .setHeader('double', async (n) => right(n * 2))
          .to(queue('out').of<number>())
          .build(),
      ),
    )
    await rt.send('in', message(4, { tenant: 'a' }))
    expect(rt.channel('out').tryReceive()).toMatchObject({ payload: 4, headers: { tenant: 'a', half: 2, double: 8 } })
  })

  test('T9: a header whose value fails leaves the message in its error scope', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .setHeader('half', () => left('odd'))
          .onError((failure) => (failure.kind === 'failure' ? -1 : 0))
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 1)
    expect(drained(rt.channel('out'))).toEqual([-1])
  })
})

describe('T10: tap', () => {
  test('T10: copies every message and goes on', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .tap(queue('seen').of<number>())
          .transform((n) => n + 1)
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 1)
    expect(rt.channel('seen').tryReceive()).toMatchObject({ id: 'm1', payload: 1 })
    expect(drained(rt.channel('out'))).toEqual([2])
  })

  test('T10: a closed, full or empty channel is counted, never thrown and never waited for', async () => {
    const { rt, dropped } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .tap(queue('closed').of<number>())
          .tap(queue('full', { capacity: 1 }).of<number>())
          .tap(queue('rejecting', { capacity: 1, overflow: 'reject' }).of<number>())
          .tap(pubsub('nobody').of<number>())
          .tap(pubsub('few', { minSubscribers: 1 }).of<number>())
          .to(queue('out'))
          .build(),
      ),
    )
    const events = recorded(rt, 'dropped')
    await rt.channel('closed').close()
    await rt.channel('full').send(0)
    await rt.channel('rejecting').send(0)
    await rt.send('in', 1)
    expect(drained(rt.channel('out'))).toEqual([1])
    expect(dropped).toEqual(['tap-failed 1', 'tap-failed 1', 'tap-failed 1', 'no-subscriber 1', 'tap-failed 1'])
    expect(events.map(({ channelId }) => channelId)).toEqual(['closed', 'full', 'rejecting', 'nobody', 'few'])
    expect(rt.metrics().dropped).toEqual({ 'tap-failed': 4, 'no-subscriber': 1 })
  })

  test('T10: a tap on a direct channel whose flow fails never affects the main flow', async () => {
    for (const handler of [
      () => {
        throw new Error('spy')
      },
      () => Promise.reject(new Error('spy')),
    ]) {
      const { rt } = await started(
        app(
          flow('main').from(direct('in').of<number>()).tap(direct('spy').of<number>()).to(queue('out')).build(),
          flow('spy')
            .from(direct('spy').of<number>())
            .handle(handler as () => void)
            .build(),
        ),
      )
      await rt.send('in', 1)
      await rt.idle()
      expect(drained(rt.channel('out'))).toEqual([1])
      expect(rt.deadLetters.list().map(({ flowId }) => flowId)).toEqual(['spy'])
    }
  })

  test('T10: a tap does not wait for what it copies to', async () => {
    const { rt } = await started(
      app(
        flow('main').from(direct('in').of<number>()).tap(direct('spy').of<number>()).to(queue('out')).build(),
        flow('spy')
          .from(direct('spy').of<number>())
          .handle(() => new Promise<void>(() => {}))
          .build(),
      ),
    )
    await rt.send('in', 1)
    expect(drained(rt.channel('out'))).toEqual([1])
  })

  test('T10: a copy of a request has no return address, so the spy never answers for the flow', async () => {
    const { rt, dropped } = await started(
      app(
        flow('main')
          .from(direct('in').of<number>())
          .tap(direct('spy').of<number>())
          .handle(async (n) => n + 1)
          .build(),
        flow('spy')
          .from(direct('spy').of<number>())
          .handle(() => 'the spy answers')
          .build(),
      ),
    )
    expect(await rt.request('in', 1)).toEqual(right(2))
    expect(dropped).toEqual([])
  })
})

describe('one thing in a channel each', () => {
  test('T1: a function that is no Task is refused', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle(() => () => 5)
          .to(queue('out'))
          .build(),
      ),
    )
    const error = await rt.send('in', 1).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(FlowError)
    expect((error as FlowError).cause).toBeInstanceOf(HandlerResultError)
    expect((error as FlowError).message).toMatchInlineSnapshot(
      `"Flow "in" failed at node "n1" (handle): The handler returned a function. Only a Task or TaskEither, a function that gives a promise when it is called, can be taken; return the value itself, or a promise of it. The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m1" })."`,
    )
  })

  test('T1: a graph that came as data runs as one that was built', async () => {
    const built = app(
      flow('f')
        .from(direct('in').of<number>())
        .transform((n) => n + 1)
        .to(queue('out'))
        .build(),
    )
    const graph = readApp(JSON.parse(JSON.stringify(built.graph)))
    await using rt = await new Engine({ graph, functions: built.functions, contracts: [], schemas: {} }).start()
    await rt.send('in', 1)
    expect(drained(rt.channel('out') as never)).toEqual([2])
  })
})
