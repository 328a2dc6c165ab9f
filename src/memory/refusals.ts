/** What the channels of this transport refuse with, in sentences. */
import {
  ChannelClosedError,
  ChannelFullError,
  InvalidOptionError,
  NoSubscriberError,
  SendTimeoutError,
  UnsupportedError,
} from '../errors/channel-errors.ts'
import type { ExpiredError } from '../errors/handling-errors.ts'
import type { ChannelSpec } from '../graph/graph.ts'
import { expired } from '../transport/expiry.ts'
import type { AnyMessage } from '../transport/transport.ts'

/** A send to a closed channel. */
export function closedForSending(spec: ChannelSpec, message: AnyMessage): ChannelClosedError {
  return new ChannelClosedError(
    `Channel "${spec.id}" is closed and takes no more messages. Send before it is closed.`,
    {
      channelId: spec.id,
      messageId: message.id,
    },
  )
}

/** A send that still waits when the runtime has stopped. */
export function closedWhileWaiting(spec: ChannelSpec, message: AnyMessage): ChannelClosedError {
  return new ChannelClosedError(
    `The runtime stopped before channel "${spec.id}" took the message. Send it again to a runtime that runs, or stop its senders before the runtime.`,
    { channelId: spec.id, messageId: message.id },
  )
}

/** A take that would wait on a closed channel. */
export function closedForTaking(channelId: string): ChannelClosedError {
  return new ChannelClosedError(
    `Channel "${channelId}" is closed and holds no message to take, so none is waited for. Stop taking when the channel is closed.`,
    { channelId },
  )
}

/** A sender that waits for the handling of a message when the runtime has stopped. */
export function closedUnhandled(spec: ChannelSpec): ChannelClosedError {
  return new ChannelClosedError(
    `The runtime stopped before the message in channel "${spec.id}" was handled. The message is in the stop report.`,
    { channelId: spec.id },
  )
}

/** A sender that waits for the handling of a message that has expired, and is a dead letter. */
export function expiredAndParked(channelId: string, message: AnyMessage): ExpiredError {
  const error = expired(channelId, message.id)
  error.parked = { kind: 'deadLetters' }
  error.message += ' The message is a dead letter.'
  return error
}

/** A direct sender whose message has expired and could not become a dead letter. */
export function expiredAndRefused(channelId: string, message: AnyMessage, refusal: unknown): ExpiredError {
  const error = expired(channelId, message.id)
  error.message += ` It could not become a dead letter: ${refusal instanceof Error ? refusal.message : String(refusal)}`
  return error
}

/** `overflow: 'reject'`. */
export function full(spec: ChannelSpec, message: AnyMessage, capacity: number): ChannelFullError {
  return new ChannelFullError(
    `Channel "${spec.id}" is full at its capacity of ${capacity} and refuses more (overflow: 'reject'). Take messages faster, raise its capacity, or choose overflow: 'wait'.`,
    { channelId: spec.id, messageId: message.id },
  )
}

/** Nobody to hand the message to, or fewer than `minSubscribers`. */
export function noSubscriber(spec: ChannelSpec, message: AnyMessage, subscribers = 0): NoSubscriberError {
  const sentence =
    spec.kind === 'direct'
      ? 'has no consumer to hand the message to. Start a flow from it first, or make it a queue, which keeps messages until somebody comes.'
      : `has ${subscribers} of the ${spec.minSubscribers} subscribers it needs. Start more flows from it first, or lower minSubscribers.`
  return new NoSubscriberError(`Channel "${spec.id}" ${sentence}`, { channelId: spec.id, messageId: message.id })
}

/** A send that waited too long. */
export function timedOut(spec: ChannelSpec, message: AnyMessage, timeout: number): SendTimeoutError {
  const time = timeout > 0 ? `within ${timeout} ms` : 'at once'
  return new SendTimeoutError(
    `Channel "${spec.id}" did not take the message ${time}: ${OBSTACLES[spec.kind]}, or give the send more time.`,
    {
      channelId: spec.id,
      messageId: message.id,
    },
  )
}

const OBSTACLES: { readonly [K in ChannelSpec['kind']]: string } = {
  direct: 'all its consumers are paused. Resume one',
  queue: 'it is full. Take messages faster, raise its capacity',
  priority: 'it is full. Take messages faster, raise its capacity',
  rendezvous: 'nobody was there to receive it. Receive more often',
  pubsub: 'a subscriber has no room for it. Handle messages faster, raise its capacity',
}

/** A consumer that wants another order than those before it. */
export function otherKey(channelId: string, consumer: string): InvalidOptionError {
  return new InvalidOptionError(
    `Channel "${channelId}" keeps order by the key of another consumer, so ${consumer} cannot have it keep order by its own. Give all consumers of the channel the same orderBy function, or stop the others first.`,
    { channelId },
  )
}

/** `take`, `receive`, `tryTake` or `purge` on a channel that holds nothing to take. */
export function nothingToTake(spec: ChannelSpec, what: string): UnsupportedError {
  return new UnsupportedError(
    `Channel "${spec.id}" is ${spec.kind} and hands its messages to its consumers at once, so there is nothing to ${what}. Consume from it, or make it a queue.`,
    { channelId: spec.id },
  )
}
