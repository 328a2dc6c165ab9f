/** A started runtime for one test: virtual time, numbered ids, stopped at the end, and no rejection left without a handler. */
import { type App, type Runtime, runtime } from 'allora'
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest'
import type { AnyFlow } from '../../src/flow/flow-def.ts'
import type { RuntimeEvents } from '../../src/runtime/events.ts'
import type { RuntimeOptions } from '../../src/runtime/runtime-options.ts'
import { type VirtualClock, virtualClock } from '../../src/testing/virtual-clock.ts'

/** What a test holds in its hands. */
export interface Rig<F extends AnyFlow> {
  readonly rt: Runtime<F>
  readonly clock: VirtualClock
  /** Every message given up on purpose, as `reason payload`. */
  readonly dropped: string[]
}

/** Runs an app until the test ends. */
export async function started<F extends AnyFlow>(app: App<F>, options: Partial<RuntimeOptions> = {}): Promise<Rig<F>> {
  const clock = virtualClock(1_700_000_000_000)
  // The options of a runtime depend on its app; a test that gives wrong ones sees it at once.
  const rt = (runtime as (app: unknown, options: object) => unknown)(app, {
    clock,
    ids: numberedIds,
    ...options,
  }) as Runtime<F>
  const dropped: string[] = []
  rt.on('dropped', ({ reason, message }) => dropped.push(`${reason} ${JSON.stringify(message.payload)}`))
  await rt.start()
  onTestFinished(async () => {
    await rt.stop({ timeout: 0 })
    expectAccounts(rt)
  })
  return { rt, clock, dropped }
}

/** C10: accepted = settled + dead + expired + dropped + in flight + buffered, for every channel, at any time. */
export function expectAccounts(rt: Pick<Runtime<AnyFlow>, 'metrics'>): void {
  for (const [id, counts] of Object.entries(rt.metrics().channels)) {
    const { accepted, settled, dead, expired, dropped, inFlight, buffered } = counts
    expect([id, settled + dead + expired + dropped + inFlight + buffered]).toEqual([id, accepted])
  }
}

/** Ids that can be read: `m1`, `m2` and so on. */
export const numberedIds = (sequence: number): string => `m${sequence}`

/** Every event of a kind, in order. */
export function recorded<K extends keyof RuntimeEvents>(rt: Runtime<AnyFlow>, event: K): RuntimeEvents[K][] {
  const events: RuntimeEvents[K][] = []
  rt.on(event, (value) => events.push(value))
  return events
}

/** Takes whatever a channel holds. */
export function drained<P>(channel: { tryReceive(): { readonly payload: P } | undefined }): P[] {
  const payloads: P[] = []
  for (let message = channel.tryReceive(); message !== undefined; message = channel.tryReceive())
    payloads.push(message.payload)
  return payloads
}

/** Rule E8 for a whole file: no rejection may be left without a handler. */
export function forbidUnhandledRejections(): void {
  const escaped: unknown[] = []
  const note = (reason: unknown): unknown => escaped.push(reason)
  beforeAll(() => void process.on('unhandledRejection', note))
  afterAll(async () => {
    await new Promise((resolve) => setTimeout(resolve, 0))
    process.off('unhandledRejection', note)
    expect(escaped).toEqual([])
  })
}

/** A promise to be settled by the test. */
export function deferred<T = void>(): {
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (reason: unknown) => void
} {
  return Promise.withResolvers<T>()
}

/** Lets everything that waits for nothing but promises go on. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
