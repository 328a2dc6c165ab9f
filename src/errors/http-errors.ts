/** Errors of HTTP: codes `ALLORA8xx`. */
import { AlloraError } from './allora-error.ts'

/** `ALLORA801`: a server cannot listen, mostly because its port is in use. */
export class HttpListenError extends AlloraError {
  readonly code = 'ALLORA801'
}

/** `ALLORA802`: flows that share a server contradict each other, or a flow that is to be called by HTTP does not begin with `http.inbound`. */
export class HttpBindingError extends AlloraError {
  readonly code = 'ALLORA802'
}

/** `ALLORA803`: a reply that HTTP cannot carry: a status out of range, a header field or a body that is none. */
export class HttpReplyError extends AlloraError {
  readonly code = 'ALLORA803'
}
