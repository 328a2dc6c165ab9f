/** The aggregator: gathers messages into groups and goes on with one message for each (rule T6). */
import { AggregationError, GroupTimeoutError } from '../../errors/handling-errors.ts'
import type { AggregateNode } from '../../graph/graph.ts'
import type { HeadersInit } from '../../message/headers.ts'
import type { BoundChannel } from '../bound-channel.ts'
import { type MessageRecord, restoreMessage } from '../../message/message.ts'
import type { StoredMessage } from '../../message/group-store.ts'
import type { FlowRunner, RunnerHost } from '../flow-runner.ts'
import { Frame } from '../frame.ts'
import { asDraft, promiseOf, unwrap } from '../outcome.ts'
import { END, type Next, SUSPENDED, type Step } from '../step.ts'
import { discard, discardLater } from './dropping.ts'
import { EndedGroups } from './ended-groups.ts'
import type { GroupKeeper } from './group-keeper.ts'
import { Group } from './group.ts'
import { SplitGroup } from './split-group.ts'
import type { SplitScope } from './split-scope.ts'

/** A group across messages, or of one split: then it has a scope. */
export type AnyGroup = Group | SplitGroup

/** The functions and channel an aggregator's node names. */
export interface AggregatorParts {
  readonly correlateBy: Function | undefined
  readonly when: Function | undefined
  readonly combine: Function | undefined
  readonly discard: BoundChannel | undefined
  /** Keeps groups across messages; absent = memory does. */
  readonly keeper: GroupKeeper | undefined
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
  private readonly runner: FlowRunner
  private readonly host: RunnerHost
  /** Whether groups complete by the split they come from. */
  readonly bySplit: boolean
  /** Groups across messages, by key; those of a split live in its scope. */
  private readonly open = new Map<unknown, Group>()
  private readonly ended: EndedGroups

  constructor(node: AggregateNode, parts: AggregatorParts, step: Step, runner: FlowRunner) {
    this.node = node
    this.parts = parts
    this.step = step
    this.runner = runner
    this.host = runner.host
    this.ended = new EndedGroups(node.remember ?? DEFAULT_REMEMBERED, parts.keeper)
    this.bySplit = node.size === undefined && parts.when === undefined
  }

  enter(frame: Frame): Next {
    if (frame.group !== undefined) return this.combine(frame, frame.group)
    if (this.bySplit && frame.split !== undefined) return this.enterOfSplit(frame, frame.split)
    const key = this.keyOf(frame, undefined)
    const busy = this.parts.keeper?.busyWith(key)
    if (busy !== undefined) {
      frame.pending = busy.then(() => () => this.enter(frame))
      return SUSPENDED
    }
    const known = this.open.get(key)
    if (this.ended.has(key) || known?.closing === true) return this.discard(frame, 'late')
    const group = known ?? new Group(key, frame.source, this.node.id)
    const isNew = group.lacks(frame)
    // Should this fail, the message is in no group.
    const complete = this.isComplete(group, frame, isNew)
    if (known === undefined) this.requireRoom(group)
    if (isNew && this.parts.keeper !== undefined) return this.keep(frame, group, complete)
    if (known === undefined) this.openGroup(group)
    if (isNew) group.add(frame)
    if (complete) return this.combine(frame, group)
    return isNew ? END : this.discard(frame, 'duplicate')
  }

  /** Goes on with what was waited for: the store, or the payload of the group. */
  resume(frame: Frame, value: unknown): Next {
    return frame.group === undefined ? (value as () => Next)() : this.conclude(frame, frame.group, value)
  }

  /** Reads the groups that were kept. Their time runs, and those that are complete go on, from {@link begin} on. */
  async load(): Promise<void> {
    const { open, over } = await this.parts.keeper!.load()
    const { flowId } = this.runner
    for (const key of over) this.ended.remember(key)
    for (const { key, members } of open) {
      const group = new Group(key, { flowId, channelId: members[0]!.channelId, handsOver: false }, this.node.id)
      for (const { message, origins = [message] } of members) group.restore(restored(message), origins.map(restored))
      group.openedAt = members[0]!.at
      this.adopt(group)
      this.open.set(key, group)
    }
  }

  /** The runtime runs. What came meanwhile for a group that was kept is in it, or sees to it. */
  begin(): void {
    for (const group of this.open.values()) {
      if (this.host.groups.has(group)) continue
      this.watch(group)
      const taken = group.closing || this.parts.keeper!.busyWith(group.key) !== undefined
      if (!taken && this.isCompleteNow(group)) this.emit(group)
    }
  }

  /** Runs a group that completed without a message of its own arriving. */
  release(group: SplitGroup, frame: Frame): void | Promise<void> {
    frame.group = group
    return this.runner.run(frame, this.step)
  }

  /** Opens the group of none for a split of which no part came. */
  emptyGroup(frame: Frame): void {
    const scope = frame.split!
    scope.open(new SplitGroup(frame.correlationId, scope, this))
  }

  /** The same for a part of a split, which the group does not outlive. */
  private enterOfSplit(frame: Frame, scope: SplitScope): Next {
    const key = this.keyOf(frame, SPLIT)
    let group = scope.groupOf(this, key)
    if (group === undefined) scope.open((group = new SplitGroup(key, scope, this)))
    else if (group.closing) return this.discard(frame, 'late')
    group.add(frame)
    // Parts spread over several keys: none of the groups knows its size before the split ends.
    const size = this.parts.correlateBy === undefined ? frame.headers.sequence?.size : undefined
    return size !== undefined && group.size >= size ? this.combine(frame, group) : END
  }

  private keyOf(frame: Frame, fallback: string | undefined): unknown {
    const { correlateBy } = this.parts
    const key: unknown =
      correlateBy === undefined ? (frame.headers.correlationId ?? fallback) : correlateBy(frame.payload, frame)
    const { keeper } = this.parts
    if (key !== undefined && key !== null)
      return keeper === undefined || fallback !== undefined ? key : keeper.keyOf(key)
    throw new AggregationError(
      correlateBy === undefined
        ? `The message has no correlationId header, so it belongs to no group. Aggregate after a split, set the header, or give aggregate a { correlateBy }.`
        : `correlateBy gave ${String(key)}, so the message belongs to no group. Give it a key for every message, or filter those without one before.`,
    )
  }

  private requireRoom({ key }: Group): void {
    const most = this.node.maxGroups ?? DEFAULT_MAX_GROUPS
    if (this.open.size < most) return
    throw new AggregationError(
      `There are ${most} open groups already, so no group can be opened for key ${JSON.stringify(String(key))}. Let groups complete or time out sooner, or raise { maxGroups }.`,
    )
  }

  private openGroup(group: Group): void {
    this.open.set(group.key, group)
    this.adopt(group)
    this.watch(group)
  }

  /** Sees to what is to be done when the group has come to an end. */
  private adopt(group: Group): void {
    const { key } = group
    group.kept = this.parts.keeper !== undefined
    group.forgotten = () => this.ended.forget(key)
    group.parked = () => void this.ended.settle(key)
  }

  /** From now on the group is waited for. */
  private watch(group: Group): void {
    this.host.groups.add(group)
    const { timeout } = this.node
    if (timeout === undefined) return
    this.startTimer(group, group.openedAt === undefined ? timeout : group.openedAt + timeout - this.host.clock.now())
  }

  /** The message is in the group once the store has it. */
  private keep(frame: Frame, group: Group, complete: boolean): Next {
    const kept = this.parts.keeper!.keep(group.key, frame, () => {
      if (this.open.get(group.key) === undefined) this.openGroup(group)
      group.add(frame)
      return complete ? this.combine(frame, group) : END
    })
    if (!(kept instanceof Promise)) return kept
    frame.pending = kept
    return SUSPENDED
  }

  /** Whether a group is complete without another message. */
  private isCompleteNow(group: Group): boolean {
    const frame = this.frameFor(group)
    frame.rebase(group.members.at(-1)!)
    try {
      return this.isComplete(group, frame, false)
    } catch {
      // The next arrival asks again, and is told.
      return false
    }
  }

  /** Whether the group is complete with this message. */
  private isComplete(group: Group, frame: Frame, isNew: boolean): boolean {
    const { when } = this.parts
    if (when !== undefined) return when(isNew ? [...group.payloads, frame.payload] : group.payloads, frame) === true
    const count = group.members.length + (isNew ? 1 : 0)
    if (this.node.size !== undefined) return count >= this.node.size
    return count >= (frame.headers.sequence?.size ?? Infinity)
  }

  /** Makes the group's payload. */
  private combine(frame: Frame, group: AnyGroup): Next {
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

  private conclude(frame: Frame, group: AnyGroup, value: unknown): Next {
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
  private fail(frame: Frame, group: AnyGroup, error: unknown): never {
    const absorbed = this.step.scope?.kind === 'recover'
    frame.group = undefined
    group.closing = false
    if (group.scope !== undefined || frame.delivery === undefined || absorbed) this.goOnAs(frame, group, group.payloads)
    else this.takeBack(frame, group)
    throw error
  }

  private takeBack(frame: Frame, group: Group): void {
    group.takeBack(frame)
    const { keeper } = this.parts
    const { id } = frame.message
    if (keeper !== undefined) frame.whenEnded(() => keeper.remove(group.key, id))
    if (group.members.length === 0) this.end(group)
    else if (this.node.timeout !== undefined && group.timer === undefined) this.startTimer(group, RETRY_DELAY)
  }

  /** The group is over, and the frame goes on in its place. */
  private goOnAs(frame: Frame, group: AnyGroup, payload: unknown, headers?: HeadersInit): void {
    if (group.scope === undefined) group.replyTo = this.host.gateway.join(group.returnAddresses)
    frame.rebase(group.become(payload, headers, this.step))
    frame.takeOver(group.handOver())
    frame.group = undefined
    frame.split = group.scope?.outer
    if (group.scope !== undefined) return group.scope.close(group)
    this.close(group)
    frame.gathered = group
    if (this.parts.keeper === undefined) return
    frame.whenSettled((succeeded) => (succeeded ? this.ended.settle(group.key) : undefined))
  }

  private close(group: Group): void {
    this.end(group)
    this.ended.add(group.key)
  }

  private end(group: Group): void {
    group.timer?.cancel()
    this.open.delete(group.key)
    this.host.groups.delete(group)
    this.host.activity.touch()
  }

  private startTimer(group: Group, delay: number): void {
    if (!this.host.aborting && !group.closing) group.timer = this.host.clock.schedule(delay, () => this.timedOut(group))
  }

  private timedOut(group: Group): void {
    group.timer = undefined
    const busy = this.parts.keeper?.busyWith(group.key)
    if (busy !== undefined) return void busy.then(() => this.startTimer(group, 0))
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
      this.runner.launch(frame, this.step)?.catch(() => undefined)
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
    const { gateway } = this.host
    gateway.fail(gateway.join(group.returnAddresses), { kind: 'defect', cause: error }, error)
    this.close(group)
    group.forget()
    void group.settle(false)
  }

  private discardAll(group: Group): void {
    const { discard } = this.parts
    const discards = group.members.map((member) =>
      discardLater(
        new Frame(this.host, member, undefined, group.source),
        discard,
        'group-discarded',
        this.step,
        this.host,
      ),
    )
    this.close(group)
    void Promise.all(discards).then(() => {
      void group.settle(true)
      return this.ended.settle(group.key)
    })
  }

  private discard(frame: Frame, reason: 'late' | 'duplicate'): Next {
    return discard(frame, this.parts.discard, reason, this.step, this.host)
  }
}

const restored = (message: StoredMessage): MessageRecord => restoreMessage(message) as MessageRecord
