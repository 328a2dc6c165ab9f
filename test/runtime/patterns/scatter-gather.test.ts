import { type Failure, app, direct, flow, queue } from 'allora'
import fc from 'fast-check'
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { FlowError, ScatterGatherError } from '../../../src/errors/handling-errors.ts'
import { InvalidStepError } from '../../../src/errors/flow-errors.ts'
import { type Declined, OutOfStock } from '../../flow/samples.ts'
import { deferred, drained, expectAccounts, forbidUnhandledRejections, recorded, settled, started } from '../rig.ts'

forbidUnhandledRejections()
const numRuns = process.env['CI'] ? 1000 : 200

const from = flow('f').from(direct('in').of<number>())
const never = (): Promise<number> => new Promise(() => undefined)
const failing = (): number => {
  throw new Error('no stock')
}

describe('T8: scatterGather', () => {
  test('T8: the replies come as a record by the names of the branches, in their order', async () => {
    const { rt } = await started(
      app(
        from
          .scatterGather(
            {
              later: (b) => b.handle(async (n) => `${n}`),
              now: (b) => b.transform((n) => n + 1).transform((n) => n * 2),
              same: (b) => b,
            },
            { timeout: 100, onFailure: 'fail' },
          )
          .build(),
      ),
    )
    const reply = await rt.request('in', 4)
    expect(reply).toEqual(right({ later: '4', now: 10, same: 4 }))
    expect(Object.keys((reply as { readonly right: object }).right)).toEqual(['later', 'now', 'same'])
  })

  test('T8: all branches are asked at the same time', async () => {
    const gate = deferred<number>()
    const asked: string[] = []
    const { rt } = await started(
      app(
        from
          .scatterGather(
            {
              a: (b) => b.handle(() => (asked.push('a'), gate.promise)),
              b: (b) => b.handle(() => (asked.push('b'), gate.promise)),
            },
            { timeout: 100, onFailure: 'fail' },
          )
          .to(queue('out'))
          .build(),
      ),
    )
    const sending = rt.send('in', 1)
    expect(asked).toEqual(['a', 'b'])
    gate.resolve(7)
    await sending
    expect(drained(rt.channel('out'))).toEqual([{ a: 7, b: 7 }])
  })

  test('T8: headers are those of the message that was scattered, and each branch has a message of its own', async () => {
    const ids: string[] = []
    const { rt } = await started(
      app(
        from
          .setHeader('tenant', () => 'a')
          .scatterGather(
            {
              a: (b) => b.setHeader('tenant', () => 'b').handle((n, { message }) => (ids.push(message.id), n)),
              b: (b) => b.handle((n, { message }) => (ids.push(message.id), n)),
            },
            { timeout: 100, onFailure: 'fail' },
          )
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 1)
    const [out] = await rt.channel('out').purge()
    expect(out!.headers).toMatchObject({ tenant: 'a' })
    expect(out!.headers.replyTo).toBeUndefined()
    expect(new Set([...ids, out!.id, 'm1']).size).toBe(4)
  })

  test('T8: a branch may go through a queue and call other flows', async () => {
    const price = flow('price')
      .from(direct('price').of<number>())
      .transform((n) => n * 10)
      .build()
    const { rt } = await started(
      app(
        from
          .scatterGather(
            { queued: (b) => b.through(queue('work')).handle((n) => n + 1), called: (b) => b.call(price) },
            { timeout: 100, onFailure: 'fail' },
          )
          .build(),
      ),
    )
    expect(await rt.request('in', 4)).toEqual(right({ queued: 5, called: 40 }))
  })

  describe("with onFailure: 'fail'", () => {
    test('T8: a branch that throws fails the message, which is the dead letter', async () => {
      const { rt } = await started(
        app(
          from
            .scatterGather({ a: (b) => b, stock: (b) => b.handle(failing) }, { timeout: 100, onFailure: 'fail' })
            .build(),
        ),
      )
      const error: unknown = await rt.send('in', 1).catch((reason: unknown) => reason)
      expect(error).toBeInstanceOf(FlowError)
      expect((error as FlowError).cause).toBeInstanceOf(ScatterGatherError)
      expect((error as FlowError).message).toContain(
        'The branch "stock" failed: Flow "f" failed at node "n3" (handle): Error: no stock.',
      )
      expect(rt.deadLetters.list()).toMatchObject([{ id: 'm1', nodeId: 'n1' }])
    })

    test('T8: a typed failure of a branch is the failure of the message', async () => {
      const { rt } = await started(
        app(
          from
            .scatterGather(
              { a: (b) => b.handle((n): Either<OutOfStock, number> => (n > 1 ? right(n) : left(new OutOfStock()))) },
              { timeout: 100, onFailure: 'fail' },
            )
            .build(),
        ),
      )
      expect(await rt.request('in', 1)).toEqual(left(new OutOfStock()))
      expect(await rt.request('in', 2)).toEqual(right({ a: 2 }))
    })

    test('T8: onError behind it goes on once, however many branches fail', async () => {
      const { rt } = await started(
        app(
          from
            .scatterGather(
              { a: (b) => b.handle(failing), b: (b) => b.handle(failing) },
              { timeout: 100, onFailure: 'fail' },
            )
            .onError(() => 'recovered')
            .to(queue('out'))
            .build(),
        ),
      )
      await rt.send('in', 1)
      expect(drained(rt.channel('out'))).toEqual(['recovered'])
    })

    test('T8: a branch that hangs fails the message at the timeout, and is in flight until it ends', async () => {
      const gate = deferred<number>()
      const { rt, clock, dropped } = await started(
        app(
          from
            .scatterGather(
              { a: (b) => b, slow: (b) => b.handle(() => gate.promise) },
              { timeout: 100, onFailure: 'fail' },
            )
            .build(),
        ),
      )
      const sending = rt.send('in', 1)
      sending.catch(() => undefined)
      await clock.advance(100)
      await expect(sending).rejects.toThrow('The branch "slow" gave no reply within 100 ms.')
      let idle = false
      void rt.idle().then(() => (idle = true))
      await settled()
      expect(idle).toBe(false)
      gate.resolve(9)
      await settled()
      expect(idle).toBe(true)
      expect(dropped).toEqual(['late-reply 9'])
    })
  })

  describe("with onFailure: 'omit'", () => {
    test('T8: branches that fail, drop or hang are left out', async () => {
      const { rt, clock } = await started(
        app(
          from
            .scatterGather(
              {
                ok: (b) => b,
                broken: (b) => b.handle(failing),
                dropped: (b) => b.filter(() => false),
                hanging: (b) => b.handle(never),
              },
              { timeout: 100, onFailure: 'omit' },
            )
            .to(queue('out'))
            .build(),
        ),
      )
      const failures = recorded(rt, 'failed')
      const sending = rt.send('in', 1)
      await clock.advance(100)
      await sending
      expect(drained(rt.channel('out'))).toEqual([{ ok: 1 }])
      expect(failures.map(({ nodeId }) => nodeId)).toEqual(['n3'])
      expect(rt.deadLetters.size).toBe(0)
    })

    test('T8: a stop is not taken for the failure of a branch', async () => {
      const { rt } = await started(
        app(
          flow('f')
            .from(queue('in').of<number>())
            .scatterGather({ a: (b) => b.handle(never) }, { timeout: 100, onFailure: 'omit' })
            .to(queue('out'))
            .build(),
        ),
      )
      await rt.send('in', 1)
      await settled()
      const { left: remaining } = await rt.stop({ timeout: 0 })
      expect(remaining).toMatchObject([{ messageId: 'm1', nodeId: 'n1', state: 'aborted' }])
    })
  })

  test('T8: a branch keeps its own error scope', async () => {
    const { rt } = await started(
      app(
        from
          .scatterGather(
            { a: (b) => b.handle(failing).onError(() => 0), b: (b) => b },
            { timeout: 100, onFailure: 'fail' },
          )
          .build(),
      ),
    )
    expect(await rt.request('in', 1)).toEqual(right({ a: 0, b: 1 }))
  })

  test('T8: under every interleaving the record is what Promise.allSettled gives of the branches', async () => {
    const names = ['a', 'b', 'c'] as const
    const results = fc.tuple(...names.map(() => fc.record({ succeeds: fc.boolean(), value: fc.nat() })))
    await fc.assert(
      fc.asyncProperty(
        results,
        fc.scheduler(),
        fc.constantFrom('fail', 'omit'),
        async (outcomes, scheduler, onFailure) => {
          const schedule = (i: number): Promise<number> => {
            const { succeeds, value } = outcomes[i]!
            return scheduler.schedule(succeeds ? Promise.resolve(value) : Promise.reject(new Error(`no ${value}`)))
          }
          const { rt } = await started(
            app(
              from
                .scatterGather(
                  {
                    a: (b) => b.handle(() => schedule(0)),
                    b: (b) => b.handle(() => schedule(1)),
                    c: (b) => b.handle(() => schedule(2)),
                  },
                  { timeout: 100, onFailure },
                )
                .build(),
            ),
          )
          const request = rt.request('in', 0).then(
            (reply) => reply,
            (error: FlowError) => error.message,
          )
          while (scheduler.count() > 0) {
            expectAccounts(rt)
            await scheduler.waitOne()
          }
          const settledBranches = await Promise.allSettled(
            outcomes.map(({ succeeds, value }) =>
              succeeds ? Promise.resolve(value) : Promise.reject(new Error(`no ${value}`)),
            ),
          )
          const entries = settledBranches.flatMap((branch, i) =>
            branch.status === 'fulfilled' ? [[names[i], branch.value]] : [],
          )
          const failed = settledBranches.find((branch) => branch.status === 'rejected')
          const reply = await request
          const isRefused = onFailure === 'fail' && failed !== undefined
          const text = JSON.stringify(reply)
          expect(isRefused ? text.includes((failed.reason as Error).message) : text).toEqual(
            isRefused || JSON.stringify(right(Object.fromEntries(entries))),
          )
          await rt.idle()
        },
      ),
      { numRuns },
    )
  })

  test('T8: the record is typed by branch name, partial where failures are left out, with the errors of the branches', () => {
    const branches = from.scatterGather(
      {
        text: (b) => b.transform(String),
        risky: (b) => b.handle((): Either<Declined, boolean> => right(true)),
      },
      { timeout: 1, onFailure: 'fail' },
    )
    branches.transform((record) =>
      expectTypeOf(record).toEqualTypeOf<{ readonly text: string; readonly risky: boolean }>(),
    )
    branches.onError((failure) => expectTypeOf(failure).toEqualTypeOf<Failure<Declined>>())
    const omitting = from.scatterGather(
      { text: (b) => b.transform(String), risky: (b) => b.handle((): Either<Declined, boolean> => right(true)) },
      { timeout: 1, onFailure: 'omit' },
    )
    omitting.transform((record) =>
      expectTypeOf(record).toEqualTypeOf<{ readonly text?: string; readonly risky?: boolean }>(),
    )
    omitting.onError((failure) => expectTypeOf(failure).toEqualTypeOf<Failure<never>>())
    // @ts-expect-error timeout and policy are mandatory
    expect(() => from.scatterGather({ a: (b) => b }, { timeout: 1 })).toThrow('onFailure must be')
    // @ts-expect-error a branch that ends in a channel gives no reply
    expect(() => from.scatterGather({ a: (b) => b.to(queue('out')) }, { timeout: 1, onFailure: 'fail' })).toThrow(
      InvalidStepError,
    )
    // @ts-expect-error the branch is given a number
    from.scatterGather({ a: (b) => b.transform((text: string) => text) }, { timeout: 1, onFailure: 'fail' })
  })
})
