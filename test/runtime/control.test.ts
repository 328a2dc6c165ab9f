import { type SourceEnv, app, direct, flow, iterate, pubsub, queue, runtime, sink, timer } from 'allora'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Source } from '../../src/message/source.ts'
import { deferred, drained, forbidUnhandledRejections, recorded, settled, started } from './rig.ts'

forbidUnhandledRejections()

const states = (rt: {
  readonly control: { flows(): readonly { readonly id: string; readonly state: string }[] }
}): string[] => rt.control.flows().map(({ id, state }) => `${id} ${state}`)

/** Two flows: one behind a queue, one behind a direct channel. */
const pair = () =>
  app(
    flow('store').from(queue('orders').of<number>()).to(queue('stored')).build(),
    flow('price')
      .from(direct('prices').of<number>())
      .transform((n) => n * 2)
      .to(queue('priced'))
      .build(),
  )

describe('L6: flows', () => {
  test('L6: a paused flow takes no messages, which wait; resumed, it takes them in order', async () => {
    const { rt } = await started(pair())
    rt.control.pause('store')
    expect(states(rt)).toEqual(['store paused', 'price running'])
    for (const n of [1, 2]) await rt.send('orders', n)
    await rt.idle()
    expect([rt.channel('orders').size, rt.channel('stored').size]).toEqual([2, 0])
    rt.control.resume('store')
    await rt.idle()
    expect(drained(rt.channel('stored'))).toEqual([1, 2])
    expect(states(rt)).toEqual(['store running', 'price running'])
  })

  test('L6: senders of a direct channel wait for a paused flow', async () => {
    const { rt } = await started(pair())
    rt.control.pause('price')
    let sent = false
    const sending = rt.send('prices', 1).then(() => (sent = true))
    await settled()
    expect(sent).toBe(false)
    rt.control.resume('price')
    await sending
    expect(drained(rt.channel('priced'))).toEqual([2])
  })

  test('L6: a flow that was stopped takes nothing until it is started; a queue holds its messages, a direct channel refuses them', async () => {
    const { rt } = await started(pair())
    await rt.control.stop('store')
    await rt.control.stop('price')
    await rt.send('orders', 1)
    await expect(rt.send('prices', 1)).rejects.toMatchObject({ code: 'ALLORA201' })
    await rt.idle()
    expect(states(rt)).toEqual(['store stopped', 'price stopped'])
    await rt.control.start('store')
    await rt.control.start('price')
    await rt.send('prices', 1)
    await rt.idle()
    expect([drained(rt.channel('stored')), drained(rt.channel('priced'))]).toEqual([[1], [2]])
  })

  test('L6, C8: a flow that is stopped and started keeps the order by key, also with what is in work and what waits', async () => {
    const gate = deferred()
    const order: number[] = []
    const { rt } = await started(
      app(
        flow('store')
          .from(queue('orders').of<number>(), { concurrency: 2, orderBy: (n) => n % 2 })
          .handle(async (n) => {
            if (n === 1) await gate.promise
            order.push(n)
          })
          .build(),
      ),
    )
    await rt.send('orders', 1)
    await rt.control.stop('store')
    for (const n of [3, 2]) await rt.send('orders', n)
    await rt.control.start('store')
    await settled()
    gate.resolve()
    await rt.idle()
    expect(order).toEqual([2, 1, 3])
  })

  test('L6: what is in work goes on when its flow is paused or stopped, and idle waits for it', async () => {
    const gate = deferred()
    const { rt } = await started(
      app(
        flow('work')
          .from(queue('in').of<number>(), { concurrency: 2 })
          .handle(() => gate.promise)
          .through(queue('half'))
          .to(queue('out'))
          .build(),
      ),
    )
    for (const n of [1, 2, 3]) await rt.send('in', n)
    rt.control.pause('work')
    let idle = false
    const quiet = rt.idle().then(() => (idle = true))
    await settled()
    expect(idle).toBe(false)
    gate.resolve()
    await quiet
    expect([rt.channel('in').size, rt.channel('half').size, rt.channel('out').size]).toEqual([1, 2, 0])
    rt.control.resume('work')
    await rt.idle()
    expect(rt.channel('out').size).toBe(3)
  })

  test('L6: asked for the state it is in, a flow does nothing', async () => {
    const { rt } = await started(pair())
    rt.control.resume('store')
    await rt.control.start('store')
    rt.control.pause('store')
    rt.control.pause('store')
    await rt.control.start('store')
    expect(states(rt)[0]).toBe('store paused')
    await rt.control.stop('store')
    await rt.control.stop('store')
    rt.control.pause('store')
    rt.control.resume('store')
    expect(states(rt)[0]).toBe('store stopped')
  })

  test('L6: the concurrency of a flow can be changed at run time, and is kept by a start', async () => {
    const gates: (() => void)[] = []
    const work = flow('work')
      .from(queue('in').of<number>())
      .to(sink(() => new Promise<void>((resolve) => gates.push(resolve))))
      .build()
    const { rt } = await started(app(work))
    for (let n = 0; n < 10; n++) await rt.send('in', n)
    await settled()
    expect([gates.length, rt.control.flows()[0]!.concurrency]).toEqual([1, 1])
    rt.control.concurrency('work', 3)
    await settled()
    expect([gates.length, rt.control.flows()[0]!.concurrency]).toEqual([3, 3])
    for (const open of gates.splice(0)) open()
    await settled()
    expect(gates.length).toBe(3)
    await rt.control.stop('work')
    for (const open of gates.splice(0)) open()
    await rt.idle()
    await rt.control.start('work')
    await settled()
    expect(gates.length).toBe(3)
    expect(() => rt.control.concurrency('work', 0)).toThrowErrorMatchingInlineSnapshot(
      `[InvalidOptionError: The concurrency of flow "work" must be a whole number from 1, or Infinity, but it is 0. To take no messages for a while, call control.pause("work").]`,
    )
    for (const open of gates.splice(0)) open()
  })

  test('L6: a pubsub channel goes past a flow that was stopped', async () => {
    const { rt, dropped } = await started(
      app(flow('listen').from(pubsub('news').of<string>()).to(queue('heard')).build()),
    )
    await rt.control.stop('listen')
    await rt.send('news', 'a')
    await rt.control.start('listen')
    await rt.send('news', 'b')
    await rt.idle()
    expect(drained(rt.channel('heard'))).toEqual(['b'])
    expect(dropped).toEqual(['no-subscriber "a"'])
  })

  test('L2: a stop of the runtime does not wait for what a paused flow would take, and names it', async () => {
    const { rt } = await started(pair())
    rt.control.pause('store')
    await rt.send('orders', 1)
    expect(await rt.stop()).toMatchObject({
      drained: true,
      aborted: 0,
      left: [{ channelId: 'orders', state: 'buffered' }],
    })
  })

  test('L6: only a running runtime is controlled, and only flows it has', async () => {
    const rt = runtime(pair())
    expect(() => rt.control.pause('store')).toThrow(expect.objectContaining({ code: 'ALLORA401' }))
    expect(rt.control.flows()).toEqual([])
    await rt.start()
    onTestFinished(() => void rt.stop())
    expect(() => rt.control.pause('stoer')).toThrowErrorMatchingInlineSnapshot(
      `[UnknownFlowError: There is no flow "stoer" in this app. Its flows are "store", "price".]`,
    )
    await expect(rt.control.start('nope')).rejects.toMatchObject({ code: 'ALLORA407', flowId: 'nope' })
    await rt.stop()
    expect(() => rt.control.resume('store')).toThrow(expect.objectContaining({ code: 'ALLORA402' }))
  })

  test('L6: a flow without an id of its own is known by that of its channel', async () => {
    const { rt } = await started(app(flow().from(queue('in').of<number>()).to(queue('out')).build()))
    rt.control.pause('in')
    expect(states(rt)).toEqual(['in paused'])
  })
})

describe('L6: sources', () => {
  test('L6: a paused source is asked for no more, and goes on where it was', async () => {
    let pause = (): void => {}
    const work = flow('work')
      .from(iterate([1, 2, 3, 4]))
      .handle(async (n) => {
        if (n === 2) pause()
        return n
      })
      .to(queue('out'))
      .build()
    const { rt } = await started(app(work))
    pause = () => rt.control.pause('work')
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([1, 2])
    expect(rt.control.flows()).toMatchObject([{ state: 'paused', sources: [{ state: 'open', inFlight: 0 }] }])
    rt.control.resume('work')
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([3, 4])
  })

  test('L6: stop closes a source, start opens it anew once all it sent is through', async () => {
    const gate = deferred()
    const seen: number[] = []
    const { rt } = await started(
      app(
        flow('work')
          .from(iterate([1, 2]))
          .to(sink((n: number) => (seen.push(n), gate.promise)))
          .build(),
      ),
    )
    await settled()
    await rt.control.stop('work')
    const starting = rt.control.start('work')
    await settled()
    expect(seen).toEqual([1])
    gate.resolve()
    await starting
    await rt.idle()
    expect(seen).toEqual([1, 1, 2])
  })

  test('L6: a source that is stopped before it is open never sends', async () => {
    const gate = deferred()
    let closed = 0
    const slow: Source<number> = {
      label: 'slow',
      open: async () => {
        await gate.promise
        return {
          [Symbol.asyncIterator]: () => ({
            next: async () => ({ done: false, value: { payload: 1 } }),
            return: async () => (closed++, { done: true, value: undefined }),
          }),
        }
      },
    }
    const { rt } = await started(
      app(
        flow('other').from(queue('in').of<number>()).to(queue('done')).build(),
        flow('work').from(iterate<number>([])).to(queue('out')).build(),
      ),
    )
    await rt.idle()
    expect(rt.state).toBe('running')
    const late = runtime(app(flow('work').from(slow).to(queue('out')).build()))
    const starting = late.start()
    gate.resolve()
    await starting
    await late.control.stop('work')
    await late.idle()
    const sent = late.channel('out').size
    await settled()
    expect(late.channel('out').size).toBe(sent)
    expect(closed).toBe(1)
    await late.stop()
  })

  test('L6: maxInFlight of a source is the concurrency of its flow', async () => {
    const gates: (() => void)[] = []
    const { rt } = await started(
      app(
        flow('work')
          .from(iterate([1, 2, 3, 4, 5]))
          .to(sink(() => new Promise<void>((resolve) => gates.push(resolve))))
          .build(),
      ),
    )
    await settled()
    expect(gates.length).toBe(1)
    rt.control.concurrency('work', 4)
    await settled()
    expect([gates.length, rt.control.flows()[0]!.concurrency]).toEqual([4, 4])
    rt.control.concurrency('work', 1)
    gates.shift()!()
    await settled()
    expect(gates.length).toBe(3)
    while (gates.length > 0) {
      gates.shift()!()
      await settled()
    }
    await rt.idle()
  })

  test('L6: what comes while a source is paused is held until it is resumed, and no more is asked for', async () => {
    const { rt, clock } = await started(
      app(
        flow('work')
          .from(timer({ every: 10 }))
          .transform(({ time }) => time % 1_000)
          .to(queue('out'))
          .build(),
      ),
    )
    rt.control.pause('work')
    await clock.advance(55)
    expect(rt.channel('out').size).toBe(0)
    rt.control.resume('work')
    await clock.advance(10)
    expect(drained(rt.channel('out'))).toEqual([10, 60])
  })

  test('L3: a source that rests does not keep the runtime busy; what it waits for wakes it', async () => {
    const bell = deferred<number>()
    const lines: string[] = []
    const ringing: Source<number> = {
      label: 'bell',
      open: async function* (env: SourceEnv) {
        yield { payload: await env.rest(bell.promise) }
        env.warn(`rang at ${env.now()}`)
      } as Source<number>['open'],
    }
    const logger = { debug: () => {}, info: () => {}, warn: (line: string) => lines.push(line), error: () => {} }
    const { rt } = await started(app(flow('work').from(ringing).to(queue('out')).build()), { logger })
    await rt.idle()
    bell.resolve(7)
    await settled()
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([7])
    expect(lines).toEqual(['rang at 1700000000000'])
  })

  test('T17: an adapter that cannot conclude a message is logged, and goes on', async () => {
    const lines: string[] = []
    const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: (line: string) => lines.push(line) }
    const clumsy: Source<number> = {
      label: 'clumsy',
      open: async function* () {
        yield { payload: 1, handled: () => Promise.reject(new Error('disk full')) }
        yield { payload: 2 }
      } as Source<number>['open'],
    }
    const { rt } = await started(app(flow('work').from(clumsy).to(queue('out')).build()), { logger })
    const failures = recorded(rt, 'sourceFailed')
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([1, 2])
    expect(lines).toMatchInlineSnapshot(`
      [
        "The source "n0" of flow "work" could not conclude a message: Error: disk full.",
      ]
    `)
    expect(failures).toEqual([])
  })

  test('L1: a function that gives no adapter is named at the start', async () => {
    const work = flow('work')
      .from(iterate([1]))
      .to(sink((n: number) => n))
      .build()
    const broken = app({ ...work, functions: { ...work.functions, 'work/n0': () => ({}) } })
    await expect(runtime(broken).start()).rejects.toThrowErrorMatchingInlineSnapshot(
      `[InvalidStepError: The function "work/n0" must give an adapter with the method "open", but it gave an object. Write () => timer({ every: 1_000 }).]`,
    )
  })
})
