/** Steps that make messages wait, one behind the other: whatever comes, everything ends, and no more are worked on than may be. */
import {
  type GroupStore,
  MemoryKeyStore,
  type MessageDraft,
  app,
  flow,
  memoryGroupStore,
  message,
  pubsub,
  queue,
} from 'allora'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type VirtualClock, virtualClock } from '../../src/testing/virtual-clock.ts'
import { expectAccounts, forbidUnhandledRejections, recorded, settled, started } from './rig.ts'

forbidUnhandledRejections()
const numRuns = process.env['CI'] ? 500 : 60

interface Job {
  readonly key: number
  /** Calls that fail before one succeeds. */
  readonly fails: number
}

const keyOf = ({ key }: Job): number => key
const inlet = (kind: 'queue' | 'pubsub', concurrency: number) =>
  kind === 'queue' ? flow('f').from(queue('in').of<Job>(), { concurrency }) : fromTopic(concurrency)
const fromTopic = (concurrency: number) =>
  // What follows is the same for both.
  flow('f').from(pubsub('in').of<Job>(), { concurrency }) as unknown as ReturnType<typeof fromQueue>
const fromQueue = () => flow('f').from(queue('in').of<Job>())

/** A flow that takes jobs, whatever its channels. */
type Chain = ReturnType<typeof fromQueue>

/** One run: its clock, and how many jobs are worked on. */
class Run {
  readonly clock: VirtualClock = virtualClock()
  most = 0
  private working = 0
  private readonly calls = new Map<Job, number>()

  /** Takes some time, and fails as often as the job says. */
  readonly work = async (job: Job): Promise<Job> => {
    this.most = Math.max(this.most, ++this.working)
    await this.pass(2)
    this.working--
    const calls = (this.calls.get(job) ?? 0) + 1
    this.calls.set(job, calls)
    if (calls <= job.fails) throw new Error('as arranged')
    return job
  }

  pass(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.clock.schedule(milliseconds, resolve))
  }

  keys(): MemoryKeyStore {
    const store = new MemoryKeyStore(this.clock)
    const reserve = async (key: string): Promise<boolean> => this.pass(1).then(() => store.reserve(key))
    return Object.assign(Object.create(store) as MemoryKeyStore, { reserve })
  }

  groups(): GroupStore {
    const store = memoryGroupStore()
    return { ...later(store, () => this.pass(1)), load: (name) => store.load(name) }
  }
}

function later(store: GroupStore, pass: () => Promise<void>): Omit<GroupStore, 'load'> {
  return {
    add: async (...given) => pass().then(() => store.add(...given)),
    remove: async (...given) => pass().then(() => store.remove(...given)),
    end: async (...given) => pass().then(() => store.end(...given)),
    forget: async (...given) => pass().then(() => store.forget(...given)),
  }
}

const first = ([job]: readonly Job[]): Job => job!
const retry = { attempts: 3, delay: 5 }

/** The steps; `place` tells two of a kind apart. */
const steps: Readonly<Record<string, (chain: Chain, run: Run, place: string) => unknown>> = {
  orderBy: (chain, { work }) => chain.handle(work, { orderBy: keyOf }),
  concurrency: (chain, { work }) => chain.handle(work, { concurrency: 1 }),
  retry: (chain, { work }) => chain.handle(work, { retry }),
  'retry, in order': (chain, { work }) => chain.handle(work, { retry, orderBy: keyOf }),
  'retry, in order, one at a time, for a time': (chain, { work }) =>
    chain.handle(work, { retry, orderBy: keyOf, concurrency: 1, timeout: { overall: 12 } }),
  idempotent: (chain) => chain.idempotent({ key: keyOf }),
  'idempotent with a store': (chain, run) => chain.idempotent({ key: keyOf, store: run.keys() }),
  barrier: (chain, _, place) =>
    chain.barrier({ trigger: queue(`go-${place}`).of<Job>(), correlateBy: (job) => job.key, timeout: 50 }),
  aggregate: (chain, run) =>
    chain.aggregate({ correlateBy: keyOf, size: 2, timeout: 30, store: run.groups(), combine: first }),
  resequence: (chain) => chain.resequence({ timeout: 20, onTimeout: 'emit' }),
  scatterGather: (chain, { work }) =>
    chain
      .scatterGather(
        { one: (branch) => branch.handle(work, { retry, orderBy: keyOf }), two: (branch) => branch },
        { timeout: 40, onFailure: 'fail' },
      )
      .transform(({ two }) => two),
  throttle: (chain) => chain.throttle({ rate: 1, per: 3 }),
  delay: (chain) => chain.delay(4),
  through: (chain, _, place) =>
    chain.through(queue(`room-${place}`, { capacity: 2 }), { concurrency: 2, orderBy: keyOf }),
}

/** Behind these, jobs are worked on that have no place of the consumer any more: those of another channel, or that a timer lets go. */
const elsewhere = ['aggregate', 'resequence', 'delay', 'through']
/** These give up on calls that go on. */
const givingUp = ['retry, in order, one at a time, for a time', 'scatterGather']
const isBound = (one: string, other: string): boolean =>
  !elsewhere.includes(one) && !givingUp.includes(one) && !givingUp.includes(other)
/** These make one of several jobs, or several of one. */
const uncounted = ['aggregate', 'scatterGather']
const isCounted = (one: string, other: string): boolean => !uncounted.includes(one) && !uncounted.includes(other)

const job = fc.record({ key: fc.nat(2), fails: fc.nat(3) })
const input = fc.record({
  kind: fc.constantFrom('queue' as const, 'pubsub' as const),
  concurrency: fc.integer({ min: 1, max: 3 }),
  jobs: fc.array(job, { minLength: 2, maxLength: 12 }),
  triggers: fc.array(job, { maxLength: 6 }),
})

/** Odd and even ones are sequences of their own, in each of which the second comes before the first, the fourth before the third. */
function inSequence(payload: Job, i: number): MessageDraft<Job> {
  const correlationId = `s${i % 2}`
  const place = Math.floor(i / 2)
  return message(payload, { correlationId, sequence: { correlationId, number: place % 2 === 0 ? place + 2 : place } })
}

type Input = typeof input extends fc.Arbitrary<infer I> ? I : never

/** What became of all that was sent, when nothing goes on by itself any more. */
async function outcome(one: string, other: string, { kind, concurrency, jobs, triggers }: Input) {
  const run = new Run()
  const begun = steps[one]!(inlet(kind, concurrency), run, 'a') as Chain
  const whole = (steps[other]!(begun, run, 'b') as Chain).to(queue('out').of<Job>()).build()
  const { rt } = await started(app(whole), { clock: run.clock })
  const dropped = recorded(rt, 'dropped')
  const triggered = ['go-a', 'go-b'].filter((id) => rt.metrics().channels[id] !== undefined)
  for (const [i, payload] of jobs.entries()) {
    await rt.send('in', inSequence(payload, i))
    if (triggers[i] !== undefined) for (const id of triggered) await rt.send(id as never, triggers[i] as never)
  }
  await run.clock.runAll()
  await settled()
  expectAccounts(rt)
  const { channels, openGroups } = rt.metrics()
  const lost = dropped.filter(({ message: { payload } }) => jobs.includes(payload as Job))
  return {
    unended: Object.entries(channels).flatMap(([id, { inFlight, buffered }]) =>
      inFlight > 0 || (buffered > 0 && id !== 'out') ? [id] : [],
    ),
    openGroups,
    most: run.most,
    ended: channels['out']!.accepted + rt.deadLetters.size + lost.length,
    idle: () => rt.idle(),
  }
}

describe('T11, T12, T15, E3, C8, C9: one step that makes messages wait before another', () => {
  const names = Object.keys(steps)
  const other = fc.constantFrom(...names)
  test.each(names)('%s: all that came ends, and no more are worked on than the concurrency says', async (one) => {
    await fc.assert(
      fc.asyncProperty(other, input, async (two, given) => {
        const { unended, openGroups, most, ended, idle } = await outcome(one, two, given)
        expect({ unended, openGroups }).toEqual({ unended: [], openGroups: 0 })
        await idle()
        expect(most).toBeLessThanOrEqual(isBound(one, two) ? given.concurrency : Infinity)
        expect(ended).toBe(isCounted(one, two) ? given.jobs.length : ended)
      }),
      { numRuns },
    )
  })
})
