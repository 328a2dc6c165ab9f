/** Messages that run within each other in one stack: none fails for being too deep, and the accounts are right. */
import { type AnyFlow, type App, type Instrumentation, app, direct, flow, pubsub, queue } from 'allora'
import { describe, expect, test } from 'vitest'
import { drained, forbidUnhandledRejections, recorded, type Rig, started } from './rig.ts'

forbidUnhandledRejections()

const DEEP = 5_000
const tree = direct('tree').of<number>()
const counting = flow('count')
  .from(tree)
  .routeBy((n) => (n > 0 ? 'more' : 'end'), {
    more: (branch) => branch.transform((n) => n - 1).to(tree),
    end: (branch) => branch.to(queue('out').of<number>()),
  })
  .build()

/** So many flows, each of which hands its messages to the next. */
function chain(kind: typeof direct, length: number): App<AnyFlow> {
  const channel = (n: number) => kind(`c${n}`).of<number>()
  const links = Array.from({ length }, (_, n) =>
    flow(`f${n}`)
      .from(channel(n))
      .to(n + 1 < length ? channel(n + 1) : queue('out').of<number>())
      .build(),
  )
  return app(...(links as unknown as [AnyFlow]))
}

/** Everything has come to an end, and nothing failed. */
async function expectQuiet({ rt }: Rig<AnyFlow>): Promise<void> {
  await rt.idle()
  expect(rt.deadLetters.size).toBe(0)
  for (const { inFlight } of Object.values(rt.metrics().channels)) expect(inFlight).toBe(0)
}

describe('however deep messages run within each other', () => {
  test('a flow that sends to itself by a direct channel ends, and its sender is told', async () => {
    const rig = await started(app(counting))
    for (let i = 0; i < 5; i++) await rig.rt.send('tree', DEEP)
    expect(drained(rig.rt.channel('out'))).toEqual([0, 0, 0, 0, 0])
    await expectQuiet(rig)
    expect(rig.rt.metrics().channels['tree']).toMatchObject({ accepted: 5 * (DEEP + 1), settled: 5 * (DEEP + 1) })
  })

  test('so it does when it is watched', async () => {
    const watch = { run: <T>(work: () => T): T => work(), end() {}, fail() {} }
    const instrumentation: Instrumentation = { handle: () => watch, step: () => () => watch }
    const rig = await started(app(counting), { instrumentation })
    const handled = recorded(rig.rt as never, 'handled')
    await rig.rt.send('tree', DEEP)
    expect(drained(rig.rt.channel('out'))).toEqual([0])
    expect(handled).toHaveLength(DEEP + 1)
    await expectQuiet(rig)
  })

  test('a failure at the end is told to the sender once, and makes one dead letter', async () => {
    const failing = flow('f')
      .from(tree)
      .routeBy((n) => (n > 0 ? 'more' : 'end'), {
        more: (branch) => branch.transform((n) => n - 1).to(tree),
        end: (branch) =>
          branch
            .handle((): number => {
              throw new Error('the ground')
            })
            .to(queue('out')),
      })
      .build()
    const { rt } = await started(app(failing))
    await expect(rt.send('tree', DEEP)).rejects.toThrow('the ground')
    expect(rt.deadLetters.size).toBe(1)
    expect(rt.metrics().channels['tree']).toMatchObject({ accepted: DEEP + 1, inFlight: 0, buffered: 0 })
  })

  test.each([
    ['direct', direct],
    // As the chain needs it, they are the same.
    ['pubsub', pubsub as unknown as typeof direct],
  ])('thousands of flows may be chained by %s channels', async (_, kind) => {
    const rig = await started(chain(kind, 3_000))
    await rig.rt.send('c0' as never, 1 as never)
    await expectQuiet(rig)
    expect(drained(rig.rt.channel('out' as never))).toEqual([1])
  })

  test('a loop may split in every turn', async () => {
    const halving = flow('f')
      .from(tree)
      .loop((turn) => turn.split((n) => [n - 1]).aggregate({ combine: ([n]) => n ?? 0 }), {
        while: (n) => n > 0,
        max: DEEP,
      })
      .to(queue('out').of<number>())
      .build()
    const rig = await started(app(halving))
    await rig.rt.send('tree', DEEP)
    expect(drained(rig.rt.channel('out'))).toEqual([0])
    await expectQuiet(rig)
  })
})

test('what is not deep stays in the stack of its sender', async () => {
  const { rt } = await started(app(counting))
  rt.channel('tree').trySend(199)
  expect(drained(rt.channel('out'))).toEqual([0])
})
