/** Errors of message handling: codes `ALLORA3xx`. */
import { AlloraError, type AlloraErrorOptions } from './allora-error.ts'
import type { PayloadIssue } from './channel-errors.ts'

/** Where a failed message went: the app's dead letters, an error channel, the caller that waits for the reply, or the next consumer of its channel. */
export type Parking =
  | { readonly kind: 'deadLetters' }
  | { readonly kind: 'channel'; readonly channelId: string }
  | { readonly kind: 'caller' }
  | { readonly kind: 'consumer'; readonly channelId: string }

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

/**
 * `ALLORA304`: a function, or something else that the app was given, gave what its contract does not allow: a handler a function that gives no
 * promise, a key or a verdict a promise, a schema or a store no answer.
 */
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

/** `ALLORA312`: the message expired before it could be handled. `parked` says where it is; absent, it is still the sender's. */
export class ExpiredError extends AlloraError {
  readonly code = 'ALLORA312'
  declare parked?: Parking
}

/** `ALLORA313`: a group did not complete in time and its members are dead letters. */
export class GroupTimeoutError extends AlloraError {
  readonly code = 'ALLORA313'
}

/** `ALLORA314`: a message does not fit the schema of a `validate` step. */
export class InvalidMessageError extends AlloraError {
  readonly code = 'ALLORA314'
  readonly issues: readonly PayloadIssue[]

  constructor(sentence: string, options: AlloraErrorOptions & { readonly issues: readonly PayloadIssue[] }) {
    super(sentence, options)
    this.issues = options.issues
  }
}

/** `ALLORA315`: a claim check has no payload for the claim. */
export class UnknownClaimError extends AlloraError {
  readonly code = 'ALLORA315'
}

/** `ALLORA316`: an `enrich` step was given a payload that can have no properties. */
export class EnrichError extends AlloraError {
  readonly code = 'ALLORA316'
}

/** `ALLORA317`: a message cannot be told apart from others: it has no key, no place in its sequence, or had its key before. */
export class CorrelationError extends AlloraError {
  readonly code = 'ALLORA317'
}

/** `ALLORA318`: a branch of a scatter-gather gave no reply. */
export class ScatterGatherError extends AlloraError {
  readonly code = 'ALLORA318'
}

/** `ALLORA319`: a step took longer than its `timeout`. */
export class StepTimeoutError extends AlloraError {
  readonly code = 'ALLORA319'
}

/** `ALLORA320`: a step is not called because its circuit breaker is open. */
export class CircuitOpenError extends AlloraError {
  readonly code = 'ALLORA320'
  /** Milliseconds until a call is let through; absent while one is under way to see. */
  declare readonly retryAfter?: number

  constructor(sentence: string, options: AlloraErrorOptions & { readonly retryAfter?: number }) {
    super(sentence, options)
    if (options.retryAfter !== undefined) this.retryAfter = options.retryAfter
  }
}

/** `ALLORA321`: a loop, a routing slip or a dynamic route came to its `max`. */
export class HopLimitError extends AlloraError {
  readonly code = 'ALLORA321'
}

/** `ALLORA322`: no trigger came to a barrier in time. */
export class BarrierTimeoutError extends AlloraError {
  readonly code = 'ALLORA322'
}

/** `ALLORA323`: a store of claims in memory has no room for another payload. */
export class ClaimStoreFullError extends AlloraError {
  readonly code = 'ALLORA323'
}

/**
 * `ALLORA324`: those who were to handle a message of a channel failed: all its consumers (`dispatch: 'failover'`), or some of the subscribers
 * that the sender waits for (`await: 'handled'`). `errors` has what each failed with.
 */
export class HandlersFailedError extends AlloraError {
  readonly code = 'ALLORA324'
  readonly errors: readonly unknown[]

  constructor(sentence: string, options: AlloraErrorOptions & { readonly errors: readonly unknown[] }) {
    super(sentence, options)
    this.errors = options.errors
  }
}
