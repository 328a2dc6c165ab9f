/** Traces: which spans there are, who is whose parent, and what they link to (semantic conventions for messaging). */
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, context, trace } from '@opentelemetry/api'
import { app, direct, flow, message, pubsub, queue } from 'allora'
import { left } from 'fp-ts/lib/Either.js'
import { describe, expect, test } from 'vitest'
import { deferred, drained, forbidUnhandledRejections, settled } from '../runtime/rig.ts'
import { traced, tracer, withContexts } from './rig.ts'

forbidUnhandledRejections()
withContexts()

const numbers = direct('numbers').of<number>()

describe('parents', () => {
  test('a direct channel: send, process and step, one below the other', async () => {
    const { rt, spans } = await traced(
      app(
        flow('double')
          .from(numbers)
          .handle((n) => 2 * n, { id: 'twice' })
          .to(queue('output').of<number>())
          .build(),
      ),
    )
    await rt.send('numbers', 1)

    expect(spans.pathOf(spans.one('handle double/twice'))).toEqual([
      'handle double/twice',
      'process numbers',
      'send numbers',
    ])
    expect(spans.pathOf(spans.one('send output'))).toEqual(['send output', 'process numbers', 'send numbers'])
    expect(spans.open.size).toBe(0)
  })

  test('attributes follow the conventions', async () => {
    const { rt, spans } = await traced(
      app(
        flow('double')
          .from(queue('work').of<number>())
          .handle((n) => 2 * n, { id: 'twice' })
          .to(queue('output').of<number>())
          .build(),
      ),
    )
    await rt.send('work', message(1, { correlationId: 'c1' }))
    await rt.idle()

    const send = spans.one('send work')
    expect([send.kind, send.attributes]).toEqual([
      SpanKind.PRODUCER,
      {
        'messaging.system': 'allora',
        'messaging.operation.name': 'send',
        'messaging.operation.type': 'send',
        'messaging.destination.name': 'work',
        'messaging.message.id': 'm1',
        'messaging.message.conversation_id': 'c1',
        'allora.channel.kind': 'queue',
      },
    ])
    const process = spans.one('process work')
    expect([process.kind, process.attributes]).toEqual([
      SpanKind.CONSUMER,
      {
        'messaging.system': 'allora',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': 'work',
        'messaging.message.id': 'm1',
        'messaging.message.conversation_id': 'c1',
        'messaging.consumer.group.name': 'double',
        'allora.channel.kind': 'queue',
        'allora.attempt': 1,
        'allora.queue.wait': expect.any(Number),
      },
    ])
    const step = spans.one('handle double/twice')
    expect([step.kind, step.attributes]).toEqual([
      SpanKind.INTERNAL,
      {
        'messaging.system': 'allora',
        'allora.flow.id': 'double',
        'allora.node.id': 'twice',
        'allora.node.kind': 'handle',
      },
    ])
  })

  test('queues: each process span is below the send that brought the message, whoever made the queue move', async () => {
    const gate = deferred()
    const { rt, spans } = await traced(
      app(
        flow('slow')
          .from(queue('work').of<string>())
          .handle(async (text) => {
            await gate.promise
            return text
          })
          .to(queue('output').of<string>())
          .build(),
      ),
    )
    await rt.send('work', 'a')
    await rt.send('work', 'b')
    await rt.send('work', 'c')
    gate.resolve()
    await rt.idle()

    const sends = spans.named('send work')
    expect(new Set(sends.map((span) => span.spanContext().traceId)).size).toBe(3)
    const ids = spans
      .named('process work')
      .map((span) => [
        span.attributes['messaging.message.id'],
        spans.parentOf(span)?.attributes['messaging.message.id'],
      ])
    expect(ids).toEqual([
      ['m1', 'm1'],
      ['m2', 'm2'],
      ['m3', 'm3'],
    ])
    for (const span of spans.named('send output'))
      expect(spans.pathOf(span)).toEqual(['send output', 'process work', 'send work'])
  })

  test('pubsub: every subscriber has a process span of its own below the one send', async () => {
    const news = pubsub('news').of<string>()
    const { rt, spans } = await traced(
      app(
        flow('a')
          .from(news)
          .handle((text) => text)
          .to(queue('as').of<string>())
          .build(),
        flow('b')
          .from(news)
          .handle((text) => text)
          .to(queue('bs').of<string>())
          .build(),
      ),
    )
    rt.channel('news').subscribe(() => undefined)
    await rt.send('news', 'x')
    await rt.idle()

    const send = spans.one('send news')
    const processes = spans.named('process news')
    expect(processes.map((span) => String(span.attributes['messaging.consumer.group.name'])).toSorted()).toEqual([
      'a',
      'b',
      'subscriber of news',
    ])
    for (const process of processes) expect(spans.parentOf(process)).toBe(send)
  })

  test('a span of the sender is above all, and spans of a handler are within its step, also after it has waited', async () => {
    const { options, spans } = tracer()
    const users = options.tracerProvider!.getTracer('user')
    const { rt } = await traced(
      app(
        flow('work')
          .from(queue('work').of<string>())
          .handle(
            async (text) => {
              await settled()
              users.startSpan('mine').end()
              return text
            },
            { id: 'step' },
          )
          .to(queue('output').of<string>())
          .build(),
      ),
      {},
      options,
    )
    await users.startActiveSpan('outside', async (span) => {
      await rt.send('work', 'x')
      span.end()
    })
    await rt.idle()

    expect(spans.pathOf(spans.one('mine'))).toEqual([
      'mine',
      'handle work/step',
      'process work',
      'send work',
      'outside',
    ])
  })

  test('the trace comes in and goes out by the header traceparent', async () => {
    const { rt, spans } = await traced(app(flow('on').from(numbers).to(queue('output').of<number>()).build()))
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    await rt.send('numbers', message(1, { traceparent, tracestate: 'vendor=1' }))

    const send = spans.one('send numbers')
    expect(send.spanContext().traceId).toBe('0af7651916cd43dd8448eb211c80319c')
    expect(send.parentSpanContext?.spanId).toBe('b7ad6b7169203331')
    const [out] = [rt.channel('output').tryReceive()]
    expect(out?.headers).toMatchObject({
      traceparent: `00-0af7651916cd43dd8448eb211c80319c-${spans.one('send output').spanContext().spanId}-01`,
      tracestate: 'vendor=1',
    })
  })

  test('a message keeps its id and its cause when it gets the trace', async () => {
    const { rt } = await traced(
      app(
        flow('on')
          .from(numbers)
          .transform((n) => n + 1)
          .to(queue('output').of<number>())
          .build(),
      ),
    )
    await rt.send('numbers', 1)
    const out = await rt.channel('output').receive()
    expect(out.id).not.toBe('m1')
    expect(out.headers.causationId).toBe('m1')
  })

  test('receive: a span that links to the send, since nobody knows what will be done with the message', async () => {
    const { rt, spans } = await traced(app(flow('on').from(numbers).to(queue('output').of<number>()).build()))
    expect(await rt.channel('output').receive({ timeout: 0 })).toBeUndefined()
    await rt.send('numbers', 1)
    await rt.channel('output').receive()

    const receive = spans.one('receive output')
    expect(receive.kind).toBe(SpanKind.CLIENT)
    expect(spans.linkedTo(receive)).toEqual([spans.one('send output')])
  })
})

describe('parts and groups', () => {
  test('a split: a span for each part, which links to where the whole came from', async () => {
    const { rt, spans } = await traced(
      app(
        flow('items')
          .from(direct('orders').of<readonly string[]>())
          .split((order) => order, { id: 'cut' })
          .to(queue('output').of<string>())
          .build(),
      ),
    )
    await rt.send('orders', ['a', 'b'])

    const parts = spans.named('part items')
    expect(parts.map((part) => part.attributes['allora.part.number'])).toEqual([1, 2])
    for (const part of parts) {
      expect(spans.linkedTo(part)).toEqual([spans.one('send orders')])
      expect(spans.pathOf(part)).toEqual(['part items', 'split items/cut', 'process orders', 'send orders'])
    }
    expect(spans.named('send output').map((span) => spans.parentOf(span))).toEqual(parts)
  })

  test('a group of the parts of a split links to its parts', async () => {
    const { rt, spans } = await traced(
      app(
        flow('items')
          .from(direct('orders').of<readonly number[]>())
          .split((order) => order)
          .handle(async (n) => n + 1)
          .aggregate({ combine: (ns) => ns.length, id: 'join' })
          .to(queue('output').of<number>())
          .build(),
      ),
    )
    await rt.send('orders', [1, 2, 3])
    const group = spans.one('aggregate items/join')
    expect(spans.linkedTo(group)).toEqual(spans.named('part items'))
    expect(group.attributes['messaging.batch.message_count']).toBe(3)
    expect(spans.open.size).toBe(0)
  })

  test('a group across messages links to the sends of its members, and goes on below the last', async () => {
    const { rt, spans } = await traced(
      app(
        flow('pairs')
          .from(direct('ones').of<number>())
          .aggregate({ correlateBy: () => 'k', size: 2, combine: (ns) => ns.length, id: 'pair' })
          .to(queue('output').of<number>())
          .build(),
      ),
    )
    await rt.send('ones', 1)
    await rt.send('ones', 2)

    const group = spans.one('aggregate pairs/pair')
    const [first, second] = spans.named('send ones')
    expect(spans.linkedTo(group)).toEqual([first, second])
    expect(spans.pathOf(spans.one('send output'))).toEqual(['send output', 'process ones', 'send ones'])
    expect(spans.one('send output').spanContext().traceId).toBe(second!.spanContext().traceId)
  })

  test('a group whose time is over begins a trace that links to its members', async () => {
    const { rt, spans, clock } = await traced(
      app(
        flow('pairs')
          .from(direct('ones').of<number>())
          .aggregate({ correlateBy: () => 'k', size: 3, timeout: 100, combine: (ns) => ns.length, id: 'pair' })
          .to(queue('output').of<number>())
          .build(),
      ),
    )
    await rt.send('ones', 1)
    await rt.send('ones', 2)
    await clock.advance(100)

    expect(drained(rt.channel('output'))).toEqual([2])
    const path = ['send output', 'process ones']
    expect(spans.pathOf(spans.one('send output'))).toEqual(path)
    const process = spans.parentOf(spans.one('send output'))!
    expect(spans.linkedTo(process)).toEqual(spans.named('send ones'))
  })

  test('scatter-gather: a span for each branch', async () => {
    const { rt, spans } = await traced(
      app(
        flow('ask')
          .from(numbers)
          .scatterGather(
            { up: (b) => b.handle(async (n) => n + 1), down: (b) => b.handle((n) => n - 1) },
            { timeout: 1_000, onFailure: 'fail', id: 'both' },
          )
          .build(),
      ),
    )
    expect(await rt.request('numbers', 1)).toEqual({ _tag: 'Right', right: { up: 2, down: 0 } })
    expect(spans.named('branch ask').map((span) => spans.pathOf(span)[1])).toEqual([
      'scatterGather ask/both',
      'scatterGather ask/both',
    ])
    await settled()
    expect(spans.open.size).toBe(0)
  })
})

describe('requests', () => {
  test('a request is a client span above the send, through queues and calls', async () => {
    const price = flow('price')
      .from(queue('prices').of<number>())
      .handle(async (n) => n * 10)
      .build()
    const ask = flow('ask').from(direct('asks').of<number>()).call(price, { id: 'call' }).build()
    const { rt, spans } = await traced(app(price, ask))
    await rt.request('asks', 2)
    await settled()

    const request = spans.one('request asks')
    expect(request.kind).toBe(SpanKind.CLIENT)
    expect(spans.pathOf(spans.one('process prices'))).toEqual([
      'process prices',
      'send prices',
      'call ask/call',
      'process asks',
      'send asks',
      'request asks',
    ])
    expect(spans.open.size).toBe(0)
  })

  test('a request that is answered by Left, or not in time, has failed', async () => {
    const never = new Promise<number>(() => undefined)
    const { rt, spans, clock } = await traced(
      app(
        flow('refuse')
          .from(direct('refusals').of<number>())
          .handle(() => left({ _tag: 'TooMany' as const }))
          .build(),
        flow('never')
          .from(queue('silence').of<number>())
          .handle(() => never, { id: 'wait' })
          .build(),
      ),
    )
    await rt.request('refusals', 1)
    const late = rt.request('silence', 1, { timeout: 50 }).catch((error: Error) => error.name)
    await clock.advance(50)
    expect(await late).toBe('RequestTimeoutError')

    expect(spans.one('request refusals').attributes['error.type']).toBe('TooMany')
    expect(spans.one('request silence').attributes['error.type']).toBe('RequestTimeoutError')
    expect(spans.open.size).toBe(2)
    await rt.stop({ timeout: 0 })
    expect(spans.open.size).toBe(0)
    expect(spans.one('handle never/wait').status.code).toBe(SpanStatusCode.ERROR)
    expect(spans.one('process silence').attributes['error.type']).toBe('StoppedError')
  })
})

describe('failures', () => {
  test('a failure is on the step, the process and the sender; retries and the dead letter are events', async () => {
    let calls = 0
    const { rt, spans, clock } = await traced(
      app(
        flow('fail')
          .from(queue('work').of<number>())
          .handle(
            () => {
              calls++
              throw new TypeError('no')
            },
            { id: 'step', retry: { attempts: 3, delay: 10 } },
          )
          .build(),
      ),
    )
    await rt.send('work', 1)
    await clock.runAll()
    await rt.idle()

    expect(calls).toBe(3)
    const step = spans.one('handle fail/step')
    expect(step.events.map(({ name, attributes }) => [name, attributes?.['allora.attempt']])).toEqual([
      ['retry', 2],
      ['retry', 3],
      ['exception', undefined],
    ])
    expect([step.status, step.attributes['error.type']]).toEqual([
      { code: SpanStatusCode.ERROR, message: 'no' },
      'TypeError',
    ])
    const process = spans.one('process work')
    expect(process.events.map(({ name }) => name)).toEqual(['dead letter', 'exception'])
    expect(process.attributes['error.type']).toBe('TypeError')
    expect(spans.one('send work').status.code).toBe(SpanStatusCode.UNSET)
  })

  test('what onError absorbs is a failure of the step and not of the message', async () => {
    const { rt, spans } = await traced(
      app(
        flow('fail')
          .from(numbers)
          .handle(
            (): number => {
              throw new RangeError('no')
            },
            { id: 'step' },
          )
          .onError(() => 0, { id: 'mend' })
          .to(queue('output').of<number>())
          .build(),
      ),
    )
    await rt.send('numbers', 1)
    expect(spans.one('handle fail/step').status.code).toBe(SpanStatusCode.ERROR)
    expect(spans.one('recover fail/mend').status.code).toBe(SpanStatusCode.UNSET)
    expect(spans.one('process numbers').status.code).toBe(SpanStatusCode.UNSET)
  })

  test('a typed failure is told by its tag; its data stays out of the trace', async () => {
    const { rt, spans } = await traced(
      app(
        flow('fail')
          .from(numbers)
          .handle(() => left({ _tag: 'Declined' as const, card: '4111' }), { id: 'step' })
          .build(),
      ),
    )
    await rt.request('numbers', 1)
    const { status, attributes } = spans.one('handle fail/step')
    expect([status.message, attributes['error.type']]).toEqual(['Declined', 'Declined'])
    expect(JSON.stringify(spans.all.map((span) => [span.attributes, span.status, span.events]))).not.toContain('4111')
  })

  test('undefined can be thrown, too', async () => {
    const { rt, spans } = await traced(
      app(
        flow('fail')
          .from(numbers)
          .handle(
            (): number => {
              // oxlint-disable-next-line typescript/only-throw-error -- what is tested
              throw undefined
            },
            { id: 'step' },
          )
          .build(),
      ),
    )
    await rt.send('numbers', 1).catch(() => undefined)
    expect(spans.one('handle fail/step').attributes['error.type']).toBe('failure')
  })

  test('a refused send has failed', async () => {
    const { rt, spans } = await traced(
      app(
        flow('on')
          .from(numbers)
          .to(queue('output', { capacity: 1, overflow: 'reject' }).of<number>())
          .build(),
      ),
    )
    await rt.send('numbers', 1)
    await rt.send('numbers', 2).catch(() => undefined)
    expect(spans.named('send output').map((span) => span.attributes['error.type'])).toEqual([
      undefined,
      'ChannelFullError',
    ])
    expect(rt.channel('output').trySend(3)).toBe(false)
    expect(spans.named('send output').at(-1)?.attributes['error.type']).toBe('SendTimeoutError')
  })
})

describe('contexts', () => {
  test("the context of a direct channel is that of the sender; a queue keeps nobody else's", async () => {
    const key = Symbol('key')
    const seen: unknown[] = []
    const look = (n: number): number => {
      seen.push(context.active().getValue(key))
      return n
    }
    const { rt } = await traced(
      app(
        flow('now').from(numbers).handle(look).to(queue('later').of<number>()).build(),
        flow('later').from(queue('later').of<number>()).handle(look).build(),
      ),
    )
    await context.with(ROOT_CONTEXT.setValue(key, 'mine'), () => rt.send('numbers', 1))
    await rt.idle()
    expect(seen).toEqual(['mine', undefined])
  })

  test('without a span there is nothing active after a message', async () => {
    const { rt } = await traced(
      app(
        flow('on')
          .from(numbers)
          .handle((n) => n)
          .to(queue('output').of<number>())
          .build(),
      ),
    )
    await rt.send('numbers', 1)
    expect(trace.getActiveSpan()).toBeUndefined()
  })
})

describe('off', () => {
  test('steps can be left out', async () => {
    const { rt, spans } = await traced(
      app(
        flow('on')
          .from(numbers)
          .handle((n) => n)
          .to(queue('output').of<number>())
          .build(),
      ),
      {},
      { steps: () => false },
    )
    await rt.send('numbers', 1)
    expect(spans.all.map((span) => span.name).toSorted()).toEqual(['process numbers', 'send numbers', 'send output'])
  })
})
