/** Work in a store after a message has been decided on: that it fails changes nothing about the message, but is worth a line. */
import type { RunnerHost } from '../flow-runner.ts'

/** Does the work and logs what it throws or rejects with, as `what` and the reason. */
export function tidy(work: () => void | Promise<void>, what: string, host: RunnerHost): void | Promise<void> {
  const failed = (error: unknown): void => host.log('warn', `${what}: ${String(error)}`)
  try {
    return work()?.catch(failed)
  } catch (error) {
    failed(error)
  }
}
