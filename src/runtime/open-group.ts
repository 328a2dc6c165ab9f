/** Messages that a step put aside until others come: what `idle` waits for and the stop report names. */
import type { MessageRecord } from '../message/message.ts'
import type { Timer } from '../transport/clock.ts'
import type { FrameSource } from './frame.ts'

/** An open group of an aggregator, a gap of a resequencer, a trigger of a barrier. */
export interface OpenGroup {
  readonly nodeId: string
  readonly source: FrameSource
  readonly members: readonly MessageRecord[]
  /** What ends the waiting; without one only another message does, so a stop does not wait for it. */
  readonly timer: Timer | undefined
  /** It outlives the runtime in a store, so a stop does not wait for it either. */
  readonly kept?: boolean
  /** The runtime stops: what waits here may come again. */
  abandon?(): void | Promise<void>
}
