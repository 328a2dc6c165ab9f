/** Steps that take a message from flow to flow, each asked with what the one before it replied: routingSlip and dynamicRoute (rule T14). */
import { withHeaders } from '../../message/headers.ts'
import { HopLimitError } from '../../errors/handling-errors.ts'
import type { DynamicRouteNode, RoutingSlipNode } from '../../graph/graph.ts'
import type { MessageRecord } from '../../message/message.ts'
import type { Behaviour } from '../behaviour.ts'
import type { BoundChannel } from '../bound-channel.ts'
import type { RunnerHost } from '../flow-runner.ts'
import type { Frame } from '../frame.ts'
import { REPLY_TIMEOUT } from '../gateway.ts'
import { promiseOf, unwrap } from '../outcome.ts'
import { SUSPENDED, type Step } from '../step.ts'
import { selectedChannel, selectedChannels } from './selected-channels.ts'

/** `routingSlip`: the list is made once, before the first hop. */
export function routingSlip(of: Behaviour, step: Step, node: RoutingSlipNode): void {
  const select = of.fn(node.service)
  const channels = of.selectable(node)
  travelling(step, async (frame) => {
    const slip = selectedChannels(await resultOf(select, frame), channels)
    if (slip.length > node.max)
      throw new HopLimitError(
        `The routing slip has ${slip.length} channels, and its max is ${node.max}. Make it shorter, or raise { max }.`,
      )
    for (const [i, channel] of slip.entries()) await visit(frame, step, channel, i + 1, node, of.host)
  })
}

/** `dynamicRoute`: before every hop it is asked where to go next, until it gives `undefined`. */
export function dynamicRoute(of: Behaviour, step: Step, node: DynamicRouteNode): void {
  const select = of.fn(node.service)
  const channels = of.selectable(node)
  travelling(step, async (frame) => {
    for (let hop = 1; ; hop++) {
      const id = await resultOf(select, frame)
      if (id === undefined) return
      const channel = selectedChannel(id, channels)
      if (hop > node.max)
        throw new HopLimitError(
          `The message has taken ${node.max} hops, as many as its max allows, and is to go to "${channel.id}". End the route sooner, or raise { max }.`,
        )
      await visit(frame, step, channel, hop, node, of.host)
    }
  })
}

/** The journey has a frame of its own: should it fail, the message is as it was when it entered the step. */
function travelling(step: Step, travel: (frame: Frame) => Promise<void>): void {
  step.enter = (frame) => {
    const traveller = frame.spawn(frame.message, frame.split)
    frame.pending = travel(traveller).then(() => traveller.message)
    return SUSPENDED
  }
  step.resume = (frame, message) => {
    frame.rebase(message as MessageRecord)
    return step.next
  }
}

async function resultOf(select: Function, frame: Frame): Promise<unknown> {
  const result: unknown = select(frame.payload, frame)
  return unwrap(await (promiseOf(result) ?? result))
}

/** Asks the flow behind a channel; its reply is the payload from here on, its typed failure that of the step. */
async function visit(
  frame: Frame,
  step: Step,
  channel: BoundChannel,
  hop: number,
  { timeout = REPLY_TIMEOUT }: { readonly timeout?: number },
  host: RunnerHost,
): Promise<void> {
  const { message, headers, signal } = frame
  const answer = await host.gateway.open({ kind: 'call', channelId: channel.id, timeout, signal }, (replyTo) =>
    channel.send(
      message.derive(message.payload, withHeaders(headers, { replyTo }), step.place, hop),
      frame.sendOptions,
    ),
  )
  frame.rebase(message.derive(unwrap(answer), headers, step.place, hop))
}
