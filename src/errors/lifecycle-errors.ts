/** Errors of the runtime's life: codes `ALLORA4xx`. */
import { AlloraError } from './allora-error.ts'

/** `ALLORA401`: the runtime has not been started. */
export class NotStartedError extends AlloraError {
  readonly code = 'ALLORA401'
}

/** `ALLORA402`: the runtime is stopping or stopped. */
export class StoppedError extends AlloraError {
  readonly code = 'ALLORA402'
}

/** `ALLORA403`: the app has errors; the sentence lists the diagnostics of `check`. */
export class InvalidAppError extends AlloraError {
  readonly code = 'ALLORA403'
}

/** `ALLORA404`: a service the app names was not given to the runtime. */
export class MissingServiceError extends AlloraError {
  readonly code = 'ALLORA404'
}

/** `ALLORA405`: a channel names a transport that the runtime was not given. */
export class UnknownTransportError extends AlloraError {
  readonly code = 'ALLORA405'
}

/** `ALLORA406`: no dead letter of this id. */
export class UnknownDeadLetterError extends AlloraError {
  readonly code = 'ALLORA406'
}
