/** Giving a message up on purpose: it is counted and announced, and who asked is told instead of being left to the timeout. */
import { NoReplyError } from '../../errors/handling-errors.ts'
import type { DropReason } from '../events.ts'
import type { RunnerHost } from '../flow-runner.ts'
import type { Frame } from '../frame.ts'
import type { Step } from '../step.ts'

/** Drops the message of a frame. */
export function drop(frame: Frame, reason: DropReason, step: Step, host: RunnerHost): void {
  host.drop({ reason, message: frame.message, flowId: step.flowId, nodeId: step.id })
  endUnanswered(frame, step, host)
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
