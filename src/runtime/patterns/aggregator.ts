/** The aggregator: gathers messages into groups and goes on with one message for each (rule T6). */
import { AggregationError, GroupTimeoutError } from '../../errors/handling-errors.ts'
import type { AggregateNode } from '../../graph/graph.ts'
import type { HeadersInit } from '../../message/headers.ts'
import type { BoundChannel } from '../bound-channel.ts'
import type { FlowRunner, RunnerHost } from '../flow-runner.ts'
import { Frame } from '../frame.ts'
import { asDraft, promiseOf, unwrap } from '../outcome.ts'
import { END, SUSPENDED, type Step } from '../step.ts'
import { discard, discardLater } from './dropping.ts'
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
    const known = groups.get(key)
    if (scope === undefined && this.ended.has(key)) return this.discard(frame, 'late')
    if (known?.closing === true) return this.discard(frame, 'late')
    const group = known ?? new Group(key, scope, frame.source, this.node.id)
    const isNew = group.lacks(frame)
    // Should this fail, the message is in no group.
    const complete = this.isComplete(group, frame, isNew)
    if (known === undefined) this.openGroup(group, groups)
    if (isNew) group.add(frame)
    if (complete) return this.combine(frame, group)
    return isNew ? END : this.discard(frame, 'duplicate')
  }

  resume(frame: Frame, value: unknown): number {
    return this.conclude(frame, frame.group!, value)
  }

  /** Runs a group that completed without a message of its own arriving. */
  release(group: Group, frame: Frame): void | Promise<void> {
    frame.group = group
    return this.runner.run(frame, this.index)
  }

  /** Opens the group of none for a split of which no part came. */
  emptyGroup(frame: Frame): void {
    const scope = frame.split!
    const group = new Group(frame.correlationId, scope, frame.source, this.node.id)
    scope.groupsOf(this).set(group.key, group)
  }

  private keyOf(frame: Frame, scope: SplitScope | undefined): unknown {
    const { correlateBy } = this.parts
    const fallback = scope === undefined ? undefined : SPLIT
    const key: unknown =
      correlateBy === undefined ? (frame.headers.correlationId ?? fallback) : correlateBy(frame.payload, frame)
    if (key !== undefined && key !== null) return key
    throw new AggregationError(
      correlateBy === undefined
        ? `The message has no correlationId header, so it belongs to no group. Aggregate after a split, set the header, or give aggregate a { correlateBy }.`
        : `correlateBy gave ${String(key)}, so the message belongs to no group. Give it a key for every message, or filter those without one before.`,
    )
  }

  private openGroup(group: Group, groups: Map<unknown, Group>): void {
    const { key, scope } = group
    if (scope === undefined) {
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
  }

  /** Whether the group is complete with this message. */
  private isComplete(group: Group, frame: Frame, isNew: boolean): boolean {
    const { when, correlateBy } = this.parts
    if (when !== undefined) return when(isNew ? [...group.payloads, frame.payload] : group.payloads, frame) === true
    const count = group.members.length + (isNew ? 1 : 0)
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
   * A group whose `combine` fails stays without the message that completed it, which has failed: sent again, it completes the group again.
   * It does not stay where its members have another place: with the message that was split, in the hands of onError, or, when the timer
   * emits it, in the dead letters.
   */
  private fail(frame: Frame, group: Group, error: unknown): never {
    const absorbed = this.runner.steps[this.step.scope]?.kind === 'recover'
    frame.group = undefined
    group.closing = false
    if (group.scope !== undefined || frame.delivery === undefined || absorbed) this.goOnAs(frame, group, group.payloads)
    else this.takeBack(frame, group)
    throw error
  }

  private takeBack(frame: Frame, group: Group): void {
    group.takeBack(frame)
    if (group.members.length === 0) this.end(group)
    else if (this.node.timeout !== undefined && group.timer === undefined) this.startTimer(group, RETRY_DELAY)
  }

  /** The group is over, and the frame goes on in its place. */
  private goOnAs(frame: Frame, group: Group, payload: unknown, headers?: HeadersInit): void {
    const { scope } = group
    frame.rebase(group.become(payload, headers, this.step))
    frame.group = undefined
    frame.split = scope?.outer
    this.close(group)
    if (scope === undefined) frame.gathered = group
  }

  private close(group: Group): void {
    if (group.scope !== undefined) {
      group.scope.groupsOf(this).delete(group.key)
      return
    }
    this.end(group)
    this.ended.add(group.key)
    if (this.ended.size > (this.node.remember ?? DEFAULT_REMEMBERED))
      this.ended.delete(this.ended.values().next().value)
  }

  private end(group: Group): void {
    group.timer?.cancel()
    this.open.delete(group.key)
    this.host.groups.delete(group)
    this.host.activity.touch()
  }

  private startTimer(group: Group, delay: number): void {
    if (!this.host.aborting) group.timer = this.host.clock.schedule(delay, () => this.timedOut(group))
  }

  private timedOut(group: Group): void {
    group.timer = undefined
    // Should that fail, the timer starts again.
    if (group.closing || this.host.aborting) return
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
    for (const member of group.members) {
      void discardLater(
        new Frame(this.host, member, undefined, group.source),
        this.parts.discard,
        'group-discarded',
        this.step,
        this.host,
      )
    }
    this.close(group)
  }

  private discard(frame: Frame, reason: 'late' | 'duplicate'): number {
    return discard(frame, this.parts.discard, reason, this.step, this.host)
  }
}
