/** Telling a store of the user's how a message ended. */
import { sentenceOf } from '../flow-error.ts'
import type { RunnerHost } from '../flow-runner.ts'
import type { Step } from '../step.ts'

/** Does it, at once or later. What fails then goes to the log: the message has ended, whatever becomes of what its store knows. */
export function tellStore(
  tell: () => void | Promise<void>,
  what: string,
  step: Step,
  host: RunnerHost,
): void | Promise<void> {
  const warn = (error: unknown): void =>
    host.log.write(
      'warn',
      () => `The store of node "${step.id}" of flow "${step.flowId}" could not ${what}: ${sentenceOf(error)}`,
      { flowId: step.flowId, nodeId: step.id, error },
    )
  try {
    return tell()?.catch(warn)
  } catch (error) {
    warn(error)
  }
}
