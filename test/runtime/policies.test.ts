import { type Defect, app, check, direct, flow, queue, toMermaid } from 'allora'
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { ErrorOf } from '../../src/flow/flow-def.ts'
import { drained, forbidUnhandledRejections, started } from './rig.ts'

forbidUnhandledRejections()

type Refused = { readonly tag: 'refused' }
type Missing = { readonly tag: 'missing' }

/** Refuses 1, misses 2, breaks at 3 and passes all else. */
const work = (n: number): Either<Refused | Missing, number> => {
  if (n === 1) return left({ tag: 'refused' })
  if (n === 2) return left({ tag: 'missing' })
  if (n === 3) throw new TypeError('three')
  return right(n)
}

describe('E5: error policies', () => {
  test('E5: scopes are asked in their order, and the first that takes a failure has it', async () => {
    const { rt } = await started(
      app(
        flow('policies')
          .from(direct('in').of<number>())
          .handle(work)
          .onError(() => 'a type error', { when: (it) => it.kind === 'defect' && it.cause instanceof TypeError })
          .onError(() => 'a refusal', { when: (it) => it.kind === 'failure' && it.error.tag === 'refused' })
          .onError(() => 'anything')
          .to(queue('out'))
          .build(),
      ),
    )
    for (const n of [0, 1, 2, 3]) await rt.send('in', n)
    expect(drained(rt.channel('out'))).toEqual([0, 'a refusal', 'anything', 'a type error'])
    expect(rt.deadLetters.size).toBe(0)
  })

  test('E5: what no policy takes goes on as it came: to errorsTo by kind, and else to the dead letters', async () => {
    const seen: unknown[] = []
    const { rt } = await started(
      app(
        flow('policies')
          .from(direct('in').of<number>())
          .handle(work, { id: 'work' })
          .to(queue('out').of<number>())
          .errorsTo(queue('defects'), { when: (it): it is Defect => it.kind === 'defect' })
          .errorsTo(queue('refused'), {
            when: (it, { attempt, message }) => {
              seen.push([attempt, message.payload])
              return it.kind === 'failure' && it.error.tag === 'refused'
            },
          })
          .build(),
      ),
    )
    const told = []
    for (const n of [1, 2, 3]) told.push(await rt.send('in', n).catch((error: Error) => error.message))
    expect(drained(rt.channel('defects'))).toMatchObject([{ nodeId: 'work', failure: { kind: 'defect' } }])
    expect(drained(rt.channel('refused'))).toMatchObject([{ nodeId: 'work', failed: { payload: 1 } }])
    expect(rt.deadLetters.list()).toMatchObject([{ id: 'm2', nodeId: 'work', error: { cause: { tag: 'missing' } } }])
    expect(seen).toEqual([
      [1, 1],
      [1, 2],
    ])
    expect(told.map((it) => String(it).match(/error channel "\w+"|dead letter/)?.[0])).toEqual([
      'error channel "refused"',
      'dead letter',
      'error channel "defects"',
    ])
  })

  test('E5: a scope that fails itself, or whose when throws, leaves that to the next one', async () => {
    const { rt } = await started(
      app(
        flow('policies')
          .from(direct('in').of<number>())
          .handle(work)
          .onError(
            () => {
              throw new Error('the scope')
            },
            { when: (it) => it.kind === 'failure' },
          )
          .onError(() => 'never', {
            when: (it) => {
              if (it.kind === 'defect' && it.cause instanceof TypeError) throw new Error('the choice')
              return false
            },
          })
          .onError((it) => (it.kind === 'defect' ? String(it.cause) : 'typed'))
          .to(queue('out'))
          .build(),
      ),
    )
    for (const n of [1, 3]) await rt.send('in', n)
    expect(drained(rt.channel('out'))).toEqual(['Error: the scope', 'Error: the choice'])
  })

  test('E5: typed failures that a type guard takes leave the type, others stay', () => {
    const start = flow('f').from(direct('in').of<number>()).handle(work)
    const guarded = start.onError(() => 0, {
      when: (it): it is { kind: 'failure'; error: Refused } => it.kind === 'failure' && it.error.tag === 'refused',
    })
    const [one, two, three, four] = [
      guarded.build(),
      start.onError(() => 0, { when: ({ kind }) => kind === 'defect' }).build(),
      start.onError(() => 0, { when: (it) => it.kind === 'failure' }).build(),
      guarded.errorsTo(queue('rest')).build(),
    ]
    expectTypeOf<ErrorOf<typeof one>>().toEqualTypeOf<Missing>()
    expectTypeOf<ErrorOf<typeof two>>().toEqualTypeOf<Refused | Missing>()
    expectTypeOf<ErrorOf<typeof three>>().toEqualTypeOf<never>()
    expectTypeOf<ErrorOf<typeof four>>().toEqualTypeOf<never>()
    expect(start.onError(() => 0, { id: 'mend', when: () => true }).build().graph.nodes[2]).toEqual({
      id: 'mend',
      kind: 'recover',
      service: 'f/mend',
      when: 'f/mend.when',
    })
  })

  test('E5: a policy that is never reached is an error of check', () => {
    const unreachable = flow('f')
      .from(direct('in').of<number>())
      .handle(work)
      .onError(() => 0, { id: 'all' })
      .onError(() => 1, { id: 'some', when: () => true })
      .build()
    expect(check(app(unreachable)).filter(({ severity }) => severity === 'error')).toMatchObject([
      { code: 'ALLORA115', nodeId: 'some' },
    ])
    expect(check(app(unreachable))[0]!.message).toMatchInlineSnapshot(
      `"The recover "some" of flow "f" chooses among failures with its when, but only gets those of the onError "all" before it, which takes all others itself."`,
    )
    expect(toMermaid(app(unreachable))).toContain('some')
  })

  test('E5: whatever policies there are, the first that matches has the failure, and the dead letters have the rest', async () => {
    const kinds = ['a', 'b', 'c', 'd'] as const
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ takes: fc.subarray([...kinds]), to: fc.boolean() }), { maxLength: 5 }),
        fc.array(fc.constantFrom(...kinds), { maxLength: 8 }),
        async (policies, failures) => {
          const failing = flow('f')
            .from(direct('in').of<string>())
            .handle((kind): Either<string, string> => left(kind))
          const scoped = policies.reduce((chain, { takes, to }, i) => {
            const when = (it: { readonly kind: string; readonly error?: string }) => takes.includes(it.error as 'a')
            // Each scope gives a chain of the same kind: to the compiler they differ in their channels.
            return (
              to ? chain.errorsTo(queue(`errors${i}`), { when }) : chain.onError(() => `mended by ${i}`, { when })
            ) as typeof chain
          }, failing)
          const { rt } = await started(app(scoped.to(queue('out')).build()))
          for (const kind of failures) await rt.send('in', kind).catch(() => undefined)
          const takerOf = (kind: (typeof kinds)[number]) => policies.findIndex(({ takes }) => takes.includes(kind))
          const mended = failures.map(takerOf).filter((i) => i !== -1 && !policies[i]!.to)
          expect(drained(rt.channel('out'))).toEqual(mended.map((i) => `mended by ${i}`))
          expect(rt.deadLetters.list().map(({ message }) => message.payload)).toEqual(
            failures.filter((kind) => takerOf(kind) === -1),
          )
          const { channels } = rt.metrics()
          const sent = policies.map((_, i) => channels[`errors${i}`]?.accepted ?? 0)
          expect(sent).toEqual(policies.map(({ to }, i) => failures.filter((kind) => to && takerOf(kind) === i).length))
          await rt.stop()
        },
      ),
      { numRuns: process.env['CI'] === undefined ? 200 : 1_000 },
    )
  })
})
