/** Rule L1, in a process that has loaded nothing yet: the start loads all that its app needs, before anything runs. */
import type * as allora from 'allora'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { AnyFlow } from '../../src/flow/flow-def.ts'
import type { EngineApp } from '../../src/runtime/engine-app.ts'
import type { RuntimeOptions } from '../../src/runtime/runtime-options.ts'
import { Later } from '../../src/runtime/later.ts'
import { BEHAVIOURS } from '../../src/runtime/behaviour.ts'

type Allora = typeof allora

/** An app with one thing that only some have. */
interface Case {
  readonly flow: (allora: Allora) => AnyFlow
  readonly options?: Partial<RuntimeOptions>
}

const numbers = ({ flow, direct }: Allora) => flow('flow').from(direct('in').of<number>())

const kinds: Readonly<Record<string, Case>> = {
  split: {
    flow: (allora) =>
      numbers(allora)
        .split((n) => [n, n])
        .build(),
  },
  aggregate: {
    flow: (allora) =>
      numbers(allora)
        .aggregate({ size: 2, correlateBy: () => 'all' })
        .build(),
  },
  resequence: { flow: (allora) => numbers(allora).resequence({ timeout: 10, onTimeout: 'emit' }).build() },
  scatterGather: {
    flow: (allora) =>
      numbers(allora)
        .scatterGather({ a: (branch) => branch.transform((n) => n) }, { timeout: 10, onFailure: 'fail' })
        .build(),
  },
  loop: {
    flow: (allora) =>
      numbers(allora)
        .loop((body) => body, { while: () => false, max: 1 })
        .build(),
  },
  routingSlip: {
    flow: (allora) =>
      numbers(allora)
        .routingSlip(() => [], [same(allora)], { max: 1 })
        .build(),
  },
  dynamicRoute: {
    flow: (allora) =>
      numbers(allora)
        .dynamicRoute(() => undefined, [same(allora)], { max: 1 })
        .build(),
  },
  barrier: {
    flow: (allora) =>
      numbers(allora)
        .barrier({ trigger: allora.queue('go').of<number>(), timeout: 10, correlateBy: () => 1 })
        .build(),
  },
  log: { flow: (allora) => numbers(allora).log().build() },
  delay: { flow: (allora) => numbers(allora).delay(0).build() },
  throttle: { flow: (allora) => numbers(allora).throttle({ rate: 1, per: 1 }).build() },
  idempotent: {
    flow: (allora) =>
      numbers(allora)
        .idempotent({ key: (n) => String(n), window: 10 })
        .build(),
  },
  claimCheckIn: { flow: (allora) => numbers(allora).claimCheckIn({ store: allora.memoryClaimStore() }).build() },
  claimCheckOut: {
    flow: (allora) => {
      const store = allora.memoryClaimStore()
      return numbers(allora).claimCheckIn({ store }).claimCheckOut({ store }).build()
    },
  },
  recipientList: {
    flow: (allora) =>
      numbers(allora)
        .recipients(() => ['out'], [allora.queue('out').of<number>()])
        .build(),
  },
}

const options: Readonly<Record<string, Case>> = {
  'a step with a policy': {
    flow: (allora) =>
      numbers(allora)
        .transform((n) => n, { timeout: 10 })
        .build(),
  },
  'a step that retries what a channel holds': {
    flow: ({ flow, queue }) =>
      flow('flow')
        .from(queue('in').of<number>())
        .transform((n) => n, { retry: { attempts: 2 } })
        .build(),
  },
  'a source': {
    flow: ({ flow, iterate }) =>
      flow('flow')
        .from(iterate([1]))
        .transform((n) => n)
        .build(),
  },
  history: { flow: (allora) => numbers(allora).build(), options: { history: true } },
  metrics: { flow: (allora) => numbers(allora).build(), options: { metrics: true } },
  interceptors: { flow: (allora) => numbers(allora).build(), options: { interceptors: { in: [{}] } } },
  instrumentation: {
    flow: (allora) =>
      numbers(allora)
        .aggregate({ size: 2, correlateBy: () => 1 })
        .build(),
    options: { instrumentation: { handle: unwatched, request: unwatched, step: () => unwatched } },
  },
}

const same = ({ flow, direct }: Allora) =>
  flow('same')
    .from(direct('same').of<number>())
    .transform((n) => n)
    .build()

function unwatched() {
  return { run: <T>(work: () => T): T => work(), end: () => undefined, fail: () => undefined, headers: {} }
}

beforeEach(() => {
  vi.resetModules()
})

describe('an app starts in a process that has nothing loaded', () => {
  test.each(Object.entries({ ...kinds, ...options }))('%s', async (_, { flow, options: given }) => {
    const allora: Allora = await import('../../src/index.ts')
    const rt = allora.runtime(allora.app(flow(allora)), given as never)
    await rt.start()
    expect(rt.state).toBe('running')
    await rt.stop({ timeout: 0 })
  })

  test('every kind that is loaded later is among them', () => {
    const later = Object.entries(BEHAVIOURS).filter(([, behaviour]) => behaviour instanceof Later)
    expect(Object.keys(kinds).toSorted()).toEqual(later.map(([kind]) => kind).toSorted())
  })
})

test('what was loaded once is not waited for again', async () => {
  const { app } = await import('../../src/index.ts')
  const { load } = await import('../../src/runtime/loading.ts')
  const given = app(kinds['split']!.flow(await import('../../src/index.ts'))) as unknown as EngineApp
  const loading = load(given, {})
  expect(loading).toBeInstanceOf(Promise)
  await loading
  expect(load(given, {})).toBeUndefined()
  expect(load(given, { metrics: true })).toBeInstanceOf(Promise)
})

describe('when something cannot be loaded', () => {
  afterEach(() => {
    vi.doUnmock('../../src/runtime/patterns/splitter.ts')
  })

  test('the start rejects, nothing was opened, and the next start tries again', async () => {
    vi.doMock('../../src/runtime/patterns/splitter.ts', () => {
      throw new Error('The file is gone.')
    })
    const allora: Allora = await import('../../src/index.ts')
    const transport = allora.memory()
    const open = vi.spyOn(transport, 'open')
    const rt = allora.runtime(allora.app(kinds['split']!.flow(allora)), { transports: { default: transport } })
    await expect(rt.start()).rejects.toMatchObject({ cause: new Error('The file is gone.') })
    expect([rt.state, open.mock.calls.length]).toEqual(['new', 0])

    vi.doUnmock('../../src/runtime/patterns/splitter.ts')
    await rt.start()
    expect(rt.state).toBe('running')
    await rt.stop()
  })
})
