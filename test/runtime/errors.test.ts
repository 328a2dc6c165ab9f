import { app, check, direct, flow, message, priority, pubsub, queue, rendezvous } from 'allora'
import type { ErrorMessage, Failure } from 'allora'
import { left, right } from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import type { ChannelToken } from '../../src/flow/channel-token.ts'
import { AlloraError } from '../../src/errors/allora-error.ts'
import { AbortedError, FlowError, HandlersFailedError } from '../../src/errors/handling-errors.ts'
import { UnknownDeadLetterError } from '../../src/errors/lifecycle-errors.ts'
import { deferred, drained, forbidUnhandledRejections, recorded, settled, started } from './rig.ts'

forbidUnhandledRejections()

/** What a promise rejected with. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'resolved',
    (error: unknown) => error,
  )

const failing = (): never => {
  throw new Error('boom')
}

describe('E1: an error goes to the nearest scope', () => {
  test('E1: onError takes the failures of all steps before it and goes on with its value', async () => {
    const seen: Failure<unknown>[] = []
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle((n) => (n === 1 ? left('one') : right(n)))
          .handle((n) => {
            if (n === 2) throw new TypeError('two')
            return n
          })
          .onError((it, { message: { payload } }) => (seen.push(it), `recovered ${String(payload)}`))
          .transform((value) => `then ${value}`)
          .to(queue('out'))
          .build(),
      ),
    )
    for (const n of [1, 2, 3]) await rt.send('in', n)
    expect(drained(rt.channel('out'))).toEqual(['then recovered 1', 'then recovered 2', 'then 3'])
    expect(seen).toEqual([
      { kind: 'failure', error: 'one' },
      { kind: 'defect', cause: new TypeError('two') },
    ])
    expect(rt.deadLetters.size).toBe(0)
  })

  test('E1: a step after onError is not in its scope', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .transform((n) => n)
          .onError(() => -1)
          .handle(failing)
          .to(queue('out'))
          .build(),
      ),
    )
    await expect(rt.send('in', 1)).rejects.toThrow('boom')
    expect(rt.deadLetters.size).toBe(1)
  })

  test('E1: of several scopes the nearest behind a step takes its failure, and a failing scope goes to the next', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle((n) => (n === 1 ? left('first') : right(n)))
          .onError((it) => (it.kind === 'failure' ? left(`again ${it.error}`) : right(0)))
          .handle((n) => (n === 2 ? left('second') : right(n)))
          .onError((it) => (it.kind === 'failure' ? `took ${it.error}` : 'defect'))
          .to(queue('out'))
          .build(),
      ),
    )
    for (const n of [1, 2, 3]) await rt.send('in', n)
    expect(drained(rt.channel('out'))).toEqual(['took again first', 'took second', 3])
  })

  test('E1: a scope in a branch is for that branch; what it leaves goes to the scope around it', async () => {
    type P = { readonly kind: 'a' | 'b' }
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<P>())
          .route('kind', {
            a: (branch) => branch.handle(failing).onError(() => 'branch'),
            b: (branch) => branch.handle(failing),
          })
          .onError(() => 'flow')
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', { kind: 'a' })
    await rt.send('in', { kind: 'b' })
    await rt.send('in', { kind: 'c' } as never)
    expect(drained(rt.channel('out'))).toEqual(['branch', 'flow', 'flow'])
  })

  test('E1: errorsTo sends what failed, with the place; the sender is told all the same', async () => {
    const { rt } = await started(
      app(
        flow('orders')
          .from(direct('in').of<number>())
          .transform((n) => n + 1)
          .handle(() => left({ _tag: 'OutOfStock' as const }), { id: 'reserve' })
          .errorsTo(queue('errors'))
          .to(queue('out'))
          .build(),
      ),
    )
    const error = await failure(rt.send('in', message(1, { tenant: 'a' })))
    expect(error).toBeInstanceOf(FlowError)
    expect(error).toMatchObject({
      parked: { kind: 'channel', channelId: 'errors' },
      kind: 'failure',
      nodeId: 'reserve',
    })
    expect((error as Error).message).toMatchInlineSnapshot(
      `"Flow "orders" failed at node "reserve" (handle): OutOfStock {"_tag":"OutOfStock"}. The message went to the error channel "errors"."`,
    )
    const { payload, headers } = rt.channel('errors').tryReceive()!
    const expected: Partial<ErrorMessage<unknown>> = {
      failure: { kind: 'failure', error: { _tag: 'OutOfStock' } },
      flowId: 'orders',
      nodeId: 'reserve',
      attempt: 1,
    }
    expect(payload).toMatchObject(expected)
    expect(payload.failed).toMatchObject({ payload: 2, headers: { tenant: 'a', causationId: 'm1' } })
    expect(payload.original).toMatchObject({ id: 'm1', payload: 1 })
    expect(headers).toMatchObject({ tenant: 'a' })
    expect(rt.deadLetters.size).toBe(0)
    expect(rt.metrics().channels['in']).toMatchObject({ settled: 1, dead: 0 })
  })

  test('E1: errorsTo after onError takes what onError does not absorb', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle(() => left('first'))
          .onError(() => left('second'))
          .errorsTo(queue('errors'))
          .to(queue('out'))
          .build(),
      ),
    )
    await expect(rt.send('in', 1)).rejects.toThrow('second')
    expect(rt.channel('errors').tryReceive()!.payload.failure).toEqual({ kind: 'failure', error: 'second' })
  })

  test('E1: what errorsTo cannot send becomes a dead letter that tells both failures', async () => {
    for (const buffered of [true, false]) {
      const { rt, dropped } = await started(
        app(
          flow('orders')
            .from(direct('in').of<number>())
            .handle(failing)
            .errorsTo(queue('errors', { capacity: 1 }))
            .to(queue('out'))
            .build(),
        ),
      )
      if (buffered) await rt.channel('errors').send('filler' as never)
      else await rt.channel('errors').close()
      const sending = failure(rt.send('in', 1))
      await settled()
      if (buffered) await rt.channel('errors').close()
      const error = await sending
      expect(error).toMatchObject({ nodeId: 'n2', parked: { kind: 'deadLetters' } })
      expect((error as Error).message).toMatch(
        /^Flow "orders" failed at node "n2" \(errorOutlet\): Channel "errors" is closed .* This happened while an earlier failure was handled: .* Error: boom/,
      )
      expect(rt.deadLetters.list()).toMatchObject([{ message: { payload: 1 } }])
      expect(dropped).toEqual([])
    }
  })

  test('E1: errorsTo waits for room, and says where the failure went once it is there', async () => {
    const { rt } = await started(
      app(
        flow('orders')
          .from(direct('in').of<number>())
          .handle(failing)
          .errorsTo(queue('errors', { capacity: 1 }))
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.channel('errors').send('filler' as never)
    let told: unknown
    const sending = failure(rt.send('in', 1)).then((error) => (told = error))
    await settled()
    expect(told).toBeUndefined()
    rt.channel('errors').tryReceive()
    await sending
    expect(told).toMatchObject({ nodeId: 'n1', parked: { kind: 'channel', channelId: 'errors' } })
    expect(rt.channel('errors').tryReceive()).toMatchObject({ payload: { original: { payload: 1 } } })
    expect(rt.deadLetters.size).toBe(0)
  })

  test('E1: an error channel whose own flow fails has parked the error there', async () => {
    const { rt } = await started(
      app(
        flow('orders')
          .from(direct('in').of<number>())
          .handle(failing)
          .errorsTo(direct('errors'))
          .to(queue('out'))
          .build(),
        flow('desk')
          .from(direct('errors').of<ErrorMessage<unknown>>())
          .handle(() => {
            throw new Error('desk on fire')
          })
          .build(),
      ),
    )
    await expect(rt.send('in', 1)).rejects.toThrow('desk on fire')
    expect(rt.deadLetters.list()).toMatchObject([{ flowId: 'desk', message: { payload: { original: { id: 'm1' } } } }])
  })

  test('E1: without a scope the message as it entered the flow is a dead letter, and sender and requester are told', async () => {
    const { rt } = await started(
      app(
        flow('orders')
          .from(direct('in').of<number>())
          .transform((n) => n + 1)
          .handle(failing)
          .build(),
      ),
    )
    const told = [await failure(rt.send('in', 1)), await failure(rt.request('in', 2))]
    for (const error of told)
      expect(error).toMatchObject({
        code: 'ALLORA301',
        parked: { kind: 'deadLetters' },
        flowId: 'orders',
        nodeId: 'n2',
      })
    expect((told[0] as Error).message).toMatchInlineSnapshot(
      `"Flow "orders" failed at node "n2" (handle): Error: boom. The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m1" })."`,
    )
    expect(rt.deadLetters.list().map(({ id, message: { payload } }) => [id, payload])).toEqual([
      ['m1', 1],
      ['m2', 2],
    ])
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 2, dead: 2, settled: 0, inFlight: 0 })
  })

  for (const hop of [
    direct('between'),
    queue('between'),
    priority('between'),
    rendezvous('between'),
    pubsub('between'),
  ]) {
    // One type for all kinds: the channel's kind plays no part here.
    const token = (hop as unknown as ChannelToken<'queue', 'between', unknown>).of<number>()

    test(`E1: a ${hop.kind} channel on the way changes nothing about the scope`, async () => {
      const { rt } = await started(
        app(
          flow('f')
            .from(direct('in').of<number>())
            .through(token)
            .handle((n) => (n === 1 ? left('one') : right(n)))
            .onError(() => -1)
            .to(queue('out'))
            .build(),
        ),
      )
      await rt.send('in', 1)
      await rt.idle()
      expect(drained(rt.channel('out'))).toEqual([-1])
    })

    test(`E1: a requester is told over a ${hop.kind} channel`, async () => {
      const { rt } = await started(
        app(
          flow('f')
            .from(direct('in').of<number>())
            .through(token)
            .handle((n) => (n === 1 ? left('one') : failing()))
            .build(),
        ),
      )
      expect(await rt.request('in', 1)).toEqual(left('one'))
      await expect(rt.request('in', 2)).rejects.toThrow('boom')
      await rt.idle()
      // A typed failure is the answer, so nothing is left to mend; a defect is a dead letter too.
      expect(rt.deadLetters.list().map(({ message }) => message.payload)).toEqual([2])
    })
  }

  test('E1: a direct hop tells the sender, however deep, and the message is parked once', async () => {
    const { rt } = await started(
      app(
        flow('a').from(direct('in').of<number>()).to(direct('b').of<number>()).build(),
        flow('b')
          .from(direct('b').of<number>())
          .handle(async (n) => n)
          .to(direct('c').of<number>())
          .build(),
        flow('c').from(direct('c').of<number>()).handle(failing).build(),
      ),
    )
    await expect(rt.send('in', 1)).rejects.toMatchObject({ flowId: 'c', parked: { kind: 'deadLetters' } })
    expect(rt.deadLetters.list()).toMatchObject([{ flowId: 'c', channelId: 'c' }])
    expect(rt.metrics().channels).toMatchObject({ in: { settled: 1 }, b: { settled: 1 }, c: { dead: 1 } })
  })

  test('E1: a scope that took a failure does not hide what fails after it', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .handle(failing)
          .onError(() => 1)
          .handle(() => {
            throw new Error('later')
          })
          .to(queue('out'))
          .build(),
      ),
    )
    const error = await failure(rt.send('in', 1))
    expect((error as FlowError).message).not.toContain('boom')
    expect((error as FlowError).cause).toEqual(new Error('later'))
  })

  for (const [name, recover] of Object.entries<() => number | Promise<number>>({
    'at once': () => -1,
    later: async () => -1,
  })) {
    test(`E1: onError takes a refused last send and goes on, when it answers ${name}`, async () => {
      const steps: unknown[] = []
      const { rt } = await started(
        app(
          flow('f')
            .from(direct('in').of<number>())
            .filter(() => false, { discardTo: queue('small', { capacity: 1 }).of<number>() })
            .onError(recover)
            .handle(async (n) => (steps.push(n), n))
            .to(queue('out'))
            .build(),
        ),
      )
      await rt.channel('small').send(0)
      const sending = rt.send('in', 1)
      await settled()
      await rt.channel('small').close()
      await sending
      expect(steps).toEqual([-1])
      expect(drained(rt.channel('out'))).toEqual([-1])
    })
  }

  test('E1: pubsub subscribers each have their own scope; awaited handling tells the sender of all failures', async () => {
    const topic = pubsub('topic', { await: 'handled' }).of<number>()
    const { rt } = await started(
      app(
        flow('in').from(direct('in').of<number>()).to(topic).build(),
        flow('a').from(topic).handle(failing).build(),
        flow('b')
          .from(topic)
          .handle(async () => left('no'))
          .build(),
        flow('c').from(topic).to(queue('out')).build(),
      ),
    )
    const error = (await failure(rt.send('in', 1))) as HandlersFailedError
    expect(error).toBeInstanceOf(HandlersFailedError)
    expect(error).toMatchObject({ code: 'ALLORA324', channelId: 'topic' })
    expect((error.errors as FlowError[]).map((it) => [it.flowId, it.kind, it.parked])).toEqual([
      ['a', 'defect', { kind: 'deadLetters' }],
      ['b', 'failure', { kind: 'deadLetters' }],
    ])
    expect(drained(rt.channel('out'))).toEqual([1])
    expect(rt.deadLetters.list().map(({ flowId }) => flowId)).toEqual(['a', 'b'])
    expect(rt.metrics().channels['in']).toMatchObject({ settled: 1 })
  })
})

test('L2: a subscriber that waits for what it publishes to its own channel waits until the stop, as `check` warns', async () => {
  const news = pubsub('news', { await: 'handled' }).of<number>()
  const countdown = app(
    flow('countdown')
      .from(news)
      .filter((n) => n > 0)
      .transform((n) => n - 1)
      .to(news)
      .build(),
  )
  expect(check(countdown).map(({ code, severity }) => `${code} ${severity}`)).toEqual(['ALLORA121 warning'])
  const { rt } = await started(countdown)
  let ended = false
  const sending = failure(rt.send('news', 1)).then((error) => {
    ended = true
    return error
  })
  await settled()
  expect(ended).toBe(false)
  await rt.stop({ timeout: 0 })
  expect(await sending).toBeInstanceOf(AlloraError)
})

describe('E2: every error says where, what and what to do', () => {
  test('E2: code, place and cause', async () => {
    const { rt } = await started(
      app(flow('orders').from(queue('in').of<number>()).handle(failing, { id: 'price' }).build()),
    )
    const failed = recorded(rt, 'failed')
    await rt.send('in', 1)
    await rt.idle()
    const { error, ...place } = failed[0]!
    expect(place).toMatchObject({ flowId: 'orders', nodeId: 'price', message: { id: 'm1' } })
    expect(error).toBeInstanceOf(AlloraError)
    expect(error).toMatchObject({
      code: 'ALLORA301',
      flowId: 'orders',
      nodeId: 'price',
      channelId: 'in',
      messageId: 'm1',
      attempt: 1,
      kind: 'defect',
    })
    expect(error.name).toBe('FlowError')
    expect(error.cause).toEqual(new Error('boom'))
  })

  const causes: Readonly<Record<string, unknown>> = {
    'an error': new RangeError('too big'),
    'an error without words': new RangeError(),
    'a sentence that ends': new Error('Really?'),
    text: 'just text',
    nothing: undefined,
    null: null,
    'a number': 7,
    'a symbol': Symbol('s'),
    'a bigint': 7n,
    'a function': () => 1,
    'a tagged value': { _tag: 'OutOfStock', sku: 'x' },
    'a plain value': { sku: 'x' },
    'a value without text': Object.assign(Object.create(null) as object, {
      toJSON: () => {
        throw new Error('no')
      },
    }),
    'a tagged value without text': {
      _tag: 'Circle',
      toJSON: () => {
        throw new Error('no')
      },
    },
  }

  test('E2: whatever is thrown reads as a sentence', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<string>())
          .handle((name) => {
            throw causes[name] as Error
          })
          .build(),
      ),
    )
    const sentences: string[] = []
    for (const name of Object.keys(causes)) {
      const error = (await failure(rt.send('in', name))) as FlowError
      expect(error.cause).toBe(causes[name])
      sentences.push(error.message.replace(/ The message is a dead letter.*/, ''))
    }
    expect(sentences).toMatchInlineSnapshot(`
      [
        "Flow "f" failed at node "n1" (handle): RangeError: too big.",
        "Flow "f" failed at node "n1" (handle): RangeError.",
        "Flow "f" failed at node "n1" (handle): Error: Really?",
        "Flow "f" failed at node "n1" (handle): just text.",
        "Flow "f" failed at node "n1" (handle): undefined was thrown.",
        "Flow "f" failed at node "n1" (handle): null.",
        "Flow "f" failed at node "n1" (handle): 7.",
        "Flow "f" failed at node "n1" (handle): Symbol(s).",
        "Flow "f" failed at node "n1" (handle): 7.",
        "Flow "f" failed at node "n1" (handle): a function was thrown.",
        "Flow "f" failed at node "n1" (handle): OutOfStock {"_tag":"OutOfStock","sku":"x"}.",
        "Flow "f" failed at node "n1" (handle): {"sku":"x"}.",
        "Flow "f" failed at node "n1" (handle): something that has no text.",
        "Flow "f" failed at node "n1" (handle): Circle.",
      ]
    `)
  })

  test('E2: the innermost failing message is kept when a handler passes an error of the library on', async () => {
    const inner: { send?: (n: number) => Promise<void> } = {}
    const { rt } = await started(
      app(
        flow('outer')
          .from(direct('outer').of<number>())
          .handle((n) => inner.send!(n))
          .build(),
        flow('inner').from(direct('inner').of<number>()).handle(failing).build(),
      ),
    )
    inner.send = (n) => rt.send('inner', n)
    const error = (await failure(rt.send('outer', 1))) as FlowError
    expect(error).toMatchObject({
      flowId: 'outer',
      cause: { flowId: 'inner', messageId: 'm2', cause: { message: 'boom' } },
    })
    expect(rt.deadLetters.list().map(({ flowId }) => flowId)).toEqual(['inner', 'outer'])
  })
})

describe('E6: dead letters', () => {
  const orders = (broken: () => boolean) =>
    app(
      flow('orders')
        .from(queue('in').of<number>())
        .transform((n) => n * 10)
        .handle(
          (n) => {
            if (broken()) throw new Error('boom')
            return n
          },
          { id: 'price' },
        )
        .to(queue('out').of<number>())
        .build(),
    )

  test('E6: a letter has the message as it entered, the place, the error, attempts, times and history', async () => {
    const { rt, clock } = await started(
      orders(() => true),
      { history: true },
    )
    const dead = recorded(rt, 'dead')
    const at = clock.now() + 5
    await clock.advance(5)
    await rt.send('in', message(1, { tenant: 'a' }))
    await rt.idle()
    const letter = rt.deadLetters.show('m1')
    expect(letter).toMatchObject({
      id: 'm1',
      message: { payload: 1, headers: { tenant: 'a' } },
      reason: 'failed',
      channelId: 'in',
      flowId: 'orders',
      nodeId: 'price',
      attempts: 1,
      firstFailedAt: at,
      lastFailedAt: at,
      history: [{ nodeId: 'n1' }, { nodeId: 'price' }],
    })
    expect(letter.error).toBeInstanceOf(FlowError)
    expect(Object.isFrozen(letter)).toBe(true)
    expect(dead).toEqual([letter])
    expect(rt.metrics()).toMatchObject({ deadLetters: 1, channels: { in: { dead: 1 } } })
  })

  test('E6: list and remove by any field, oldest first', async () => {
    const { rt } = await started(orders(() => true))
    for (const n of [1, 2, 3]) await rt.send('in', n)
    await rt.idle()
    const ids = (filter?: Parameters<typeof rt.deadLetters.list>[0]): string[] =>
      rt.deadLetters.list(filter).map(({ id }) => id)
    expect(ids()).toEqual(['m1', 'm2', 'm3'])
    for (const all of [{ flowId: 'orders' }, { nodeId: 'price' }, { channelId: 'in' }, { reason: 'failed' as const }])
      expect(ids(all)).toEqual(['m1', 'm2', 'm3'])
    for (const none of [
      { flowId: 'x' },
      { nodeId: 'x' },
      { channelId: 'x' },
      { reason: 'expired' as const },
      { id: 'x' },
      { flowId: 'orders', nodeId: 'x' },
    ])
      expect(ids(none)).toEqual([])
    expect(rt.deadLetters.remove({ id: 'm2' }).map(({ id }) => id)).toEqual(['m2'])
    expect(ids()).toEqual(['m1', 'm3'])
    expect(rt.deadLetters.size).toBe(2)
    expect(() => rt.deadLetters.show('m2')).toThrow(UnknownDeadLetterError)
    expect(() => rt.deadLetters.show('m2')).toThrowErrorMatchingInlineSnapshot(
      `[UnknownDeadLetterError: There is no dead letter of message "m2". \`deadLetters.list()\` shows those there are.]`,
    )
  })

  test('E6: redrive sends the original messages again, after a dry run that sends nothing', async () => {
    let broken = true
    const { rt } = await started(orders(() => broken))
    for (const n of [1, 2]) await rt.send('in', n)
    await rt.idle()
    broken = false
    const dry = await rt.deadLetters.redrive({ id: 'm2' }, { dryRun: true })
    expect(dry.redriven.map(({ id }) => id)).toEqual(['m2'])
    await rt.idle()
    expect([rt.deadLetters.size, rt.channel('out').size]).toEqual([2, 0])
    const report = await rt.deadLetters.redrive({})
    await rt.idle()
    expect([report.redriven.map(({ id }) => id), report.refused]).toEqual([['m1', 'm2'], []])
    expect(rt.deadLetters.size).toBe(0)
    expect(drained(rt.channel('out'))).toEqual([10, 20])
  })

  for (const channel of [direct('in'), queue('in')]) {
    test(`E6: a letter of a ${channel.kind} channel that fails again is one letter, with both failures`, async () => {
      const token = (channel as unknown as ChannelToken<'queue', 'in', unknown>).of<number>()
      const { rt, clock } = await started(app(flow('orders').from(token).handle(failing).build()))
      await failure(rt.send('in', 1))
      await rt.idle()
      const [first] = rt.deadLetters.list()
      await clock.advance(1_000)
      const report = await rt.deadLetters.redrive({})
      await rt.idle()
      expect(rt.deadLetters.list()).toMatchObject([
        { attempts: 2, firstFailedAt: first!.firstFailedAt, lastFailedAt: first!.lastFailedAt + 1_000 },
      ])
      // Only a direct channel can say at once that it failed again.
      const letters = channel.kind === 'direct' ? report.refused.map(({ letter }) => letter) : report.redriven
      expect(letters.map(({ id }) => id)).toEqual(['m1'])
    })
  }

  test('E6: a letter whose channel refuses it stays', async () => {
    const { rt } = await started(orders(() => true))
    await rt.send('in', 1)
    await rt.idle()
    await rt.channel('in').close()
    const report = await rt.deadLetters.redrive({})
    expect(report.refused).toMatchObject([{ error: { code: 'ALLORA203' } }])
    expect(rt.deadLetters.list()).toMatchObject([{ id: 'm1', attempts: 1 }])
  })

  test('E6: two redrives at the same time send each letter once', async () => {
    let broken = true
    const { rt } = await started(orders(() => broken))
    for (const n of [1, 2, 3]) await rt.send('in', n)
    await rt.idle()
    broken = false
    const reports = await Promise.all([rt.deadLetters.redrive({}), rt.deadLetters.redrive({})])
    await rt.idle()
    expect(reports.flatMap(({ redriven }) => redriven.map(({ id }) => id)).toSorted()).toEqual(['m1', 'm2', 'm3'])
    expect(drained(rt.channel('out'))).toEqual(expect.arrayContaining([10, 20, 30]))
    expect(rt.metrics().channels['out']).toMatchObject({ accepted: 3 })
  })

  test('E6: one message that dies in two flows is two letters', async () => {
    const topic = pubsub('topic').of<number>()
    const { rt } = await started(
      app(flow('a').from(topic).handle(failing).build(), flow('b').from(topic).handle(failing).build()),
    )
    await rt.send('topic', 1)
    await rt.idle()
    expect(rt.deadLetters.list().map(({ id, flowId }) => [id, flowId])).toEqual([
      ['m1', 'a'],
      ['m1', 'b'],
    ])
  })

  test('E6: a message that dies twice in one flow is one letter with two attempts', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .tap(queue('work').of<number>())
          .to(queue('work').of<number>())
          .build(),
        flow('g').from(queue('work').of<number>()).handle(failing).build(),
      ),
      { deadLetters: { capacity: 1 } },
    )
    await rt.send('in', 1)
    await rt.idle()
    expect(rt.deadLetters.list()).toMatchObject([{ id: 'm1', flowId: 'g', attempts: 2 }])
    expect(rt.metrics().channels['work']).toMatchObject({ accepted: 2, dead: 2 })
  })

  test('E6: with full dead letters the message stays unsettled and comes again', async () => {
    let broken = true
    const { rt, clock } = await started(
      orders(() => broken),
      { deadLetters: { capacity: 1 } },
    )
    const retried = recorded(rt, 'retried')
    const attempts: number[] = []
    rt.on('delivered', ({ attempt }) => attempts.push(attempt))
    await rt.send('in', 1)
    await rt.send('in', 2)
    await settled()
    expect(rt.deadLetters.list().map(({ id }) => id)).toEqual(['m1'])
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 2, dead: 1, buffered: 1, inFlight: 0 })
    expect(retried).toMatchObject([{ channelId: 'in', message: { id: 'm2' }, attempt: 2, delay: 1_000 }])
    await clock.advance(1_000)
    expect(attempts).toEqual([1, 1, 2])
    broken = false
    await clock.advance(1_000)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([20])
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 2, dead: 1, settled: 1, buffered: 0 })
  })

  test('E6: with full dead letters a direct sender is told that it still has the message', async () => {
    const { rt, dropped } = await started(app(flow('f').from(direct('in').of<number>()).handle(failing).build()), {
      deadLetters: { capacity: 0 },
    })
    const error = (await failure(rt.send('in', 1))) as FlowError
    expect(error.parked).toBeUndefined()
    expect(error.message).toMatchInlineSnapshot(
      `"Flow "f" failed at node "n1" (handle): Error: boom. The dead letters are full (0), so the message stays where it was. Redrive or remove some, or give the runtime { deadLetters: { capacity } }."`,
    )
    expect(dropped).toEqual(['refused 1'])
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 1, dropped: 1, dead: 0 })
  })

  test('E6: with full dead letters a group waits as a whole until there is room', async () => {
    for (const how of ['arrival', 'timer'] as const) {
      const { rt, clock } = await started(
        app(
          flow('f')
            .from(queue('in').of<string>())
            .aggregate({ correlateBy: (text) => text[0], size: how === 'arrival' ? 2 : 3, timeout: 100 })
            .handle(failing)
            .to(queue('out'))
            .build(),
        ),
        { deadLetters: { capacity: 1 } },
      )
      let idle = false
      await rt.send('in', 'a1')
      await rt.send('in', 'a2')
      await clock.advance(200)
      void rt.idle().then(() => (idle = true))
      await clock.advance(5_000)
      expect([idle, rt.deadLetters.size]).toEqual([false, 0])
      const report = await stopped()
      expect(report.left.map(({ messageId }) => messageId).toSorted()).toEqual(['m1', 'm2'])
      expect(clock.pending).toBe(0)

      async function stopped(): ReturnType<typeof rt.stop> {
        return rt.stop({ timeout: 0 })
      }
    }
  })

  test('E6: a waiting group becomes dead letters as soon as there is room', async () => {
    const { rt, clock } = await started(
      app(
        flow('g').from(queue('other').of<number>()).handle(failing).build(),
        flow('f')
          .from(queue('in').of<string>())
          .aggregate({ correlateBy: () => 1, size: 3, timeout: 100 })
          .handle(failing)
          .to(queue('out'))
          .build(),
      ),
      { deadLetters: { capacity: 2 } },
    )
    await rt.send('other', 1)
    await rt.send('in', 'a1')
    await rt.send('in', 'a2')
    await clock.advance(3_000)
    expect(rt.deadLetters.list().map(({ flowId }) => flowId)).toEqual(['g'])
    rt.deadLetters.remove({})
    await clock.advance(1_000)
    await rt.idle()
    expect(rt.deadLetters.list().map(({ message: { payload }, flowId }) => [flowId, payload])).toEqual([
      ['f', 'a1'],
      ['f', 'a2'],
    ])
  })
})

/* oxlint-disable unicorn/no-thenable -- a handler may return any thenable */
describe('E8: no way to fail escapes', () => {
  const ways: Readonly<Record<string, (signal: AbortSignal) => unknown>> = {
    throws: failing,
    'throws undefined': () => {
      // oxlint-disable-next-line typescript/only-throw-error -- the worst that can be thrown
      throw undefined
    },
    rejects: () => Promise.reject(new Error('boom')),
    'rejects with undefined': () => Promise.reject(undefined),
    'returns Left': () => left('boom'),
    'returns Left later': async () => left('boom'),
    'returns a Task that rejects': () => () => Promise.reject(new Error('boom')),
    'returns a Task that throws': () => () => failing(),
    'returns a TaskEither of Left': () => async () => left('boom'),
    'returns a function that is no Task': () => () => 5,
    'returns a thenable that throws': () => ({ then: failing }),
    'returns a thenable whose then cannot be read': () => ({
      get then() {
        return failing()
      },
    }),
  }

  for (const [name, handler] of Object.entries(ways)) {
    for (const step of [
      'handle',
      'transform',
      'filter',
      'split',
      'setHeader',
      'routeBy',
      'onError',
      'combine',
      'correlateBy',
      'when',
    ] as const) {
      test(`E8: ${step} that ${name} is handled alike`, async () => {
        const start = flow('f').from(queue('in').of<readonly number[]>())
        const fn = handler as never
        const chains = {
          handle: () => start.handle(fn),
          transform: () => start.transform(fn),
          filter: () => start.filter(fn),
          split: () => start.split(fn),
          setHeader: () => start.setHeader('x', fn),
          routeBy: () => start.routeBy(fn, { a: (branch: unknown) => branch } as never),
          onError: () => start.handle(failing).onError(fn),
          combine: () => start.split().aggregate({ combine: fn }),
          correlateBy: () => start.aggregate({ correlateBy: fn, size: 1 }),
          when: () => start.aggregate({ correlateBy: () => 1, when: fn }),
        }
        // These two are synchronous by their type: a promise is a key like any other, and no `true`.
        if ((step === 'correlateBy' || step === 'when') && !name.startsWith('throws')) return
        const chain = chains[step]() as unknown as typeof start
        const { rt } = await started(app(chain.to(queue('out')).build()))
        await rt.send('in', [1])
        await rt.idle()
        expect(rt.deadLetters.list()).toMatchObject([
          { id: 'm1', reason: 'failed', flowId: 'f', message: { payload: [1] } },
        ])
        expect(rt.metrics().channels['in']).toMatchObject({ accepted: 1, dead: 1, inFlight: 0 })
        expect(rt.channel('out').size).toBe(0)
      })
    }
  }

  test('E8: a handler that never settles is aborted by the stop, and its message is back in the channel', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle(() => new Promise<void>(() => {}), { id: 'stuck' })
          .build(),
      ),
    )
    await rt.send('in', 1)
    await settled()
    const report = await rt.stop({ timeout: 0 })
    expect(report).toMatchObject({
      drained: false,
      aborted: 1,
      left: [{ messageId: 'm1', channelId: 'in', flowId: 'f', nodeId: 'stuck', state: 'aborted' }],
    })
  })

  test('E8: what an aborted handler answers later is heard by nobody', async () => {
    const gate = deferred<number>()
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .handle(() => gate.promise)
          .handle(failing)
          .build(),
      ),
    )
    const sending = failure(rt.send('in', 1))
    await rt.stop({ timeout: 0 })
    expect(await sending).toBeInstanceOf(AbortedError)
    gate.reject(new Error('too late'))
    await settled()
    expect(rt.deadLetters.size).toBe(0)
  })

  test('E8: what an aborted handler succeeds with later goes nowhere', async () => {
    const gate = deferred<number>()
    let calls = 0
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .handle(() => gate.promise)
          .handle(() => void calls++)
          .build(),
      ),
    )
    const sending = failure(rt.send('in', 1))
    await rt.stop({ timeout: 0 })
    expect(await sending).toBeInstanceOf(AbortedError)
    gate.resolve(1)
    await settled()
    expect(calls).toBe(0)
  })
})
