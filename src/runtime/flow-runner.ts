/** Runs messages through the compiled steps of one flow: the hot loop, the way into error scopes, and the end of each message. */
import type { AlloraError } from '../errors/allora-error.ts'
import type { FlowError } from '../errors/handling-errors.ts'
import type { LinkedSet } from '../memory/linked-list.ts'
import type { Failure } from '../message/failure.ts'
import { mix } from '../message/identity.ts'
import { recordOf } from '../message/message.ts'
import type { Clock } from '../transport/clock.ts'
import type { AnyMessage, Consumer, Delivery, SendOptions, TakeAtOnce, TellSettled } from '../transport/transport.ts'
import type { Activity } from './activity.ts'
import type { BoundChannel } from './bound-channel.ts'
import type { Segment } from './compile.ts'
import { Continuation, type FrameEnd } from './continuation.ts'
import type { DeadReason } from './dead-letters.ts'
import type { EventHub, RuntimeEvents } from './events.ts'
import { abortedError, flowError, isParked } from './flow-error.ts'
import { Frame, type FrameHost, type FrameSource } from './frame.ts'
import type { Gateway } from './gateway.ts'
import { HandedOver, IN_HAND } from './handed-over.ts'
import type { Instrumentation } from './instrumentation.ts'
import type { Log } from './log.ts'
import { failureOf, isPlain } from './outcome.ts'
import type { OpenGroup } from './open-group.ts'
import { settleFailed } from './settle-failed.ts'
import { BEGIN, END, type Next, SUSPENDED, type Step } from './step.ts'

/** What a runner needs of its runtime. */
export interface RunnerHost extends FrameHost {
  readonly clock: Clock
  /** From 0 to below 1. */
  readonly random: () => number
  readonly events: EventHub
  readonly activity: Activity
  readonly instrumentation: Instrumentation | undefined
  readonly gateway: Gateway
  /** The stop deadline has passed: whatever fails now goes back to its channel instead of to a scope. */
  readonly aborting: boolean
  /** Notes a frame that the stop cut off, for the stop report. */
  noteAborted(frame: Frame): void
  /** Frames that wait for something, the innermost first; for the stop report and the abort. */
  readonly suspended: LinkedSet<Continuation>
  /** Messages that steps put aside, for `idle` and the stop report. */
  readonly groups: Set<OpenGroup>
  /** Groups whose failure could not be parked yet, with what ends the waiting for it. */
  readonly unparked: Map<Frame, () => void>
  /** Makes dead letters of the frame's messages as they entered the flow. Throws when it cannot. */
  bury(frame: Frame, error: AlloraError, reason: DeadReason): void
  /** Resolves after so many milliseconds; never after an abort. */
  sleep(milliseconds: number): Promise<void>
  readonly log: Log
  /** Counts and announces a message given up on purpose. */
  drop(dropped: RuntimeEvents['dropped']): void
  /** A channel by its id. Throws `UnknownChannelError`. */
  channelOf(id: string): BoundChannel
  /** Sends without waiting. False when it was refused at once; `failed` is called when it is refused later. */
  offer(channel: BoundChannel, message: AnyMessage, failed: (error: unknown) => void): boolean
}

/**
 * So many messages may be run within each other in one stack: a message that is handed over runs in the stack of the step that sends it, and
 * a part in that of its split. The next one goes on in a stack of its own, so that no recursion is too deep.
 */
const DEEPEST = 200

/** How many are now. */
let depth = 0

/** The compiled steps of a flow and the loop over them. */
export class FlowRunner implements FrameEnd {
  readonly flowId: string
  /** Set when the flow is compiled. */
  steps: readonly Step[] = []
  readonly host: RunnerHost

  constructor(flowId: string, host: RunnerHost) {
    this.flowId = flowId
    this.host = host
  }

  /**
   * Takes a delivery through the flow from the step at `start` and settles it. Throws or rejects, once the error scopes have
   * decided, with what a waiting sender is to be told.
   */
  deliver(delivery: Delivery, start: Step, source: FrameSource): void | Promise<void> {
    return this.launch(new Frame(this.host, recordOf(delivery.message), delivery, source), start)
  }

  /**
   * Makes what takes messages without a delivery ({@link TakeAtOnce}), which is all that most need: it is asked for only by one that has
   * failed, or that has to wait while no sender does. `consumer` takes those of which more has to be known.
   */
  atOnce(channel: BoundChannel, consumer: Consumer, { start, source }: Segment): TakeAtOnce {
    const { host } = this
    const { activity } = host
    const take = (
      message: AnyMessage,
      options?: SendOptions,
      tell?: TellSettled,
    ): Consumer | Promise<void> | undefined => {
      if (options !== undefined && options !== host.sendOptions) return consumer
      channel.announceDelivery(message, 1)
      const frame = begin(host, message, source)
      activity.enter()
      let ended: boolean
      try {
        ended = this.advance(frame, start)
      } catch (error) {
        return onceDelivered(frame, () => this.failed(frame, error))
      }
      if (!ended) return this.suspend(frame, message, tell)
      const ending = frame.ended(true)
      if (ending !== undefined) return onceDelivered(frame, () => ending.then(() => this.settle(frame)))
      this.tellHandled(frame)
      return activity.leave() as undefined
    }
    // With nobody to tell there is no promise.
    return take as TakeAtOnce
  }

  private suspend(frame: Frame, message: AnyMessage, tell: TellSettled | undefined): Consumer | Promise<void> {
    const begin = (): Promise<void> => new Continuation(this, frame, this).begin()
    if (tell === undefined) return onceDelivered(frame, begin)
    frame.delivery = new HandedOver(message, tell)
    return begin()
  }

  /** Runs a frame that nobody else looks after: a delivery, or a group that a timer emits. */
  launch(frame: Frame, start: Step): void | Promise<void> {
    this.host.activity.enter()
    let ended: boolean
    try {
      ended = this.advance(frame, start)
    } catch (error) {
      return this.failed(frame, error)
    }
    return ended ? this.done(frame) : new Continuation(this, frame, this).begin()
  }

  /** Runs a dead letter again, from the step at `start` with the message as it is to enter it. Its failure makes a letter again. */
  replay(entry: AnyMessage, source: FrameSource, start: Step, message: AnyMessage): void | Promise<void> {
    const record = recordOf(entry)
    const again = recordOf(message)
    const frame = new Frame(this.host, record, undefined, source)
    // Made by the same step of the same message, so that what follows gets the ids it would have had (rule M1).
    const maker = this.steps.find(
      ({ place }) => mix(record.high, place.high) === again.high && mix(record.low, place.low) === again.low,
    )
    if (maker === undefined) frame.rebase(again)
    else frame.become(again.payload, again.rawHeaders, maker)
    return this.launch(frame, start)
  }

  /** Runs a part or a group on behalf of the frame that made it. Throws or rejects with what no scope took. */
  run(frame: Frame, start: Step): void | Promise<void> {
    let ended: boolean
    try {
      ended = this.advance(frame, start)
    } catch (error) {
      return SPAWNED.failed(frame, error)
    }
    return ended ? SPAWNED.done(frame) : new Continuation(this, frame, SPAWNED).begin()
  }

  /** The hot loop: from a step to the end, or to one that waits. Says whether it is the end. Throws what no scope took. */
  advance(frame: Frame, start: Step | undefined): boolean {
    if (depth === DEEPEST) return onFreshStack(frame, start)
    depth++
    let step = start
    for (;;) {
      try {
        while (step !== END) {
          let next: Next
          if (step.call === undefined) {
            next = step.enter(frame, step)
          } else {
            const result: unknown = step.call(frame.payload, frame)
            if (isPlain(result)) {
              frame.carry(result, step)
              step = step.next
              continue
            }
            next = step.resume(frame, result, step)
          }
          if (next === SUSPENDED) {
            frame.at = step
            depth--
            return false
          }
          step = next
        }
        depth--
        return true
      } catch (cause) {
        depth--
        step = this.scopeOf(frame, step!, cause)
        depth++
      }
    }
  }

  /** The error scope that takes a failure. Throws the wrapped error when there is none. */
  scopeOf(frame: Frame, step: Step, cause: unknown): Step {
    if (cause instanceof PassOn) {
      frame.fail(cause.failure, cause.error)
      throw cause.error
    }
    const relayed = frame.leaving && step.relays && isParked(cause)
    frame.leaving = false
    // Decided already, parked by whoever was sent to, or cut off by the stop.
    if ((frame.error !== undefined && cause === frame.error) || relayed || this.host.aborting) throw cause
    const failure = failureOf(cause)
    const error = flowError(frame, step, failure)
    if (this.host.events.listeners.failed !== undefined) {
      this.host.events.emit('failed', { flowId: this.flowId, nodeId: step.id, message: frame.message, error })
    }
    frame.fail(failure, error)
    if (step.scope === undefined) throw error
    return step.scope
  }

  /** The end of a frame that {@link launch} began. */
  done(frame: Frame): void | Promise<void> {
    const ending = frame.ended(true)
    return ending === undefined ? this.settle(frame) : ending.then(() => this.settle(frame))
  }

  private settle(frame: Frame): void | Promise<void> {
    const { activity } = this.host
    this.tellHandled(frame)
    const acked = frame.delivery?.ack()
    if (typeof acked !== 'object') return activity.leave()
    return acked.finally(() => activity.leave()).then(() => undefined)
  }

  private tellHandled(frame: Frame): void {
    const { events } = this.host
    if (events.listeners.handled === undefined) return
    events.emit('handled', { flowId: this.flowId, channelId: frame.source.channelId, message: frame.entry })
  }

  /** No scope took the failure: park the message, settle the delivery, tell who waits. Ends in throwing the error. */
  failed(frame: Frame, cause: unknown): Promise<never> {
    const ending = frame.ended(false)
    return ending === undefined ? this.park(frame, cause) : ending.then(() => this.park(frame, cause))
  }

  private park(frame: Frame, cause: unknown): Promise<never> {
    const { activity, aborting } = this.host
    const error = aborting ? abortedError(frame, cause) : cause
    if (aborting) this.host.noteAborted(frame)
    const settled = settleFailed(this.host, frame, error)
    if (typeof settled !== 'object') {
      activity.leave()
      throw error
    }
    const end = (): never => {
      activity.leave()
      throw error
    }
    return settled.then(end, end)
  }
}

/** Has a frame wait for nothing but its turn, and then begin where it was to begin. */
function onFreshStack(frame: Frame, start: Step | undefined): boolean {
  frame.at = start
  frame.pending = Promise.resolve(BEGIN)
  return false
}

/** A function of its own, so that V8 compiles the constructor into it, also where it has put enough into the caller already. */
const begin = (host: FrameHost, message: AnyMessage, source: FrameSource): Frame =>
  new Frame(host, recordOf(message), IN_HAND, source)

/** Goes on with a frame once it has its delivery. */
const onceDelivered =
  (frame: Frame, goOn: () => void | Promise<void>): Consumer =>
  (delivery) => {
    frame.delivery = delivery
    return goOn()
  }

/** Thrown by a step to hand an error that has passed its scopes to the frame that spawned the failing one. */
export class PassOn {
  readonly error: FlowError
  readonly failure: Failure<unknown> | undefined
  constructor(error: FlowError, failure: Failure<unknown> | undefined) {
    this.error = error
    this.failure = failure
  }
}

/** Parts and groups leave everything to the frame that made them. */
const SPAWNED: FrameEnd = {
  done: (frame) => frame.ended(true),
  failed(frame, error) {
    const ending = frame.ended(false)
    if (ending === undefined) throw error
    return ending.then(() => Promise.reject(error as Error))
  },
}
