import { app, direct, flow, message, pubsub, queue } from 'allora'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { drained, forbidUnhandledRejections, recorded, settled, started } from './rig.ts'

forbidUnhandledRejections()

const NOW = 1_700_000_000_000

/** Notes what it handles, and fails while the switch is on. */
const noted = (log: string[], name: string, broken: () => boolean) => (n: number) => {
  log.push(`${name} ${n}`)
  if (broken()) throw new Error('broken')
  return n
}

describe('E6: redrive', () => {
  test('E6: a letter of a pubsub channel goes to the flow that failed and to no other', async () => {
    const log: string[] = []
    let broken = true
    const topic = pubsub('news').of<number>()
    const bad = flow('bad')
      .from(topic)
      .handle(noted(log, 'bad', () => broken))
      .to(queue('out'))
      .build()
    const good = flow('good')
      .from(topic)
      .handle(noted(log, 'good', () => false))
      .build()
    const { rt } = await started(app(bad, good))
    await rt.send('news', 1)
    await rt.idle()
    const again = await rt.deadLetters.redrive({})
    expect(again.refused).toMatchObject([{ letter: { attempts: 2, flowId: 'bad' } }])
    broken = false
    const report = await rt.deadLetters.redrive({})
    expect(report.redriven.map(({ id }) => id)).toEqual(['m1'])
    expect(log).toEqual(['bad 1', 'good 1', 'bad 1', 'bad 1'])
    expect(drained(rt.channel('out'))).toEqual([1])
    expect(rt.deadLetters.size).toBe(0)
    expect(rt.metrics().channels['news']).toMatchObject({ accepted: 2, settled: 1, dead: 1 })
  })

  test('E6: subscribers by hand have letters of their own, and each goes back to its own', async () => {
    const log: string[] = []
    let broken = true
    const { rt } = await started(app(flow('f').from(direct('in').of<number>()).to(pubsub('news').of<number>()).build()))
    const news = rt.channel('news')
    for (const name of ['a', 'b']) {
      const handle = noted(log, name, () => broken)
      news.subscribe((n) => void handle(n))
    }
    await rt.send('in', 1)
    await rt.idle()
    expect(rt.deadLetters.list().map(({ flowId }) => flowId)).toEqual(['subscriber of news', 'subscriber 2 of news'])
    broken = false
    await rt.deadLetters.redrive({ flowId: 'subscriber 2 of news' })
    expect(log).toEqual(['a 1', 'b 1', 'b 1'])
    expect(rt.deadLetters.list().map(({ flowId }) => flowId)).toEqual(['subscriber of news'])
  })

  test('E6: a letter of a flow that is paused or stopped stays, and says why', async () => {
    const topic = pubsub('news').of<number>()
    const { rt } = await started(
      app(
        flow('bad')
          .from(topic)
          .handle((): number => {
            throw new Error('broken')
          })
          .build(),
      ),
    )
    await rt.send('news', 1)
    await rt.idle()
    rt.control.pause('bad')
    const report = await rt.deadLetters.redrive({}, { dryRun: true })
    expect(report.redriven).toEqual([])
    expect(String(report.refused[0]!.error)).toMatchInlineSnapshot(
      `"RedriveError: The dead letter of message "m1" goes again in the flow "bad", which takes no messages from channel "news" now. Call rt.control.resume or rt.control.start first."`,
    )
    expect((await rt.deadLetters.redrive({})).refused).toMatchObject([{ error: { code: 'ALLORA410' } }])
    expect(rt.deadLetters.list()).toMatchObject([{ id: 'm1', attempts: 1 }])
  })

  test('E6: from the node, the message goes as it entered it, without the steps before', async () => {
    const log: string[] = []
    let broken = true
    const { rt } = await started(
      app(
        flow('work')
          .from(queue('in').of<number>())
          .handle(noted(log, 'first', () => false))
          .transform((n) => n * 10)
          .setHeader('color', () => 'red')
          .handle(
            noted(log, 'second', () => broken),
            { id: 'second' },
          )
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 1)
    await rt.idle()
    const letter = rt.deadLetters.show('m1')
    expect(letter.message.payload).toBe(1)
    expect(letter.failed).toMatchObject({ payload: 10, headers: { color: 'red' } })
    const refused = await rt.deadLetters.redrive({}, { from: 'node' })
    expect(refused.refused).toMatchObject([{ letter: { nodeId: 'second', attempts: 2, message: { payload: 1 } } }])
    broken = false
    const dry = await rt.deadLetters.redrive({}, { from: 'node', dryRun: true })
    expect([dry.redriven.length, rt.deadLetters.size]).toEqual([1, 1])
    const report = await rt.deadLetters.redrive({}, { from: 'node' })
    expect(report.redriven.map(({ id }) => id)).toEqual(['m1'])
    expect(log).toEqual(['first 1', 'second 10', 'second 10', 'second 10'])
    const out = rt.channel('out').tryReceive()
    expect(out).toMatchObject({ payload: 10, headers: { color: 'red' } })
    expect(rt.deadLetters.size).toBe(0)
  })

  test('M1, E6: a message replayed from its node has the id it would have had', async () => {
    let broken = false
    const { rt } = await started(
      app(
        flow('work')
          .from(direct('in').of<number>())
          .transform((n) => n + 1)
          .transform((n) => {
            if (broken) throw new Error('broken')
            return n
          })
          .to(queue('out'))
          .build(),
      ),
      { ids: () => 'same' },
    )
    await rt.send('in', 1)
    broken = true
    await rt.send('in', 1).catch(() => undefined)
    broken = false
    await rt.deadLetters.redrive({}, { from: 'node' })
    const [first, second] = [rt.channel('out').tryReceive(), rt.channel('out').tryReceive()]
    expect(second!.id).toBe(first!.id)
  })

  test('E6: what entered the node is not kept of a part, a group or a failing onError, and the report says so', async () => {
    let broken = true
    const fails = <T>(value: T): T => {
      if (broken) throw new Error('broken')
      return value
    }
    const { rt } = await started(
      app(
        flow('parts').from(direct('parts').of<number[]>()).split().handle(fails).to(queue('a')).build(),
        flow('groups')
          .from(direct('groups').of<number>())
          .aggregate({ size: 1, correlateBy: (n) => n })
          .handle(fails)
          .to(queue('b'))
          .build(),
        flow('scopes')
          .from(direct('scopes').of<number>())
          .handle(fails)
          .onError(() => fails(0))
          .to(queue('c'))
          .build(),
      ),
    )
    await rt.send('parts', [1, 2]).catch(() => undefined)
    await rt.send('groups', 1).catch(() => undefined)
    await rt.send('scopes', 1).catch(() => undefined)
    expect(rt.deadLetters.list().map(({ failed }) => failed)).toEqual([undefined, undefined, undefined])
    const { refused } = await rt.deadLetters.redrive({}, { from: 'node' })
    expect(String(refused[0]!.error)).toMatchInlineSnapshot(
      `"RedriveError: The dead letter of message "m1" cannot go again from the node that failed, since what entered node "n2" is not kept: it was a part of a split, a group of messages, or a failure. Leave out { from: 'node' } to have it begin anew."`,
    )
    expect(refused.map(({ error }) => (error as { code?: string }).code)).toEqual([
      'ALLORA410',
      'ALLORA410',
      'ALLORA410',
    ])
    broken = false
    expect((await rt.deadLetters.redrive({})).redriven).toHaveLength(3)
    expect([rt.channel('a').size, rt.channel('b').size, rt.channel('c').size]).toEqual([2, 1, 1])
  })

  test('C11, E6: an expired message that is redriven is handled: whoever redrives it wants that', async () => {
    const got: unknown[] = []
    const topic = pubsub('news').of<number>()
    const { rt, clock } = await started(
      app(
        flow('quick')
          .from(topic)
          .handle((n) => void got.push(`quick ${n}`))
          .build(),
        flow('slow')
          .from(topic)
          .throttle({ rate: 1, per: 100 })
          .handle((n, { message: { id, headers } }) => void got.push(`slow ${n} ${id} ${headers.expiresAt}`))
          .build(),
      ),
    )
    await rt.send('news', 1)
    await rt.send('news', 2)
    await rt.send('news', message(3, { expiresAt: NOW + 50 }))
    await clock.advance(200)
    await rt.idle()
    expect(rt.deadLetters.list()).toMatchObject([{ id: 'm3', flowId: 'slow', reason: 'expired', channelId: 'news' }])
    const node = await rt.deadLetters.redrive({}, { from: 'node' })
    expect(String(node.refused[0]!.error)).toContain('it was in no node')
    const done = rt.deadLetters.redrive({})
    await clock.advance(200)
    expect((await done).redriven).toHaveLength(1)
    expect(got).toEqual([
      'quick 1',
      'slow 1 m1 undefined',
      'quick 2',
      'quick 3',
      'slow 2 m2 undefined',
      'slow 3 m3 undefined',
    ])
  })

  test('E6: with any subscribers failing at random, redrives until none fails handle each message once in each flow', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat({ max: 2 }), { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
        fc.constantFrom('start' as const, 'node' as const),
        async (failures, from) => {
          const handled: string[] = []
          const topic = pubsub('news').of<number>()
          const flows = failures.map((times, i) => {
            const left = [...times]
            return flow(`f${i}`)
              .from(topic)
              .handle((n) => {
                if (left[n]!-- > 0) throw new Error('not yet')
                handled.push(`f${i} ${n}`)
              })
              .build()
          })
          const { rt } = await started(app(...flows))
          const handledEvents = recorded(rt, 'handled')
          for (const n of [0, 1, 2]) await rt.send('news', n)
          await settled()
          while (rt.deadLetters.size > 0) await rt.deadLetters.redrive({}, { from })
          const all = failures.flatMap((_, i) => [0, 1, 2].map((n) => `f${i} ${n}`))
          expect(handled.toSorted()).toEqual(all.toSorted())
          expect(handledEvents).toHaveLength(all.length)
          await rt.stop()
        },
      ),
      { numRuns: process.env['CI'] === undefined ? 200 : 1_000 },
    )
  })
})
