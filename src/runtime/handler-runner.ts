/** Runs a handler that was subscribed by hand: a flow of one step, which needs neither frame nor delivery while the handler answers at once. */
import { recordOf } from '../message/message.ts'
import type { AnyMessage, Consumer, Delivery, TakeAtOnce } from '../transport/transport.ts'
import type { BoundChannel } from './bound-channel.ts'
import type { Segment } from './compile.ts'
import { FlowRunner, type RunnerHost } from './flow-runner.ts'
import type { Frame, FrameSource } from './frame.ts'
import { isPlain } from './outcome.ts'
import type { Step } from './step.ts'

/** What is subscribed. */
export type Handler = (payload: unknown, message: AnyMessage) => unknown

/** Gives what a handler returned, or throws what it threw. */
type Answer = () => unknown

/** A handler does not see the exchange, so a frame is made only of a message that has to be waited for, or has failed. */
export class HandlerRunner extends FlowRunner {
  private readonly handler: Handler
  /** That of a message whose frame is about to begin: the handler has been called with it. */
  private answer: Answer | undefined = undefined

  constructor(flowId: string, host: RunnerHost, handler: Handler) {
    super(flowId, host)
    this.handler = handler
  }

  /** The function of the one step. */
  readonly call = (payload: unknown, { message }: Pick<Frame, 'message'>): unknown => {
    const { answer } = this
    this.answer = undefined
    return answer === undefined ? this.handler(payload, message) : answer()
  }

  /** Makes what handles messages without a delivery ({@link TakeAtOnce}). Its calls are what publishing costs, so it looks nothing up. */
  override atOnce(channel: BoundChannel, consumer: Consumer, { start, source }: Segment): TakeAtOnce {
    const { handler } = this
    const { activity, events } = this.host
    const { listeners } = events
    return (message) => {
      if (listeners.accepted !== undefined || listeners.delivered !== undefined) channel.announceDelivery(message, 1)
      const entry = recordOf(message)
      let rest: Consumer | undefined
      activity.enter()
      try {
        const result: unknown = handler(entry.payload, entry)
        if (!isPlain(result)) rest = this.goOn(returned(result), start, source)
      } catch (cause) {
        rest = this.goOn(thrown(cause), start, source)
      }
      if (rest === undefined && listeners.handled !== undefined) {
        events.emit('handled', { flowId: this.flowId, channelId: source.channelId, message: entry })
      }
      activity.leave()
      return rest
    }
  }

  private goOn(answer: Answer, start: Step, source: FrameSource): Consumer {
    return (delivery: Delivery) => {
      this.answer = answer
      return this.deliver(delivery, start, source)
    }
  }
}

const returned =
  (result: unknown): Answer =>
  () =>
    result

const thrown =
  (cause: unknown): Answer =>
  () => {
    throw cause
  }
