/** Puts the watches of an instrumentation around the work of a runtime. All of it is done while the runtime starts, so it costs nothing otherwise. */
import { type Either, isLeft } from 'fp-ts/lib/Either.js'
import { isDraft, isMessage } from '../message/message.ts'
import { type HeadersInit, NO_HEADERS, withHeaders } from '../message/headers.ts'
import type { Consumer } from '../transport/transport.ts'
import type { BoundChannel } from './bound-channel.ts'
import { type FlowRunner, PassOn } from './flow-runner.ts'
import type { Frame } from './frame.ts'
import type { Instrumentation, NodePlace, Watch } from './instrumentation.ts'
import { failureOf } from './outcome.ts'
import { type Next, placeOf, SUSPENDED, type Step } from './step.ts'

/** Does work that ends at once, or when the promise it gives settles. */
export function watched<T>(watch: Watch, work: () => T): T {
  let result: T
  try {
    result = watch.run(work)
  } catch (error) {
    watch.fail(causeOf(error))
    throw error
  }
  if (result instanceof Promise) return watchedUntil(watch, result) as T
  watch.end()
  return result
}

function watchedUntil<T>(watch: Watch, promise: Promise<T>): Promise<T> {
  return promise.then(
    (value) => {
      watch.end()
      return value
    },
    (error: unknown) => {
      watch.fail(causeOf(error))
      throw error
    },
  )
}

/** The consumer under the watch of each message it is given. */
export function watchedConsumer(
  consumer: Consumer,
  { port: { spec } }: BoundChannel,
  flowId: string,
  instrumentation: Instrumentation,
): Consumer {
  return (delivery) => {
    const { message, attempt } = delivery
    const watch = instrumentation.handle!({ flowId, channel: spec, message, attempt, members: NONE })
    return watched(watch, () => consumer(delivery))
  }
}

/** Has a flow's steps watched, its parts and branches, and the messages that go on without a delivery: groups, and what had to wait. */
export function watchRunner(runner: FlowRunner, instrumentation: Instrumentation): void {
  const suspended = new SuspendedSteps()
  for (const step of runner.steps) {
    const open = instrumentation.step?.(placeOf(step))
    if (open !== undefined) watchStep(step, open, suspended)
  }
  if (instrumentation.part !== undefined) watchParts(runner, instrumentation)
  if (instrumentation.handle !== undefined) watchLaunches(runner, instrumentation)
}

/** The function that combines a group, under its watch. */
export function watchedCombine(
  combine: Function | undefined,
  place: NodePlace,
  instrumentation: Instrumentation,
): Function | undefined {
  const open = instrumentation.gather?.(place)
  if (open === undefined) return combine
  return (payloads: unknown, frame: Frame): unknown =>
    watched(open(frame, frame.group!.memberHeaders), () =>
      combine === undefined ? payloads : (combine(payloads, frame) as unknown),
    )
}

/** Something that answers requests. */
interface Answering {
  request(id: string, value: unknown, options?: { readonly timeout?: number }): Promise<Either<unknown, unknown>>
}

/** Has the requests from outside watched. */
export function watchRequests(engine: Answering, instrumentation: Instrumentation): void {
  const request = engine.request.bind(engine)
  engine.request = (id, value, options) => {
    const headers: HeadersInit = isDraft(value) || isMessage(value) ? value.headers : NO_HEADERS
    const watch = instrumentation.request!(id, headers)
    const reply = watch.run(() => request(id, value, options))
    reply.then(
      (either) => (isLeft(either) ? watch.fail(either.left) : watch.end()),
      (error: unknown) => watch.fail(error),
    )
    return reply
  }
}

/** What a watch is told of what a step threw. */
function causeOf(thrown: unknown): unknown {
  if (thrown instanceof PassOn) return thrown.error
  const failure = failureOf(thrown)
  return failure.kind === 'failure' ? failure.error : failure.cause
}

const NONE: readonly HeadersInit[] = []

function watchParts(runner: FlowRunner, instrumentation: Instrumentation): void {
  const run = runner.run.bind(runner)
  runner.run = (frame, start) => {
    // A group that its split completes is watched where it is combined.
    if (frame.group !== undefined) return run(frame, start)
    const kind = frame.split === undefined ? 'branch' : 'part'
    const watch = instrumentation.part!({ flowId: runner.flowId, kind, headers: frame.headers })
    frame.headers = withHeaders(frame.headers, watch.headers)
    return watched(watch, () => run(frame, start))
  }
}

function watchLaunches(runner: FlowRunner, instrumentation: Instrumentation): void {
  const { flowId, host } = runner
  const launch = runner.launch.bind(runner)
  runner.launch = (frame, start) => {
    // What has a delivery is watched by its consumer.
    if (frame.delivery !== undefined) return launch(frame, start)
    const { group, message, attempt, source } = frame
    const channel = host.channelOf(source.channelId).port.spec
    const members = group?.memberHeaders ?? NONE
    const watch = instrumentation.handle!({ flowId, channel, message, attempt, members })
    return watched(watch, () => launch(frame, start))
  }
}

/** The watches of steps that wait. A frame waits in one step at a time, and one that is cut off there ends its watch with it. */
class SuspendedSteps {
  private readonly watches = new WeakMap<Frame, Watch | undefined>()

  add(frame: Frame, watch: Watch): void {
    if (!this.watches.has(frame)) {
      frame.whenEnded((succeeded) => {
        const left = this.take(frame)
        if (succeeded) left?.end()
        else left?.fail(frame.error ?? frame.signal.reason)
      })
    }
    this.watches.set(frame, watch)
  }

  take(frame: Frame): Watch | undefined {
    const watch = this.watches.get(frame)
    if (watch !== undefined) this.watches.set(frame, undefined)
    return watch
  }
}

function watchStep(step: Step, open: (frame: Frame) => Watch, suspended: SuspendedSteps): void {
  const { enter, resume } = step
  /** Does a stretch of the step's work; the watch ends when the step has. */
  const stretch = (frame: Frame, watch: Watch, work: () => Next): Next => {
    try {
      const next = watch.run(work)
      if (next === SUSPENDED) suspend(frame, watch, suspended)
      else watch.end()
      return next
    } catch (error) {
      watch.fail(causeOf(error))
      throw error
    }
  }
  step.call = undefined
  step.enter = (frame) => stretch(frame, open(frame), () => enter(frame, step))
  step.resume = (frame, value) => {
    const watch = suspended.take(frame)
    return watch === undefined ? resume(frame, value, step) : stretch(frame, watch, () => resume(frame, value, step))
  }
}

function suspend(frame: Frame, watch: Watch, suspended: SuspendedSteps): void {
  suspended.add(frame, watch)
  // A rejection does not come back to the step.
  frame.pending = frame.pending!.then(undefined, (error: unknown) => {
    if (suspended.take(frame) === watch) watch.fail(causeOf(error))
    throw error
  })
}
