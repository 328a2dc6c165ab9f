import { StepTimeoutError, app, direct, flow, queue } from 'allora'
import { describe, expect, test } from 'vitest'
import { deferred, drained, forbidUnhandledRejections, settled, started } from '../rig.ts'

forbidUnhandledRejections()

const forever = (): Promise<never> => new Promise(() => {})

describe('timeout of one call', () => {
  test('E8: a function that never settles fails with StepTimeoutError, and its signal is aborted with it', async () => {
    let signal: AbortSignal | undefined
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .handle(
            (_, exchange) => {
              signal = exchange.signal
              return forever()
            },
            { id: 'slow', timeout: 100 },
          )
          .build(),
      ),
    )
    const sent = rt.send('in', 1).then(
      () => undefined,
      (error: unknown) => error,
    )
    await clock.advance(99)
    expect(signal!.aborted).toBe(false)
    await clock.advance(1)
    const error = (await sent) as Error
    expect(error).toMatchObject({
      code: 'ALLORA301',
      nodeId: 'slow',
      cause: { code: 'ALLORA319', flowId: 'f', nodeId: 'slow', attempt: 1 },
    })
    expect((error.cause as Error).message).toBe(
      'The call took longer than the 100 ms that timeout.attempt allows. Give it more time, or find out what is slow; exchange.signal tells the function to stop.',
    )
    expect(signal!.reason).toBe(error.cause)
    expect(clock.pending).toBe(0)
  })

  test('E4: each retry has its own time and its own signal, and what a late one gives is ignored', async () => {
    const signals: AbortSignal[] = []
    const late = deferred<string>()
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(queue('in').of<number>())
          .handle((_, exchange) => (signals.push(exchange.signal) === 1 ? late.promise : Promise.resolve('second')), {
            timeout: 100,
            retry: { attempts: 2 },
          })
          .to(queue('out'))
          .build(),
      ),
    )
    await rt.send('in', 1)
    await clock.advance(100)
    late.resolve('first')
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual(['second'])
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    expect(clock.pending).toBe(0)
  })

  test('L2: the signal is also aborted by the sender and by stop', async () => {
    const signals: AbortSignal[] = []
    const { rt } = await started(
      app(
        flow('f')
          .from(direct('in').of<number>())
          .handle(
            (_, exchange) => {
              signals.push(exchange.signal)
              return forever()
            },
            { timeout: 100 },
          )
          .build(),
      ),
    )
    const controller = new AbortController()
    const sends = [rt.send('in', 1, { signal: controller.signal }), rt.send('in', 2)].map((sent) =>
      sent.catch(() => 'failed'),
    )
    controller.abort()
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    await rt.stop({ timeout: 0 })
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true])
    expect(await Promise.all(sends)).toEqual(['failed', 'failed'])
  })

  test('no timer is left after success, failure or stop', async () => {
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(direct('in').of<'good' | 'bad' | 'never'>())
          .handle(
            (what) =>
              what === 'never' ? forever() : what === 'good' ? Promise.resolve(what) : Promise.reject(new Error(what)),
            {
              timeout: { attempt: 100, overall: 500 },
              retry: { attempts: 2 },
            },
          )
          .build(),
      ),
    )
    await rt.send('in', 'good')
    expect(clock.pending).toBe(0)
    await expect(rt.send('in', 'bad')).rejects.toThrow('bad')
    expect(clock.pending).toBe(0)
    const never = rt.send('in', 'never').catch(() => 'cut off')
    await settled()
    expect(clock.pending).toBe(2)
    await rt.stop({ timeout: 0 })
    expect(await never).toBe('cut off')
    expect(clock.pending).toBe(0)
  })
})

describe('overall timeout', () => {
  test('E4: it ends calls and waiting, whichever is under way', async () => {
    let calls = 0
    const options = { timeout: { overall: 250 }, retry: { attempts: 9, delay: 100 } }
    const { rt, clock } = await started(
      app(
        flow('f')
          .from(direct('in').of<'waits' | 'hangs'>())
          .handle((what) => (++calls > 2 && what === 'hangs' ? forever() : Promise.reject(new Error('no'))), options)
          .build(),
      ),
    )
    for (const what of ['waits', 'hangs'] as const) {
      calls = 0
      const start = clock.now()
      let ended = 0
      const sent = rt.send('in', what).catch((error: Error) => {
        ended = clock.now() - start
        return error.cause
      })
      await clock.advance(1_000)
      expect(await sent).toBeInstanceOf(StepTimeoutError)
      expect([ended, calls]).toEqual([250, 3])
      expect(clock.pending).toBe(0)
    }
  })

  test('E7: a call that it gives up counts for the circuit breaker, also the one that was to see', async () => {
    const options = { timeout: { overall: 50 }, circuitBreaker: { failures: 1, resetAfter: 100 } }
    const { rt, clock } = await started(app(flow('f').from(direct('in').of<number>()).handle(forever, options).build()))
    const states: string[] = []
    rt.on('circuit', ({ state }) => states.push(state))
    for (let n = 0; n < 3; n++) {
      const sent = rt.send('in', n).catch(() => 'failed')
      await clock.advance(150)
      await sent
    }
    expect(states).toEqual(['open', 'halfOpen', 'open', 'halfOpen', 'open'])
  })
})

test('T14: for a call one attempt is one request, which is closed when an outer timeout ends it', async () => {
  const asked = flow('asked').from(direct('asked').of<number>()).handle(forever).build()
  const asking = flow('asking')
    .from(direct('in').of<number>())
    .call(asked, { timeout: { attempt: 100, overall: 150 }, retry: { attempts: 5 } })
    .build()
  const { rt, clock } = await started(app(asking, asked))
  const sent = rt.send('in', 1).catch((error: Error) => error.cause)
  await clock.advance(149)
  expect(rt.metrics().pendingRequests).toBe(1)
  await clock.advance(1)
  expect(await sent).toBeInstanceOf(StepTimeoutError)
  expect(rt.metrics().pendingRequests).toBe(0)
  expect(clock.pending).toBe(0)
})
