/** Instrumentations: what a runtime tells those who watch it, and in which order. */
import { app, direct, flow, type Instrumentation, pubsub, queue, runtime, type Watch } from 'allora'
import { describe, expect, test } from 'vitest'
import { settled, started } from './rig.ts'

const numbers = direct('numbers').of<number>()
const increment = (n: number): number => n + 1

/** Notes what is watched, with what it ended. */
function recorder(): { readonly lines: string[]; readonly watch: (what: string) => Watch } {
  const lines: string[] = []
  const watch = (what: string): Watch => ({
    run(work) {
      lines.push(`> ${what}`)
      return work()
    },
    end: () => lines.push(`ok ${what}`),
    fail: (error) => lines.push(`failed ${what}: ${error instanceof Error ? error.name : String(error)}`),
  })
  return { lines, watch }
}

describe('an instrumentation', () => {
  test('that watches nothing changes nothing', async () => {
    const { rt } = await started(
      app(flow('on').from(numbers).handle(increment).to(queue('output').of<number>()).build()),
      {
        instrumentation: {},
      },
    )
    await rt.send('numbers', 1)
    expect(rt.channel('output').tryReceive()?.payload).toBe(2)
    rt.channel('output').trySend(5)
    expect((await rt.channel('output').receive()).payload).toBe(5)
  })

  test('is told of each piece of work from the outside in, and of the ends from the inside out', async () => {
    const { lines, watch } = recorder()
    const { rt } = await started(app(flow('on').from(numbers).handle(increment, { id: 'add' }).build()), {
      instrumentation: {
        request: (channelId) => watch(`request ${channelId}`),
        send: ({ payload }, { id }) => ({ ...watch(`send ${String(payload)} ${id}`), headers: {} }),
        handle: ({ flowId, attempt }) => watch(`handle ${flowId} ${attempt}`),
        step: ({ nodeId, kind }) => (kind === 'handle' ? () => watch(`step ${nodeId}`) : undefined),
      } satisfies Instrumentation,
    })
    await rt.request('numbers', 1)
    expect(lines).toEqual([
      '> request numbers',
      '> send 1 numbers',
      '> handle on 1',
      '> step add',
      'ok step add',
      'ok handle on 1',
      'ok send 1 numbers',
      'ok request numbers',
    ])
  })

  test('watches a step again when it goes on, and once to its end when the stop cuts it off', async () => {
    const { lines, watch } = recorder()
    const never = new Promise<number>(() => undefined)
    const { rt } = await started(
      app(
        flow('slow')
          .from(numbers)
          .handle(async (n) => n, { id: 'soon' })
          .handle(() => never, { id: 'never' })
          .build(),
      ),
      { instrumentation: { step: ({ nodeId, kind }) => (kind === 'handle' ? () => watch(nodeId) : undefined) } },
    )
    const sending = rt.send('numbers', 1).catch((error: Error) => error.name)
    await settled()
    await rt.stop({ timeout: 0 })
    expect(await sending).toBe('AbortedError')
    expect(lines).toEqual(['> soon', '> soon', 'ok soon', '> never', 'failed never: StoppedError'])
  })

  test('sets headers on what is sent, and the message keeps its id', async () => {
    const { rt } = await started(app(flow('on').from(numbers).to(queue('output').of<number>()).build()), {
      instrumentation: {
        send: (_, { id }) => ({ ...recorder().watch(''), headers: { via: id } }),
      } satisfies Instrumentation,
    })
    await rt.send('numbers', 1)
    expect(rt.channel('output').tryReceive()).toMatchObject({ id: 'm1', headers: { via: 'output' } })
  })

  test('is asked about subscribed handlers, too', async () => {
    const { lines, watch } = recorder()
    const { rt } = await started(app(flow('on').from(numbers).to(pubsub('news').of<number>()).build()), {
      instrumentation: { handle: ({ flowId }) => watch(flowId) },
    })
    rt.channel('news').subscribe(() => {
      throw new TypeError('no')
    })
    await rt.send('numbers', 1)
    await rt.idle()
    expect(lines).toContain('failed subscriber of news: FlowError')
  })

  test('is told of what user code takes and fails to send, and changes nothing else about a channel', async () => {
    const { lines, watch } = recorder()
    const { rt } = await started(app(flow('on').from(numbers).to(queue('output').of<number>()).build()), {
      instrumentation: {
        send: (_, { id }) => ({ ...watch(`send ${id}`), headers: {} }),
        receive:
          ({ id }) =>
          ({ payload }) =>
            lines.push(`took ${String(payload)} from ${id}`),
      } satisfies Instrumentation,
    })
    const output = rt.channel('output')
    for (const n of [1, 2, 3]) output.trySend(n)
    lines.length = 0
    await (await output.take()).ack()
    output.tryReceive()
    expect((await output.purge()).map(({ payload }) => payload)).toEqual([3])
    expect(output.tryReceive()).toBeUndefined()
    await output.close()
    expect(output.trySend(4)).toBe(false)
    expect([output.closed, lines]).toEqual([
      true,
      ['took 1 from output', 'took 2 from output', '> send output', 'failed send output: SendTimeoutError'],
    ])
  })

  test('observes a runtime from its start to its stop, or to the failure of its start', async () => {
    const lines: string[] = []
    const instrumentation: Instrumentation = {
      observe(observed) {
        lines.push(`begin ${Object.keys(observed.metrics().channels).length}`)
        return () => lines.push('end')
      },
    }
    const theApp = app(flow('on').from(numbers).handle(increment).build())
    const rt = await runtime(theApp, { instrumentation }).start()
    await rt.stop()
    expect(lines).toEqual(['begin 0', 'end'])
    const unknown = runtime(theApp, { instrumentation, interceptors: { nowhere: [] } as never })
    await expect(unknown.start()).rejects.toThrow('nowhere')
    expect(lines).toEqual(['begin 0', 'end', 'begin 0', 'end'])
  })
})
