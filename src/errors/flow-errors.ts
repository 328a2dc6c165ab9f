/** Errors of what is given to the builder and to `app`: codes `ALLORA5xx`. `ALLORA501` is {@link InvalidGraphError}. */
import { AlloraError } from './allora-error.ts'

/** `ALLORA502`: an id or a name is empty or no string. */
export class InvalidNameError extends AlloraError {
  readonly code = 'ALLORA502'
}

/** `ALLORA503`: an operator got something it cannot use, such as a handler that is no function. */
export class InvalidStepError extends AlloraError {
  readonly code = 'ALLORA503'
}

/** `ALLORA504`: two nodes of one flow have the same id. */
export class DuplicateNodeError extends AlloraError {
  readonly code = 'ALLORA504'
}

/** `ALLORA505`: a branch of a route did not return a chain that began with the branch it was given. */
export class InvalidBranchError extends AlloraError {
  readonly code = 'ALLORA505'
}

/** `ALLORA506`: one name stands for two different functions. */
export class DuplicateServiceError extends AlloraError {
  readonly code = 'ALLORA506'
}

/** `ALLORA507`: one channel id is declared in two ways. */
export class ChannelConflictError extends AlloraError {
  readonly code = 'ALLORA507'
}

/** `ALLORA508`: two flows of one app have the same id. */
export class DuplicateFlowError extends AlloraError {
  readonly code = 'ALLORA508'
}

/** `ALLORA509`: `replace` names a function the app does not have. */
export class UnknownFunctionError extends AlloraError {
  readonly code = 'ALLORA509'
}

/** `ALLORA510`: a service known by signature only was called without a runtime that binds it. */
export class UnboundServiceError extends AlloraError {
  readonly code = 'ALLORA510'
}

/** `ALLORA511`: a registry was asked for a service that it has not, or given a class without a name. */
export class UnknownServiceError extends AlloraError {
  readonly code = 'ALLORA511'
}

/** `ALLORA512`: a class cannot be a service: its instance could not be made, or has no method `handle`. */
export class ServiceMakingError extends AlloraError {
  readonly code = 'ALLORA512'
}
