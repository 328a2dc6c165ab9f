/** The splitter: one message into its parts, one after the other, with the pace of what follows (rule T5). */
import { describeValue } from '../../errors/describe-value.ts'
import { FlowError, SplitError } from '../../errors/handling-errors.ts'
import type { SplitNode } from '../../graph/graph.ts'
import { type HeadersInit, NO_HEADERS, type Sequence } from '../../message/headers.ts'
import type { Behaviour } from '../behaviour.ts'
import { isParked } from '../flow-error.ts'
import { type FlowRunner, PassOn } from '../flow-runner.ts'
import type { Frame } from '../frame.ts'
import { END, type Next, SUSPENDED, type Step } from '../step.ts'
import type { Aggregator } from './aggregator.ts'
import { calling } from './calling.ts'
import { drop, endUnanswered } from './dropping.ts'
import { SplitScope } from './split-scope.ts'

type Parts = Iterator<unknown> | AsyncIterator<unknown>

/** One run of a splitter over one message. */
interface Split {
  readonly frame: Frame
  readonly scope: SplitScope
  /** The id of the message that is split. */
  readonly correlationId: string
  readonly size: number | undefined
  /** Parts made so far. */
  number: number
  /** Where further parts come from; not needed for an array whose parts all run at once. */
  parts: Parts | undefined
}

/** `split`: what the function makes of the payload, or the payload itself, is iterated. */
export function split(of: Behaviour, step: Step, { service, ...record }: SplitNode): void {
  const splitter = new Splitter(step, of.runner)
  of.splitters.push([step.index, splitter])
  const partsOfPayload = service === undefined ? itself : of.guarded(step, { service, ...record })
  calling(step, partsOfPayload, (frame, parts) => splitter.split(frame, parts))
}

const itself = (payload: unknown): unknown => payload

/** The work of one split node. */
export class Splitter {
  /** The aggregator that is owed the empty group when no part comes to it; set when all of the flow is compiled. */
  behind: Aggregator | undefined = undefined
  private readonly step: Step
  private readonly runner: FlowRunner

  constructor(step: Step, runner: FlowRunner) {
    this.step = step
    this.runner = runner
  }

  /** Sends every part through the following steps. */
  split(frame: Frame, payload: unknown): Next {
    const items = isPlainArray(payload) ? payload : undefined
    const parts = items === undefined ? partsOf(payload) : undefined
    const { message } = frame
    const scope = new SplitScope(frame, message, frame.split, this.step)
    const split: Split = { frame, scope, correlationId: message.id, size: sizeOf(payload), number: 0, parts }
    const running =
      items === undefined ? (isAsync(payload) ? this.goOn(split) : this.runParts(split)) : this.runItems(split, items)
    if (running === undefined) return END
    frame.pending = running
    frame.leaving = true
    return SUSPENDED
  }

  /** Runs the parts of an array until one has to be waited for; then a promise does the rest. */
  private runItems(split: Split, items: readonly unknown[]): void | Promise<void> {
    while (split.number < items.length) {
      const running = this.runPart(split, items[split.number])
      if (running !== undefined) {
        split.parts = itemsFrom(split, items)
        return running.then(() => this.goOn(split))
      }
    }
    return this.end(split)
  }

  /** The same with what can only be iterated. */
  private runParts(split: Split): void | Promise<void> {
    for (;;) {
      const next = split.parts!.next() as IteratorResult<unknown>
      if (next.done === true) return this.end(split)
      const running = this.runPart(split, next.value)
      if (running !== undefined) return running.then(() => this.goOn(split))
    }
  }

  private async goOn(split: Split): Promise<void> {
    for (;;) {
      const next = await split.parts!.next()
      if (this.runner.host.aborting) {
        await close(split.parts)
        throw this.runner.host.signal.reason as Error
      }
      if (next.done === true) return this.end(split)
      await this.runPart(split, next.value)
    }
  }

  private runPart(split: Split, payload: unknown): void | Promise<void> {
    const part = this.part(split, payload)
    try {
      const running = this.runner.run(part, this.step.next!)
      return running === undefined ? undefined : this.watch(split, part, running)
    } catch (error) {
      return this.failed(split, part, error)
    }
  }

  private watch(split: Split, part: Frame, running: Promise<void>): Promise<void> {
    return running.catch((error: unknown) => this.failed(split, part, error))
  }

  /** Throws or rejects with the verdict, once the source of the parts is closed. */
  private failed(split: Split, part: Frame, error: unknown): Promise<never> {
    const verdict = this.verdict(split, part, error)
    const closing = close(split.parts)
    // oxlint-disable-next-line typescript/only-throw-error -- PassOn carries one
    if (closing === undefined) throw verdict
    return closing.then(() => Promise.reject(verdict))
  }

  private part(split: Split, payload: unknown): Frame {
    const { frame, scope, correlationId, size } = split
    const number = ++split.number
    const sequence = sequenceOf(correlationId, number, size, frame.headers.sequence)
    const headers = partHeaders(frame.headers, correlationId, sequence)
    return frame.part(payload, headers, scope, number)
  }

  /** After the last part: groups that are still open are complete now; when no part came to the aggregator behind, that is the group of none. */
  private end(split: Split): void | Promise<void> {
    const { frame, scope, number } = split
    const { step, runner } = this
    if (scope.isUnfed) this.behind?.emptyGroup(frame.spawn(scope.message, scope))
    if (scope.nextOpen() !== undefined) return this.release(split)
    if (number === 0) drop(frame, 'empty-split', step, runner.host)
    else if (scope.dropped === number) endUnanswered(frame, step, runner.host)
  }

  private async release(split: Split): Promise<void> {
    for (let open = split.scope.nextOpen(); open !== undefined; open = split.scope.nextOpen()) {
      const frame = split.frame.spawn(open.first?.message ?? split.scope.message, split.scope)
      try {
        await open.aggregator.release(open, frame)
      } catch (error) {
        // oxlint-disable-next-line typescript/only-throw-error -- PassOn carries one
        throw this.verdict(split, frame, error)
      }
    }
  }

  /**
   * A part failed. If no scope took it, or this flow's own error channel did, the whole message has been decided on. If the part
   * is parked by a flow further on, the other parts are still owed: then this split has failed.
   */
  private verdict(split: Split, part: Frame, error: unknown): Error | PassOn {
    if (error instanceof FlowError && (error === part.error || !isParked(error))) {
      // The part went on for a group with messages of others, which fail with it.
      split.frame.gathered = part.gathered ?? split.frame.gathered
      return new PassOn(error, part.failure)
    }
    if (this.runner.host.aborting) return error as Error
    return new SplitError(
      `Part ${split.number} failed, so the parts after it were not sent: ${(error as Error).message}`,
      { cause: error },
    )
  }
}

/** Ends an iterator before its end. What it throws then is not told: the failure that ended it is. */
function close(parts: Parts | undefined): Promise<unknown> | undefined {
  try {
    const closing: unknown = parts?.return?.()
    return closing instanceof Promise ? closing.catch(() => undefined) : undefined
  } catch {
    return undefined
  }
}

function sequenceOf(
  correlationId: string,
  number: number,
  size: number | undefined,
  outer: Sequence | undefined,
): Sequence {
  if (outer === undefined) return size === undefined ? { correlationId, number } : { correlationId, number, size }
  return size === undefined ? { correlationId, number, outer } : { correlationId, number, size, outer }
}

function partHeaders(headers: HeadersInit, correlationId: string, sequence: Sequence): HeadersInit {
  if (headers === NO_HEADERS) return { correlationId, sequence }
  const copy: Record<string, unknown> = Object.assign({}, headers)
  copy['correlationId'] = correlationId
  copy['sequence'] = sequence
  return copy
}

/** An array that is iterated like any other can be read by index. */
const isPlainArray = (payload: unknown): payload is readonly unknown[] =>
  Array.isArray(payload) && payload[Symbol.iterator] === Array.prototype[Symbol.iterator] && !isAsync(payload)

/** The items that the split has not made parts of yet. */
const itemsFrom = (split: Split, items: readonly unknown[]): Parts => ({
  next: () =>
    split.number < items.length ? { done: false, value: items[split.number] } : { done: true, value: undefined },
})

const isAsync = (payload: unknown): boolean =>
  (payload as Partial<AsyncIterable<unknown>>)[Symbol.asyncIterator] !== undefined

function partsOf(payload: unknown): Parts {
  // Text can be iterated, but nobody means its characters.
  const iterable = (typeof payload === 'string' ? undefined : payload) as
    | Partial<Iterable<unknown> & AsyncIterable<unknown>>
    | null
    | undefined
  const iterator = iterable?.[Symbol.asyncIterator]?.() ?? iterable?.[Symbol.iterator]?.()
  if (iterator !== undefined) return iterator
  throw new SplitError(
    `The splitter needs an array, an iterable or an async iterable, but it got ${describeValue(payload)}. Give split a function that makes one of the payload.`,
  )
}

function sizeOf(payload: unknown): number | undefined {
  if (Array.isArray(payload)) return payload.length
  return payload instanceof Set || payload instanceof Map ? payload.size : undefined
}
