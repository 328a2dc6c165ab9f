/** The barrier: messages wait until a trigger with the same key has come, in either order (rule T15). */
import { BarrierTimeoutError, CorrelationError } from '../../errors/handling-errors.ts'
import type { BarrierNode } from '../../graph/graph.ts'
import type { MessageRecord } from '../../message/message.ts'
import type { Timer } from '../../transport/clock.ts'
import type { Behaviour } from '../behaviour.ts'
import type { RunnerHost } from '../flow-runner.ts'
import type { Frame } from '../frame.ts'
import type { OpenGroup } from '../open-group.ts'
import { lent } from '../resilience/lent.ts'
import { END, type Next, SUSPENDED, type Step } from '../step.ts'
import { drop } from './dropping.ts'

/** A trigger that came before its message. */
interface EarlyTrigger extends OpenGroup {
  readonly timer: Timer
}

/** `barrier`: a message goes on when it has its trigger. */
export function barrier(of: Behaviour, step: Step, node: BarrierNode): void {
  const it = new Barrier(node, of.answering('correlateBy', node.correlateBy), step, of.host)
  step.enter = (frame) => it.enter(frame)
  step.resume = () => step.next
}

/** The state and work of one barrier node. */
export class Barrier {
  private readonly node: BarrierNode
  private readonly correlateBy: Function | undefined
  private readonly step: Step
  private readonly host: RunnerHost
  /** Those that wait, by key, the oldest first; each is let go by calling it. */
  private readonly waiting = new Map<unknown, Set<() => void>>()
  private readonly early = new Map<unknown, Set<EarlyTrigger>>()

  constructor(node: BarrierNode, correlateBy: Function | undefined, step: Step, host: RunnerHost) {
    this.node = node
    this.correlateBy = correlateBy
    this.step = step
    this.host = host
  }

  enter(frame: Frame): Next {
    const key = this.keyOf(frame)
    return frame.source.channelId === this.node.trigger ? this.triggered(frame, key) : this.arrived(frame, key)
  }

  private keyOf(frame: Frame): unknown {
    const key: unknown =
      this.correlateBy === undefined ? frame.headers.correlationId : this.correlateBy(frame.payload, frame)
    if (key !== undefined && key !== null) return key
    throw new CorrelationError(
      'The message has no key, so nothing tells which trigger is for which message. Set the header correlationId, or give barrier a { correlateBy }.',
    )
  }

  private arrived(frame: Frame, key: unknown): Next {
    const trigger = takeFirst(this.early, key)
    if (trigger !== undefined) {
      this.forget(trigger)
      return this.step.next
    }
    frame.pending = lent(frame, frame.signal, () => this.wait(frame, key))
    return SUSPENDED
  }

  private wait(frame: Frame, key: unknown): Promise<void> {
    const { timeout } = this.node
    return new Promise((resolve, reject) => {
      const goOn = (): void => {
        timer.cancel()
        resolve()
      }
      const timer = this.host.clock.schedule(timeout, () => {
        remove(this.waiting, key, goOn)
        reject(
          new BarrierTimeoutError(
            `No trigger for the key ${JSON.stringify(String(key))} came within ${timeout} ms. Send it sooner, or give the barrier a longer { timeout }.`,
          ),
        )
      })
      add(this.waiting, key, goOn)
      // Cut off by a stop, it waits no more.
      frame.whenEnded(() => {
        timer.cancel()
        remove(this.waiting, key, goOn)
      })
    })
  }

  private triggered(frame: Frame, key: unknown): Next {
    const goOn = takeFirst(this.waiting, key)
    if (goOn === undefined) this.putAside(frame.detach(), key)
    else goOn()
    return END
  }

  private putAside(frame: Frame, key: unknown): void {
    const members: readonly MessageRecord[] = [frame.message]
    const timer = this.host.clock.schedule(this.node.timeout, () => {
      remove(this.early, key, trigger)
      drop(frame, 'unmatched', this.step, this.host)
      this.forget(trigger)
    })
    const trigger: EarlyTrigger = { nodeId: this.step.id, source: frame.source, members, timer }
    add(this.early, key, trigger)
    this.host.groups.add(trigger)
  }

  private forget(trigger: EarlyTrigger): void {
    trigger.timer.cancel()
    this.host.groups.delete(trigger)
    this.host.activity.touch()
  }
}

function add<T>(all: Map<unknown, Set<T>>, key: unknown, item: T): void {
  const known = all.get(key)
  if (known === undefined) all.set(key, new Set([item]))
  else known.add(item)
}

function remove<T>(all: Map<unknown, Set<T>>, key: unknown, item: T): void {
  const items = all.get(key)
  items?.delete(item)
  if (items?.size === 0) all.delete(key)
}

function takeFirst<T>(all: Map<unknown, Set<T>>, key: unknown): T | undefined {
  const first = all.get(key)?.values().next().value
  if (first !== undefined) remove(all, key, first)
  return first
}
