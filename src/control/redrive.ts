/** Redriving over the control socket: letter by letter, so that the client sees how far it is. */
import type { DeadLetter, DeadLetterFilter, RedriveOptions, RedriveReport } from '../runtime/dead-letters.ts'
import type { ControlExchange } from './control-exchange.ts'

/** Letters between two words about the progress. */
const STEP = 100

/** Redrives what the filter means; ends early when the client is gone. Answers what was done, or would be. */
export async function redrive(
  { runtime: { deadLetters }, signal, emit }: ControlExchange,
  filter: DeadLetterFilter,
  { dryRun = false, from = 'start' }: RedriveOptions,
): Promise<RedriveReport> {
  if (dryRun) return deadLetters.redrive(filter, { dryRun, from })
  const letters = deadLetters.list(filter)
  const redriven: DeadLetter[] = []
  const refused: RedriveReport['refused'][number][] = []
  for (const [done, letter] of letters.entries()) {
    if (signal.aborted) break
    const report = await deadLetters.redrive(placeOf(letter), { from })
    redriven.push(...report.redriven)
    refused.push(...report.refused)
    if (done % STEP === STEP - 1) await emit({ done: done + 1, of: letters.length })
  }
  return { redriven, refused }
}

const placeOf = ({ id, channelId, flowId }: DeadLetter): DeadLetterFilter => ({
  id,
  channelId,
  ...(flowId !== undefined && { flowId }),
})
