/** Errors of message handling: codes `ALLORA3xx`. */
import { AlloraError, type AlloraErrorOptions } from './allora-error.ts'

/** Where a failed message went: the app's dead letters, an error channel, or the caller that waits for the reply. */
export type Parking =
  | { readonly kind: 'deadLetters' }
  | { readonly kind: 'channel'; readonly channelId: string }
  | { readonly kind: 'caller' }

/**
 * `ALLORA301`: a step of a flow failed. `cause` is what the handler threw, or the value of the `Left` it returned.
 * `parked` says where the message is; absent, it is still the sender's.
 */
export class FlowError extends AlloraError {
  readonly code = 'ALLORA301'
  /** Whether the cause is a typed failure (`Left`) or a defect. */
  readonly kind: 'failure' | 'defect'
  declare parked?: Parking

  constructor(sentence: string, options: AlloraErrorOptions & { readonly kind: 'failure' | 'defect' }) {
    super(sentence, options)
    this.kind = options.kind
  }
}

/** `ALLORA302`: no case of a route takes the message, and there is no `otherwise`. */
export class RoutingError extends AlloraError {
  readonly code = 'ALLORA302'
}

/** `ALLORA303`: a filter with `reject: 'error'` refused the message. */
export class RejectedError extends AlloraError {
  readonly code = 'ALLORA303'
}

/** `ALLORA304`: a handler returned something that cannot be taken, such as a function that gives no promise. */
export class HandlerResultError extends AlloraError {
  readonly code = 'ALLORA304'
}

/** `ALLORA305`: a splitter was given something that cannot be iterated. */
export class SplitError extends AlloraError {
  readonly code = 'ALLORA305'
}

/** `ALLORA306`: an aggregator could not take the message: no key, or too many open groups. */
export class AggregationError extends AlloraError {
  readonly code = 'ALLORA306'
}

/** `ALLORA307`: a recipient list could not send to everybody; the sentence says who has the message. */
export class RecipientsError extends AlloraError {
  readonly code = 'ALLORA307'
}

/** `ALLORA308`: no reply came within the request's timeout. */
export class RequestTimeoutError extends AlloraError {
  readonly code = 'ALLORA308'
}

/** `ALLORA309`: the message of a request was dropped on its way, so no reply will come. */
export class NoReplyError extends AlloraError {
  readonly code = 'ALLORA309'
}

/** `ALLORA310`: the runtime's stop deadline passed while the message was in work. */
export class AbortedError extends AlloraError {
  readonly code = 'ALLORA310'
}

/** `ALLORA311`: the dead letters are full; the message stays where it was. */
export class DeadLettersFullError extends AlloraError {
  readonly code = 'ALLORA311'
}

/** `ALLORA312`: the message expired before it could be handled. */
export class ExpiredError extends AlloraError {
  readonly code = 'ALLORA312'
}

/** `ALLORA313`: a group did not complete in time and its members are dead letters. */
export class GroupTimeoutError extends AlloraError {
  readonly code = 'ALLORA313'
}
