import { app, direct, flow, message, queue } from 'allora'
import type { Message } from 'allora'
import fc from 'fast-check'
import { left, right } from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import type { QueueChannel } from '../../src/runtime/channel.ts'
import { AggregationError, SplitError } from '../../src/errors/handling-errors.ts'
import { deferred, drained, expectAccounts, forbidUnhandledRejections, recorded, settled, started } from './rig.ts'

forbidUnhandledRejections()
const numRuns = process.env['CI'] ? 1000 : 200

/** Finds a channel that the types of the test's app do not show. */
type Discarded = (id: string) => QueueChannel<string>

describe('T5: split', () => {
  const kinds: Readonly<Record<string, () => Iterable<number> | AsyncIterable<number>>> = {
    'an array': () => [1, 2, 3],
    'a set': () => new Set([1, 2, 3]),
    'a generator': function* () {
      yield* [1, 2, 3]
    },
    'an async generator': async function* () {
      yield* [1, 2, 3]
    },
  }

  for (const [name, parts] of Object.entries(kinds)) {
    test(`T5: the parts of ${name} go on in order, each with its place`, async () => {
      const sized = name === 'an array' || name === 'a set'
      const { rt } = await started(
        app(
          flow()
            .from(direct('in').of<number>())
            .split(parts as () => Iterable<number>)
            .to(queue('out'))
            .build(),
        ),
      )
      await rt.send('in', message(0, { tenant: 'a' }))
      const messages = await rt.channel('out').purge()
      expect(messages.map(({ payload }) => payload)).toEqual([1, 2, 3])
      expect(messages.map(({ headers }) => headers)).toEqual(
        [1, 2, 3].map((number) => ({
          tenant: 'a',
          correlationId: 'm1',
          causationId: 'm1',
          sequence: { correlationId: 'm1', number, ...(sized && { size: 3 }) },
        })),
      )
    })
  }

  test('T5: the payload itself is split when no function says how', async () => {
    const { rt } = await started(
      app(flow().from(direct('in').of<ReadonlyMap<string, number>>()).split().to(queue('out')).build()),
    )
    await rt.send('in', new Map([['a', 1]]))
    expect(drained(rt.channel('out'))).toEqual([['a', 1]])
  })

  test('T5: the parts of a part have the outer sequence stacked below their own', async () => {
    const { rt } = await started(
      app(flow().from(direct('in').of<readonly (readonly string[])[]>()).split().split().to(queue('out')).build()),
    )
    await rt.send('in', [['a'], ['b', 'c']])
    const [, , last] = await rt.channel('out').purge()
    const { sequence, correlationId } = last!.headers
    expect(last!.payload).toBe('c')
    expect(sequence).toMatchObject({ number: 2, size: 2, outer: { correlationId: 'm1', number: 2, size: 2 } })
    expect(sequence?.correlationId).toBe(correlationId)
    expect(sequence?.outer?.outer).toBeUndefined()
  })

  test('T5: parts are pulled one at a time, as fast as what follows takes them', async () => {
    let pulled = 0
    const gates = [deferred(), deferred(), deferred()]
    const parts = function* (): Generator<number> {
      for (let i = 0; i < 3; i++) {
        pulled++
        yield i
      }
    }
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .split(parts)
          .handle(async (n) => (await gates[n]!.promise, n))
          .to(queue('out'))
          .build(),
      ),
    )
    const sending = rt.send('in', 0)
    for (let i = 0; i < 3; i++) {
      await settled()
      expect([pulled, rt.channel('out').size]).toEqual([i + 1, i])
      gates[i]!.resolve()
    }
    await sending
    expect(drained(rt.channel('out'))).toEqual([0, 1, 2])
  })

  test('T5: a full channel behind an endless split holds it back', async () => {
    let pulled = 0
    const endless = function* (): Generator<number> {
      for (;;) yield ++pulled
    }
    const { rt } = await started(
      app(
        flow()
          .from(queue('in').of<number>())
          .split(endless)
          .to(queue('out', { capacity: 2 }).of<number>())
          .build(),
      ),
    )
    await rt.send('in', 0)
    await settled()
    expect(pulled).toBe(3)
    for (let i = 1; i <= 10; i++) expect((await rt.channel('out').receive()).payload).toBe(i)
    await settled()
    expect(pulled).toBe(13)
  })

  test('T5: the iterator is closed when a part fails, and what its own end throws is not the news', async () => {
    for (const end of ['ends well', 'throws', 'rejects'] as const) {
      let closed = 0
      const close = (): void => {
        closed++
        if (end !== 'ends well') throw new Error('while closing')
      }
      const sync = function* (): Generator<number> {
        try {
          yield* [1, 2, 3]
        } finally {
          close()
        }
      }
      const async = async function* (): AsyncGenerator<number> {
        try {
          yield* [1, 2, 3]
        } finally {
          close()
        }
      }
      const failing = (n: number): number => {
        if (n === 2) throw new Error('part 2')
        return n
      }
      const { rt } = await started(
        app(
          flow('f')
            .from(direct('in').of<number>())
            .split(end === 'rejects' ? async : (sync as never))
            .handle(failing)
            .to(queue('out').of<number>())
            .build(),
        ),
      )
      await expect(rt.send('in', 0)).rejects.toThrow('part 2')
      expect(closed).toBe(1)
      expect(drained(rt.channel('out'))).toEqual([1])
      expect(rt.deadLetters.list()).toMatchObject([{ id: 'm1', message: { payload: 0 }, nodeId: 'n2', attempts: 1 }])
    }
  })

  test('T5: an iterator that is read to its end is not closed again', async () => {
    let closed = 0
    const parts = {
      [Symbol.iterator]: () => ({
        next: () => ({ done: true as const, value: undefined }),
        return: () => (closed++, { done: true as const, value: undefined }),
      }),
    }
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .split(() => parts as Iterable<number>)
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 0)
    expect(closed).toBe(0)
  })

  test('T5: an iterator that fails is a failure of the split', async () => {
    const parts = function* (): Generator<number> {
      yield 1
      throw new Error('torn page')
    }
    const { rt } = await started(
      app(flow().from(direct('in').of<number>()).split(parts, { id: 'pages' }).to(queue('out')).build()),
    )
    await expect(rt.send('in', 0)).rejects.toMatchObject({ nodeId: 'pages', cause: { message: 'torn page' } })
    expect(drained(rt.channel('out'))).toEqual([1])
  })

  test('T5: without parts and without an aggregate it is dropped by name', async () => {
    const { rt, dropped } = await started(
      app(flow('f').from(direct('in').of<readonly number[]>()).split().to(queue('out')).build()),
    )
    const events = recorded(rt, 'dropped')
    await rt.send('in', [])
    expect(dropped).toEqual(['empty-split []'])
    expect(events[0]).toMatchObject({ flowId: 'f', nodeId: 'n1' })
  })

  test('T5: without parts the aggregate behind it gives the empty group, with the headers of the message', async () => {
    const { rt, dropped } = await started(
      app(
        flow()
          .from(direct('in').of<readonly number[]>())
          .split()
          .transform((n) => n)
          .aggregate()
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', message([], { tenant: 'a' }))
    expect(rt.channel('out').tryReceive()).toMatchObject({ payload: [], headers: { tenant: 'a' } })
    expect(dropped).toEqual([])
  })

  test('T5: an aggregate behind another channel, another split or by size is owed nothing', async () => {
    const { rt, dropped } = await started(
      app(
        flow('a')
          .from(direct('a').of<readonly number[]>())
          .split()
          .through(queue('between').of<number>())
          .aggregate()
          .to(queue('out'))
          .build(),
        flow('b')
          .from(direct('b').of<readonly (readonly number[])[]>())
          .split()
          .split()
          .aggregate()
          .to(queue('out'))
          .build(),
        flow('c').from(direct('c').of<readonly number[]>()).split().aggregate({ size: 2 }).to(queue('out')).build(),
        flow('d')
          .from(direct('d').of<readonly number[]>())
          .split()
          .handle((n) => n)
          .build(),
      ),
    )
    for (const id of ['a', 'b', 'c', 'd'] as const) await rt.send(id, [])
    await rt.idle()
    expect(dropped).toEqual(['empty-split []', 'empty-split []', 'empty-split []', 'empty-split []'])
    expect(rt.channel('out').size).toBe(0)
  })

  test('T5: what cannot be iterated, and text, is a SplitError', async () => {
    const { rt } = await started(app(flow('f').from(direct('in').of<never>()).split().to(queue('out')).build()))
    const error = await rt.send('in', 7 as never).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'ALLORA301', nodeId: 'n1', cause: expect.any(SplitError) as unknown })
    expect((error as Error).message).toMatchInlineSnapshot(
      `"Flow "f" failed at node "n1" (split): The splitter needs an array, an iterable or an async iterable, but it got the number 7. Give split a function that makes one of the payload. The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m1" })."`,
    )
    for (const payload of [null, undefined, {}, 'text'])
      await expect(rt.send('in', payload as never)).rejects.toThrow(SplitErrorSentence)
    expect(rt.channel('out').size).toBe(0)
  })
  const SplitErrorSentence = 'The splitter needs an array, an iterable or an async iterable'

  test('T5: a part whose failure onError absorbs does not stop the others', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<readonly number[]>())
          .split()
          .handle((n) => (n === 2 ? left('two') : right(n)))
          .onError(async () => -1)
          .aggregate()
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', [1, 2, 3])
    expect(drained(rt.channel('out'))).toEqual([[1, -1, 3]])
  })

  test('T5: when a part is parked by a flow further on, the message it was split from has failed here', async () => {
    const { rt } = await started(
      app(
        flow('main')
          .from(direct('in').of<readonly number[]>())
          .split({ id: 'split' })
          .to(direct('part').of<number>())
          .build(),
        flow('part')
          .from(direct('part').of<number>())
          .handle((n) => {
            if (n === 2) throw new Error('two')
          })
          .build(),
      ),
    )
    const error = await rt.send('in', [1, 2, 3]).catch((caught: unknown) => caught)
    expect(error).toMatchObject({ flowId: 'main', nodeId: 'split', cause: expect.any(SplitError) as unknown })
    expect((error as Error).message).toMatchInlineSnapshot(
      `"Flow "main" failed at node "split" (split): Part 2 failed, so the parts after it were not sent: Flow "part" failed at node "n1" (handle): Error: two. The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m1~12lvudm0e2rzoi" }). The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m1" })."`,
    )
    expect(rt.deadLetters.list().map(({ flowId, message: { payload } }) => [flowId, payload])).toEqual([
      ['part', 2],
      ['main', [1, 2, 3]],
    ])
  })
})

describe('T6: aggregate by split', () => {
  test('T6: headers equal in all parts are kept, others dropped, and those of the split give way to the ones around it', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<readonly number[]>())
          .split()
          .setHeader('part', (n) => n)
          .setHeader('same', () => 'x')
          .aggregate()
          .to(queue('out'))
          .build(),
      ),
    )
    const outer = { correlationId: 'outside', number: 4, size: 9 }
    await rt.send('in', message([1, 2], { tenant: 'a', correlationId: 'outside', sequence: outer }))
    const { payload, headers } = rt.channel('out').tryReceive()!
    expect(payload).toEqual([1, 2])
    expect(headers).toEqual({ tenant: 'a', same: 'x', correlationId: 'outside', sequence: outer, causationId: 'm1' })
  })

  test('T6: nested split and aggregate over nested lists is the identity, and a filter between them filters', async () => {
    type Nested = readonly (readonly (readonly number[])[])[]
    const step = (kind: number) => (n: number) => (kind === 0 ? n : kind === 1 ? Promise.resolve(n) : right(n))
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.array(fc.nat(9), { maxLength: 4 }), { maxLength: 4 }), { maxLength: 4 }),
        fc.nat(2),
        fc.boolean(),
        fc.nat(9),
        async (lists: Nested, kind, buffered, least) => {
          const { rt } = await started(
            app(
              flow()
                .from(direct('in').of<Nested>())
                .split()
                .split()
                .split()
                .handle(step(kind))
                .filter((n) => n >= least)
                .aggregate()
                .aggregate({ combine: (group) => (buffered ? Promise.resolve(group) : group) })
                .aggregate()
                .to(queue('out'))
                .build(),
            ),
          )
          await rt.send('in', message(lists, { tenant: 'a' }))
          await rt.idle()
          const out = await rt.channel('out').purge()
          expect(out.map(({ payload }) => payload)).toEqual([
            lists.map((list) => list.map((innermost) => innermost.filter((n) => n >= least))),
          ])
          expect(out[0]!.headers).toEqual({ tenant: 'a', causationId: 'm1' })
          await rt.stop()
        },
      ),
      { numRuns: numRuns / 2 },
    )
  })

  test('T6: as many aggregates as splits give the list back, however deep it is', async () => {
    const from = flow('f')
      .from(direct('in').of<unknown>())
      .handle((list: unknown) => list)
    type Chain = typeof from
    // How deep the lists are, the compiler cannot know.
    const split = (chain: Chain): Chain => (chain as unknown as { split(): Chain }).split()
    const join = (chain: Chain): Chain => chain.aggregate() as unknown as Chain
    const deep = fc.integer({ min: 0, max: 6 }).chain((depth) => {
      let list: fc.Arbitrary<unknown> = fc.nat(9)
      for (let level = 0; level < depth; level++) list = fc.array(list, { maxLength: 3 })
      return fc.record({ depth: fc.constant(depth), list })
    })
    await fc.assert(
      fc.asyncProperty(deep, fc.boolean(), async ({ depth, list }, later) => {
        let chain = from
        for (let level = 0; level < depth; level++) chain = split(chain)
        chain = chain.handle((n) => (later ? Promise.resolve(n) : n))
        for (let level = 0; level < depth; level++) chain = join(chain)
        const { rt } = await started(app(chain.build()))
        expect(await rt.request('in', list)).toEqual(right(list))
        expectAccounts(rt)
      }),
      { numRuns: numRuns / 2 },
    )
  })

  test('T6: a split of unknown size is complete when it ends', async () => {
    const parts = async function* (): AsyncGenerator<number> {
      yield* [1, 2, 3]
    }
    const { rt } = await started(
      app(flow().from(direct('in').of<number>()).split(parts).aggregate().to(queue('out')).build()),
    )
    await rt.send('in', 0)
    expect(drained(rt.channel('out'))).toEqual([[1, 2, 3]])
    expect(rt.metrics().openGroups).toBe(0)
  })

  test('T6: parts that a filter takes are not waited for', async () => {
    const { rt, dropped } = await started(
      app(
        flow()
          .from(direct('in').of<readonly number[]>())
          .split()
          .filter((n) => n % 2 === 0)
          .aggregate()
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', [1, 2, 3, 4])
    await rt.send('in', [1, 3])
    expect(drained(rt.channel('out'))).toEqual([[2, 4], []])
    expect(dropped).toEqual(['filtered 1', 'filtered 3', 'filtered 1', 'filtered 3'])
  })

  test('T6: parts of one split can go into several groups, each complete with the split', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<readonly number[]>())
          .split()
          .aggregate({ correlateBy: (n) => n % 3 })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', [1, 2, 3, 4, 5, 6, 7])
    const groups = await rt.channel('out').purge()
    expect(groups.map(({ payload }) => payload)).toEqual([
      [1, 4, 7],
      [2, 5],
      [3, 6],
    ])
    expect(new Set(groups.map(({ id }) => id)).size).toBe(3)
  })

  test('T6: two splits at the same time never share a group', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(queue('in').of<readonly number[]>(), { concurrency: 2 })
          .split()
          .handle(async (n) => n)
          .aggregate({ correlateBy: () => 'all' })
          .to(queue('out'))
          .build(),
      ),
    )
    await Promise.all([rt.send('in', [1, 2]), rt.send('in', [3, 4])])
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([
      [1, 2],
      [3, 4],
    ])
  })

  test('T6: combine makes the payload, in any form a handler may, with headers of its own', async () => {
    const forms = [
      (group: readonly number[]) => group.length,
      async (group: readonly number[]) => group.length,
      (group: readonly number[]) => right(group.length),
      (group: readonly number[]) => () => Promise.resolve(right(group.length)),
      async (group: readonly number[]) => message(group.length, { made: true }),
    ]
    for (const combine of forms) {
      const { rt } = await started(
        app(
          flow()
            .from(direct('in').of<readonly number[]>())
            .split()
            .aggregate({ combine: combine as () => number })
            .to(queue('out'))
            .build(),
        ),
      )
      await rt.send('in', [1, 2, 3])
      const made = rt.channel('out').tryReceive()
      expect(made?.payload).toBe(3)
      expect(made?.headers).toEqual(combine === forms[4] ? { made: true, causationId: 'm1' } : { causationId: 'm1' })
    }
  })

  for (const [how, combine] of Object.entries({
    throws: () => {
      throw new Error('no sum')
    },
    rejects: () => Promise.reject(new Error('no sum')),
    'gives Left': () => left(new Error('no sum')),
    'gives a Left later': async () => left(new Error('no sum')),
  })) {
    for (const last of [2, 3])
      test(`T6: a combine that ${how} ${last === 2 ? 'with the last part' : 'at the end'} fails the whole message, which can be redriven`, async () => {
        let broken = true
        const { rt } = await started(
          app(
            flow()
              .from(direct('in').of<readonly number[]>())
              .split()
              .filter((n) => n < 3)
              .aggregate({ combine: (group) => (broken ? combine() : (group.length as never)), id: 'sum' })
              .to(queue('out'))
              .build(),
          ),
        )
        await expect(rt.send('in', [1, 1, last])).rejects.toMatchObject({ nodeId: 'sum', cause: { message: 'no sum' } })
        expect(rt.deadLetters.list()).toMatchObject([{ id: 'm1', message: { payload: [1, 1, last] } }])
        broken = false
        await rt.deadLetters.redrive({})
        expect(drained(rt.channel('out'))).toEqual([last === 2 ? 3 : 2])
      })

    for (const [when, parts] of Object.entries({ 'with its last part': [1, 2, 3, 4], 'at its end': [1, 2, 3, 5] })) {
      test(`T6: onError takes a combine that ${how} when the split completes ${when}: once, and in place of the group`, async () => {
        let calls = 0
        const { rt } = await started(
          app(
            flow()
              .from(direct('in').of<readonly (readonly number[])[]>())
              .split()
              .split()
              .filter((n) => n !== 5)
              .aggregate({ combine: () => (calls++, combine() as never) })
              .onError((_, exchange) => exchange.message.payload)
              .aggregate()
              .to(queue('out'))
              .build(),
          ),
        )
        await rt.send('in', message([parts, parts], { tenant: 'a' }))
        expect(calls).toBe(2)
        const out = await rt.channel('out').purge()
        const group = parts.filter((n) => n !== 5)
        expect(out.map(({ payload }) => payload)).toEqual([[group, group]])
        expect(out[0]!.headers).toEqual({ tenant: 'a', causationId: 'm1' })
      })
    }
  }
})

describe('T6: aggregate across messages', () => {
  const groupBy = (options: object) =>
    app(
      flow('f')
        .from(direct('in').of<string>())
        .aggregate({ correlateBy: (text: string) => text[0], ...options })
        .to(queue('out').of<readonly string[]>())
        .build(),
    )

  test('T6: by size', async () => {
    const { rt } = await started(groupBy({ size: 2 }))
    for (const text of ['a1', 'b1', 'a2', 'b2', 'c1']) await rt.send('in', text)
    expect(drained(rt.channel('out'))).toEqual([
      ['a1', 'a2'],
      ['b1', 'b2'],
    ])
    expect(rt.metrics().openGroups).toBe(1)
  })

  test('T6: by a function of the group, asked with each arrival', async () => {
    const { rt } = await started(groupBy({ when: (group: readonly string[]) => group.at(-1)!.endsWith('!') }))
    for (const text of ['a1', 'a2', 'b!', 'a!']) await rt.send('in', text)
    expect(drained(rt.channel('out'))).toEqual([['b!'], ['a1', 'a2', 'a!']])
  })

  test('T6: a duplicate is asked about, too, but is not in the group', async () => {
    const groups: (readonly string[])[] = []
    const { rt, dropped } = await started(groupBy({ when: (group: readonly string[]) => groups.push(group) === 3 }))
    await rt.send('in', message('a1', { sequence: { correlationId: 'g', number: 1 } }))
    await rt.send('in', message('a1', { sequence: { correlationId: 'g', number: 1 } }))
    await rt.send('in', 'a2')
    expect(groups).toEqual([['a1'], ['a1'], ['a1', 'a2']])
    expect(dropped).toEqual(['duplicate "a1"'])
    expect(drained(rt.channel('out'))).toEqual([['a1', 'a2']])
  })

  test('T6: a message for which `when` fails is in no group', async () => {
    const { rt } = await started(
      groupBy({
        when: (group: readonly string[]) => {
          if (group.includes('a!')) throw new Error('no')
          return group.length === 2
        },
      }),
    )
    await expect(rt.send('in', 'a!')).rejects.toThrow('no')
    expect(rt.metrics().openGroups).toBe(0)
    await rt.send('in', 'a1')
    await expect(rt.send('in', 'a!')).rejects.toThrow('no')
    await rt.send('in', 'a2')
    expect(drained(rt.channel('out'))).toEqual([['a1', 'a2']])
  })

  test('T6: a message without a key belongs to no group', async () => {
    const { rt } = await started(
      app(
        flow('by')
          .from(direct('by').of<string>())
          .aggregate({ correlateBy: () => undefined, size: 2 })
          .to(queue('out'))
          .build(),
        flow('id').from(direct('id').of<string>()).aggregate({ size: 2 }).to(queue('out')).build(),
      ),
    )
    const errors = [
      await rt.send('by', 'a').catch((caught: unknown) => caught),
      await rt.send('id', 'a').catch((caught: unknown) => caught),
    ]
    for (const error of errors)
      expect(error).toMatchObject({ code: 'ALLORA301', cause: expect.any(AggregationError) as unknown })
    expect(errors.map((error) => (error as Error).message)).toMatchInlineSnapshot(`
      [
        "Flow "by" failed at node "n1" (aggregate): correlateBy gave undefined, so the message belongs to no group. Give it a key for every message, or filter those without one before. The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m1" }).",
        "Flow "id" failed at node "n1" (aggregate): The message has no correlationId header, so it belongs to no group. Aggregate after a split, set the header, or give aggregate a { correlateBy }. The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m2" }).",
      ]
    `)
  })

  test('T6: the parts of a split that took a queue each find together by sequence and size', async () => {
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<readonly number[]>())
          .split()
          .through(queue('parts').of<number>(), { concurrency: 3 })
          .handle(async (n) => n * 10)
          .aggregate({ combine: (group) => group.toSorted((a, b) => a - b) })
          .to(queue('out'))
          .build(),
      ),
    )
    const outer = { correlationId: 'outside', number: 1 }
    await rt.send('in', message([1, 2, 3], { tenant: 'a', sequence: outer, correlationId: 'outside' }))
    await rt.send('in', message([4, 5]))
    await rt.idle()
    const [first, second] = await rt.channel('out').purge()
    expect([first!.payload, second!.payload]).toEqual([
      [10, 20, 30],
      [40, 50],
    ])
    expect(first!.headers).toEqual({
      tenant: 'a',
      sequence: outer,
      correlationId: 'outside',
      causationId: expect.any(String) as string,
    })
    expect(second!.headers).toEqual({ causationId: expect.any(String) as string })
  })

  test('T6: a duplicate is dropped by name or sent to discardTo, a late one likewise', async () => {
    for (const [discardTo, expected] of [
      [undefined, [['duplicate "again"', 'late "late"'], []]],
      [queue('discarded').of<string>(), [[], ['again', 'late']]],
    ] as const) {
      const { rt, dropped } = await started(
        app(
          flow('f')
            .from(direct('in').of<string>())
            .aggregate({ size: 2, ...(discardTo && { discardTo }) } as { readonly size: number })
            .to(queue('out').of<readonly string[]>())
            .build(),
        ),
      )
      const part = (number: number): Message<string>['headers'] => ({
        correlationId: 'g',
        sequence: { correlationId: 'g', number },
      })
      await rt.send('in', message('one', part(1)))
      await rt.send('in', message('again', part(1)))
      await rt.send('in', message('two', part(2)))
      await rt.send('in', message('late', part(3)))
      expect(drained(rt.channel('out'))).toEqual([['one', 'two']])
      const discarded = discardTo === undefined ? [] : drained((rt.channel as unknown as Discarded)('discarded'))
      expect([dropped, discarded]).toEqual(expected)
    }
  })

  test('T6: the same message twice is a duplicate, two messages with the same payload are not', async () => {
    let broken = true
    const { rt, dropped } = await started(
      app(
        flow('f')
          .from(direct('in').of<string>())
          .aggregate({
            correlateBy: () => 'all',
            size: 3,
            combine: (group) => {
              if (broken) throw new Error('no')
              return group
            },
          })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 'a')
    await rt.send('in', 'a')
    await expect(rt.send('in', 'a')).rejects.toThrow('no')
    broken = false
    await rt.deadLetters.redrive({})
    expect(drained(rt.channel('out'))).toEqual([['a', 'a', 'a']])
    expect(dropped).toEqual([])
  })

  test('T6: only so many completed keys are remembered', async () => {
    for (const [remember, expected] of [
      [0, []],
      [1, ['late "b3"']],
      [2, ['late "a3"', 'late "b3"']],
    ] as const) {
      const { rt, dropped } = await started(groupBy({ size: 2, remember }))
      for (const text of ['a1', 'a2', 'b1', 'b2', 'a3', 'b3']) await rt.send('in', text)
      expect(dropped).toEqual(expected)
    }
  })

  test('T6: more open groups than maxGroups are refused', async () => {
    const { rt } = await started(groupBy({ size: 2, maxGroups: 2 }))
    await rt.send('in', 'a1')
    await rt.send('in', 'b1')
    await expect(rt.send('in', 'c1')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[FlowError: Flow "f" failed at node "n1" (aggregate): There are 2 open groups already, so no group can be opened for key "c". Let groups complete or time out sooner, or raise { maxGroups }. The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m3" }).]`,
    )
    await rt.send('in', 'a2')
    await rt.send('in', 'c1')
    expect(rt.metrics().openGroups).toBe(2)
  })

  test('T6: headers equal in all members are kept, by value', async () => {
    const { rt } = await started(groupBy({ size: 2 }))
    await rt.send('in', message('a1', { tenant: 'x', priority: 1, only: 1, correlationId: 'c' }))
    await rt.send('in', message('a2', { tenant: 'x', priority: 2, correlationId: 'c' }))
    expect(rt.channel('out').tryReceive()!.headers).toEqual({ tenant: 'x', correlationId: 'c', causationId: 'm1' })
    const sequence = { correlationId: 'c', number: 1 }
    await rt.send('in', message('b1', { sequence, correlationId: 'c' }))
    await rt.send('in', message('b2', { correlationId: 'c' }))
    expect(rt.channel('out').tryReceive()!.headers).toEqual({ correlationId: 'c', causationId: 'm3' })
  })

  test('T6: what fails behind the group makes dead letters of all its members', async () => {
    let broken = true
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>())
          .aggregate({ correlateBy: (text) => text[0], size: 2 })
          .handle((group) => {
            if (broken) throw new Error('no')
            return group
          })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 'a1')
    await rt.send('in', 'a2')
    await rt.idle()
    expect(rt.deadLetters.list().map(({ message: { payload } }) => payload)).toEqual(['a1', 'a2'])
    broken = false
    expect(await rt.deadLetters.redrive({})).toMatchObject({ redriven: [{ id: 'm1' }, { id: 'm2' }], refused: [] })
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([['a1', 'a2']])
  })

  test('T6: what fails behind a group of groups makes dead letters of all members, which are not late when redriven', async () => {
    let broken = true
    const { rt, dropped } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>())
          .aggregate({ correlateBy: (text) => text.slice(0, 2), size: 2 })
          .aggregate({ correlateBy: (pair) => pair[0]![0], size: 2 })
          .handle((group) => {
            if (broken) throw new Error('no')
            return group
          })
          .to(queue('out'))
          .build(),
      ),
    )
    for (const text of ['a11', 'a21', 'a12', 'a22']) await rt.send('in', text)
    await rt.idle()
    expect(rt.deadLetters.list().map(({ message: { payload } }) => payload)).toEqual(['a11', 'a12', 'a21', 'a22'])
    broken = false
    await rt.deadLetters.redrive({})
    await rt.idle()
    expect(dropped).toEqual([])
    expect(drained(rt.channel('out'))).toEqual([
      [
        ['a11', 'a12'],
        ['a21', 'a22'],
      ],
    ])
  })

  test('T6: a group is kept while combine fails; one more arrival of the last member tries again', async () => {
    let broken = true
    const { rt } = await started(
      groupBy({
        size: 2,
        combine: async (group: readonly string[]) => (broken ? Promise.reject(new Error('no')) : group),
      }),
    )
    await rt.send('in', 'a1')
    await expect(rt.send('in', 'a2')).rejects.toThrow('no')
    expect(rt.metrics().openGroups).toBe(1)
    expect(rt.deadLetters.list().map(({ message: { payload } }) => payload)).toEqual(['a2'])
    broken = false
    await rt.deadLetters.redrive({})
    expect(drained(rt.channel('out'))).toEqual([['a1', 'a2']])
    expect(rt.metrics().openGroups).toBe(0)
  })

  test('T6: the member for which combine failed is a dead letter and no longer in the group, which may be empty then', async () => {
    const { rt, clock } = await started(
      groupBy({
        when: (group: readonly string[]) => group.length !== 2,
        timeout: 100,
        combine: (group: readonly string[]) => {
          if (group.length !== 2) throw new Error('no')
          return group
        },
      }),
    )
    await expect(rt.send('in', 'a1')).rejects.toThrow('no')
    expect(rt.metrics().openGroups).toBe(0)
    expect(clock.pending).toBe(0)
  })

  test('T6: an onError that absorbs a failing combine has taken the group', async () => {
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>())
          .aggregate({ correlateBy: (text) => text[0], size: 2, combine: () => Promise.reject(new Error('no')) })
          .onError((_, exchange) => exchange.message.payload as readonly string[])
          .to(queue('out').of<readonly string[]>())
          .build(),
      ),
    )
    await rt.send('in', 'a1')
    await rt.send('in', 'a2')
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([['a1', 'a2']])
    expect(rt.metrics().openGroups).toBe(0)
  })

  test('T6: what arrives while its group is combined is late', async () => {
    const gate = deferred()
    const { rt, dropped } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>(), { concurrency: 2 })
          .aggregate({
            correlateBy: (text) => text[0],
            size: 2,
            remember: 0,
            combine: async (group) => (await gate.promise, group),
          })
          .to(queue('out'))
          .build(),
      ),
    )
    for (const text of ['a1', 'a2', 'a3']) await rt.send('in', text)
    await settled()
    expect(dropped).toEqual(['late "a3"'])
    gate.resolve()
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([['a1', 'a2']])
  })
})

describe('T6: aggregate with a timeout', () => {
  const grouped = (options: object) =>
    app(
      flow('f')
        .from(queue('in').of<string>())
        .aggregate({ correlateBy: (text: string) => text[0], size: 3, timeout: 100, ...options })
        .to(queue('out').of<readonly string[]>())
        .build(),
    )

  test('T6: the clock emits the group, counted from its first message', async () => {
    const { rt, clock } = await started(grouped({}))
    await rt.send('in', 'a1')
    await clock.advance(60)
    await rt.send('in', 'a2')
    await clock.advance(39)
    expect(rt.channel('out').size).toBe(0)
    await clock.advance(1)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([['a1', 'a2']])
  })

  test('T6: a group that completes in time has no timeout any more', async () => {
    const { rt, clock } = await started(grouped({ remember: 0 }))
    for (const text of ['a1', 'a2', 'a3']) await rt.send('in', text)
    await settled()
    await clock.advance(99)
    await rt.send('in', 'a4')
    await settled()
    await clock.advance(50)
    expect(drained(rt.channel('out'))).toEqual([['a1', 'a2', 'a3']])
    await clock.advance(50)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([['a4']])
  })

  test('T6: idle waits for the timeout of an open group', async () => {
    const { rt, clock } = await started(grouped({}))
    await rt.send('in', 'a1')
    let idle = false
    const waiting = rt.idle().then(() => (idle = true))
    await settled()
    expect(idle).toBe(false)
    await clock.advance(100)
    await waiting
    expect(drained(rt.channel('out'))).toEqual([['a1']])
  })

  test("T6: onTimeout 'discard' drops every member by name, or sends it to discardTo", async () => {
    const plain = await started(grouped({ onTimeout: 'discard' }))
    await plain.rt.send('in', 'a1')
    await plain.rt.send('in', 'a2')
    await settled()
    await plain.clock.advance(100)
    await plain.rt.idle()
    expect(plain.dropped).toEqual(['group-discarded "a1"', 'group-discarded "a2"'])

    const sent = await started(grouped({ onTimeout: 'discard', discardTo: queue('discarded').of<string>() }))
    await sent.rt.send('in', 'a1')
    await settled()
    await sent.clock.advance(100)
    await sent.rt.idle()
    expect(drained((sent.rt.channel as unknown as Discarded)('discarded'))).toEqual(['a1'])
    expect(sent.dropped).toEqual([])
  })

  test('T6: a member that the flow behind discardTo has parked is not counted as dropped', async () => {
    const { rt, clock, dropped } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>())
          .aggregate({
            correlateBy: () => 1,
            size: 3,
            timeout: 100,
            onTimeout: 'discard',
            discardTo: direct('discarded').of<string>(),
          })
          .to(queue('out'))
          .build(),
        flow('g')
          .from(direct('discarded').of<string>())
          .handle(() => {
            throw new Error('no')
          })
          .build(),
      ),
    )
    await rt.send('in', 'a1')
    await clock.advance(100)
    await rt.idle()
    expect(rt.deadLetters.list()).toMatchObject([{ flowId: 'g', message: { payload: 'a1' } }])
    expect(dropped).toEqual([])
  })

  test('T6: a discarded member that was a request is told at once', async () => {
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<string>())
          .aggregate({ correlateBy: () => 1, size: 3, timeout: 100, onTimeout: 'discard' })
          .build(),
      ),
    )
    const asking = rt.request('in', 'a1').catch((error: unknown) => error)
    await clock.advance(100)
    expect(await asking).toMatchObject({ code: 'ALLORA309' })
  })

  test('T6: a discardTo that refuses a member leaves it counted', async () => {
    const rejecting = { capacity: 1, overflow: 'reject' } as const
    for (const discardTo of [queue('discarded', rejecting).of<string>(), queue('discarded').of<string>()]) {
      const { rt, clock, dropped } = await started(grouped({ onTimeout: 'discard', discardTo }))
      const discarded = (rt.channel as unknown as Discarded)('discarded')
      await rt.send('in', 'a1')
      await discarded.send('filler')
      if (discardTo.spec.overflow === undefined) await discarded.close()
      await clock.advance(100)
      await rt.idle()
      expect(dropped).toEqual(['group-discarded "a1"'])
    }
  })

  test('T6: a member that waits for room in discardTo is in flight', async () => {
    const { rt, clock } = await started(
      grouped({ onTimeout: 'discard', discardTo: queue('discarded', { capacity: 1 }).of<string>() }),
    )
    const discarded = (rt.channel as unknown as Discarded)('discarded')
    await rt.send('in', 'a1')
    await discarded.send('filler')
    await clock.advance(100)
    let idle = false
    const waiting = rt.idle().then(() => (idle = true))
    await settled()
    expect(idle).toBe(false)
    expect(discarded.tryReceive()?.payload).toBe('filler')
    await waiting
    expect(discarded.tryReceive()?.payload).toBe('a1')
  })

  test("T6: onTimeout 'deadLetter' makes dead letters of the members, which can be redriven", async () => {
    const { rt, clock } = await started(grouped({ onTimeout: 'deadLetter' }))
    await rt.send('in', 'a1')
    await rt.send('in', 'a2')
    await settled()
    await clock.advance(100)
    await rt.idle()
    const letters = rt.deadLetters.list()
    expect(letters).toMatchObject([
      { id: 'm1', reason: 'group-timeout', channelId: 'in', flowId: 'f', nodeId: 'n1', message: { payload: 'a1' } },
      { id: 'm2', reason: 'group-timeout' },
    ])
    expect(letters[0]!.error.message).toMatchInlineSnapshot(
      `"The group of key "a" had 2 messages after 100 ms and was not complete. See which are missing, then redrive."`,
    )
    await rt.deadLetters.redrive({})
    await rt.send('in', 'a3')
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([['a1', 'a2', 'a3']])
  })

  test("T6: 'deadLetter' with full dead letters keeps the group and tries again", async () => {
    const { rt, clock } = await started(grouped({ onTimeout: 'deadLetter' }), { deadLetters: { capacity: 1 } })
    await rt.send('in', 'a1')
    await rt.send('in', 'a2')
    await rt.send('in', 'b1')
    await settled()
    await clock.advance(100)
    expect([rt.deadLetters.size, rt.metrics().openGroups]).toEqual([1, 1])
    rt.deadLetters.remove({})
    await clock.advance(1_000)
    expect(rt.deadLetters.size).toBe(0)
    expect(rt.metrics().openGroups).toBe(1)
  })

  test('T6: a timed-out group whose combine fails makes dead letters of all its members', async () => {
    const { rt, clock } = await started(grouped({ combine: () => Promise.reject(new Error('no')) }))
    await rt.send('in', 'a1')
    await rt.send('in', 'a2')
    await settled()
    await clock.advance(100)
    await rt.idle()
    expect(rt.deadLetters.list().map(({ message: { payload }, reason }) => [payload, reason])).toEqual([
      ['a1', 'failed'],
      ['a2', 'failed'],
    ])
  })

  test('T6: onError and errorsTo of a timed-out group see all its payloads', async () => {
    const failing = (): never => {
      throw new Error('no')
    }
    const { rt, clock } = await started(
      app(
        flow('absorbed')
          .from(queue('a').of<string>())
          .aggregate({ correlateBy: () => 1, size: 3, timeout: 100, combine: failing })
          .onError((_, { message: it }) => it.payload as readonly string[])
          .to(queue('out'))
          .build(),
        flow('parked')
          .from(queue('b').of<string>())
          .aggregate({ correlateBy: () => 1, size: 3, timeout: 100, combine: failing })
          .errorsTo(queue('errors'))
          .to(queue('out'))
          .build(),
      ),
    )
    for (const id of ['a', 'b'] as const) for (const n of [1, 2]) await rt.send(id, `${id}${n}`)
    await settled()
    await clock.advance(100)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([['a1', 'a2']])
    expect(rt.channel('errors').tryReceive()).toMatchObject({
      payload: { failed: { payload: ['b1', 'b2'] }, nodeId: 'n1' },
    })
    expect([rt.deadLetters.size, rt.metrics().openGroups]).toEqual([0, 0])
  })

  test('T6: a timeout that strikes while the group is combined still holds when combine fails', async () => {
    const gate = deferred()
    let broken = true
    const { rt, clock } = await started(
      grouped({
        size: 2,
        combine: async (group: readonly string[]) => (
          broken ? gate.promise : undefined,
          broken && (await gate.promise),
          group
        ),
      }),
    )
    await rt.send('in', 'a1')
    await rt.send('in', 'a2')
    await settled()
    await clock.advance(100)
    broken = false
    gate.reject(new Error('no'))
    await settled()
    expect(rt.deadLetters.list().map(({ message: { payload } }) => payload)).toEqual(['a2'])
    await clock.advance(1_000)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([['a1']])
  })
})

test.each([true, false])(
  'T6, E6: a group of parts of several messages that fails is all of them (at once: %s)',
  async (atOnce) => {
    let broken = true
    const fails = <T>(value: T): T => {
      if (broken) throw new Error('broken')
      return value
    }
    const { rt } = await started(
      app(
        flow('f')
          .from(queue('in').of<string[]>())
          .split()
          .aggregate({ size: 2, correlateBy: () => 'all' })
          .handle((all) => (atOnce ? fails(all) : Promise.resolve(all).then(fails)))
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', ['a'])
    await rt.send('in', ['b'])
    await rt.idle()
    expect(rt.deadLetters.list().map(({ message: { payload } }) => payload)).toEqual([['a'], ['b']])
    broken = false
    await rt.deadLetters.redrive({})
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([['a', 'b']])
  },
)
