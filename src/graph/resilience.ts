/** Resilience records as the rest of the library reads them. */
import type { GraphNode, Resilience, StepTimeout } from './graph.ts'
import { NODE_SHAPES } from './shape.ts'

/** What a node says of resilience; nothing when its kind has no such record. */
export function resilienceOf(node: GraphNode): Resilience {
  return 'retry' in NODE_SHAPES[node.kind].fields ? (node as Resilience) : {}
}

/** Whether a record says anything. */
export function hasPolicy(record: Resilience): boolean {
  const { retry, circuitBreaker, concurrency, orderBy } = record
  const { attempt, overall } = timeoutsOf(record)
  return (retry ?? circuitBreaker ?? concurrency ?? orderBy ?? attempt ?? overall) !== undefined
}

/** Both timeouts, also where only that of one call is given as a number. */
export function timeoutsOf({ timeout }: Resilience): StepTimeout {
  return typeof timeout === 'number' ? { attempt: timeout } : (timeout ?? {})
}
