/** What a runtime tells those who listen, and costs nothing when nobody does. */
import type { FlowError } from '../errors/handling-errors.ts'
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
  /** A message goes back to its channel to be delivered again. */
  readonly retried: {
    readonly channelId: string
    readonly message: AnyMessage
    readonly attempt: number
    readonly delay: number
  }
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
    dead: undefined!,
    dropped: undefined!,
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

  /** Tells every listener. One that throws never harms the message or the others; its error is reported as a warning. */
  emit<K extends keyof RuntimeEvents>(event: K, value: RuntimeEvents[K]): void {
    const listeners = this.listeners[event]
    if (listeners === undefined) return
    for (const listener of listeners) {
      try {
        listener(value)
      } catch (error) {
        process.emitWarning(`A listener of the event "${event}" threw: ${String(error)}`, 'AlloraWarning')
      }
    }
  }
}
