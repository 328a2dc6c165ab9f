/** Where a runtime is in its life, and what cannot be done there. */
import type { ErrorPlace } from '../errors/allora-error.ts'
import { InvalidOptionError } from '../errors/channel-errors.ts'
import { describeValue } from '../errors/describe-value.ts'
import { NotStartedError, StoppedError } from '../errors/lifecycle-errors.ts'
import type { EngineOptions } from './engine-options.ts'

/** See above. */
export type RuntimeState = 'new' | 'starting' | 'running' | 'stopping' | 'stopped'

/** Why a runtime that is not new does not start. */
export const cannotStart = (state: RuntimeState): StoppedError =>
  new StoppedError(`The runtime is ${state} already and cannot be started again. Make a new one with runtime(app).`)

/** Why a start did not come to its end. */
export const stoppedWhileStarting = (): StoppedError =>
  new StoppedError(
    'The runtime was stopped before it had started. A transport, a source or a store did not open in time: see which, or give stop() a longer { timeout }.',
  )

/** Why a runtime that is not running takes no messages. */
export const cannotSend = (state: RuntimeState): NotStartedError | StoppedError =>
  state === 'new' || state === 'starting'
    ? new NotStartedError('The runtime has not been started, so it accepts no messages. Call `await rt.start()` first.')
    : new StoppedError(`The runtime is ${state}, so it accepts no more messages. Make a new one with runtime(app).`)

/** Why a request is not sent that would have no deadline, or one that has passed. */
export const badTimeout = (channelId: string, timeout: unknown): InvalidOptionError =>
  badNumber(`timeout of a request on channel "${channelId}"`, timeout, MILLISECONDS, { channelId })

/** Why a number is refused after which nothing would ever be over, or all at once; `undefined` when it is one from 0, or absent. */
export const belowZero = (
  what: string,
  value: unknown,
  amount: string = MILLISECONDS,
): InvalidOptionError | undefined =>
  value === undefined || (typeof value === 'number' && value >= 0) ? undefined : badNumber(what, value, amount)

/** Throws for the first number among the options of a runtime that it cannot work with. */
export function refuseBadNumbers({ requestTimeout, deadLetters }: EngineOptions): void {
  const refusal =
    belowZero('requestTimeout of the runtime', requestTimeout) ??
    belowZero('deadLetters.capacity of the runtime', deadLetters?.capacity, 'number')
  if (refusal !== undefined) throw refusal
}

const MILLISECONDS = 'number of milliseconds'

const badNumber = (what: string, value: unknown, amount: string, place?: ErrorPlace): InvalidOptionError =>
  new InvalidOptionError(
    `The ${what} must be a ${amount} from 0, or Infinity, but it is ${describeValue(value)}. Correct it, or leave it out.`,
    place,
  )
