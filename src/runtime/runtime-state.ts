/** Where a runtime is in its life, and what cannot be done there. */
import { InvalidOptionError } from '../errors/channel-errors.ts'
import { describeValue } from '../errors/describe-value.ts'
import { NotStartedError, StoppedError } from '../errors/lifecycle-errors.ts'

/** See above. */
export type RuntimeState = 'new' | 'starting' | 'running' | 'stopping' | 'stopped'

/** Why a runtime that is not new does not start. */
export const cannotStart = (state: RuntimeState): StoppedError =>
  new StoppedError(`The runtime is ${state} already and cannot be started again. Make a new one with runtime(app).`)

/** Why a runtime that is not running takes no messages. */
export const cannotSend = (state: RuntimeState): NotStartedError | StoppedError =>
  state === 'new' || state === 'starting'
    ? new NotStartedError('The runtime has not been started, so it accepts no messages. Call `await rt.start()` first.')
    : new StoppedError(`The runtime is ${state}, so it accepts no more messages. Make a new one with runtime(app).`)

/** Why a request is not sent that would have no deadline, or one that has passed. */
export const badTimeout = (channelId: string, timeout: unknown): InvalidOptionError =>
  new InvalidOptionError(
    `The timeout of a request on channel "${channelId}" must be a number of milliseconds from 0, or Infinity, but it is ${describeValue(timeout)}. Correct it, here or in the requestTimeout of the runtime, or leave it out.`,
    { channelId },
  )
