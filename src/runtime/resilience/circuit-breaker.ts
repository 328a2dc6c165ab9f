/** The circuit breaker: stops calling what keeps failing, and looks now and then whether it works again (rule E7). */
import { CircuitOpenError } from '../../errors/handling-errors.ts'
import type { CircuitBreakerPolicy } from '../../graph/graph.ts'
import type { Clock } from '../../transport/clock.ts'
import type { RuntimeEvents } from '../events.ts'
import { ended, type GuardedCall } from './guarded-call.ts'

/** Where a breaker is: calls pass, calls are refused, or one call is under way to see whether calls may pass again. */
export type CircuitState = RuntimeEvents['circuit']['state']

/** The breaker of one step. It has no timer: it half-opens when it is asked after its time. */
export class CircuitBreaker {
  state: CircuitState = 'closed'
  private readonly policy: CircuitBreakerPolicy
  private readonly clock: Clock
  private readonly changed: (state: CircuitState) => void
  /** The last outcomes, the oldest first; true = failed. */
  private outcomes: boolean[] = []
  private reopensAt = 0
  /** Counts the changes of state: a call that began before the last one says nothing about the present. */
  private era = 0

  constructor(policy: CircuitBreakerPolicy, clock: Clock, changed: (state: CircuitState) => void) {
    this.policy = policy
    this.clock = clock
    this.changed = changed
  }

  /** Lets a call pass, and gives what to hand to {@link left}. Throws `CircuitOpenError` when it does not. */
  enter(): number {
    if (this.state === 'closed') return this.era
    const wait = this.reopensAt - this.clock.now()
    if (this.state === 'halfOpen' || wait > 0) throw this.refusal(wait)
    this.become('halfOpen')
    return this.era
  }

  /** Notes how a call ended. */
  left(era: number, succeeded: boolean): void {
    if (era !== this.era) return
    if (this.state === 'halfOpen') return succeeded ? this.become('closed') : this.open()
    const { failures, window = failures } = this.policy
    this.outcomes.push(!succeeded)
    if (this.outcomes.length > window) this.outcomes.shift()
    if (!succeeded && this.outcomes.filter(Boolean).length >= failures) this.open()
  }

  private open(): void {
    this.reopensAt = this.clock.now() + this.policy.resetAfter
    this.become('open')
  }

  private become(state: CircuitState): void {
    this.state = state
    this.era++
    this.outcomes = []
    this.changed(state)
  }

  private refusal(wait: number): CircuitOpenError {
    const half = this.state === 'halfOpen'
    const sentence = half
      ? 'The circuit breaker is half open: one call is under way to see whether the next may pass.'
      : `The circuit breaker is open because the last calls failed; the next one may pass in ${wait} ms.`
    return new CircuitOpenError(
      `${sentence} Mend what is called, or send the message again later.`,
      half ? {} : { retryAfter: wait },
    )
  }
}

/** The call, refused while the breaker is open. */
export function breaking(call: GuardedCall, breaker: CircuitBreaker): GuardedCall {
  return (input, frame, signal) => {
    const era = breaker.enter()
    return ended(
      () => call(input, frame, signal),
      (succeeded) => breaker.left(era, succeeded),
    )
  }
}
