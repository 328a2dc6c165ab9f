/** The resequencer: puts messages into the order of their sequence numbers (rule T7). */
import { CorrelationError } from '../../errors/handling-errors.ts'
import type { ResequenceNode } from '../../graph/graph.ts'
import type { Sequence } from '../../message/headers.ts'
import type { MessageRecord } from '../../message/message.ts'
import type { Timer } from '../../transport/clock.ts'
import type { Behaviour } from '../behaviour.ts'
import type { BoundChannel } from '../bound-channel.ts'
import type { FlowRunner, RunnerHost } from '../flow-runner.ts'
import type { Frame, FrameSource } from '../frame.ts'
import type { OpenGroup } from '../open-group.ts'
import type { CreditLender } from '../resilience/credit-lender.ts'
import { END, type Next, type Step } from '../step.ts'
import { discard, discardLater } from './dropping.ts'

/** The function and channel a resequencer's node names. */
export interface ResequencerParts {
  readonly correlateBy: Function | undefined
  readonly discard: BoundChannel | undefined
}

/** `resequence`: messages go on in the order of their numbers. */
export function resequence(of: Behaviour, step: Step, node: ResequenceNode): void {
  const parts = { correlateBy: of.answering('correlateBy', node.correlateBy), discard: of.maybe(node.discardTo) }
  const resequencer = new Resequencer(node, parts, step, of.runner)
  step.enter = (frame) => resequencer.enter(frame)
}

/** Sequences in which nothing waits that are remembered, to tell where they go on and what is late. */
const REMEMBERED = 10_000

/** How far one sequence has come, and what waits in it. */
class Ordering implements OpenGroup {
  readonly key: unknown
  readonly nodeId: string
  readonly source: FrameSource
  /** The number that goes on next. */
  due = 1
  /** By number. */
  readonly waiting: Map<number, Frame> = new Map()
  /** Numbers that went on and failed: they may come again. */
  readonly failed: Set<number> = new Set()
  /** A message is on its way through the following steps, and the next one goes on when it has ended. */
  running = false
  timer: Timer | undefined = undefined
  /** The number the timer waits for. */
  missing = 0

  constructor(key: unknown, nodeId: string, source: FrameSource) {
    this.key = key
    this.nodeId = nodeId
    this.source = source
  }

  get members(): readonly MessageRecord[] {
    return [...this.waiting.values()].map((frame) => frame.message)
  }

  /** Those that wait may come again. */
  async abandon(): Promise<void> {
    for (const frame of this.waiting.values()) await frame.ended(false)
  }

  /** Takes the message that is due out, if it is there. */
  take(): Frame | undefined {
    const frame = this.waiting.get(this.due)
    if (frame !== undefined) this.waiting.delete(this.due++)
    return frame
  }
}

/** The state and work of one resequence node. */
export class Resequencer {
  private readonly node: ResequenceNode
  private readonly parts: ResequencerParts
  private readonly step: Step
  private readonly runner: FlowRunner
  private readonly host: RunnerHost
  /** Sequences in which messages wait. */
  private readonly open = new Map<unknown, Ordering>()
  /** The others, the one that rests longest first. */
  private readonly resting = new Map<unknown, Ordering>()

  constructor(node: ResequenceNode, parts: ResequencerParts, step: Step, runner: FlowRunner) {
    this.node = node
    this.parts = parts
    this.step = step
    this.runner = runner
    this.host = runner.host
  }

  enter(frame: Frame): Next {
    const { number, correlationId } = sequenceOf(frame)
    const key = this.keyOf(frame) ?? correlationId
    const ordering = this.open.get(key) ?? this.resting.get(key) ?? new Ordering(key, this.step.id, frame.source)
    if (ordering.waiting.has(number)) return this.discard(frame, 'duplicate')
    const again = ordering.failed.delete(number)
    if (number < ordering.due && !again) return this.discard(frame, 'late')
    // The parts of a split go on whenever it is their turn, maybe after it has ended.
    frame.split = undefined
    if (again) return this.passOn(frame, ordering, number)
    this.wake(ordering)
    if (number > ordering.due || ordering.running) {
      ordering.waiting.set(number, frame.detach())
      this.look(ordering)
      return END
    }
    ordering.due++
    ordering.running = true
    frame.whenEnded(() => this.release(ordering, frame.lender))
    return this.passOn(frame, ordering, number)
  }

  private keyOf(frame: Frame): unknown {
    const { correlateBy } = this.parts
    return correlateBy === undefined ? frame.headers.correlationId : correlateBy(frame.payload, frame)
  }

  private wake(ordering: Ordering): void {
    this.resting.delete(ordering.key)
    this.open.set(ordering.key, ordering)
    this.host.groups.add(ordering)
  }

  private passOn(frame: Frame, ordering: Ordering, number: number): Step {
    frame.whenSettled((succeeded) => {
      if (!succeeded) ordering.failed.add(number)
    })
    return this.step.next!
  }

  /** Lets what is due go on, each message when the one before it has ended, and all in the place of the one that waits for them, if one does. */
  private release(ordering: Ordering, lender?: CreditLender): void | Promise<void> {
    for (let frame = ordering.take(); frame !== undefined; frame = ordering.take()) {
      frame.lender = lender
      const running = this.launch(frame, ordering)
      if (running !== undefined) return running.then(() => this.release(ordering, lender))
    }
    ordering.running = false
    this.look(ordering)
  }

  /** Nobody waits for a message that waited itself: what fails is in the dead letters then. */
  private launch(frame: Frame, ordering: Ordering): Promise<void> | undefined {
    try {
      return this.runner.launch(frame, this.passOn(frame, ordering, ordering.due - 1))?.catch(() => undefined)
    } catch {
      return undefined
    }
  }

  /** Looks what there is to wait for. */
  private look(ordering: Ordering): void {
    const { waiting, due, running } = ordering
    if (running) return
    if (waiting.size === 0) return this.rest(ordering)
    if (firstOf(ordering) - due > (this.node.maxGap ?? Infinity)) return this.giveUp(ordering)
    if (ordering.timer !== undefined && ordering.missing === due) return
    ordering.timer?.cancel()
    ordering.missing = due
    ordering.timer = this.host.clock.schedule(this.node.timeout, () => {
      ordering.timer = undefined
      if (ordering.due === ordering.missing) this.giveUp(ordering)
    })
  }

  private rest(ordering: Ordering): void {
    ordering.timer?.cancel()
    ordering.timer = undefined
    this.open.delete(ordering.key)
    this.host.groups.delete(ordering)
    this.host.activity.touch()
    this.resting.set(ordering.key, ordering)
    if (this.resting.size > REMEMBERED) this.resting.delete(this.resting.keys().next().value)
  }

  /** What is missing now is waited for no longer: what follows it goes on, or is discarded. */
  private giveUp(ordering: Ordering): void {
    ordering.due = firstOf(ordering)
    if (this.node.onTimeout === 'emit') {
      ordering.running = true
      void this.release(ordering)
      return
    }
    for (let frame = ordering.take(); frame !== undefined; frame = ordering.take()) {
      void discardLater(frame, this.parts.discard, 'group-discarded', this.step, this.host)
    }
    this.look(ordering)
  }

  private discard(frame: Frame, reason: 'late' | 'duplicate'): Next {
    return discard(frame, this.parts.discard, reason, this.step, this.host)
  }
}

const firstOf = ({ waiting }: Ordering): number =>
  [...waiting.keys()].reduce((least, number) => Math.min(least, number))

function sequenceOf({ headers: { sequence } }: Frame): Sequence {
  if (sequence !== undefined) return sequence
  throw new CorrelationError(
    'The message has no sequence header, so it has no place among others. Resequence the parts of a split, or set the header { sequence: { correlationId, number } } before.',
  )
}
