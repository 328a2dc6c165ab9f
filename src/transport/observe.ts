/** Those who only look on: listeners, loggers, and interceptors after the fact. */
import { describeValue } from '../errors/describe-value.ts'

/** Calls one. What it throws, or its promise rejects with, harms no message and is a warning of the process. Nobody waits for the promise. */
export function observe(who: string, look: () => unknown): void {
  try {
    const looking = look()
    if (looking instanceof Promise) looking.catch((error: unknown) => warn(who, error))
  } catch (error) {
    warn(who, error)
  }
}

/** Tells of an error that nobody gets. */
export function warn(who: string, error: unknown): void {
  const what = error instanceof Error ? String(error) : describeValue(error)
  process.emitWarning(`${who} threw: ${what}`, 'AlloraWarning')
}
