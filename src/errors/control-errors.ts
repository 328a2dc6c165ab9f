/** Errors of the command line and the control socket: codes `ALLORA7xx`. */
import { AlloraError } from './allora-error.ts'

/** `ALLORA701`: a command is used in a way it does not know. */
export class UsageError extends AlloraError {
  readonly code = 'ALLORA701'
}

/** `ALLORA702`: a file cannot be loaded, or has no app in it. */
export class AppFileError extends AlloraError {
  readonly code = 'ALLORA702'
}

/** `ALLORA703`: no app is running where a command looked for it. */
export class NoRunningAppError extends AlloraError {
  readonly code = 'ALLORA703'
}

/** `ALLORA704`: a control socket cannot be opened: another app has it, or its folder is not safe. */
export class ControlSocketError extends AlloraError {
  readonly code = 'ALLORA704'
}

/** `ALLORA705`: a request to a running app is malformed, or names a command it does not have. */
export class ControlRequestError extends AlloraError {
  readonly code = 'ALLORA705'
}

/** `ALLORA706`: a running app refused a request, or the connection to it broke; the sentence is what it said. */
export class ControlRefusedError extends AlloraError {
  readonly code = 'ALLORA706'
  /** The code of the error there. */
  readonly remoteCode: string | undefined

  constructor(sentence: string, remoteCode: string | undefined) {
    super(sentence)
    this.remoteCode = remoteCode
  }
}

/** `ALLORA706`, too: the app went away with the connection. */
export class ConnectionEndedError extends ControlRefusedError {
  constructor() {
    super('The app ended the connection before it answered.', undefined)
  }
}
