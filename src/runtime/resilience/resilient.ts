/** Puts the policies of a step around its function, in their one order (rule E4). */
import type { Resilience } from '../../graph/graph.ts'
import { timeoutsOf } from '../../graph/resilience.ts'
import type { RunnerHost } from '../flow-runner.ts'
import type { Frame } from '../frame.ts'
import type { Step } from '../step.ts'
import { CircuitBreaker, type CircuitState, breaking } from './circuit-breaker.ts'
import { type GuardedCall, guardedCall } from './guarded-call.ts'
import { retrying } from './retry.ts'
import { inTurn, limited } from './slots.ts'
import { timed } from './timed.ts'

/** Where the policies are, and what they need. */
interface Surroundings {
  readonly step: Step
  readonly host: RunnerHost
  /** The function of an option whose answer is needed at once. */
  readonly answering: (option: string, name: string | undefined) => Function | undefined
}

/** The function under the record's policies, to be called in its place. */
export function resilient(fn: Function, record: Resilience, { step, host, answering }: Surroundings): Function {
  const { retry, circuitBreaker, concurrency, orderBy } = record
  const { attempt, overall } = timeoutsOf(record)
  const isTimed = attempt !== undefined || overall !== undefined
  // From the inside out.
  let call: GuardedCall = guardedCall(fn, isTimed)
  if (concurrency !== undefined) call = limited(call, concurrency, host.clock)
  if (isTimed) call = timed(call, 'attempt', attempt, step, host)
  if (circuitBreaker !== undefined) {
    const changed = (state: CircuitState): void =>
      host.events.emit('circuit', { flowId: step.flowId, nodeId: step.id, state })
    call = breaking(call, new CircuitBreaker(circuitBreaker, host.clock, changed))
  }
  if (retry !== undefined) call = retrying(call, retry, answering('retry.when', retry.when), step, host)
  const keyOf = answering('orderBy', orderBy)
  if (keyOf !== undefined) call = inTurn(call, keyOf, host.clock)
  if (overall !== undefined) call = timed(call, 'overall', overall, step, host)
  return (input: unknown, frame: Frame): unknown => call(input, frame, frame.signal)
}
