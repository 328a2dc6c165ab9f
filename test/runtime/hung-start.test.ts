/** A start that does not come to an end, and a stop that does (L1, L2). */
import {
  type App,
  type GroupStore,
  type Runtime,
  type Source,
  StoppedError,
  app,
  direct,
  flow,
  queue,
  runtime,
} from 'allora'
import { describe, expect, test } from 'vitest'
import type { AnyFlow } from '../../src/flow/flow-def.ts'
import { memory } from '../../src/memory/memory.ts'
import type { RuntimeOptions } from '../../src/runtime/runtime-options.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { deferred, forbidUnhandledRejections, settled } from './rig.ts'

forbidUnhandledRejections()

/** Starts it in vain, stops it, and gives what both said. */
async function stopOf<F extends AnyFlow>(
  app: App<F>,
  asked: Promise<void>,
  options: Partial<RuntimeOptions> = {},
): Promise<unknown> {
  const clock = virtualClock()
  // The options of a runtime depend on its app.
  const rt = (runtime as (app: unknown, options: object) => unknown)(app, { clock, ...options }) as Runtime<F>
  const starting = rt.start().catch((error: unknown) => error)
  await asked
  const stopping = rt.stop({ timeout: 100 })
  await settled()
  expect(rt.state).toBe('starting')
  await clock.advance(100)
  expect(await stopping).toMatchObject({ left: [], aborted: 0 })
  expect(rt.state).toBe('stopped')
  return starting
}

const TOLD = expect.objectContaining({
  code: 'ALLORA402',
  message:
    'The runtime was stopped before it had started. A transport, a source or a store did not open in time: see which, or give stop() a longer { timeout }.',
})

describe('L2: a stop does not wait beyond its deadline for a start', () => {
  /** Never answers. */
  const hanging = () => {
    const asked = deferred()
    const ask = (): Promise<never> => {
      asked.resolve()
      return new Promise(() => {})
    }
    return { asked: asked.promise, ask }
  }

  test('L2: whose source does not open', async () => {
    const { asked, ask } = hanging()
    const from = { label: 'slow', open: ask }
    expect(await stopOf(app(flow('f').from(from).to(queue('out')).build()), asked)).toEqual(TOLD)
  })

  test('L2: whose group store does not answer', async () => {
    const { asked, ask } = hanging()
    const store = { load: ask } as Partial<GroupStore> as GroupStore
    const pairs = flow('f').from(direct('in')).aggregate({ size: 2, store }).to(queue('out')).build()
    expect(await stopOf(app(pairs), asked)).toEqual(TOLD)
  })

  test('L2: whose transport does not open', async () => {
    const { asked, ask } = hanging()
    const transport = memory()
    transport.open = ask
    const move = flow('f').from(queue('in')).to(queue('out')).build()
    expect(await stopOf(app(move), asked, { transports: { default: transport } })).toEqual(TOLD)
  })
})

test('L2: a source that opens after the stop is closed, and nothing is taken from it', async () => {
  const asked = deferred()
  const open = deferred()
  const clock = virtualClock()
  const seen: string[] = []
  const from: Source<string> = {
    label: 'slow',
    async open({ signal }) {
      asked.resolve()
      signal.addEventListener('abort', () => seen.push('closed'))
      await open.promise
      return (async function* () {
        yield { payload: 'late' }
      })()
    },
  }
  const rt = runtime(
    app(
      flow('f')
        .from(from)
        .handle((word) => void seen.push(word))
        .build(),
    ),
    { clock },
  )
  const starting = rt.start().catch((error: unknown) => error)
  await asked.promise
  await rt.stop({ timeout: 0 })
  expect(await starting).toBeInstanceOf(StoppedError)
  open.resolve()
  await settled()
  expect(seen).toEqual(['closed'])
  expect(rt.state).toBe('stopped')
})
