/** Makes the one error that wraps what a step threw, with the place and what became of the message. */
import { AlloraError } from '../errors/allora-error.ts'
import { AbortedError, ExpiredError, FlowError } from '../errors/handling-errors.ts'
import type { Failure } from '../message/failure.ts'
import type { AnyMessage } from '../transport/transport.ts'
import type { Frame } from './frame.ts'
import type { Step } from './step.ts'

/** Wraps a failure once. The message is completed when it is known where the failed message went. */
export function flowError(frame: Frame, step: Step, failure: Failure<unknown>): FlowError {
  const cause = failure.kind === 'failure' ? failure.error : failure.cause
  const earlier =
    frame.error === undefined ? '' : ` This happened while an earlier failure was handled: ${frame.error.message}`
  const error = new FlowError(
    `Flow "${step.flowId}" failed at node "${step.id}" (${step.kind}): ${sentenceOf(cause)}${earlier}`,
    {
      kind: failure.kind,
      flowId: step.flowId,
      nodeId: step.id,
      channelId: frame.source.channelId,
      messageId: frame.entry.id,
      attempt: frame.attempt,
      cause,
    },
  )
  if (frame.split === undefined && frame.gathered === undefined && step.kind !== 'recover')
    failedMessages.set(error, frame.message)
  return error
}

/** The messages as they entered the nodes that failed, where that is all there is to run the node again. */
const failedMessages = new WeakMap<AlloraError, AnyMessage>()

/** The message as it entered the node that failed; `undefined` when a part, a group or an error scope did. */
export const failedMessage = (error: AlloraError): AnyMessage | undefined => failedMessages.get(error)

/** What a message in work at the stop deadline fails with. */
export function abortedError(frame: Frame, cause: unknown): AbortedError {
  const { at, source, entry } = frame
  const place = at === undefined ? `flow "${source.flowId}"` : `node "${at.id}" (${at.kind}) of flow "${source.flowId}"`
  return new AbortedError(
    `Message "${entry.id}" was still in ${place} when the stop deadline passed. ${
      source.handsOver
        ? 'It was not handled to the end; send it again.'
        : `It is back in channel "${source.channelId}".`
    } Give stop() a longer { timeout }, or have the handler watch exchange.signal.`,
    {
      flowId: source.flowId,
      ...(at === undefined ? {} : { nodeId: at.id }),
      channelId: source.channelId,
      messageId: entry.id,
      attempt: frame.attempt,
      cause,
    },
  )
}

/** Whether an error says of itself, and of every error it gathers, that the message is kept elsewhere. */
export function isParked(error: unknown): boolean {
  if (error instanceof FlowError || error instanceof ExpiredError) return error.parked !== undefined
  const { errors } = Object(error) as { readonly errors?: unknown }
  return Array.isArray(errors) && errors.length > 0 && errors.every(isParked)
}

/** Notes on the error where the failed message went, for the reader of its sentence. */
export function parkedInDeadLetters(error: FlowError, messageId: string): void {
  error.parked = { kind: 'deadLetters' }
  error.message += ` The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "${messageId}" }).`
}

/** Notes on the error that another consumer of the channel has the message now. */
export function parkedWithNext(error: FlowError, channelId: string): void {
  error.parked = { kind: 'consumer', channelId }
  error.message += ` The message went to the next consumer of channel "${channelId}".`
}

/** Notes on the error of the last consumer what those before it failed with. */
export function failedBefore(error: FlowError, failures: readonly unknown[]): void {
  for (const failure of failures) error.message += ` Before it: ${sentenceOf(failure)}`
}

/** Notes on the error that an error channel has the failed message. */
export function parkedInChannel(error: FlowError, channelId: string): void {
  error.parked = { kind: 'channel', channelId }
  error.message += ` The message went to the error channel "${channelId}".`
}

/** A cause in words that end in a full stop; causes can be anything, also `undefined`. */
export function sentenceOf(cause: unknown): string {
  const text = textOf(cause)
  return /[.!?]$/.test(text) ? text : `${text}.`
}

function textOf(cause: unknown): string {
  if (cause instanceof AlloraError) return cause.message
  if (cause instanceof Error) return cause.message === '' ? cause.name : `${cause.name}: ${cause.message}`
  if (typeof cause === 'string') return cause
  if (cause === undefined) return 'undefined was thrown'
  if (typeof cause === 'function') return 'a function was thrown'
  if (typeof cause !== 'object' || cause === null) return String(cause)
  const { _tag: tag } = cause as { readonly _tag?: unknown }
  try {
    return `${typeof tag === 'string' ? `${tag} ` : ''}${JSON.stringify(cause)}`
  } catch {
    return typeof tag === 'string' ? tag : 'something that has no text'
  }
}
