/** What a runtime tells those who listen, and costs nothing when nobody does. */
import type { FlowError } from '../errors/handling-errors.ts'
import type { SourceError } from '../errors/lifecycle-errors.ts'
import { observe } from '../transport/observe.ts'
import type { AnyMessage } from '../transport/transport.ts'
import type { DeadLetter } from './dead-letters.ts'
import type { StopReport } from './stop-report.ts'

/** Why a message was given up on purpose. */
export type DropReason =
  | 'filtered'
  | 'empty-split'
  | 'duplicate'
  | 'late'
  | 'group-discarded'
  | 'late-reply'
  | 'tap-failed'
  | 'overflow'
  | 'no-subscriber'
  | 'purged'
  | 'unmatched'
  | 'refused'

/** The events by name. */
export interface RuntimeEvents {
  /** A channel took a message. */
  readonly accepted: { readonly channelId: string; readonly message: AnyMessage }
  /** A channel handed a message to a consumer or receiver. */
  readonly delivered: { readonly channelId: string; readonly message: AnyMessage; readonly attempt: number }
  /** A flow is done with a message. */
  readonly handled: { readonly flowId: string; readonly channelId: string; readonly message: AnyMessage }
  /** A step failed; a scope may still absorb it. */
  readonly failed: {
    readonly flowId: string
    readonly nodeId: string
    readonly message: AnyMessage
    readonly error: FlowError
  }
  /**
   * A failed message will be tried again, as `attempt`, after `delay` milliseconds. With `nodeId` it is a step that calls its function
   * again; without, the message goes back to its channel and is delivered again.
   */
  readonly retried: {
    readonly channelId: string
    readonly flowId?: string
    readonly nodeId?: string
    readonly message: AnyMessage
    readonly attempt: number
    readonly delay: number
  }
  /** The circuit breaker of a step opened, lets one call through to see, or closed again. */
  readonly circuit: { readonly flowId: string; readonly nodeId: string; readonly state: 'open' | 'halfOpen' | 'closed' }
  /** A message became a dead letter. */
  readonly dead: DeadLetter
  /** A message was given up on purpose. */
  readonly dropped: {
    readonly reason: DropReason
    readonly message: AnyMessage
    readonly channelId?: string
    readonly flowId?: string
    readonly nodeId?: string
  }
  /** A source ended with an error of its own; the flow goes on with what it has. */
  readonly sourceFailed: { readonly flowId: string; readonly nodeId: string; readonly error: SourceError }
  readonly started: { readonly at: number }
  readonly stopped: StopReport
}

type Listener<E> = (event: E) => void
type Listeners = { [K in keyof RuntimeEvents]?: readonly Listener<RuntimeEvents[K]>[] }

/** Holds the listeners. The hot path asks `listeners.x !== undefined` before it builds an event. */
export class EventHub {
  readonly listeners: Listeners = {
    accepted: undefined!,
    delivered: undefined!,
    handled: undefined!,
    failed: undefined!,
    retried: undefined!,
    circuit: undefined!,
    dead: undefined!,
    dropped: undefined!,
    sourceFailed: undefined!,
    started: undefined!,
    stopped: undefined!,
  }

  /** Adds a listener and gives the function that removes it. */
  on<K extends keyof RuntimeEvents>(event: K, listener: Listener<RuntimeEvents[K]>): () => void {
    const listeners = this.listeners as Record<K, readonly Listener<RuntimeEvents[K]>[] | undefined>
    listeners[event] = [...(listeners[event] ?? []), listener]
    return () => {
      const rest = (listeners[event] ?? []).filter((other) => other !== listener)
      listeners[event] = rest.length === 0 ? undefined : rest
    }
  }

  /** Tells every listener. One that throws, or whose promise rejects, never harms the message or the others; its error is reported as a warning. */
  emit<K extends keyof RuntimeEvents>(event: K, value: RuntimeEvents[K]): void {
    const listeners = this.listeners[event]
    if (listeners === undefined) return
    for (const listener of listeners) observe(`A listener of the event "${event}"`, () => listener(value))
  }
}
