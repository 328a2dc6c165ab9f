/** Runs a source: pulls an arrival whenever there is room, sends it into the flow, and tells the source how that ended (rule T17). */
import type { Either } from 'fp-ts/lib/Either.js'
import { SourceError, StoppedError } from '../errors/lifecycle-errors.ts'
import type { SourceNode } from '../graph/graph.ts'
import type { Arrival, Reply, ReplyWish, Source, SourceEnv } from '../message/source.ts'
import type { Clock } from '../transport/clock.ts'
import { observe } from '../transport/observe.ts'
import type { Acceptance } from './acceptance.ts'
import type { Activity } from './activity.ts'
import { arrivalsOf, requireArrival } from './arrivals.ts'
import type { BoundChannel } from './bound-channel.ts'
import type { EventHub } from './events.ts'
import { sentenceOf } from './flow-error.ts'
import type { Instrumentation } from './instrumentation.ts'
import type { Log } from './log.ts'
import type { LogPlace } from './logger.ts'

/** What a source runner needs of its runtime. */
export interface SourceHost {
  readonly clock: Clock
  readonly activity: Activity
  readonly acceptance: Acceptance
  readonly events: EventHub
  readonly aborting: boolean
  /** Aborted at the stop deadline. */
  readonly signal: AbortSignal
  /** Sends a request and waits for its reply; `sent` is given what the sending takes. */
  ask(
    channel: BoundChannel,
    payload: unknown,
    wish: ReplyWish,
    sent: (sending: void | Promise<void>) => void,
  ): Promise<Either<unknown, Reply>>
  readonly log: Log
  readonly instrumentation: Instrumentation | undefined
}

/** `ended`: there is no more; `failed`: it ended with an error. */
export type SourceState = 'open' | 'closed' | 'ended' | 'failed'

/** The source of one flow. */
export class SourceRunner {
  readonly node: SourceNode
  state: SourceState = 'closed'
  /** Messages sent into the flow and not through yet. */
  inFlight = 0
  private readonly flowId: string
  private readonly source: Source<unknown>
  private readonly channel: BoundChannel
  private readonly host: SourceHost
  private granted: number
  private paused = false
  private opening: Opening | undefined = undefined
  private wake: (() => void) | undefined = undefined

  constructor(flowId: string, node: SourceNode, source: Source<unknown>, channel: BoundChannel, host: SourceHost) {
    this.flowId = flowId
    this.node = node
    this.source = source
    this.channel = channel
    this.host = host
    this.granted = node.maxInFlight ?? source.maxInFlight ?? 1
  }

  get maxInFlight(): number {
    return this.granted
  }

  set maxInFlight(most: number) {
    this.granted = most
    this.changed()
  }

  /** Opens the source, once all that an earlier opening sent is through. Rejects when it cannot be opened. */
  async open(): Promise<void> {
    const opening = new Opening(this.host, this.place)
    this.opening = opening
    this.paused = false
    while (this.inFlight > 0) await this.change()
    if (opening.isStopped()) return
    opening.arrivals = arrivalsOf(await this.source.open(opening.env), this.place)
    if (opening.isStopped()) return opening.leave()
    this.state = 'open'
  }

  /** Begins to send. */
  feed(): void {
    if (this.opening !== undefined) void this.pump(this.opening)
  }

  pause(): void {
    this.paused = true
    this.changed()
  }

  resume(): void {
    this.paused = false
    this.changed()
  }

  /** Asks for no more. What was sent goes on. */
  close(): void {
    this.opening?.stop()
    this.opening = undefined
    if (this.state === 'open') this.state = 'closed'
    this.changed()
  }

  private get place(): LogPlace {
    return { flowId: this.flowId, nodeId: this.node.id, channelId: this.channel.id }
  }

  private async pump(opening: Opening): Promise<void> {
    opening.busy = true
    try {
      while (this.hasRoom(opening) || (await this.room(opening))) {
        const next = await opening.next()
        if (next === undefined) break
        if (next.done === true) return this.end(opening)
        // Room was there, but a pause may have come while it was waited for.
        if (this.hasRoom(opening) || (await this.room(opening))) void this.send(next.value)
        else refuse(next.value)
      }
      await opening.leave()
    } catch (cause) {
      this.fail(cause)
    }
    opening.end()
  }

  private end(opening: Opening): void {
    this.state = 'ended'
    opening.end()
  }

  private hasRoom(opening: Opening): boolean {
    return !this.paused && this.inFlight < this.granted && !opening.isStopped()
  }

  /** Waits until one more may be sent; false when the source was closed. A paused source is idle. */
  private async room(opening: Opening): Promise<boolean> {
    while (!opening.isStopped() && (this.paused || this.inFlight >= this.granted)) {
      opening.busy = !this.paused
      await this.change(opening)
    }
    return !opening.isStopped()
  }

  private async send(arrival: Arrival<unknown>): Promise<void> {
    const { activity } = this.host
    this.inFlight++
    activity.enter()
    try {
      requireArrival(arrival, this.place)
      await (arrival.reply === undefined ? this.through(arrival) : this.ask(arrival, arrival.reply))
    } catch (error) {
      const { flowId, node } = this
      this.host.log.write(
        'error',
        () => `The source "${node.id}" of flow "${flowId}" could not conclude a message: ${sentenceOf(error)}`,
        { ...this.place, error },
      )
    }
    this.inFlight--
    this.changed()
    activity.leave()
  }

  private async through(arrival: Arrival<unknown>): Promise<void> {
    try {
      await this.channel.send(this.host.acceptance.accept(arrival.payload))
    } catch (error) {
      // Cut off by the stop: neither handled nor failed, so that it may come again.
      if (!this.host.aborting) await arrival.failed?.(error)
      return
    }
    await arrival.handled?.()
  }

  /** A message that is still in work when its reply has come, or is not waited for any more, keeps its room. */
  private async ask(arrival: Arrival<unknown>, wish: ReplyWish): Promise<void> {
    let sending: void | Promise<void> = undefined
    try {
      await this.host
        .ask(this.channel, arrival.payload, wish, (sent) => {
          sending = sent
        })
        .then(
          (outcome) => arrival.replied?.(outcome),
          (error: unknown) => arrival.failed?.(error),
        )
    } finally {
      await (sending as void | Promise<void>)?.catch(ignore)
    }
  }

  private fail(cause: unknown): void {
    const { flowId, node } = this
    const error = new SourceError(
      `The source "${node.id}" of flow "${flowId}" ended with an error: ${sentenceOf(cause)} Mend it and start the flow again: rt.control.stop("${flowId}"), then rt.control.start("${flowId}").`,
      { flowId, nodeId: node.id, cause },
    )
    this.state = 'failed'
    this.host.log.write('error', () => error.message, { ...this.place, error })
    this.host.events.emit('sourceFailed', { flowId, nodeId: node.id, error })
  }

  /** Waits until something changes. An opening is busy from that moment on, and not only when its turn comes. */
  private change(opening?: Opening): Promise<void> {
    return new Promise((resolve) => {
      const others = this.wake
      this.wake = () => {
        others?.()
        if (opening !== undefined) opening.busy = true
        resolve()
      }
    })
  }

  private changed(): void {
    const { wake } = this
    this.wake = undefined
    wake?.()
  }
}

/** One opening of a source, until it ends or is stopped. */
class Opening {
  arrivals: AsyncIterator<Arrival<unknown>> | undefined = undefined
  readonly env: SourceEnv
  private readonly stopping = new AbortController()
  private readonly host: SourceHost
  private working = false
  private over = false
  /** Ends the wait for an arrival. */
  private cut: (() => void) | undefined = undefined

  constructor(host: SourceHost, place: LogPlace) {
    this.host = host
    const { instrumentation } = host
    this.env = {
      runtime: host,
      signal: this.stopping.signal,
      deadline: host.signal,
      now: () => host.clock.now(),
      sleep: (milliseconds) => this.rest(this.elapsed(milliseconds)),
      schedule: (milliseconds, task) => {
        const timer = host.clock.schedule(milliseconds, task)
        return () => timer.cancel()
      },
      rest: (waiting) => this.rest(waiting),
      hold: (working) => this.hold(working),
      warn: (line) => host.log.write('warn', () => line, place),
      ...(instrumentation?.serve !== undefined && { serve: (request) => instrumentation.serve!(request) }),
    }
  }

  isStopped(): boolean {
    return this.stopping.signal.aborted
  }

  /** Whether `idle` waits for it. Once stopped or at its end it does not begin again. */
  set busy(busy: boolean) {
    if (busy === this.working || (busy && (this.over || this.isStopped()))) return
    this.working = busy
    if (busy) this.host.activity.enter()
    else this.host.activity.leave()
  }

  end(): void {
    this.over = true
    this.busy = false
  }

  stop(): void {
    this.stopping.abort()
    this.cut?.()
  }

  /** The next arrival, or the end; `undefined` when the source is stopped before. */
  next(): Promise<IteratorResult<Arrival<unknown>, unknown> | undefined> {
    return new Promise((resolve, reject) => {
      let over = false
      this.cut = () => {
        over = true
        resolve(undefined)
        // It is still busy with the next one: nobody waits for its end.
        this.arrivals!.return?.().catch(ignore)
      }
      this.arrivals!.next().then((result) => {
        if (over && result.done !== true) return refuse(result.value)
        this.cut = undefined
        resolve(result)
      }, reject)
    })
  }

  /** Lets a source that was stopped between two arrivals clean up. */
  async leave(): Promise<void> {
    if (this.isStopped() && this.cut === undefined) await this.arrivals!.return?.()
  }

  private async rest<T>(waiting: PromiseLike<T>): Promise<T> {
    this.busy = false
    try {
      return await waiting
    } finally {
      this.busy = true
    }
  }

  private hold(working: PromiseLike<unknown>): void {
    const { activity } = this.host
    const end = (): void => activity.leave()
    activity.enter()
    working.then(end, end)
  }

  /** True after so many milliseconds, false when the source is stopped before. */
  private elapsed(milliseconds: number): Promise<boolean> {
    const { signal } = this.stopping
    return new Promise((resolve) => {
      const wakeUp = (): void => {
        timer.cancel()
        signal.removeEventListener('abort', wakeUp)
        resolve(!signal.aborted)
      }
      const timer = this.host.clock.schedule(milliseconds, wakeUp)
      if (signal.aborted) wakeUp()
      else signal.addEventListener('abort', wakeUp)
    })
  }
}

/** An arrival that comes when its source is stopped already: who waits for a reply is told, and what else there is comes again. */
function refuse(arrival: Arrival<unknown>): void {
  if (Object(arrival).reply === undefined) return
  const error = new StoppedError('The flow was stopped before this message was sent into it. Send it again later.')
  observe('A source', () => arrival.failed?.(error))
}

const ignore = (): void => {}
