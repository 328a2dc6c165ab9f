/** How a runtime stops: no more from outside, drain until the deadline, abort, and account for what is left (rule L2). */
import { AbortedError } from '../errors/handling-errors.ts'
import type { Leftover } from '../transport/transport.ts'
import type { Engine } from './engine.ts'
import type { OpenGroup } from './open-group.ts'
import type { LeftMessage, StopReport } from './stop-report.ts'

const STOP_TIMEOUT = 10_000
/** How long the stores of the user's may take to be told of what waits in open groups, in milliseconds. */
const TELLING_TIMEOUT = 1_000

/** One stop of one engine. */
export class Shutdown {
  private readonly engine: Engine
  private readonly deadlines: { cancel(): void }[] = []
  private expired = false
  private waits = true

  constructor(engine: Engine) {
    this.engine = engine
  }

  async run(timeout: number = STOP_TIMEOUT): Promise<StopReport> {
    const { engine } = this
    this.expireIn(timeout)
    if (engine.state === 'starting') await this.started()
    engine.state = 'stopping'
    for (const flow of engine.flows.values()) flow.closeSources()
    try {
      const drained = await this.drain()
      engine.consumers.pause()
      if (!drained) await this.abort()
      const report = await this.account(drained)
      engine.events.emit('stopped', report)
      return report
    } finally {
      engine.state = 'stopped'
      engine.unobserve?.()
    }
  }

  /** Waits for the end of the start; one that does not come to an end before the deadline is given up. */
  private async started(): Promise<void> {
    const { engine } = this
    await engine.activity.until(() => this.expired || engine.state !== 'starting')
    if (engine.state === 'starting') engine.startUp!.giveUp()
  }

  /** Ends the work in flight so many milliseconds from now, if it has not ended before. */
  expireIn(timeout: number): void {
    const expire = (): void => {
      this.expired = true
      this.engine.activity.touch()
    }
    if (timeout <= 0) expire()
    else if (this.waits) this.deadlines.push(this.engine.clock.schedule(timeout, expire))
  }

  /** Waits for the work in flight, with live signals, until the deadline. Groups that only another message could complete are not waited for. */
  private async drain(): Promise<boolean> {
    const { engine } = this
    const quiet = (): boolean =>
      engine.isDrained() && [...engine.groups].every(({ timer, kept }) => timer === undefined || kept === true)
    await engine.activity.until(() => this.expired || quiet())
    this.waits = false
    for (const deadline of this.deadlines) deadline.cancel()
    return quiet()
  }

  /** Lets handlers that watch their signal end, then cuts off those that do not. */
  private async abort(): Promise<void> {
    const { engine } = this
    engine.abort()
    await new Promise((resolve) => setImmediate(resolve))
    for (const continuation of engine.suspended.toArray()) continuation.abort(engine.signal.reason)
    for (const [frame, giveUp] of engine.unparked) {
      engine.noteAborted(frame)
      giveUp()
    }
    // The frames cut off reject whoever waits for them; let that settle before the channels close.
    await new Promise((resolve) => setImmediate(resolve))
  }

  private async account(drained: boolean): Promise<StopReport> {
    const { engine } = this
    engine.gateway.close(
      new AbortedError(
        'The runtime stopped before the reply came. The message is in the stop report, or was handled without a reply.',
      ),
    )
    await this.abandonGroups()
    const leftovers = await engine.channels.close()
    const left = [
      ...engine.aborted,
      ...[...engine.groups].flatMap((group) => this.grouped(group)),
      ...leftovers.map(leftInChannel),
    ]
    const unique = new Map(left.toReversed().map((message) => [`${message.channelId} ${message.messageId}`, message]))
    return Object.freeze({
      drained,
      aborted: engine.aborted.length,
      left: Object.freeze([...unique.values()].toReversed()),
    })
  }

  /** Tells those who wait to know what becomes of the messages in open groups, and waits for their stores, but not for long. */
  private async abandonGroups(): Promise<void> {
    const { clock, groups } = this.engine
    for (const group of groups) group.timer?.cancel()
    const told = Promise.all([...groups].map(async (group) => group.abandon?.()))
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = clock.schedule(TELLING_TIMEOUT, resolve)
    await Promise.race([told, late])
    timer.cancel()
  }

  private grouped(group: OpenGroup): LeftMessage[] {
    const now = this.engine.clock.now()
    return group.members.map((member) => ({
      messageId: member.id,
      channelId: group.source.channelId,
      flowId: group.source.flowId,
      nodeId: group.nodeId,
      state: 'grouped',
      age: now - member.timestamp,
    }))
  }
}

const leftInChannel = ({ messageId, channelId, state, age }: Leftover): LeftMessage => ({
  messageId,
  channelId,
  state: state === 'unsettled' ? 'aborted' : state,
  age,
})
