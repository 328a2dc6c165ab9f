import { app, direct, flow, message, queue } from 'allora'
import type { MessageDraft } from 'allora'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { CorrelationError } from '../../../src/errors/handling-errors.ts'
import type { ResequenceOptions } from '../../../src/flow/step-options.ts'
import type { ChannelToken } from '../../../src/flow/channel-token.ts'
import { deferred, drained, expectAccounts, forbidUnhandledRejections, settled, started } from '../rig.ts'

forbidUnhandledRejections()
const numRuns = process.env['CI'] ? 1000 : 200

type Options = Omit<ResequenceOptions<number, {}, never>, 'discardTo'>
const nth = (number: number, key = 'a', size?: number): MessageDraft<number> =>
  message(number, { correlationId: key, sequence: { correlationId: key, number, ...(size !== undefined && { size }) } })
const discarded: ChannelToken<'queue', 'discarded', number> = queue('discarded').of<number>()
const line = (options: Options = { timeout: 100, onTimeout: 'emit' }) =>
  started(app(flow('f').from(direct('in').of<number>()).resequence(options).to(queue('out')).build()))

describe('T7: resequence', () => {
  test('T7: the longest consecutive run goes on as soon as it can', async () => {
    const { rt } = await line()
    const seen: number[][] = []
    for (const number of [3, 1, 4, 2, 5]) {
      await rt.send('in', nth(number))
      seen.push(drained(rt.channel('out')))
    }
    expect(seen).toEqual([[], [1], [], [2, 3, 4], [5]])
    await rt.idle()
  })

  test('T7: a gap holds what follows until the timeout of the clock, then it goes on, and each gap has its own time', async () => {
    const { rt, clock, dropped } = await line()
    for (const number of [2, 3, 5]) await rt.send('in', nth(number))
    await clock.advance(99)
    expect(drained(rt.channel('out'))).toEqual([])
    await clock.advance(1)
    expect(drained(rt.channel('out'))).toEqual([2, 3])
    await clock.advance(99)
    expect(drained(rt.channel('out'))).toEqual([])
    await clock.advance(1)
    expect(drained(rt.channel('out'))).toEqual([5])
    await rt.send('in', nth(1))
    expect(drained(rt.channel('out'))).toEqual([])
    expect(dropped).toEqual(['late 1'])
  })

  test('T7: by option the timeout discards what waited for the gap, and what comes later goes on', async () => {
    const { rt, clock, dropped } = await line({ timeout: 100, onTimeout: 'discard' })
    for (const number of [2, 3, 5]) await rt.send('in', nth(number))
    await clock.advance(100)
    expect(dropped).toEqual(['group-discarded 2', 'group-discarded 3'])
    await rt.send('in', nth(4))
    expect(drained(rt.channel('out'))).toEqual([4, 5])
    await rt.idle()
  })

  test('T7: what is late, comes twice or is discarded goes to a channel when there is one', async () => {
    const { rt, clock } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .resequence({ timeout: 100, onTimeout: 'discard', discardTo: discarded })
          .to(queue('out'))
          .build(),
      ),
    )
    for (const number of [1, 1, 3, 3]) await rt.send('in', nth(number))
    await clock.advance(100)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([1])
    expect(drained(rt.channel('discarded'))).toEqual([1, 3, 3])
  })

  test('T7: with more missing than maxGap it does not wait', async () => {
    const { rt } = await line({ timeout: 100, onTimeout: 'emit', maxGap: 2 })
    await rt.send('in', nth(3))
    expect(drained(rt.channel('out'))).toEqual([])
    await rt.send('in', nth(7))
    expect(drained(rt.channel('out'))).toEqual([])
    await rt.send('in', nth(1))
    await rt.send('in', nth(2))
    expect(drained(rt.channel('out'))).toEqual([1, 2, 3, 7])
  })

  test('T7: sequences are told apart by the correlation id, or by correlateBy', async () => {
    const byDefault = await line()
    for (const draft of [nth(2, 'a'), nth(1, 'b'), nth(1, 'a'), nth(2, 'b')]) await byDefault.rt.send('in', draft)
    const messages = await byDefault.rt.channel('out').purge()
    expect(messages.map(({ payload, headers }) => `${headers.correlationId}${payload}`)).toEqual([
      'b1',
      'a1',
      'a2',
      'b2',
    ])
    const byKey = await line({ timeout: 100, onTimeout: 'emit', correlateBy: () => 'all' })
    for (const draft of [nth(2, 'a'), nth(1, 'b')]) await byKey.rt.send('in', draft)
    expect(drained(byKey.rt.channel('out'))).toEqual([1, 2])
  })

  test('T7: parts that a pool of consumers mixed up come in order again, and their group completes', async () => {
    const gates = [deferred(), deferred(), deferred()]
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<readonly number[]>())
          .split()
          .through(queue('work').of<number>(), { concurrency: 3 })
          .handle(async (n) => (await gates[n]!.promise, n))
          .resequence({ timeout: 100, onTimeout: 'emit' })
          .aggregate()
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', [0, 1, 2])
    for (const gate of gates.toReversed()) {
      gate.resolve()
      await settled()
    }
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([[0, 1, 2]])
  })

  test('T7: straight behind a split the parts leave it, so none is lost when the split has ended before it', async () => {
    const { rt, clock } = await started(
      app(
        flow()
          .from(direct('in').of<readonly number[]>())
          .split()
          .filter((n) => n !== 2)
          .resequence({ timeout: 100, onTimeout: 'emit' })
          .aggregate({ timeout: 500 })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', [1, 2, 3])
    await clock.advance(600)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([[1, 3]])
  })

  test('T7: each goes on when the one before it has ended, also those that come meanwhile', async () => {
    const gate = deferred()
    const order: string[] = []
    const { rt } = await started(
      app(
        flow()
          .from(queue('in').of<number>(), { concurrency: 4 })
          .resequence({ timeout: 100, onTimeout: 'emit' })
          .handle(async (n) => {
            order.push(`begin ${n}`)
            if (n === 1) await gate.promise
            order.push(`end ${n}`)
          })
          .build(),
      ),
    )
    for (const number of [1, 3, 2]) await rt.send('in', nth(number))
    await settled()
    expect(order).toEqual(['begin 1'])
    gate.resolve()
    await rt.idle()
    expect(order).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3'])
  })

  test('T7: one that fails is a dead letter of its own, holds nothing up, and may come again', async () => {
    let broken = true
    const failing = (n: number): number => {
      if (broken && n < 3) throw new Error(`no ${n}`)
      return n
    }
    const { rt } = await started(
      app(
        flow()
          .from(direct('in').of<number>())
          .resequence({ timeout: 100, onTimeout: 'emit' })
          .handle(failing)
          .to(queue('out').of<number>())
          .build(),
      ),
    )
    await rt.send('in', nth(3))
    await rt.send('in', nth(2))
    await expect(rt.send('in', nth(1))).rejects.toThrow('no 1')
    expect(drained(rt.channel('out'))).toEqual([3])
    expect(rt.deadLetters.list().map((letter) => letter.message.payload)).toEqual([2, 1])
    broken = false
    await rt.deadLetters.redrive({})
    expect(drained(rt.channel('out'))).toEqual([2, 1])
  })

  test('T7: one that waited and failed stays in flight until the dead letters have room', async () => {
    const failing = (n: number): number => {
      if (n === 2) throw new Error('no 2')
      return n
    }
    const { rt, clock } = await started(
      app(
        flow().from(direct('in').of<number>()).resequence({ timeout: 100, onTimeout: 'emit' }).handle(failing).build(),
      ),
      { deadLetters: { capacity: 0 } },
    )
    await rt.send('in', nth(2))
    void rt.send('in', nth(1))
    await clock.advance(5_000)
    const { left } = await rt.stop({ timeout: 0 })
    expect(left).toMatchObject([{ messageId: 'm1', state: 'aborted' }])
  })

  test('T7: what waits is named by the stop report, and idle waits for it', async () => {
    const { rt, clock } = await line()
    await rt.send('in', nth(2))
    let idle = false
    void rt.idle().then(() => (idle = true))
    await settled()
    expect(idle).toBe(false)
    const { left } = await rt.stop({ timeout: 0 })
    expect(left).toMatchObject([{ messageId: 'm1', channelId: 'in', flowId: 'f', nodeId: 'n1', state: 'grouped' }])
    expect(clock.pending).toBe(0)
  })

  test('T7: a message without a sequence fails, and says what to do', async () => {
    const { rt } = await line()
    const error: unknown = await rt.send('in', 1).catch((reason: Error) => reason.cause)
    expect(error).toBeInstanceOf(CorrelationError)
    expect((error as Error).message).toContain('has no sequence header')
  })

  test('T7: every permutation with gaps and repetitions goes on sorted, and every message is accounted for', async () => {
    const arrivals = fc
      .record({
        sent: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 12 }),
        again: fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 3 }),
      })
      .chain(({ sent, again }) => {
        const all = [...sent, ...again.flatMap((i) => sent[i] ?? [])]
        return fc.shuffledSubarray(all, { minLength: all.length })
      })
    const rule = fc.record({
      onTimeout: fc.constantFrom('emit', 'discard'),
      maxGap: fc.option(fc.nat(3), { nil: undefined }),
    })
    await fc.assert(
      fc.asyncProperty(arrivals, rule, fc.nat(12), async (numbers, { onTimeout, maxGap }, pause) => {
        const { rt, clock, dropped } = await line({ timeout: 10, onTimeout, ...(maxGap !== undefined && { maxGap }) })
        const went: number[] = []
        for (const [i, number] of numbers.entries()) {
          if (i === pause) await clock.advance(25)
          await rt.send('in', nth(number))
          went.push(...drained(rt.channel('out')))
          expectAccounts(rt)
        }
        // Before anything is given up, it is the longest run from 1.
        const isPatient = maxGap === undefined && pause >= numbers.length
        expect(went).toEqual(isPatient ? runOf(numbers) : went)
        await clock.advance(1_000)
        await rt.idle()
        went.push(...drained(rt.channel('out')))
        expect(went).toEqual([...new Set(went)].toSorted((a, b) => a - b))
        const given = dropped.map((line) => Number(line.split(' ')[1]))
        expect([...went, ...given].toSorted((a, b) => a - b)).toEqual(numbers.toSorted((a, b) => a - b))
        await rt.stop()
      }),
      { numRuns },
    )
  })

  test('T7: payload, headers and errors stay as they were; the channel for what is discarded takes the payload', () => {
    const from = flow()
      .from(direct('in').of<number>())
      .setHeader('tenant', () => 'a')
    const after = from.resequence({ timeout: 1, onTimeout: 'emit' })
    expectTypeOf(after).toEqualTypeOf(from)
    // @ts-expect-error the channel takes text, and the payload is a number
    from.resequence({ timeout: 1, onTimeout: 'emit', discardTo: queue('texts').of<string>() })
    // @ts-expect-error what a timeout does has to be said
    expect(() => from.resequence({ timeout: 1 })).toThrow('onTimeout must be')
    // @ts-expect-error how long a gap is waited for has to be said
    expect(() => from.resequence({ onTimeout: 'emit' })).toThrow('timeout must be')
  })
})

function runOf(numbers: readonly number[]): number[] {
  const run: number[] = []
  while (numbers.includes(run.length + 1)) run.push(run.length + 1)
  return run
}
