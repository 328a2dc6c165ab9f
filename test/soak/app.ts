/** The app that is soaked: every operator there is, with functions that fail in every way. */
import {
  type AnyFlow,
  type App,
  type ClaimStore,
  type ErrorMessage,
  type Exchange,
  app,
  direct,
  flow,
  iterate,
  priority,
  pubsub,
  queue,
  rendezvous,
  sink,
} from 'allora'
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Chance } from './chance.ts'
import type { Batch, Item, Part } from './ledger.ts'

/** What the app is made with. */
export interface Surroundings {
  readonly chance: Chance
  /** What the source brings in. */
  readonly items: Iterable<Item>
  readonly claims: ClaimStore
  /** Called at the end of a message's way. */
  readonly delivered: (payload: unknown) => void
  /** Called for what came by the error channel. */
  readonly failed: (payload: unknown) => void
}

/** A question, which `ask` replies to. */
export interface Question extends Item {
  readonly value: number
}

/** Channels and flows in which messages are copies, or parts of a request: what becomes of them is no message's fate. */
export const ASIDE: ReadonlySet<string> = new Set(
  'seen news audit go double next price watch read-one read-two keep'.split(' '),
)

const done = priority('done', { capacity: 500 }).of<Item>()
const seen = queue('seen', { capacity: 100, overflow: 'dropOldest' }).of<Item>()
const news = pubsub('news').of<Item>()
const audit = queue('audit').of<Item>()
const errors = queue('errors').of<ErrorMessage<unknown>>()

/** Builds it. */
export function soakApp(around: Surroundings): App<AnyFlow> {
  return app(...flowsOf(around))
}

function flowsOf(around: Surroundings) {
  const { chance, delivered, failed, items } = around
  const ignored = sink(() => failing(chance, 0.01))
  const asked = questions(chance)
  return [
    flow('feed')
      .from(iterate(items), { maxInFlight: 8 })
      .to(queue('goods', { capacity: 200 }).of<Item>())
      .build(),
    goods(around),
    desk('desk-one', chance),
    desk('desk-two', chance),
    held(),
    batches(chance),
    ...asked,
    flow('finish')
      .from(done, { concurrency: 8 })
      .to(
        sink((item: Item) => {
          failing(chance, 0.01)
          delivered(item)
        }),
        { retry: { attempts: 3 } },
      )
      .build(),
    flow('gather')
      .from(queue('groups', { capacity: 50 }).of<readonly Part[]>())
      .to(
        sink((parts: readonly Part[]) => {
          failing(chance, 0.01)
          delivered(parts)
        }),
      )
      .build(),
    flow('straggle')
      .from(queue('late').of<Part>())
      .to(sink((part: Part) => delivered(part)))
      .build(),
    flow('mend')
      .from(errors)
      .to(sink((it: ErrorMessage<unknown>) => failed(it)))
      .build(),
    flow('watch').from(seen).to(ignored).build(),
    flow('read-one').from(news).to(ignored).build(),
    flow('read-two').from(news).handle(later).to(ignored).build(),
    flow('keep').from(audit).to(ignored).build(),
  ] as const
}

/** The long way: what a message meets that comes from outside. */
function goods({ chance, claims: store }: Surroundings) {
  return flow('goods')
    .from(queue('goods', { capacity: 200 }).of<Item>(), { concurrency: 16, orderBy: ({ n }) => n % 64 })
    .validate(lucky(chance))
    .filter(() => !chance.once(0.01))
    .idempotent({ key: ({ n }) => n - (n % 50 === 1 ? 1 : 0), window: 60_000 })
    .enrich('price', ({ n }) => (chance.once(0.1) ? later(n % 100) : n % 100))
    .setHeader('lane', ({ n }) => `lane ${n % 3}`)
    .removeHeaders(['lane'])
    .log((item) => `goods ${item.n}`, { level: 'debug' })
    .claimCheckIn({ store })
    .claimCheckOut({ store, remove: true })
    .throttle({ rate: 50, per: 1 })
    .handle(flaky<Item>(chance, 0.03), {
      retry: { attempts: 3, delay: 1, jitter: 'full' },
      timeout: { attempt: 10, overall: 100 },
      concurrency: 8,
      orderBy: ({ n }) => n % 32,
    })
    .tap(seen)
    .delay(() => (chance.once(0.1) ? 1 + chance.below(3) : 0), { concurrency: 8 })
    .transform(({ n, check }) => ({ n, check }))
    .to(done)
    .errorsTo(errors)
    .build()
}

/** The short way, in the sender's own stack, for two flows that take turns. */
function desk<const Id extends string>(id: Id, chance: Chance) {
  return flow(id)
    .from(direct('desk', { dispatch: 'roundRobin' }).of<Item>())
    .handle(flaky<Item>(chance, 0.02), { circuitBreaker: { failures: 5, resetAfter: 2 }, timeout: 5 })
    .onError((failure, { message }) => {
      if (failure.kind === 'defect' && chance.once(0.5)) throw failure.cause
      return message.payload as Item
    })
    .through(rendezvous(`${id}-line`).of<Item>(), { concurrency: 4 })
    .routeBy(({ n }) => (['even', 'odd', 'third'] as const)[n % 3]!, {
      even: (branch) => branch.transform(flaky<Item>(chance, 0.005), { timeout: 5 }),
      odd: (branch) => branch,
      third: (branch) => branch.to(done),
    })
    .recipients(({ n }) => (n % 5 === 0 ? (['audit', 'done'] as const) : (['done'] as const)), [audit, done])
    .build()
}

/** What waits for its trigger. */
function held() {
  return flow('held')
    .from(queue('held', { capacity: 200 }).of<Item>(), { concurrency: 32 })
    .barrier({ trigger: direct('go').of<Item>(), correlateBy: ({ n }) => n, timeout: 50 })
    .toEach([news, done])
    .build()
}

/** What falls into parts and comes together again. */
function batches(chance: Chance) {
  return flow('batches')
    .from(queue('batches', { capacity: 50 }).of<Batch>(), { concurrency: 2 })
    .split(({ n, check, parts }): readonly Part[] => Array.from({ length: parts }, (_, part) => ({ n, check, part })))
    .through(queue('parts', { capacity: 50 }).of<Part>(), { concurrency: 8 })
    .handle(flaky<Part>(chance, 0.01), { timeout: 5 })
    .resequence({ timeout: 20, onTimeout: 'emit', maxGap: 5, discardTo: queue('late').of<Part>() })
    .aggregate({ timeout: 40, combine: (parts) => (failing(chance, 0.01), parts) })
    .to(queue('groups', { capacity: 50 }).of<readonly Part[]>())
    .build()
}

/** Requests, and the flows that are asked on the way. */
function questions(chance: Chance) {
  const double = flow('double')
    .from(direct('double').of<Question>())
    .handle((it) => ({ ...it, value: it.value * 2 }))
    .build()
  const next = flow('next')
    .from(queue('next').of<Question>(), { concurrency: 8 })
    .handle((it) => (chance.once(0.2) ? later({ ...it, value: it.value + 1 }) : { ...it, value: it.value + 1 }))
    .build()
  const price = flow('price')
    .from(direct('price').of<Question>())
    .handle((it): Either<'no price', Question> => (chance.once(0.02) ? left('no price') : right(it)))
    .build()
  const ask = flow('ask')
    .from(direct('ask').of<Question>())
    .setHeader('question', (it) => it)
    .scatterGather(
      {
        near: (branch) => branch.transform(({ value }) => ({ value })).filter(() => !chance.once(0.05)),
        far: (branch) => branch.transform(({ value }) => (failing(chance, 0.02), later({ value }))),
      },
      { timeout: 1_000, onFailure: 'omit' },
    )
    .transform(({ near, far }, { message: { headers } }) => ({
      ...headers.question,
      value: (near?.value ?? 0) + (far?.value ?? 0) + 1,
    }))
    .loop((turn) => turn.transform((it) => ({ ...it, value: it.value - 7 })), { while: (it) => it.value > 20, max: 60 })
    .routingSlip(() => (chance.once(0.5) ? (['double', 'next'] as const) : (['next'] as const)), [double, next], {
      max: 3,
    })
    .dynamicRoute((it) => (it.value < 50 ? 'double' : undefined), [double], { max: 10 })
    .call(price, { retry: { attempts: 2 } })
    .build()
  return [double, next, price, ask] as const
}

const later = <T>(value: T): Promise<T> => Promise.resolve(value)

/** Throws at times. */
function failing(chance: Chance, probability: number): void {
  if (chance.once(probability)) throw new Error('Bad luck')
}

/** A handler that fails in every way a handler can. */
const flaky =
  <T>(chance: Chance, probability: number) =>
  (value: T, { signal }: Exchange<T>): T | Promise<T> | Either<'bad luck', T> => {
    if (!chance.once(probability)) return chance.once(0.1) ? later(value) : value
    switch (chance.below(5)) {
      case 0:
        return left('bad luck')
      case 1:
        return Promise.reject(new Error('Bad luck, later'))
      case 2:
        // oxlint-disable-next-line typescript/only-throw-error -- handlers do throw this
        throw undefined
      case 3:
        return until(signal)
      default:
        throw new Error('Bad luck')
    }
  }

/** Settles when the signal is aborted, and not before. */
function until(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

/** A schema that refuses at times. */
const lucky = (chance: Chance): StandardSchemaV1<Item> => ({
  '~standard': {
    version: 1,
    vendor: 'soak',
    validate: (value) => (chance.once(0.002) ? { issues: [{ message: 'Bad luck' }] } : { value: value as Item }),
  },
})
