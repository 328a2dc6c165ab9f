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

/** `ALLORA407`: the app has no flow of this id. */
export class UnknownFlowError extends AlloraError {
  readonly code = 'ALLORA407'
}

/** `ALLORA408`: a source ended because of an error of its own. */
export class SourceError extends AlloraError {
  readonly code = 'ALLORA408'
}

/** `ALLORA409`: an optional package that is needed is not installed. */
export class MissingPackageError extends AlloraError {
  readonly code = 'ALLORA409'
}

/** `ALLORA410`: a dead letter cannot go again the way it should. */
export class RedriveError extends AlloraError {
  readonly code = 'ALLORA410'
}
