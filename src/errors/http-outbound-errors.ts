/** Errors of HTTP requests that an app makes: codes from `ALLORA851`. */
import { AlloraError, type AlloraErrorOptions } from './allora-error.ts'
import type { PayloadIssue } from './channel-errors.ts'

/** What a failed request knows of itself besides its sentence. */
export interface HttpErrorOptions extends AlloraErrorOptions {
  /** Whether the same request may succeed later, and does no harm when the server has had it already. A `retry` heeds it. */
  readonly retryable: boolean
}

/** The base of what a request fails with. No sentence shows a header, a query or the user of a URL. */
abstract class HttpOutboundError extends AlloraError {
  /** Whether the same request may succeed later, and does no harm when the server has had it already. A `retry` heeds it. */
  readonly retryable: boolean

  constructor(sentence: string, options: HttpErrorOptions) {
    super(sentence, options)
    this.retryable = options.retryable
  }
}

/** `ALLORA851`: no request can be made of the message: its URL, a header or its payload cannot be sent. */
export class HttpRequestError extends HttpOutboundError {
  readonly code = 'ALLORA851'
}

/** `ALLORA852`: no answer came, or not all of it: name not found, connection refused, reset or not understood. */
export class HttpConnectionError extends HttpOutboundError {
  readonly code = 'ALLORA852'
}

/** `ALLORA853`: the answer was not there within the `timeout`. */
export class HttpTimeoutError extends HttpOutboundError {
  readonly code = 'ALLORA853'
}

/** `ALLORA854`: the server sent the request on, in a loop, too often, or to where it cannot go. */
export class HttpRedirectError extends HttpOutboundError {
  readonly code = 'ALLORA854'
}

/** `ALLORA855`: the body of an answer cannot be used: too large, no JSON, no UTF-8. */
export class HttpBodyError extends HttpOutboundError {
  readonly code = 'ALLORA855'
}

/** `ALLORA856`: the body of an answer does not fit the schema. */
export class HttpSchemaError extends HttpOutboundError {
  readonly code = 'ALLORA856'
  readonly issues: readonly PayloadIssue[]

  constructor(sentence: string, options: HttpErrorOptions & { readonly issues: readonly PayloadIssue[] }) {
    super(sentence, options)
    this.issues = options.issues
  }
}

/** What a server answered when it did not do what it was asked. */
export interface HttpFailureOptions extends HttpErrorOptions {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly preview: string
  readonly retryAfter?: number
}

/** `ALLORA857`: the server answered with a status other than 2xx. The `Left` of `http.outbound`. */
export class HttpFailure extends HttpOutboundError {
  readonly code = 'ALLORA857'
  readonly _tag = 'HttpFailure'
  readonly status: number
  /** By lower-case name, without cookies. */
  readonly headers: Readonly<Record<string, string>>
  /** The first 512 characters of the body. It is in no sentence, since it may say what should not be logged. */
  readonly preview: string
  /** Milliseconds after which the server wants to be asked again; a `retry` waits at least so long. */
  declare readonly retryAfter?: number

  constructor(sentence: string, options: HttpFailureOptions) {
    super(sentence, options)
    this.status = options.status
    this.headers = options.headers
    this.preview = options.preview
    if (options.retryAfter !== undefined) this.retryAfter = options.retryAfter
  }
}
