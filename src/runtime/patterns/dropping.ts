/** Giving a message up on purpose: it is counted and announced, and who asked is told instead of being left to the timeout. */
import { NoReplyError } from '../../errors/handling-errors.ts'
import type { BoundChannel } from '../bound-channel.ts'
import type { DropReason } from '../events.ts'
import { isParked } from '../flow-error.ts'
import type { RunnerHost } from '../flow-runner.ts'
import type { Frame } from '../frame.ts'
import { END, type Next, type Step } from '../step.ts'
import { sendLast } from './sending.ts'

/** Drops the message of a frame. */
export function drop(frame: Frame, reason: DropReason, step: Step, host: RunnerHost): void {
  host.drop({ reason, message: frame.message, flowId: step.flowId, nodeId: step.id })
  endUnanswered(frame, step, host)
}

/** Ends the frame: its message goes to the channel for what is discarded, or is dropped when there is none. */
export function discard(
  frame: Frame,
  channel: BoundChannel | undefined,
  reason: DropReason,
  step: Step,
  host: RunnerHost,
): Next {
  if (channel !== undefined) return sendLast(frame, channel, frame.message)
  drop(frame, reason, step, host)
  return END
}

/** {@link discard} for a frame that nobody runs any more: it waits for room by itself. */
export async function discardLater(
  frame: Frame,
  channel: BoundChannel | undefined,
  reason: DropReason,
  step: Step,
  host: RunnerHost,
): Promise<void> {
  host.activity.enter()
  try {
    if (channel === undefined) drop(frame, reason, step, host)
    else await channel.send(frame.message, frame.sendOptions)
  } catch (error) {
    if (!isParked(error)) drop(frame, reason, step, host)
  }
  await frame.ended(true)
  host.activity.leave()
}

/** Nothing comes of the frame. For a part of a split that is known when nothing comes of the others either. */
export function endUnanswered(frame: Frame, step: Step, host: RunnerHost): void {
  if (frame.split !== undefined) {
    frame.split.dropped++
    return
  }
  const { replyTo } = frame.headers
  if (replyTo === undefined) return
  const error = new NoReplyError(
    `Node "${step.id}" (${step.kind}) of flow "${step.flowId}" dropped the message of the request, so no reply will come. Send it to a channel whose flow replies, such as with { discardTo }, or handle the rejection.`,
    { flowId: step.flowId, nodeId: step.id, channelId: frame.source.channelId, messageId: frame.entry.id },
  )
  host.gateway.fail(replyTo, { kind: 'defect', cause: error }, error)
}
