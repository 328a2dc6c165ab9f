import { InvalidOptionError, app, direct, flow, queue, sink } from 'allora'
import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Failure } from '../../../src/message/failure.ts'
import { backOffDelay } from '../../../src/runtime/resilience/retry.ts'
import { deferred, drained, expectAccounts, forbidUnhandledRejections, recorded, settled, started } from '../rig.ts'

forbidUnhandledRejections()

const numRuns = process.env['CI'] === undefined ? 200 : 1000

/** A function that fails so many times, and notes when it was called. */
function failing(times: number, error: (n: number) => unknown = (n) => new Error(`no ${n}`)) {
  const seen: unknown[] = []
  const fn = (payload: number): number => {
    if (seen.push(payload) <= times) throw error(seen.length)
    return payload * 10
  }
  return { fn, seen }
}

describe('E3: delays', () => {
  const policy = fc.record({
    attempts: fc.integer({ min: 1, max: 6 }),
    delay: fc.nat(1_000),
    factor: fc.double({ min: 1, max: 5, noNaN: true }),
    max: fc.nat(5_000),
    jitter: fc.constantFrom('none', 'full', 'equal'),
  })

  test('E3: the calls come at the times of the formula, by the clock and the random source of the runtime', async () => {
    await fc.assert(
      fc.asyncProperty(policy, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (retry, chance) => {
        const at: number[] = []
        const call = (): number => {
          at.push(rig.clock.now())
          expectAccounts(rig.rt)
          throw new Error('no')
        }
        const rig = await started(app(flow('f').from(queue('in').of<number>()).handle(call, { retry }).build()), {
          random: () => chance,
        })
        const start = rig.clock.now()
        await rig.rt.send('in', 1)
        await rig.clock.runAll()
        const expected = [start]
        for (let n = 1; n < retry.attempts; n++) {
          const whole = Math.min(retry.max, retry.delay * retry.factor ** (n - 1))
          expected.push(
            expected.at(-1)! +
              { none: whole, full: chance * whole, equal: whole / 2 + (chance * whole) / 2 }[retry.jitter],
          )
        }
        expect(at).toHaveLength(retry.attempts)
        at.forEach((time, n) => expect(time).toBeCloseTo(expected[n]!, 3))
        expect(rig.clock.pending).toBe(0)
      }),
      { numRuns: numRuns / 4 },
    )
  })

  test('E3: no delay is below 0, above max, or no number, however many calls there were', () => {
    fc.assert(
      fc.property(policy, fc.integer({ min: 1, max: 100_000 }), (retry, n) => {
        const delay = backOffDelay(retry, n, () => 0.999)
        expect(delay).toBeGreaterThanOrEqual(0)
        expect(delay).toBeLessThanOrEqual(retry.max)
      }),
      { numRuns },
    )
  })

  test('E3: an error may ask for more time with retryAfter', async () => {
    const { fn, seen } = failing(1, () => Object.assign(new Error('slow down'), { retryAfter: 500 }))
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .handle(fn, { retry: { attempts: 2, delay: 10 } })
          .build(),
      ),
    )
    const reply = rt.request('in', 1)
    await clock.advance(499)
    expect(seen).toHaveLength(1)
    await clock.advance(1)
    expect(await reply).toEqual(E.right(10))
  })
})

describe('E3: what is repeated', () => {
  test('E3: attempts counts the first call, and the last failure is what the scopes get', async () => {
    const { fn, seen } = failing(9)
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .handle(fn, { retry: { attempts: 3 } })
          .build(),
      ),
    )
    await expect(rt.send('in', 1)).rejects.toThrow('no 3')
    expect(seen).toEqual([1, 1, 1])
  })

  test('E3: only the failed step runs again, with the message as it entered that step', async () => {
    const before: number[] = []
    const { fn, seen } = failing(2)
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .transform((n) => before.push(n) && n + 1)
          .handle(fn, { retry: { attempts: 3 } })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 1)
    expect(before).toEqual([1])
    expect(seen).toEqual([2, 2, 2])
    expect(drained(rt.channel('out'))).toEqual([20])
  })

  test("E3: a call that succeeds at once, and its flow, stay in the sender's stack", async () => {
    const out: number[] = []
    const options = {
      retry: { attempts: 3 },
      timeout: { attempt: 10, overall: 20 },
      circuitBreaker: { failures: 2, resetAfter: 5 },
      concurrency: 1,
      orderBy: (n: number) => n,
    }
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .handle((n) => n, options)
          .handle((n) => void out.push(n))
          .build(),
      ),
    )
    const sent = rt.send('in', 1)
    expect(out).toEqual([1])
    expect(clock.pending).toBe(0)
    await sent
  })

  test('E3: without when, an error that says it is not retryable is not repeated, thrown or typed; when decides alone', async () => {
    const hopeless = { retryable: false }
    for (const [error, when, times] of [
      [() => Object.assign(new Error('no'), hopeless), undefined, 1],
      [() => Object.assign(new Error('no'), { retryable: true }), undefined, 3],
      [() => undefined, undefined, 3],
      [() => Object.assign(new Error('no'), hopeless), () => true, 3],
    ] as const) {
      const thrown = failing(9, error)
      const typed = failing(9, (n) => n)
      const retry = { attempts: 3, ...(when !== undefined && { when }) }
      const { rt } = await started(
        app(
          flow('thrown').from(direct('thrown').of<number>()).handle(thrown.fn, { retry }).build(),
          flow('typed')
            .from(direct('typed').of<number>())
            .handle((n) => typed.seen.push(n) > 0 && E.left(error()), { retry })
            .build(),
        ),
      )
      await expect(rt.request('thrown', 1)).rejects.toMatchObject({ code: 'ALLORA301' })
      expect(await rt.request('typed', 1)).toEqual(E.left(error()))
      expect([thrown.seen.length, typed.seen.length]).toEqual([times, times])
    }
  })

  test('E3: when is asked about each failure, typed or not', async () => {
    const asked: Failure<'busy' | 'refused'>[] = []
    const answers = [E.left('busy' as const), E.left('refused' as const), E.right(1)]
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .handle((): E.Either<'busy' | 'refused', number> => answers.shift()!, {
            retry: {
              attempts: 5,
              when: (failure) => asked.push(failure) > 0 && failure.kind === 'failure' && failure.error === 'busy',
            },
          })
          .build(),
      ),
    )
    expect(await rt.request('in', 1)).toEqual(E.left('refused'))
    expect(asked).toEqual([
      { kind: 'failure', error: 'busy' },
      { kind: 'failure', error: 'refused' },
    ])
  })

  test('E3: every operator that calls a function retries it: transform, filter, split, setHeader, enrich, routeBy, call, onError', async () => {
    const calls: string[] = []
    const once =
      <T>(name: string, value: T) =>
      (): T => {
        calls.push(name)
        if (calls.filter((other) => other === name).length === 1) throw new Error(name)
        return value
      }
    const options = { retry: { attempts: 2 } } as const
    const asked = flow('asked')
      .from(direct('asked').of<{ n: number; extra: string }>())
      .handle(once('asked', 'reply'))
      .build()
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .transform(once('transform', { n: 1 }), options)
          .filter(once('filter', true), options)
          .split(once('split', [{ n: 1 }]), options)
          .setHeader('tenant', once('header', 't'), options)
          .enrich('extra', once('enrich', 'more'), options)
          .routeBy(once('route', 'a' as const), { a: (branch) => branch }, options)
          .call(asked, options)
          .handle((): string => {
            throw new Error('always')
          })
          .onError(once('recover', 'recovered'), options)
          .to(queue('out'))
          .build(),
        asked,
      ),
    )
    await rt.send('in', 1)
    const names = ['transform', 'filter', 'split', 'header', 'enrich', 'route', 'asked', 'recover']
    expect(calls).toEqual(names.flatMap((name) => [name, name]))
    expect(drained(rt.channel('out'))).toEqual(['recovered'])
  })
})

test('E3: a sink is retried too', async () => {
  const { fn, seen } = failing(2)
  const end = sink(async (n: number): Promise<E.Either<'full', number>> => E.right(fn(n)))
  const { rt } = await started(
    app(
      flow('f')
        .from(direct('in').of<number>())
        .to(end, { retry: { attempts: 3, when: (failure) => failure.kind === 'defect' || failure.error === 'full' } })
        .build(),
    ),
  )
  await rt.send('in', 1)
  expect(seen).toEqual([1, 1, 1])
})

describe('E3: while a message waits', () => {
  test('E3: its channel goes on, and no more than the concurrency are in work', async () => {
    let working = 0
    let most = 0
    const order: string[] = []
    const busy = async (n: number): Promise<number> => {
      most = Math.max(most, ++working)
      await turns.shift()
      working--
      order.push(`${n} at ${rig.clock.now() - start}`)
      if (n === 1 && order.length === 1) throw new Error('first')
      return n
    }
    const first = deferred()
    const second = deferred()
    const turns: Promise<void>[] = [first.promise, second.promise]
    const rig = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle(busy, { retry: { attempts: 2, delay: 100 } })
          .to(queue('out'))
          .build(),
      ),
    )
    const start = rig.clock.now()
    await rig.rt.send('in', 1)
    await rig.rt.send('in', 2)
    await rig.rt.send('in', 3)
    first.resolve()
    // The first comes back while the second is still in work, and has to wait for its place; the third waits behind it.
    await rig.clock.advance(150)
    second.resolve()
    await rig.rt.idle()
    expect(order).toEqual(['1 at 0', '2 at 150', '1 at 150', '3 at 150'])
    expect(most).toBe(1)
    expect(drained(rig.rt.channel('out'))).toEqual([2, 1, 3])
    expect(rig.rt.metrics().channels['in']).toMatchObject({ accepted: 3, settled: 3, inFlight: 0, buffered: 0 })
  })

  test('E3: up to 1,000 wait beside the concurrency, so that a channel does not empty itself into memory', async () => {
    const fails = (): never => {
      throw new Error('no')
    }
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in', { capacity: 2_000 }).of<number>())
          .handle(fails, { retry: { attempts: 2, delay: 100 } })
          .build(),
      ),
    )
    for (let n = 0; n < 1_500; n++) await rt.send('in', n)
    await clock.advance(50)
    expect(rt.metrics().channels['in']).toMatchObject({ inFlight: 1_001, buffered: 499 })
    await clock.runAll()
    expect(rt.metrics().channels['in']).toMatchObject({ inFlight: 0, buffered: 0, dead: 1_500 })
  })

  test('L6: the concurrency can change meanwhile', async () => {
    let working = 0
    let most = 0
    const failed = new Set<number>()
    const work = async (n: number): Promise<void> => {
      most = Math.max(most, ++working)
      await new Promise<void>((resolve) => clock.schedule(10, resolve))
      working--
      if (failed.size !== failed.add(n).size) throw new Error('once')
    }
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle(work, { retry: { attempts: 2, delay: 100 } })
          .build(),
      ),
    )
    for (let n = 0; n < 9; n++) await rt.send('in', n)
    await clock.advance(50)
    expect(most).toBe(1)
    rt.control.concurrency('f', 3)
    await clock.advance(2_000)
    expect(most).toBe(3)
    expect(rt.metrics().channels['in']).toMatchObject({ settled: 9, inFlight: 0, buffered: 0 })
    expect(clock.pending).toBe(0)
  })

  test('L3: it is in flight for idle()', async () => {
    const { fn } = failing(1)
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle(fn, { retry: { attempts: 2, delay: 100 } })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 1)
    let idle = false
    const quiet = rt.idle().then(() => (idle = true))
    await clock.advance(99)
    expect(idle).toBe(false)
    await clock.advance(1)
    await quiet
    expect(drained(rt.channel('out'))).toEqual([10])
  })

  test('L2: stop gives it back to its queue, and leaves no timer', async () => {
    const { fn } = failing(1)
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle(fn, { retry: { attempts: 2, delay: 100 } })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 1)
    await settled()
    const report = await rt.stop({ timeout: 0 })
    expect(report.left).toMatchObject([{ channelId: 'in', nodeId: 'n1', state: 'aborted' }])
    expect(rt.metrics().channels['in']).toMatchObject({ accepted: 1, settled: 0, dead: 0, buffered: 1 })
    expect(clock.pending).toBe(0)
  })

  test('L2: stop tells the direct sender', async () => {
    const { fn } = failing(1)
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .handle(fn, { retry: { attempts: 2, delay: 100 } })
          .to(queue('out'))
          .build(),
      ),
    )
    const sent = rt.send('in', 1)
    const told = sent.catch((error: unknown) => error)
    await rt.stop({ timeout: 0 })
    expect(await told).toMatchObject({ code: 'ALLORA310', nodeId: 'n1' })
    expect(clock.pending).toBe(0)
  })

  test('E3: a sender that gives up ends the wait', async () => {
    const { fn, seen } = failing(1)
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .handle(fn, { retry: { attempts: 2, delay: 100 } })
          .to(queue('out'))
          .build(),
      ),
    )
    const controller = new AbortController()
    const sent = rt.send('in', 1, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(sent).rejects.toThrow('enough')
    expect(seen).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  test('L4: the event retried says which step tries again, and when', async () => {
    const { fn } = failing(2)
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle(fn, { id: 'price', retry: { attempts: 3, delay: 10, factor: 2 } })
          .to(queue('out'))
          .build(),
      ),
    )
    const retried = recorded(rt, 'retried')
    await rt.send('in', 1)
    await clock.runAll()
    expect(retried).toMatchObject([
      { channelId: 'in', flowId: 'f', nodeId: 'price', attempt: 2, delay: 10 },
      { channelId: 'in', flowId: 'f', nodeId: 'price', attempt: 3, delay: 20 },
    ])
  })
})

test('C10: after random failures and aborts every message is accounted for, and no timer is left', async () => {
  const message = fc.record({ fails: fc.nat(4), typed: fc.boolean(), takes: fc.nat(30) })
  await fc.assert(
    fc.asyncProperty(
      fc.array(message, { maxLength: 12 }),
      fc.integer({ min: 1, max: 3 }),
      fc.nat(200),
      async (messages, concurrency, until) => {
        const calls = new Map<number, number>()
        const work = async (n: number): Promise<E.Either<'typed', number>> => {
          const { fails, typed, takes } = messages[n]!
          const call = (calls.get(n) ?? 0) + 1
          calls.set(n, call)
          await new Promise<void>((resolve) => rig.clock.schedule(takes, resolve))
          if (call > fails) return E.right(n)
          if (typed) return E.left('typed')
          throw new Error('defect')
        }
        const options = {
          retry: { attempts: 3, delay: 10, factor: 2 },
          timeout: { attempt: 25, overall: 70 },
          concurrency: 2,
        }
        const rig = await started(
          app(flow('f').from(queue('in').of<number>(), { concurrency }).handle(work, options).to(queue('out')).build()),
        )
        for (const n of messages.keys()) await rig.rt.send('in', n)
        await rig.clock.advance(until)
        await rig.rt.stop({ timeout: 0 })
        const { accepted, settled, dead, inFlight, buffered } = rig.rt.metrics().channels['in']!
        expect(accepted).toBe(messages.length)
        expect(settled + dead + buffered).toBe(accepted)
        expect(inFlight).toBe(0)
        expect(dead).toBe(rig.rt.deadLetters.list().length)
        // What is left are the timers of the function itself.
        await rig.clock.advance(30)
        expect(rig.clock.pending).toBe(0)
      },
    ),
    { numRuns: numRuns / 4 },
  )
})

test('the options know payload, headers and typed failures', () => {
  const start = flow('f')
    .from(queue('in').of<{ readonly id: string }>())
    .setHeader('tenant', () => 'a')
  start.handle((): E.Either<'busy', number> => E.right(1), {
    retry: {
      attempts: 2,
      when: (failure) => {
        expectTypeOf(failure).toEqualTypeOf<Failure<'busy'>>()
        return true
      },
    },
    orderBy: (payload, exchange) => {
      expectTypeOf(payload).toEqualTypeOf<{ readonly id: string }>()
      return exchange.message.headers.tenant
    },
  })
  const wrong = (): void => {
    const isOther = (failure: Failure<'other'>): boolean => failure.kind === 'failure'
    // @ts-expect-error a typed failure of this function is 'busy'
    start.handle((): E.Either<'busy', number> => E.right(1), { retry: { attempts: 2, when: isOther } })
    // @ts-expect-error attempts says how often
    start.handle(() => 1, { retry: { delay: 5 } })
    // @ts-expect-error a tap calls no function
    start.tap(queue('copies'), { retry: { attempts: 2 } })
  }
  expect(wrong).toThrow(InvalidOptionError)
})
