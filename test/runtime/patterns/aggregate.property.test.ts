/** The aggregator under every interleaving (T6, C10). */
import { app, flow, message, queue } from 'allora'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Rig, drained, expectAccounts, forbidUnhandledRejections, started } from '../rig.ts'

forbidUnhandledRejections()

interface Member {
  readonly key: number
  /** Its place in the sequence; two members with the same one are duplicates. */
  readonly place: number
  /** Tells it from all others. */
  readonly n: number
}

type Step =
  | { readonly do: 'send'; readonly key: number; readonly place: number }
  | { readonly do: 'wait'; readonly milliseconds: number }
  /** Lets one of the combines that are under way end. */
  | { readonly do: 'end' }

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      arbitrary: fc.record({ do: fc.constant('send' as const), key: fc.nat(2), place: fc.integer({ min: 1, max: 4 }) }),
      weight: 4,
    },
    {
      arbitrary: fc.record({ do: fc.constant('wait' as const), milliseconds: fc.integer({ min: 1, max: 80 }) }),
      weight: 1,
    },
    { arbitrary: fc.constant({ do: 'end' as const }), weight: 2 },
  ),
  { minLength: 1, maxLength: 25 },
)
const rules = fc.record({
  size: fc.integer({ min: 1, max: 3 }),
  onTimeout: fc.constantFrom('emit' as const, 'discard' as const, 'deadLetter' as const),
  concurrency: fc.integer({ min: 1, max: 3 }),
})
const numRuns = process.env['CI'] === undefined ? 200 : 1_000

test('T6: no group is made twice, and every member is in one group, or dropped by name, or a dead letter', async () => {
  await fc.assert(
    fc.asyncProperty(steps, rules, fc.scheduler(), async (plan, rule, scheduler) => {
      const { sent, emitted, given, dead } = await outcome(plan, rule, scheduler, () => false)
      expect(numbers([...emitted.flat(), ...given, ...dead])).toEqual(sent)
      for (const group of emitted) {
        expect(new Set(group.map(({ key }) => key)).size).toBe(1)
        expect(new Set(group.map(({ place }) => place)).size).toBe(group.length)
      }
      // A key whose group is dead may come again.
      const keys = rule.onTimeout === 'deadLetter' ? [] : emitted.map(([first]) => first!.key)
      expect(keys).toHaveLength(new Set(keys).size)
    }),
    { numRuns },
  )
}, 120_000)

test('T6: that holds also where combine fails, with an arrival or with the clock', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps,
      rules,
      fc.scheduler(),
      fc.infiniteStream(fc.boolean()),
      async (plan, rule, scheduler, luck) => {
        const { sent, emitted, given, dead } = await outcome(plan, rule, scheduler, () => luck.next().value === true)
        expect(numbers([...emitted.flat(), ...given, ...dead])).toEqual(sent)
      },
    ),
    { numRuns },
  )
}, 120_000)

interface Outcome {
  /** The numbers of all members. */
  readonly sent: readonly number[]
  readonly emitted: readonly (readonly Member[])[]
  /** Dropped as a duplicate, as late, or with a group that was discarded. */
  readonly given: readonly Member[]
  readonly dead: readonly Member[]
}

async function outcome(
  plan: readonly Step[],
  {
    concurrency,
    ...rule
  }: { readonly size: number; readonly onTimeout: 'emit' | 'discard' | 'deadLetter'; readonly concurrency: number },
  scheduler: fc.Scheduler,
  fails: () => boolean,
): Promise<Outcome> {
  const grouped = flow('f')
    .from(queue('in').of<Member>(), { concurrency })
    .aggregate({
      ...rule,
      timeout: 100,
      correlateBy: ({ key }) => key,
      combine: async (group) => {
        await scheduler.schedule(Promise.resolve(), 'combine')
        if (fails()) throw new Error('as arranged')
        return group
      },
    })
    .to(queue('out').of<readonly Member[]>())
    .build()
  const { rt, clock } = await started(app(grouped))
  const given: Member[] = []
  rt.on('dropped', ({ message: { payload } }) => void given.push(payload as Member))
  let n = 0
  for (const step of plan) {
    if (step.do === 'send') await rt.send('in', memberOf(step.key, step.place, n++))
    else if (step.do === 'wait') await clock.advance(step.milliseconds)
    else if (scheduler.count() > 0) await scheduler.waitOne()
    expectAccounts(rt)
  }
  await quiet(rt, clock, scheduler)
  const dead = rt.deadLetters.list().map((letter) => letter.message.payload as Member)
  return { sent: Array.from({ length: n }, (_, i) => i), emitted: drained(rt.channel('out')), given, dead }
}

/** Lets everything end: combines, timeouts, and those tried again. */
async function quiet(
  rt: Pick<Rig<never>['rt'], 'metrics' | 'idle'>,
  clock: Rig<never>['clock'],
  scheduler: fc.Scheduler,
): Promise<void> {
  let idle = false
  void rt.idle().then(() => (idle = true))
  for (let round = 0; round < 100 && !idle; round++) {
    await scheduler.waitAll()
    await clock.advance(1_000)
  }
  expect(idle).toBe(true)
  expectAccounts(rt)
  expect(clock.pending).toBe(0)
}

const memberOf = (key: number, place: number, n: number) =>
  message({ key, place, n }, { sequence: { correlationId: `k${key}`, number: place } })

const numbers = (members: readonly Member[]): number[] => members.map(({ n }) => n).toSorted((a, b) => a - b)
