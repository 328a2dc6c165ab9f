/** Errors of channels: codes `ALLORA2xx`. */
import { AlloraError, type ErrorPlace } from './allora-error.ts'

/** `ALLORA201`: a direct channel (or a pubsub one with `minSubscribers`) had nobody to hand the message to. */
export class NoSubscriberError extends AlloraError {
  readonly code = 'ALLORA201'
}

/** `ALLORA202`: a full channel refused the message (`overflow: 'reject'`). */
export class ChannelFullError extends AlloraError {
  readonly code = 'ALLORA202'
}

/** `ALLORA203`: the channel is closed. */
export class ChannelClosedError extends AlloraError {
  readonly code = 'ALLORA203'
}

/** `ALLORA204`: no room came free within the send's `timeout`. */
export class SendTimeoutError extends AlloraError {
  readonly code = 'ALLORA204'
}

/** `ALLORA205`: an interceptor vetoed the send. */
export class VetoedError extends AlloraError {
  readonly code = 'ALLORA205'
}

/** `ALLORA206`: a second consumer on a direct channel that has no `dispatch` option. */
export class DoubleConsumerError extends AlloraError {
  readonly code = 'ALLORA206'
}

/** `ALLORA207`: an option has a value it cannot take, such as a capacity of 0, negative or NaN. */
export class InvalidOptionError extends AlloraError {
  readonly code = 'ALLORA207'
}

/** `ALLORA208`: the transport of this channel cannot do what was asked, as its capabilities say. */
export class UnsupportedError extends AlloraError {
  readonly code = 'ALLORA208'
}

/** `ALLORA209`: no channel of this id exists in the app. */
export class UnknownChannelError extends AlloraError {
  readonly code = 'ALLORA209'
}

/** `ALLORA210`: a known header has a value of the wrong type. */
export class InvalidHeaderError extends AlloraError {
  readonly code = 'ALLORA210'
}

/** One thing that is wrong with a payload. */
export interface PayloadIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** `ALLORA211`: a payload from outside does not fit the schema of its channel. */
export class InvalidPayloadError extends AlloraError {
  readonly code = 'ALLORA211'
  readonly issues: readonly PayloadIssue[]

  constructor(sentence: string, options: ErrorPlace & { readonly issues: readonly PayloadIssue[] }) {
    super(sentence, options)
    this.issues = options.issues
  }
}
