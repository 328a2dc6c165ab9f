/** The compiled form of a node: two functions and the step that comes next. */
import type { GraphNode, NodeKind } from '../graph/graph.ts'
import type { HeadersInit } from '../message/headers.ts'
import { type Derivation, hashName } from '../message/identity.ts'
import type { BoundChannel } from './bound-channel.ts'
import type { Frame } from './frame.ts'
import type { NodePlace } from './instrumentation.ts'

/** There is no next step: the message is sent, replied, absorbed or dropped. */
export const END = undefined
/** The step waits for `frame.pending`; the loop goes on with `resume` when that settles. */
export const SUSPENDED: unique symbol = Symbol('suspended')
/** What a frame waits for that has its step still to begin. */
export const BEGIN: unique symbol = Symbol('begin')

/** Where a message goes on. */
export type Next = Step | typeof END | typeof SUSPENDED

/** Where a step is, as an instrumentation is told. */
export const placeOf = ({ flowId, id, kind }: Step): NodePlace => ({ flowId, nodeId: id, kind })

/** Goes on with the value of a call. */
export type Take = (frame: Frame, value: unknown, headers: HeadersInit, step: Step) => Next

/** Kinds whose last work is a send. */
const RELAYS: ReadonlySet<NodeKind> = new Set([
  'outlet',
  'through',
  'errorOutlet',
  'filter',
  'validate',
  'idempotent',
  'aggregate',
  'resequence',
  'gather',
  'reply',
])

const ends = (): Next => END

/**
 * One node, compiled. `enter` does the work and gives the next step, `END`, or `SUSPENDED`; `resume` takes what a
 * suspended step waited for. Both throw what goes to the error scope, and both are given the step itself, so that all steps of a kind can
 * share one function: the processor needs to load fewer.
 */
export class Step {
  // What the hot loop reads comes first, so that it lies together in memory.
  /**
   * A function whose plain result is the payload from here on. The loop calls it itself, since that is most of what flows do; any other
   * result goes to `resume`. Absent = the loop calls `enter`.
   */
  call: Function | undefined = undefined
  enter: (frame: Frame, step: Step) => Next = ends
  /** Where it sends, if that is all it does. */
  channel: BoundChannel | undefined = undefined
  /** What follows; `END` where nothing does. */
  next: Step | undefined = END
  private hashed: Derivation | undefined = undefined
  resume: (frame: Frame, value: unknown, step: Step) => Next = ends
  /** What it calls, and what becomes of the result, if it calls user code once a message. */
  service: Function | undefined = undefined
  take: Take | undefined = undefined
  /** The error scope that takes its failures, if one does. */
  scope: Step | undefined = undefined
  /** Its last work, if it has one, is a send: what the receiving flow has already parked is not this flow's to handle again. */
  readonly relays: boolean
  /** Its place in the list of its flow. */
  readonly index: number
  readonly flowId: string
  readonly id: string
  readonly kind: NodeKind

  constructor(flowId: string, { id, kind }: GraphNode, index: number) {
    this.relays = RELAYS.has(kind)
    this.index = index
    this.flowId = flowId
    this.id = id
    this.kind = kind
  }

  /** The node's, see `hashName`; made for the first message. */
  get place(): Derivation {
    return (this.hashed ??= hashName(`${this.flowId}/${this.id}`))
  }
}
