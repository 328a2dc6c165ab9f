/** The compiled form of a node: two functions and the index of what comes next. */
import type { NodeKind } from '../graph/graph.ts'
import type { Derivation } from '../message/identity.ts'
import type { BoundChannel } from './bound-channel.ts'
import type { Frame } from './frame.ts'
import type { NodePlace } from './instrumentation.ts'

/** A step's work on this message is over: sent, replied, absorbed or dropped. */
export const END = -1
/** The step waits for `frame.pending`; the loop goes on with `resume` when that settles. */
export const SUSPENDED = -2

/** Where a step is, as an instrumentation is told. */
export const placeOf = ({ flowId, id, kind }: Step): NodePlace => ({ flowId, nodeId: id, kind })

/**
 * One node, compiled. `enter` does the work and gives the index of the next step, `END`, or `SUSPENDED`; `resume` takes what a
 * suspended step waited for. Both throw what goes to the error scope.
 */
export interface Step {
  readonly flowId: string
  readonly id: string
  /** Its place in the list of its flow. */
  readonly index: number
  readonly kind: NodeKind
  /** The node's, see `hashName`. */
  readonly place: Derivation
  /** Index of the following step, or `END`. */
  next: number
  /** Index of the error scope that takes this step's failures, or `END` for none. */
  scope: number
  /** Its last work, if it has one, is a send: what the receiving flow has already parked is not this flow's to handle again. */
  readonly relays: boolean
  /**
   * A function whose plain result is the payload from here on. The loop calls it itself, since that is most of what flows do; any other
   * result goes to `resume`. Absent = the loop calls `enter`.
   */
  call: Function | undefined
  /** Where it sends, if that is all it does. */
  channel: BoundChannel | undefined
  /** Is given the step itself, so that all steps of a kind can share one function and the processor needs to load fewer. */
  enter: (frame: Frame, step: Step) => number
  resume: (frame: Frame, value: unknown) => number
}
