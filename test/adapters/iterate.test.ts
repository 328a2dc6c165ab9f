import { left, right } from 'fp-ts/lib/Either.js'
import { type ErrorMessage, app, direct, flow, iterate, message, queue, sink } from 'allora'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import type { Source } from '../../src/message/source.ts'
import { deferred, drained, forbidUnhandledRejections, recorded, settled, started } from '../runtime/rig.ts'

forbidUnhandledRejections()

const numRuns = process.env['CI'] === undefined ? 200 : 1000

describe('T17: iterate', () => {
  test('T17: sends every item in order and lets the flow go idle', async () => {
    const { rt } = await started(
      app(
        flow('double')
          .from(iterate([1, 2, 3]))
          .transform((n) => n * 2)
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([2, 4, 6])
    expect(rt.control.flows()).toEqual([
      {
        id: 'double',
        state: 'running',
        concurrency: 1,
        channels: ['double/n0'],
        sources: [{ nodeId: 'n0', state: 'ended', inFlight: 0 }],
      },
    ])
  })

  test('T17: takes drafts for payloads with headers, promises for what they give, and async iterables', async () => {
    async function* letters() {
      yield message('a', { tenant: 'x' })
      yield message('b', { tenant: 'y' })
    }
    const tagged = flow('tagged')
      .from(iterate(letters()))
      .handle((letter, { message: { headers } }) => `${letter} ${String(Object.values(headers))}`)
      .to(queue('out'))
      .build()
    const { rt } = await started(
      app(
        tagged,
        flow('later')
          .from(iterate([Promise.resolve(1)]))
          .to(queue('numbers'))
          .build(),
      ),
    )
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual(['a x', 'b y'])
    expect(drained(rt.channel('numbers'))).toEqual([1])
  })

  test('T17: every item once and in order, with never more than maxInFlight in work, and that many when there are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.nat(4)),
        fc.boolean(),
        async (items, maxInFlight, picks, asynchronous) => {
          const open: { readonly item: number; readonly end: () => void }[] = []
          const entered: number[] = []
          async function* generated() {
            yield* items
          }
          const work = flow('work')
            .from(iterate(asynchronous ? generated() : items), { maxInFlight })
            .to(
              sink((item: number) => {
                entered.push(item)
                const { promise, resolve } = deferred()
                open.push({ item, end: resolve })
                return promise
              }),
            )
            .build()
          const { rt } = await started(app(work))
          for (let handled = 0; handled < items.length; handled++) {
            await settled()
            expect(open.length).toBe(Math.min(maxInFlight, items.length - handled))
            open.splice(picks.next().value % open.length, 1)[0]!.end()
          }
          await rt.idle()
          expect(entered).toEqual(items)
          await rt.stop()
        },
      ),
      { numRuns },
    )
  })

  test('T17: an error in one message never ends the source, and its dead letter is redriven to the start of the flow', async () => {
    let broken = true
    const work = flow('work')
      .from(iterate([1, 2, 3]))
      .handle((n) => {
        if (broken && n === 2) throw new Error('no twos')
        return n
      })
      .to(queue('out'))
      .build()
    const { rt } = await started(app(work))
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([1, 3])
    expect(rt.deadLetters.list()).toMatchObject([
      { channelId: 'work/n0', flowId: 'work', nodeId: 'n1', message: { payload: 2 } },
    ])
    broken = false
    expect(await rt.deadLetters.redrive({})).toMatchObject({ redriven: [{ message: { payload: 2 } }], refused: [] })
    expect(drained(rt.channel('out'))).toEqual([2])
    expect(rt.metrics().channels['work/n0']).toMatchObject({ accepted: 4, settled: 3, dead: 1, inFlight: 0 })
  })

  test('T17: onError and errorsTo take what fails', async () => {
    const work = flow('work')
      .from(iterate(['1', 'x', '3']))
      .handle((text) => {
        if (text === 'x') throw new Error('no number')
        return Number(text)
      })
      .onError(() => 0)
      .to(queue('out'))
      .build()
    const { rt } = await started(app(work))
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([1, 0, 3])
  })

  test('T17: what the iteration throws ends the source with a named error; the flow goes on and can be started again', async () => {
    let broken = true
    const items: Iterable<number> = {
      *[Symbol.iterator]() {
        yield 1
        if (broken) throw new Error('the file is torn')
        yield 2
      },
    }
    const lines: string[] = []
    const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: (line: string) => lines.push(line) }
    const { rt } = await started(app(flow('work').from(iterate(items)).to(queue('out')).build()), { logger })
    const failures = recorded(rt, 'sourceFailed')
    await rt.idle()
    expect(rt.control.flows()[0]!.sources).toMatchObject([{ state: 'failed' }])
    expect(failures).toMatchObject([{ flowId: 'work', nodeId: 'n0', error: { code: 'ALLORA408' } }])
    expect(lines).toMatchInlineSnapshot(`
      [
        "The source "n0" of flow "work" ended with an error: Error: the file is torn. Mend it and start the flow again: rt.control.stop("work"), then rt.control.start("work").",
      ]
    `)
    expect(failures[0]!.error.message).toBe(lines[0])
    broken = false
    await rt.control.stop('work')
    await rt.control.start('work')
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([1, 1, 2])
  })

  test('L2: stop asks for no more, lets what is in work end, and closes the iterator', async () => {
    const gate = deferred()
    let closed = false
    function* endless() {
      try {
        for (let n = 0; ; n++) yield n
      } finally {
        closed = true
      }
    }
    const { rt } = await started(
      app(
        flow('work')
          .from(iterate(endless()))
          .handle(() => gate.promise)
          .to(queue('out'))
          .build(),
      ),
    )
    await settled()
    const stopping = rt.stop()
    gate.resolve()
    expect(await stopping).toMatchObject({ drained: true, aborted: 0, left: [{ channelId: 'out' }] })
    expect(closed).toBe(true)
  })

  test('L2: an iterable that never gives its next item does not hold up the stop', async () => {
    let returned = false
    const silent: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => {
          returned = true
          return { done: true, value: undefined }
        },
      }),
    }
    const { rt, clock } = await started(app(flow('work').from(iterate(silent)).to(queue('out')).build()))
    await settled()
    expect(await rt.stop()).toMatchObject({ drained: true, left: [] })
    expect(returned).toBe(true)
    expect(clock.pending).toBe(0)
  })

  test('T17: a source is data: its node, its channel, its function beside the graph', async () => {
    const work = flow('work')
      .from(iterate([1]), { id: 'numbers', maxInFlight: 4 })
      .to(
        sink((n: number) => n),
        { id: 'end' },
      )
      .build()
    expect(work.graph).toEqual({
      version: 1,
      id: 'work',
      channels: [{ id: 'work/numbers', kind: 'direct' }],
      nodes: [
        {
          id: 'numbers',
          kind: 'source',
          adapter: 'work/numbers',
          label: 'iterate',
          channel: 'work/numbers',
          maxInFlight: 4,
        },
        { id: 'end', kind: 'sink', adapter: 'work/end', label: 'sink' },
      ],
      edges: [{ from: 'numbers', to: 'end' }],
    })
    expect(Object.keys(work.functions)).toEqual(['work/numbers', 'work/end'])
  })

  test('the builder refuses what cannot be', () => {
    const nameless = flow()
    // @ts-expect-error a flow from a source needs an id
    expect(() => nameless.from(iterate([1])).to(queue('out'))).toThrowErrorMatchingInlineSnapshot(
      `[InvalidNameError: A flow that begins with a source needs an id, since there is no channel to take it from. Write flow('nightly').from(...).]`,
    )
    expect(() => flow('x').from(iterate([1]), { maxInFlight: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[InvalidOptionError: Flow "x", node "n0": maxInFlight must be a whole number from 1, but it is the number 0. Correct it or leave it out.]`,
    )
    // @ts-expect-error a source has no concurrency
    expect(() => flow('x').from(iterate([1]), { concurrency: 2 })).toThrowErrorMatchingInlineSnapshot(
      `[InvalidOptionError: Flow "x", node "n0": from has no option "concurrency". Its options are "id", "maxInFlight".]`,
    )
  })

  test('types: the payload is that of the items', () => {
    expectTypeOf(iterate([1])).toEqualTypeOf<Source<number>>()
    expectTypeOf(iterate([message('a', { tenant: 'x' })])).toEqualTypeOf<Source<string>>()
    const numbers = flow('x').from(iterate([1]))
    // @ts-expect-error a channel of another payload
    numbers.to(direct('out').of<string>())
    // @ts-expect-error a sink of another payload
    numbers.to(sink((text: string) => text.length))
    numbers.to(sink((n: number | string) => String(n)))
    numbers
      .to(sink((n: number) => (n > 1 ? left('too much' as const) : right(n))))
      // @ts-expect-error the failure is another one
      .errorsTo(direct('others').of<ErrorMessage<'too little'>>())
  })
})
