/** Traces under concurrency: whatever the interleaving, spans end once, have the right parents, and no context leaks from message to message. */
import { context, ROOT_CONTEXT } from '@opentelemetry/api'
import { app, direct, flow, pubsub, queue, runtime } from 'allora'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openTelemetry } from 'allora/otel'
import { virtualClock } from 'allora/testing'
import { forbidUnhandledRejections, numberedIds, settled } from '../runtime/rig.ts'
import { tracer, withContexts } from './rig.ts'

forbidUnhandledRejections()
withContexts()

const numRuns = process.env['CI'] ? 1000 : 200

/** A message of the property: whose it is, and how it fares. */
interface Item {
  readonly owner: string
  /** Milliseconds that its handlers take; 0 = none. */
  readonly delay: number
  /** Calls of the retrying step that fail. */
  readonly failures: number
  readonly parts: number
}

const items = fc.array(
  fc.record({
    delay: fc.nat(3),
    failures: fc.nat(3),
    parts: fc.nat(3),
    entry: fc.constantFrom('direct' as const, 'queue' as const, 'request' as const, 'news' as const),
  }),
  { minLength: 1, maxLength: 8 },
)

/** Two hops, a retry, a split with a group, subscribers and replies, with a user's span in every handler. */
function world(clock: ReturnType<typeof virtualClock>, mark: (owner: string) => void) {
  const failed = new Map<string, number>()
  const pause = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => void clock.schedule(milliseconds, resolve))
  const work = async <T extends Item>(item: T): Promise<T> => {
    mark(item.owner)
    if (item.delay > 0) await pause(item.delay)
    mark(item.owner)
    return item
  }
  const flaky = (item: Item): Item | Promise<Item> => {
    mark(item.owner)
    const before = failed.get(item.owner) ?? 0
    failed.set(item.owner, before + 1)
    if (before < item.failures) throw new Error('not yet')
    return item
  }
  const first = flow('first')
    .from(direct('direct').of<Item>())
    .handle((item) => (item.delay === 1 ? item : work(item)))
    .to(queue('queue').of<Item>())
    .build()
  const second = flow('second')
    .from(queue('queue').of<Item>(), { concurrency: 3 })
    .handle(flaky, { retry: { attempts: 3, delay: 2 }, concurrency: 2 })
    .split((item: Item) => Array.from({ length: item.parts }, () => item))
    .handle(work)
    .aggregate({ combine: (parts) => parts.length })
    .to(queue('output').of<number>())
    .build()
  const asked = flow('asked').from(queue('request').of<Item>(), { concurrency: 2 }).handle(work).build()
  const news = pubsub('news').of<Item>()
  const reader = flow('reader')
    .from(news)
    .handle(work)
    .filter(() => false)
    .to(queue('read').of<Item>())
    .build()
  const other = flow('other').from(news).to(queue('queue').of<Item>()).build()
  return app(first, second, asked, reader, other)
}

test("every span ends once; a process span is below the send of its message; a handler sees its own message's trace", async () => {
  await fc.assert(
    fc.asyncProperty(items, fc.boolean(), async (list, cutOff) => {
      const { options, spans } = tracer()
      const users = options.tracerProvider!.getTracer('user')
      const clock = virtualClock()
      const theApp = world(clock, (owner) => users.startSpan('mark', { attributes: { owner } }).end())
      const rt = runtime(theApp, { clock, ids: numberedIds, instrumentation: openTelemetry(options) })
      await rt.start()
      const sent = list.map(({ entry, ...fate }, i) =>
        users.startActiveSpan('owner', { attributes: { owner: `o${i}` } }, ROOT_CONTEXT, async (span) => {
          const item = { owner: `o${i}`, ...fate }
          const sending = entry === 'request' ? rt.request(entry, item, { timeout: 50 }) : rt.send(entry, item)
          await sending.catch(() => undefined)
          span.end()
        }),
      )
      if (!cutOff) await clock.runAll()
      const stopped = rt.stop({ timeout: 0 })
      await clock.runAll()
      await stopped
      await Promise.all(sent)
      await clock.runAll()
      await settled()

      expect([...spans.open]).toEqual([])
      for (const span of spans.all) {
        if (!span.name.startsWith('process ')) continue
        const parent = spans.parentOf(span)
        expect(parent?.name).toBe(span.name.replace('process', 'send'))
        expect(parent?.attributes['messaging.message.id']).toBe(span.attributes['messaging.message.id'])
      }
      for (const mark of spans.named('mark')) {
        const owner = spans.named('owner').find((span) => span.spanContext().traceId === mark.spanContext().traceId)
        expect(mark.attributes['owner']).toBe(owner?.attributes['owner'])
      }
      expect(context.active()).toBe(ROOT_CONTEXT)
    }),
    { numRuns },
  )
})
