import { strict as assert } from 'node:assert'
import { CircuitOpenError, app, direct, flow } from 'allora'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { CircuitBreaker } from '../../../src/runtime/resilience/circuit-breaker.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'
import { forbidUnhandledRejections, recorded, started } from '../rig.ts'

forbidUnhandledRejections()

const numRuns = process.env['CI'] === undefined ? 200 : 1000

/** The breaker as a sentence: the outcomes since it last changed, and since when it is open. */
interface Model {
  state: 'closed' | 'open' | 'halfOpen'
  outcomes: boolean[]
  openedAt: number
  /** Calls under way, oldest first, each with whether it began in the present state. */
  running: { current: boolean }[]
}
interface Real {
  readonly breaker: CircuitBreaker
  readonly clock: ReturnType<typeof virtualClock>
  readonly running: number[]
}
type Command = fc.AsyncCommand<Model, Real>

const FAILURES = 3
const WINDOW = 5
const RESET = 100

function change(model: Model, state: Model['state']): void {
  model.state = state
  model.outcomes = []
  for (const call of model.running) call.current = false
}

class Enter implements Command {
  check = (): boolean => true
  toString = (): string => 'enter'

  async run(model: Model, { breaker, clock, running }: Real): Promise<void> {
    const due = model.state === 'open' && clock.now() - model.openedAt >= RESET
    if (model.state !== 'closed' && !due) {
      assert.throws(() => breaker.enter(), CircuitOpenError)
      return
    }
    if (due) change(model, 'halfOpen')
    model.running.push({ current: true })
    running.push(breaker.enter())
    assert.equal(breaker.state, model.state)
  }
}

class Leave implements Command {
  private readonly pick: number
  private readonly succeeded: boolean

  constructor(pick: number, succeeded: boolean) {
    this.pick = pick
    this.succeeded = succeeded
  }

  check = (model: Readonly<Model>): boolean => model.running.length > 0
  toString = (): string => `leave ${this.pick} ${this.succeeded ? 'well' : 'badly'}`

  async run(model: Model, { breaker, clock, running }: Real): Promise<void> {
    const index = this.pick % model.running.length
    const [call] = model.running.splice(index, 1)
    breaker.left(running.splice(index, 1)[0]!, this.succeeded)
    if (call!.current) this.note(model, clock.now())
    assert.equal(breaker.state, model.state)
  }

  private note(model: Model, now: number): void {
    if (model.state === 'halfOpen' && this.succeeded) return change(model, 'closed')
    model.outcomes.push(this.succeeded)
    const failed = model.outcomes.slice(-WINDOW).filter((succeeded) => !succeeded).length
    if (model.state !== 'halfOpen' && (this.succeeded || failed < FAILURES)) return
    change(model, 'open')
    model.openedAt = now
  }
}

class Wait implements Command {
  private readonly time: number

  constructor(time: number) {
    this.time = time
  }

  check = (): boolean => true
  toString = (): string => `wait ${this.time}`

  async run(_: Model, { clock }: Real): Promise<void> {
    await clock.advance(this.time)
  }
}

test('E7: the breaker does what its model says, whatever the order of calls, outcomes and time', async () => {
  const commands = fc.commands(
    [
      fc.constant(new Enter()),
      fc.tuple(fc.nat(5), fc.boolean()).map(([pick, well]) => new Leave(pick, well)),
      fc.nat(120).map((time) => new Wait(time)),
    ],
    { size: '+1' },
  )
  const proof = fc.assert(
    fc.asyncProperty(commands, async (run) => {
      const clock = virtualClock()
      const breaker = new CircuitBreaker({ failures: FAILURES, window: WINDOW, resetAfter: RESET }, clock, () => {})
      const setup = () => ({
        model: { state: 'closed' as const, outcomes: [], openedAt: 0, running: [] } as Model,
        real: { breaker, clock, running: [] },
      })
      await fc.asyncModelRun(setup, run)
    }),
    { numRuns },
  )
  await expect(proof).resolves.toBeUndefined()
})

test('E7: it opens after consecutive failures, refuses at once, lets exactly one call through to see, and says all of it', async () => {
  let broken = true
  const calls: number[] = []
  const answers: PromiseWithResolvers<void>[] = []
  const call = async (n: number): Promise<void> => {
    calls.push(n)
    if (n === 9) {
      answers.push(Promise.withResolvers())
      await answers[0]!.promise
    }
    if (broken) throw new Error('down')
  }
  const { rt, clock } = await started(
    app(
      flow('f')
        .from(direct('in').of<number>())
        .handle(call, { id: 'ask', circuitBreaker: { failures: 2, resetAfter: 1_000 } })
        .build(),
    ),
  )
  const circuit = recorded(rt, 'circuit')
  const failure = async (n: number): Promise<unknown> =>
    rt.send('in', n).then(
      () => undefined,
      (error: Error) => error.cause,
    )
  expect(String(await failure(1))).toBe('Error: down')
  expect(String(await failure(2))).toBe('Error: down')
  expect(await failure(3)).toMatchObject({ code: 'ALLORA320', retryAfter: 1_000 })
  await clock.advance(1_000)
  const probe = failure(9)
  expect(await failure(4)).toBeInstanceOf(CircuitOpenError)
  expect(calls).toEqual([1, 2, 9])
  broken = false
  answers[0]!.resolve()
  expect(await probe).toBeUndefined()
  expect(await failure(5)).toBeUndefined()
  expect(circuit.map(({ state }) => state)).toEqual(['open', 'halfOpen', 'closed'])
  expect(circuit[0]).toEqual({ flowId: 'f', nodeId: 'ask', state: 'open' })
  expect(clock.pending).toBe(0)
})

test('E4: retry is outside of the breaker: it waits until the breaker may close', async () => {
  const at: number[] = []
  const call = (): string => {
    at.push(rig.clock.now() - start)
    if (at.length === 1) throw new Error('down')
    return 'up'
  }
  const options = { retry: { attempts: 3, delay: 10 }, circuitBreaker: { failures: 1, resetAfter: 1_000 } }
  const rig = await started(app(flow('f').from(direct('in').of<number>()).handle(call, options).build()))
  const start = rig.clock.now()
  const reply = rig.rt.request('in', 1)
  await rig.clock.runAll()
  expect(await reply).toMatchObject({ right: 'up' })
  // The second call, after 10 ms, was refused with 990 ms to go.
  expect(at).toEqual([0, 1_000])
})
