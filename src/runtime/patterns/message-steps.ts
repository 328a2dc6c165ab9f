/** Steps that change or stop the message they have: transform, handle, setHeader, filter, recover. */
import { RejectedError } from '../../errors/handling-errors.ts'
import type { FilterNode, SetHeaderNode } from '../../graph/graph.ts'
import { checkHeaders, isKnownHeader } from '../../message/headers.ts'
import type { BoundChannel } from '../bound-channel.ts'
import type { RunnerHost } from '../flow-runner.ts'
import { type Frame, withHeaders } from '../frame.ts'
import { END, type Step } from '../step.ts'
import { calling } from './calling.ts'
import { drop } from './dropping.ts'
import { sendLast } from './sending.ts'

/** `transform` and `handle`: what the function gives is the payload from here on (rule T1). */
export function handle(step: Step, handler: Function): void {
  calling(step, handler, (frame, payload, headers) => {
    frame.become(payload, headers, step)
    return step.next
  })
}

/** `onError`: what the function makes of a failure is the payload from here on (rule E5). */
export function recover(step: Step, recovery: Function): void {
  calling(
    step,
    (_: unknown, frame: Frame): unknown => recovery(frame.failure, frame),
    (frame, payload, headers) => {
      frame.failure = frame.error = undefined
      frame.become(payload, headers, step)
      return step.next
    },
  )
}

/** `setHeader`: the payload stays, one header is added (rule T9). */
export function setHeader(step: Step, node: SetHeaderNode, value: Function): void {
  const known = isKnownHeader(node.header)
  calling(step, value, (frame, header) => {
    const added = { [node.header]: header }
    if (known) checkHeaders(added)
    frame.become(frame.payload, withHeaders(frame.headers, added), step)
    return step.next
  })
}

/** `filter`: the very same message goes on, or it is discarded as the node says (rule T2). */
export function filter(
  step: Step,
  node: FilterNode,
  predicate: Function,
  discard: BoundChannel | undefined,
  host: RunnerHost,
): void {
  calling(step, predicate, (frame, verdict) => {
    if (verdict === true) return step.next
    if (discard !== undefined) return sendLast(frame, discard, frame.message)
    if (node.reject === 'error') {
      throw new RejectedError(
        `The filter does not accept the message. Take the failure with onError or errorsTo, or leave out { reject: 'error' } to drop it.`,
      )
    }
    drop(frame, 'filtered', step, host)
    return END
  })
}
