/** The aggregator: gathers messages into groups and goes on with one message for each (rule T6). */
import { AggregationError, GroupTimeoutError } from '../../errors/handling-errors.ts'
import type { AggregateNode } from '../../graph/graph.ts'
import type { HeadersInit } from '../../message/headers.ts'
import type { MessageRecord } from '../../message/message.ts'
import type { BoundChannel } from '../bound-channel.ts'
import { isParked } from '../flow-error.ts'
import type { FlowRunner, RunnerHost } from '../flow-runner.ts'
import { Frame } from '../frame.ts'
import { asDraft, promiseOf, unwrap } from '../outcome.ts'
import { END, SUSPENDED, type Step } from '../step.ts'
import { sendLast } from './sending.ts'
import { Group } from './group.ts'
import type { SplitScope } from './split-scope.ts'

/** The functions and channel an aggregator's node names. */
export interface AggregatorParts {
  readonly correlateBy: Function | undefined
  readonly when: Function | undefined
  readonly combine: Function | undefined
  readonly discard: BoundChannel | undefined
}

const DEFAULT_MAX_GROUPS = 10_000
const DEFAULT_REMEMBERED = 10_000
/** The key of parts that have lost theirs: the split itself. */
const SPLIT = 'split'
/** A group whose timeout could not be acted on is tried again after this many milliseconds. */
const RETRY_DELAY = 1_000

/** The state and work of one aggregate node. */
export class Aggregator {
  private readonly node: AggregateNode
  private readonly parts: AggregatorParts
  private readonly step: Step
  private readonly index: number
  private readonly runner: FlowRunner
  private readonly host: RunnerHost
  /** Groups across messages, by key; those of a split live in its scope. */
  private readonly open = new Map<unknown, Group>()
  /** Keys of groups that ended, oldest first. */
  private readonly ended = new Set<unknown>()

  constructor(node: AggregateNode, parts: AggregatorParts, step: Step, index: number, runner: FlowRunner) {
    this.node = node
    this.parts = parts
    this.step = step
    this.index = index
    this.runner = runner
    this.host = runner.host
  }

  /** Whether groups complete by the split they come from. */
  get bySplit(): boolean {
    return this.node.size === undefined && this.parts.when === undefined
  }

  enter(frame: Frame): number {
    if (frame.group !== undefined) return this.combine(frame, frame.group)
    const scope = this.bySplit ? frame.split : undefined
    const key = this.keyOf(frame, scope)
    const groups = scope === undefined ? this.open : scope.groupsOf(this)
    const group = groups.get(key)
    if (scope === undefined && this.ended.has(key)) return this.discard(frame, 'late')
    if (group?.closing === true) return this.discard(frame, 'late')
    const into = group ?? this.openGroup(key, frame, groups)
    const added = into.add(frame)
    if (this.isComplete(into, frame)) return this.combine(frame, into)
    return added ? END : this.discard(frame, 'duplicate')
  }

  resume(frame: Frame, value: unknown): number {
    return this.conclude(frame, frame.group!, value)
  }

  /** Runs a group that completed without a message of its own arriving. */
  release(group: Group, frame: Frame): void | Promise<void> {
    frame.group = group
    return this.runner.run(frame, this.index)
  }

  /** A split without parts: the group of none. */
  emptyGroup(frame: Frame): Group {
    const scope = frame.split!
    const group = new Group(frame.correlationId, scope, frame.source, this.node.id)
    scope.groupsOf(this).set(group.key, group)
    return group
  }

  private keyOf(frame: Frame, scope: SplitScope | undefined): unknown {
    const { correlateBy } = this.parts
    const fallback = scope === undefined ? undefined : SPLIT
    const key: unknown = correlateBy === undefined ? (frame.headers.correlationId ?? fallback) : correlateBy(frame.payload, frame)
    if (key !== undefined && key !== null) return key
    throw new AggregationError(
      correlateBy === undefined
        ? `The message has no correlationId header, so it belongs to no group. Aggregate after a split, set the header, or give aggregate a { correlateBy }.`
        : `correlateBy gave ${String(key)}, so the message belongs to no group. Give it a key for every message, or filter those without one before.`,
    )
  }

  private openGroup(key: unknown, frame: Frame, groups: Map<unknown, Group>): Group {
    const group = new Group(key, groups === this.open ? undefined : frame.split, frame.source, this.node.id)
    if (group.scope === undefined) {
      const most = this.node.maxGroups ?? DEFAULT_MAX_GROUPS
      if (this.open.size >= most) {
        throw new AggregationError(
          `There are ${most} open groups already, so no group can be opened for key ${JSON.stringify(String(key))}. Let groups complete or time out sooner, or raise { maxGroups }.`,
        )
      }
      group.forgotten = () => this.ended.delete(key)
      this.host.groups.add(group)
      if (this.node.timeout !== undefined) this.startTimer(group, this.node.timeout)
    }
    groups.set(key, group)
    return group
  }

  private isComplete(group: Group, frame: Frame): boolean {
    const { when, correlateBy } = this.parts
    const count = group.members.length
    if (when !== undefined) return when(group.payloads, frame) === true
    if (this.node.size !== undefined) return count >= this.node.size
    // Parts of one split spread over several keys: none of the groups knows its size before the split ends.
    if (correlateBy !== undefined && group.scope !== undefined) return false
    return count >= (frame.headers.sequence?.size ?? Infinity)
  }

  /** Makes the group's payload. */
  private combine(frame: Frame, group: Group): number {
    const { combine } = this.parts
    group.closing = true
    frame.group = group
    try {
      const result: unknown = combine === undefined ? group.payloads : combine(group.payloads, frame)
      const pending = promiseOf(result)
      if (pending === undefined) return this.conclude(frame, group, unwrap(result))
      frame.pending = pending.then(unwrap).catch((error: unknown) => this.fail(frame, group, error))
      return SUSPENDED
    } catch (error) {
      return this.fail(frame, group, error)
    }
  }

  private conclude(frame: Frame, group: Group, value: unknown): number {
    const draft = asDraft(value)
    if (draft === undefined) this.goOnAs(frame, group, value)
    else this.goOnAs(frame, group, draft.payload, draft.headers)
    return this.step.next
  }

  /**
   * A group whose `combine` fails stays, so nothing is lost and the next arrival tries again. It does not where its members have another
   * place: with the message that was split, in the hands of onError, or, when the timer emits it, in the dead letters.
   */
  private fail(frame: Frame, group: Group, error: unknown): never {
    const absorbed = this.runner.steps[this.step.scope]?.kind === 'recover'
    frame.group = undefined
    group.closing = false
    if (group.scope !== undefined || frame.delivery === undefined || absorbed) this.goOnAs(frame, group, group.payloads)
    else if (this.node.timeout !== undefined && group.timer === undefined) this.startTimer(group, RETRY_DELAY)
    throw error
  }

  /** The group is over, and the frame goes on in its place. */
  private goOnAs(frame: Frame, group: Group, payload: unknown, headers?: HeadersInit): void {
    const { scope } = group
    this.close(group)
    frame.group = undefined
    frame.rebase(group.become(payload, headers, this.step))
    frame.split = scope?.outer
    if (scope === undefined) frame.gathered = group
  }

  private close(group: Group): void {
    if (group.scope !== undefined) {
      group.scope.groupsOf(this).delete(group.key)
      return
    }
    group.timer?.cancel()
    this.open.delete(group.key)
    this.host.groups.delete(group)
    this.host.activity.touch()
    this.ended.add(group.key)
    if (this.ended.size > (this.node.remember ?? DEFAULT_REMEMBERED)) this.ended.delete(this.ended.values().next().value)
  }

  private startTimer(group: Group, delay: number): void {
    group.timer = this.host.clock.schedule(delay, () => this.timedOut(group))
  }

  private timedOut(group: Group): void {
    group.timer = undefined
    // Should that fail, the timer starts again.
    if (group.closing) return
    const { onTimeout = 'emit' } = this.node
    if (onTimeout === 'emit') this.emit(group)
    else if (onTimeout === 'discard') this.discardAll(group)
    else this.buryAll(group)
  }

  /** Nobody waits for a group that a timer emits: what fails is in the dead letters then. */
  private emit(group: Group): void {
    const frame = this.frameFor(group)
    frame.group = group
    try {
      this.runner.launch(frame, this.index)?.catch(() => undefined)
    } catch {
      // Parked by the runner.
    }
  }

  private frameFor(group: Group): Frame {
    const [first] = group.origins
    const frame = new Frame(this.host, first!, undefined, group.source)
    frame.gathered = group
    return frame
  }

  private buryAll(group: Group): void {
    const frame = this.frameFor(group)
    const error = new GroupTimeoutError(
      `The group of key ${JSON.stringify(String(group.key))} had ${group.members.length} messages after ${this.node.timeout} ms and was not complete. See which are missing, then redrive.`,
      { flowId: this.runner.flowId, nodeId: this.node.id, messageId: frame.entry.id },
    )
    try {
      this.host.bury(frame, error, 'group-timeout')
    } catch {
      return this.startTimer(group, RETRY_DELAY)
    }
    this.close(group)
    group.forget()
  }

  private discardAll(group: Group): void {
    for (const member of group.members) void this.discardLater(member)
    this.close(group)
  }

  /** A member that no frame carries any more: it waits for room by itself. */
  private async discardLater(member: MessageRecord): Promise<void> {
    const { discard } = this.parts
    if (discard === undefined) return this.dropped(member, 'group-discarded')
    this.host.activity.enter()
    try {
      await discard.send(member, this.host.sendOptions)
    } catch (error) {
      if (!isParked(error)) this.dropped(member, 'group-discarded')
    }
    this.host.activity.leave()
  }

  private discard(frame: Frame, reason: 'late' | 'duplicate'): number {
    const { discard } = this.parts
    if (discard === undefined) {
      this.dropped(frame.message, reason)
      return END
    }
    return sendLast(frame, discard, frame.message)
  }

  private dropped(message: MessageRecord, reason: 'late' | 'duplicate' | 'group-discarded'): void {
    this.host.drop({ reason, message, flowId: this.runner.flowId, nodeId: this.node.id })
  }
}
