/** The times of a cron pattern, calculated by the package `croner`. */
import type { Cron } from 'croner'
import { InvalidOptionError } from '../errors/channel-errors.ts'
import { MissingPackageError } from '../errors/lifecycle-errors.ts'
import type { Schedule } from './timer.ts'

/** Reads a pattern. Only here is `croner` needed, and only now is it loaded: a program without cron does without. */
export async function cronSchedule(pattern: string, timeZone: string | undefined): Promise<Schedule> {
  const cronClass = await croner()
  try {
    const cron = new cronClass(pattern, { paused: true, ...(timeZone !== undefined && { timezone: timeZone }) })
    // A wrong time zone shows only when a time is calculated.
    cron.nextRun(new Date(0))
    return (after) => cron.nextRun(new Date(after))?.getTime()
  } catch (cause) {
    throw new InvalidOptionError(
      `The cron pattern ${JSON.stringify(pattern)}${timeZone === undefined ? '' : ` in time zone ${JSON.stringify(timeZone)}`} cannot be read: ${(cause as Error).message} Write timer({ cron: '0 6 * * 1-5', timeZone: 'Europe/Berlin' }).`,
      { cause },
    )
  }
}

async function croner(): Promise<typeof Cron> {
  try {
    return (await import('croner')).Cron
  } catch (cause) {
    throw new MissingPackageError(
      'timer({ cron }) needs the package "croner", which cannot be loaded. Install it: npm install croner',
      { cause },
    )
  }
}
