/** What becomes of a message whose failure no error scope took: it is parked, given back or passed on, and who waits is told (rule E1). */
import type { AlloraError } from '../errors/allora-error.ts'
import { type FlowError, InvalidMessageError } from '../errors/handling-errors.ts'
import type { DeadReason } from './dead-letters.ts'
import { failedBefore, isParked, parkedInDeadLetters, parkedWithNext, sentenceOf } from './flow-error.ts'
import type { RunnerHost } from './flow-runner.ts'
import type { Frame } from './frame.ts'

/** What settling a delivery gives: a promise when it takes time. */
type Settling = void | boolean | Promise<unknown>

/** A message whose failure could not be parked comes again after this many milliseconds. */
const UNPARKED_DELAY = 1_000

/** Parks what a frame stands for, settles its delivery, and tells who waits for the reply. */
export function settleFailed(host: RunnerHost, frame: Frame, error: unknown): Settling {
  if (passOn(host, frame, error)) return
  const replyTo = frame.gathered?.replyTo ?? frame.entry.rawHeaders.replyTo
  const requester = host.gateway.requester(replyTo)
  // A typed failure answers a request; a call's own scopes take every failure.
  const answered = requester === 'call' || (requester === 'request' && frame.failure?.kind === 'failure')
  try {
    if (host.aborting) return giveBack(host, frame, undefined)
    if (isParked(error)) {
      frame.gathered?.parked?.()
      return frame.delivery?.ack()
    }
    const failed = error as FlowError
    if (answered && frame.gathered === undefined) {
      failed.parked = { kind: 'caller' }
      return frame.delivery?.ack()
    }
    return bury(host, frame, failed)
  } finally {
    host.gateway.fail(replyTo, frame.failure ?? { kind: 'defect', cause: error }, error)
  }
}

/** In failover, a message goes to the next consumer before it is given up. A group is more than the one message that completed it. */
function passOn({ aborting, events }: RunnerHost, frame: Frame, error: unknown): boolean {
  const { delivery, entry, gathered, source } = frame
  if (delivery?.passOn === undefined || gathered !== undefined || aborting || isParked(error)) return false
  if (!delivery.passOn(error)) {
    failedBefore(error as FlowError, delivery.failures ?? [])
    return false
  }
  parkedWithNext(error as FlowError, source.channelId)
  events.emit('retried', { channelId: source.channelId, message: entry, attempt: delivery.attempt + 1, delay: 0 })
  return true
}

function bury(host: RunnerHost, frame: Frame, error: FlowError): Settling {
  try {
    host.bury(frame, error, reasonOf(error))
  } catch (refusal) {
    error.message += ` ${sentenceOf(refusal)}`
    const hasChannel = frame.gathered === undefined && frame.delivery !== undefined
    return hasChannel ? giveBack(host, frame, UNPARKED_DELAY) : parkLater(host, frame, error)
  }
  parkedInDeadLetters(error, frame.entry.id)
  return frame.delivery?.ack('dead')
}

/** A channel that holds messages gets its message back; a direct sender still has it, and is told by the error. */
function giveBack(host: RunnerHost, frame: Frame, delay: number | undefined): Settling {
  const { events } = host
  const { delivery, source, entry } = frame
  if (delivery === undefined) return
  if (source.handsOver) {
    host.drop({ reason: 'refused', message: entry, channelId: source.channelId, flowId: source.flowId })
    return delivery.ack('dropped')
  }
  events.emit('retried', {
    channelId: source.channelId,
    message: entry,
    attempt: delivery.attempt + 1,
    delay: delay ?? 0,
  })
  return delivery.nack(delay === undefined ? undefined : { delay })
}

/** A group, or a message that was put aside, has no channel to go back to: it stays in flight until the dead letters have room. */
function parkLater(host: RunnerHost, frame: Frame, error: AlloraError): Promise<unknown> {
  return new Promise((resolve) => {
    const end = (settled: Settling): void => {
      host.unparked.delete(frame)
      resolve(settled)
    }
    const retry = (): void => {
      try {
        host.bury(frame, error, reasonOf(error))
      } catch {
        timer = host.clock.schedule(UNPARKED_DELAY, retry)
        return
      }
      end(frame.delivery?.ack('dead'))
    }
    let timer = host.clock.schedule(UNPARKED_DELAY, retry)
    host.unparked.set(frame, () => {
      timer.cancel()
      end(giveBack(host, frame, undefined))
    })
  })
}

/** A message that does not fit a schema is a dead letter of its own kind (Invalid Message Channel). */
const reasonOf = (error: AlloraError): DeadReason => (error.cause instanceof InvalidMessageError ? 'invalid' : 'failed')
