/** Where a runtime is in its life, and what cannot be done there. */
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
