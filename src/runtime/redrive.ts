/** Runs dead letters again: by their channel, or in the flow that failed, from its start or from the node (rule E6). */
import { RedriveError } from '../errors/lifecycle-errors.ts'
import type { Channels } from './channels.ts'
import type { Attachment, Consumers } from './consumers.ts'
import type { DeadLetter, RedriveOptions } from './dead-letters.ts'

/** What a redrive needs of its runtime. */
export interface RedriveHost {
  readonly consumers: Consumers
  /** The channels; throws unless the runtime runs. */
  running(): Channels
}

/** Finds the way a letter goes again. Throws `RedriveError` when there is none. */
export function wayAgain(
  host: RedriveHost,
  letter: DeadLetter,
  from: RedriveOptions['from'],
): () => void | Promise<void> {
  const { message, channelId, flowId, nodeId, failed } = letter
  const channel = host.running().get(channelId)
  if (from === 'node') {
    if (failed === undefined) throw notKept(letter)
    const { runner, segment } = consumerOf(host, letter)
    const start = runner.steps.find(({ id }) => id === nodeId)!
    return () => runner.replay(message, segment.source, start, failed)
  }
  // The other subscribers have had their copy.
  if (channel.port.spec.kind === 'pubsub' && flowId !== undefined) {
    const { runner, segment } = consumerOf(host, letter)
    return () => runner.replay(message, segment.source, segment.start, message)
  }
  return () => channel.send(message)
}

function consumerOf({ consumers }: RedriveHost, { id, channelId, flowId }: DeadLetter): Attachment {
  const attachment = flowId === undefined ? undefined : consumers.of(channelId, flowId)
  if (attachment !== undefined) return attachment
  throw new RedriveError(
    `The dead letter of message "${id}" goes again in the flow "${flowId}", which takes no messages from channel "${channelId}" now. Call rt.control.resume or rt.control.start first.`,
    { channelId, messageId: id, ...(flowId === undefined ? {} : { flowId }) },
  )
}

function notKept({ id, channelId, flowId, nodeId, reason }: DeadLetter): RedriveError {
  const why =
    nodeId === undefined || reason === 'expired'
      ? 'it was in no node'
      : `what entered node "${nodeId}" is not kept: it was a part of a split, a group of messages, or a failure`
  return new RedriveError(
    `The dead letter of message "${id}" cannot go again from the node that failed, since ${why}. Leave out { from: 'node' } to have it begin anew.`,
    { channelId, messageId: id, ...(flowId === undefined ? {} : { flowId }) },
  )
}
