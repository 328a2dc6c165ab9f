/** Steps that send: outlet, through, recipients, tap, errorOutlet, reply, and the request/reply of a call. */
import { RecipientsError } from '../../errors/handling-errors.ts'
import type { CallNode, RecipientsNode, Resilience } from '../../graph/graph.ts'
import { timeoutsOf } from '../../graph/resilience.ts'
import type { ErrorMessage } from '../../message/failure.ts'
import { type HeadersInit, withHeaders, withoutHeader } from '../../message/headers.ts'
import type { MessageRecord } from '../../message/message.ts'
import type { SendOptions } from '../../transport/transport.ts'
import type { BoundChannel } from '../bound-channel.ts'
import { isParked, parkedInChannel, sentenceOf } from '../flow-error.ts'
import type { RunnerHost } from '../flow-runner.ts'
import { choosing } from './choosing.ts'
import type { Frame } from '../frame.ts'
import { REPLY_TIMEOUT } from '../gateway.ts'
import { unwrap } from '../outcome.ts'
import { END, type Next, SUSPENDED, type Step } from '../step.ts'

/** Puts the policies of a record around a function. */
export type Guard = (fn: Function, record: Resilience) => Function

/** Sends and ends the frame with it. */
export function sendLast(frame: Frame, channel: BoundChannel, message: MessageRecord, options?: SendOptions): Next {
  frame.leaving = true
  const sending = channel.send(
    message,
    options === undefined ? frame.sendOptions : { signal: frame.signal, ...options },
  )
  if (sending === undefined) return END
  frame.pending = sending
  return SUSPENDED
}

/** `to` and `through`: the message goes to a channel. */
export function outlet(step: Step, channel: BoundChannel): void {
  step.channel = channel
  step.enter = send
}

const send = (frame: Frame, { channel }: Step): Next => sendLast(frame, channel!, frame.message)

/** `toEach`: the same message to every channel, in order (rule T4). */
export function recipients(
  step: Step,
  node: RecipientsNode,
  channels: readonly BoundChannel[],
  host: RunnerHost,
): void {
  step.enter = (frame) => sendToAll(frame, step, node, channels, host)
}

/** Sends to several channels, one after the other, and ends the frame with it. */
export function sendToAll(
  frame: Frame,
  step: Step,
  { onFailure }: Pick<RecipientsNode, 'onFailure'>,
  channels: readonly BoundChannel[],
  host: RunnerHost,
): Next {
  frame.pending = sendToEach(frame, channels, onFailure === 'continue').then((refused) => {
    for (const channelId of refused)
      host.drop({ reason: 'refused', message: frame.message, channelId, flowId: step.flowId, nodeId: step.id })
  })
  frame.leaving = true
  return SUSPENDED
}

/** Gives the channels that refused and will not hear of the message again. */
async function sendToEach(frame: Frame, channels: readonly BoundChannel[], goOn: boolean): Promise<readonly string[]> {
  const have: string[] = []
  const failures: [channelId: string, error: unknown][] = []
  for (const channel of channels) {
    try {
      await channel.send(frame.message, frame.sendOptions)
      have.push(channel.id)
    } catch (error) {
      failures.push([channel.id, error])
      if (!goOn) throw recipientsError(channel.id, have, error)
    }
  }
  if (have.length === 0 && failures.length > 0)
    throw recipientsError(channels.map(({ id }) => id).join('", "'), have, failures[0]![1])
  return failures.flatMap(([channelId, error]) => (isParked(error) ? [] : [channelId]))
}

function recipientsError(refused: string, have: readonly string[], cause: unknown): RecipientsError {
  const got = have.length === 0 ? 'No channel has it.' : `It is in "${have.join('", "')}" already.`
  return new RecipientsError(`The message could not be sent to "${refused}": ${sentenceOf(cause)} ${got}`, { cause })
}

/** `tap`: a copy goes to a channel; what becomes of it never concerns the main flow (rule T10). */
export function tap(step: Step, channel: BoundChannel, host: RunnerHost): void {
  step.enter = (frame) => {
    const copy = withoutReplyTo(frame, step)
    const failed = (error?: unknown): void => tapFailed(step, channel, copy, error, host)
    try {
      if (!host.offer(channel, copy, failed)) failed()
    } catch (error) {
      failed(error)
    }
    return step.next
  }
}

function tapFailed(
  { flowId, id: nodeId }: Step,
  { id: channelId }: BoundChannel,
  message: MessageRecord,
  error: unknown,
  host: RunnerHost,
): void {
  host.drop({ reason: 'tap-failed', message, channelId, flowId, nodeId })
  const why = error === undefined ? 'it has no room.' : sentenceOf(error)
  host.log.write('warn', () => `Tap "${nodeId}" of flow "${flowId}" lost a copy for channel "${channelId}": ${why}`, {
    flowId,
    nodeId,
    channelId,
    messageId: message.id,
    ...(error !== undefined && { error }),
  })
}

/** `errorsTo`: a failure that it takes goes to a channel, and the error says so to whoever waits (rules E1, E5). */
export function errorOutlet(
  step: Step,
  channel: BoundChannel,
  when: Function | undefined,
  ended: readonly string[],
): void {
  const dropped = ['replyTo', ...ended]
  const parked = (frame: Frame): never => {
    parkedInChannel(frame.error!, channel.id)
    throw frame.error!
  }
  step.enter = (frame) => {
    const sent = sendLast(frame, channel, errorMessage(frame, step, dropped))
    if (sent === END) return parked(frame)
    frame.pending = frame.pending!.then(() => parked(frame))
    return sent
  }
  if (when !== undefined) choosing(step, when)
}

function errorMessage(frame: Frame, step: Step, dropped: readonly string[]): MessageRecord {
  const error = frame.error!
  const payload: ErrorMessage<unknown> = {
    failure: frame.failure!,
    failed: frame.message,
    original: frame.entry,
    flowId: error.flowId!,
    nodeId: error.nodeId!,
    attempt: frame.attempt,
  }
  return frame.message.derive(payload, dropped.reduce(withoutHeader, frame.headers), step.place)
}

/** The end of a flow without `.to`: the payload goes to who asked, by the return address (rule G2). */
export function reply(step: Step, host: RunnerHost): void {
  step.enter = (frame) => {
    const { replyTo } = frame.headers
    if (replyTo === undefined) return END
    if (host.gateway.reply(replyTo, frame.payload, frame.headers)) return END
    if (!host.gateway.owns(replyTo)) return sendLast(frame, host.channelOf(replyTo), withoutReplyTo(frame, step))
    host.drop({ reason: 'late-reply', message: frame.message, flowId: step.flowId, nodeId: step.id })
    return END
  }
}

/** `call`: a request to another flow; its reply is the payload from here on, its typed failures are failures of this step (rule T14). */
export function call(step: Step, node: CallNode, channel: BoundChannel, host: RunnerHost, guard: Guard): void {
  const { attempt: timeout = REPLY_TIMEOUT, ...overall } = timeoutsOf(node)
  // The gateway limits one request by itself, and so does not leave it open.
  const ask = guard(
    (_: unknown, { message, signal }: Pick<Frame, 'message' | 'signal'>) =>
      host.gateway.open({ kind: 'call', channelId: channel.id, timeout, signal }, (replyTo) =>
        channel.send(message.derive(message.payload, withHeaders(message.rawHeaders, { replyTo }), step.place), {
          signal,
        }),
      ),
    { ...node, timeout: overall },
  )
  step.enter = (frame) => {
    frame.pending = ask(frame.payload, frame) as Promise<unknown>
    return SUSPENDED
  }
  step.resume = (frame, answer) => {
    frame.become(unwrap(answer), frame.headers, step)
    return step.next
  }
}

/** A copy that nobody replies to. */
const withoutReplyTo = (frame: Frame, step: Step): MessageRecord =>
  frame.headers.replyTo === undefined
    ? frame.message
    : readdressed(frame, step, withoutHeader(frame.headers, 'replyTo'))

const readdressed = (frame: Frame, step: Step, headers: HeadersInit): MessageRecord =>
  frame.message.derive(frame.payload, headers, step.place)
