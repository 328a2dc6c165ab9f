/** The table of docs/faults.md: each row is what was observed when its fault was brought about. */
import { readFileSync } from 'node:fs'
import { type ErrorMessage, type Runtime, type StopReport, app, direct, flow, queue } from 'allora'
import { type Either, left } from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { AlloraError } from '../../src/errors/allora-error.ts'
import type { AnyFlow } from '../../src/flow/flow-def.ts'
import type { App } from '../../src/app/app.ts'
import type { ChannelToken } from '../../src/flow/channel-token.ts'
import type { RuntimeEvents } from '../../src/runtime/events.ts'
import type { RuntimeOptions } from '../../src/runtime/runtime-options.ts'
import { type Rig, forbidUnhandledRejections, settled, started } from './rig.ts'

forbidUnhandledRejections()

/** How the message comes in: `send` to a direct channel, `send` to a queue, `request`. */
type Way = 'direct' | 'queue' | 'request'

type Input = ChannelToken<'queue', 'orders', number>

/** Brings a fault about. */
interface Fault {
  /** Absent = all of them. */
  readonly ways?: readonly Way[]
  readonly app: (input: Input) => App<AnyFlow>
  readonly options?: Partial<RuntimeOptions>
  /** Milliseconds for this send. */
  readonly timeout?: number
  readonly before?: (rig: Loose) => unknown
  /** What happens while the message is under way. */
  readonly meanwhile?: (rig: Loose) => Promise<StopReport | void>
}

/** A rig that knows nothing of its app. */
interface Loose extends Pick<Rig<never>, 'clock' | 'dropped'> {
  readonly rt: Pick<Runtime<AnyFlow>, 'on' | 'deadLetters' | 'metrics' | 'stop'> & {
    send(id: string, payload: unknown, options?: object): Promise<void>
    request(id: string, payload: unknown): Promise<Either<unknown, unknown>>
    channel(id: string): { close(): Promise<void> }
  }
}

/** What fills a channel before the message comes. */
const OLDER = 0

const boom = (): never => {
  throw new Error('boom')
}
const boomSecond = (part: number): number => (part === 2 ? boom() : part)
const splitting = (input: Input) =>
  flow('sell')
    .from(input)
    .split(() => [1, 2, 3])
const forever = (): Promise<never> => new Promise(() => {})
const handling = (handler: (n: number) => unknown): Fault => ({
  app: (input) => app(flow('sell').from(input).handle(handler).build()),
})
const filled = (overflow: 'wait' | 'reject' | 'dropOldest' | 'dropNewest', timeout?: number): Fault => ({
  ways: ['queue'],
  app: () =>
    app(
      flow('sell')
        .from(direct('other').of<number>())
        .to(queue('orders', { capacity: 1, overflow }).of<number>())
        .build(),
    ),
  before: ({ rt }) => rt.send('orders', OLDER),
  ...(timeout !== undefined && { timeout, meanwhile: ({ clock }) => clock.advance(timeout) }),
})
const sendingOn = (before: NonNullable<Fault['before']>): Fault => ({
  ways: ['direct', 'queue'],
  app: (input) =>
    app(
      flow('sell')
        .from(input)
        .to(queue('sold', { capacity: 1, overflow: 'reject' }).of<number>())
        .build(),
    ),
  before,
})
const stop = ({ rt }: Loose): Promise<StopReport> => rt.stop({ timeout: 0 })

/** By the first cell of the row. */
const FAULTS: Readonly<Record<string, Fault>> = {
  'the handler throws': handling(boom),
  'the handler throws `undefined`': handling(() => {
    // oxlint-disable-next-line typescript/only-throw-error -- this is the fault
    throw undefined
  }),
  'the handler rejects': handling(() => Promise.reject(new Error('boom'))),
  'the handler returns `Left`': handling(() => left('sold out')),
  'the handler does not settle within its `timeout`': {
    app: (input) => app(flow('sell').from(input).handle(forever, { timeout: 100 }).build()),
    meanwhile: ({ clock }) => clock.advance(100),
  },
  'the handler never settles, and the runtime stops': { ...handling(forever), meanwhile: stop },
  'the channel is full, `wait`': filled('wait'),
  'the channel is full, `wait`, and the runtime stops': { ...filled('wait'), meanwhile: stop },
  'the channel is full, `wait` with a `timeout`': filled('wait', 100),
  'the channel is full, `reject`': filled('reject'),
  'the channel is full, `dropOldest`': filled('dropOldest'),
  'the channel is full, `dropNewest`': filled('dropNewest'),
  'the channel of `to` is full, `reject`': sendingOn(({ rt }) => rt.send('sold', OLDER)),
  'the channel is closed': { ...handling((n) => n), before: ({ rt }) => rt.channel('orders').close() },
  'the channel of `to` is closed': sendingOn(({ rt }) => rt.channel('sold').close()),
  'the message waits for a `retry`, and the runtime stops': {
    app: (input) =>
      app(
        flow('sell')
          .from(input)
          .handle(boom, { retry: { attempts: 3, delay: 60_000 } })
          .build(),
      ),
    meanwhile: stop,
  },
  'the last `retry` fails': {
    app: (input) =>
      app(
        flow('sell')
          .from(input)
          .handle(boom, { retry: { attempts: 2, delay: 100 } })
          .build(),
      ),
    meanwhile: ({ clock }) => clock.advance(1_000),
  },
  'the message is in a `delay`, and the runtime stops': {
    app: (input) => app(flow('sell').from(input).delay(60_000, { id: 'later' }).build()),
    meanwhile: stop,
  },
  'a part of a `split` fails': {
    app: (input) => app(splitting(input).handle(boomSecond).to(queue('sold')).build()),
  },
  'a part of a `split` fails, and `errorsTo` takes it': {
    app: (input) => app(splitting(input).handle(boomSecond).errorsTo(queue('errors')).to(queue('sold')).build()),
  },
  'a part of a `split` fails, and `onError` takes it': {
    ways: ['direct', 'queue'],
    app: (input) =>
      app(
        splitting(input)
          .handle(boomSecond)
          .onError(() => 0)
          .to(queue('sold'))
          .build(),
      ),
  },
  'the `combine` of an `aggregate` fails': {
    app: (input) => app(splitting(input).aggregate({ combine: boom }).to(queue('sold')).build()),
  },
  '`onError` fails': { app: (input) => app(flow('sell').from(input).handle(boom).onError(boom).build()) },
  'the channel of `errorsTo` is closed': {
    app: (input) => app(flow('sell').from(input).handle(boom).errorsTo(queue('errors')).build()),
    before: ({ rt }) => rt.channel('errors').close(),
  },
  'the consumer of the channel of `errorsTo` fails': {
    app: (input) =>
      app(
        flow('sell').from(input).handle(boom).errorsTo(queue('errors')).build(),
        flow('desk').from(queue('errors').of<ErrorMessage<unknown>>()).handle(boom).build(),
      ),
  },
  'the dead letters are full': { ...handling(boom), options: { deadLetters: { capacity: 0 } } },
}

const PAGE = readFileSync(new URL('../../docs/faults.md', import.meta.url), 'utf8')
const ROWS = PAGE.split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(1)
  .map((line) => line.slice(2, -2).split(' | '))

test('E1, E8: docs/faults.md has a row for every fault, once', () => {
  expect(ROWS.map(([name]) => name)).toEqual(Object.keys(FAULTS))
})

for (const [name, ...told] of ROWS) {
  test(`E1, E8: when ${name}, the page says what happens`, async () => {
    const fault = FAULTS[name!]!
    const ways = fault.ways ?? ['direct', 'queue', 'request']
    const seen: Observation[] = []
    for (const way of ways) seen.push(await observed(fault, way))
    const cells = (['sender', 'message', 'events'] as const).map(
      (cell) =>
        byWay(
          ways,
          seen.map((it) => it[cell]),
        ) || 'none',
    )
    expect(told).toEqual(cells)
  })
}

interface Observation {
  readonly sender: string
  readonly message: string
  readonly events: string
}

/** Sends one message the way given, and says what became of it in the words of the page. */
async function observed(fault: Fault, way: Way): Promise<Observation> {
  const token = (way === 'queue' ? queue('orders') : direct('orders')) as unknown as ChannelToken<
    'queue',
    'orders',
    unknown
  >
  const rig = (await started(fault.app(token.of<number>()), fault.options)) as unknown as Loose
  const { rt } = rig
  const older: string[] = []
  const listening = rt.on('accepted', ({ message }) => older.push(message.id))
  await fault.before?.(rig)
  listening()
  const events = eventsOf(rt)
  let sender = 'waits'
  const sending =
    way === 'request'
      ? rt.request('orders', 1)
      : rt.send('orders', 1, fault.timeout === undefined ? {} : { timeout: fault.timeout })
  void sending.then(
    (answer) => (sender = answer === undefined ? 'resolves' : `resolves with \`${answer._tag}\``),
    (error: unknown) => (sender = `rejects with ${nameOf(error)}`),
  )
  await settled()
  const report = await fault.meanwhile?.(rig)
  await settled()
  const seen = { sender, events: events.join(', ') }
  const left = report?.left.find(({ messageId }) => !older.includes(messageId))
  return { ...seen, message: placeOf(rig, seen, left) }
}

/** An error of the library by its name, with the one it comes from. */
function nameOf(error: unknown): string {
  const { name, cause } = error as Error
  return cause instanceof AlloraError ? `\`${name}\` (\`${cause.name}\`)` : `\`${name}\``
}

/** Where the message is now. Its sender has it when no channel took it, or the one that did gave it back; only an answer leaves it nowhere. */
function placeOf(
  { rt, dropped }: Loose,
  { sender, events }: Omit<Observation, 'message'>,
  left: StopReport['left'][number] | undefined,
): string {
  const [letter] = rt.deadLetters.list()
  if (letter !== undefined) return `dead letter of \`${letter.channelId}\``
  if (dropped.includes('overflow 1')) return 'nowhere: dropped and counted'
  const holding = left?.channelId ?? Object.entries(rt.metrics().channels).find(([, { buffered }]) => buffered > 0)?.[0]
  const answered = sender === 'resolves with `Left`' ? 'with the requester' : 'lost'
  const held = holding === undefined ? answered : `in \`${holding}\``
  const place = dropped.includes('refused 1') || !events.includes('`accepted`') ? 'with the sender' : held
  return left === undefined ? place : `${place} and in the stop report, \`${left.state}\``
}

/** The names of the events that come, with the reason of what is dropped. */
function eventsOf(rt: Loose['rt']): string[] {
  const names: string[] = []
  for (const event of [
    'accepted',
    'delivered',
    'handled',
    'failed',
    'retried',
    'dead',
  ] satisfies (keyof RuntimeEvents)[]) {
    rt.on(event, () => names.push(`\`${event}\``))
  }
  rt.on('dropped', ({ reason, message }) =>
    names.push(`\`dropped\` (${reason}${message.payload === OLDER ? ', the older' : ''})`),
  )
  return names
}

/** One text when all ways end alike, otherwise each text behind the ways that end so. */
function byWay(ways: readonly Way[], texts: readonly string[]): string {
  const groups = Map.groupBy(ways.keys(), (i) => texts[i]!)
  if (groups.size === 1) return texts[0]!
  return [...groups].map(([text, which]) => `${which.map((i) => ways[i]).join(', ')}: ${text}`).join('; ')
}
