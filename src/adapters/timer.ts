/** A source that sends a tick at regular times, or by a cron pattern. */
import { InvalidOptionError } from '../errors/channel-errors.ts'
import type { Arrival, Source, SourceEnv } from '../message/source.ts'
import { cronSchedule } from './cron-schedule.ts'

/** What a timer sends. */
export interface Tick {
  /** When it was due, in milliseconds since 1970. */
  readonly time: number
  /** 1 for the first since the flow was started. */
  readonly count: number
}

/** Ticks at equal distances. */
export interface IntervalOptions {
  /** Milliseconds from one tick to the next, above 0. */
  readonly every: number
  /** Milliseconds from the start to the first tick; absent = `every`. */
  readonly initialDelay?: number
}

/** Ticks by a cron pattern. Needs the package `croner`. */
export interface CronOptions {
  /** Five fields (minute to day of week) or six, with seconds first; also `@daily` and the like. */
  readonly cron: string
  /** An IANA time zone, such as `'Europe/Berlin'`; absent = the system's. */
  readonly timeZone?: string
}

/** What {@link timer} takes. */
export type TimerOptions = IntervalOptions | CronOptions

/** The first time of a tick after another time; `undefined` when there is none any more. */
export type Schedule = (after: number) => number | undefined

/**
 * Sends ticks by the runtime's clock (Polling Consumer's clock). The times are fixed: a slow message does not move later ticks, and
 * ticks that fall due while `maxInFlight` are in work are left out, not made up for.
 *
 * A cron pattern is calculated by the package `croner`, an optional peer dependency, in the given time zone: a time that the clocks
 * skip in spring comes right after the gap, one that they repeat in autumn comes once.
 *
 * @throws InvalidOptionError when `every` or `initialDelay` is no such number; a wrong pattern or time zone rejects the start, since only
 * then is `croner` loaded: an app can be checked and drawn without it.
 *
 * @example
 * ```ts
 * import { app, flow, queue, runtime, timer } from 'allora'
 * import { virtualClock } from 'allora/testing'
 *
 * const clock = virtualClock()
 * const heartbeat = flow('heartbeat').from(timer({ every: 1_000 })).transform((tick) => tick.time).to(queue('beats')).build()
 *
 * await using rt = await runtime(app(heartbeat), { clock }).start()
 * await clock.advance(2_500)
 * rt.channel('beats').size // => 2
 * ```
 */
export function timer(options: TimerOptions): Source<Tick> {
  const { label, begin } = 'cron' in options ? byCron(options) : byInterval(options)
  return Object.freeze({ label, open: async (env: SourceEnv) => ticks(env, await begin(env.now())) })
}

interface Plan {
  readonly label: string
  /** The schedule of a timer that starts at a time. */
  readonly begin: (start: number) => Schedule | Promise<Schedule>
}

function byCron({ cron, timeZone }: CronOptions): Plan {
  return {
    label: ['cron', cron, ...(timeZone === undefined ? [] : [timeZone])].join(' '),
    begin: () => cronSchedule(cron, timeZone),
  }
}

function byInterval({ every, initialDelay = every }: IntervalOptions): Plan {
  if (!(Number.isFinite(every) && every > 0)) {
    throw new InvalidOptionError(
      `The option every of a timer must be a number of milliseconds above 0, but it is ${every}. Write timer({ every: 1_000 }).`,
    )
  }
  if (!(Number.isFinite(initialDelay) && initialDelay >= 0)) {
    throw new InvalidOptionError(
      `The option initialDelay of a timer must be a number of milliseconds from 0, but it is ${initialDelay}. Leave it out for ${every}.`,
    )
  }
  return { label: `every ${every} ms`, begin: (start) => interval(start + initialDelay, every) }
}

const interval =
  (first: number, every: number): Schedule =>
  (after) =>
    after < first ? first : first + (Math.floor((after - first) / every) + 1) * every

async function* ticks(env: SourceEnv, nextAfter: Schedule): AsyncGenerator<Arrival<Tick>, void, undefined> {
  let last = -Infinity
  for (let count = 1; ; count++) {
    // What was due before now and after the last tick was missed while there was no room for it.
    const time = nextAfter(Math.max(last, env.now() - 1))
    if (time === undefined) return
    // A system's timer may be early by a fraction of a millisecond.
    while (env.now() < time) if (!(await env.sleep(time - env.now()))) return
    yield { payload: { time, count } }
    last = time
  }
}
