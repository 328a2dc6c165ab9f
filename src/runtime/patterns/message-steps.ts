/** Steps that change, look at or stop the message they have. */
import { issuesInWords, schemaResult } from '../../errors/payload-issues.ts'
import { describeValue } from '../../errors/describe-value.ts'
import { EnrichError, InvalidMessageError, RejectedError } from '../../errors/handling-errors.ts'
import type { EnrichNode, FilterNode, RemoveHeadersNode, SetHeaderNode } from '../../graph/graph.ts'
import { checkHeaders, isKnownHeader, withHeaders, withoutHeader } from '../../message/headers.ts'
import type { BoundChannel } from '../bound-channel.ts'
import type { RunnerHost } from '../flow-runner.ts'
import type { Frame } from '../frame.ts'
import { END, type Step, type Take } from '../step.ts'
import { calling } from './calling.ts'
import { choosing } from './choosing.ts'
import { drop } from './dropping.ts'
import { sendLast } from './sending.ts'

/** `transform` and `handle`: what the function gives is the payload from here on (rule T1). */
export function handle(step: Step, handler: Function): void {
  calling(step, handler, replace)
  step.call = handler
}

const replace: Take = (frame, payload, headers, step) => {
  frame.become(payload, headers, step)
  return step.next
}

/** `onError`: what the function makes of a failure that it takes is the payload from here on (rule E5). */
export function recover(step: Step, recovery: Function, when: Function | undefined, ended: readonly string[]): void {
  calling(
    step,
    (_: unknown, frame: Frame): unknown => recovery(frame.failure, frame),
    (frame, payload, headers) => {
      frame.recovered()
      frame.become(payload, ended.reduce(withoutHeader, headers), step)
      return step.next
    },
  )
  if (when !== undefined) choosing(step, when)
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

/** `removeHeaders`: the payload stays, some headers go (rule T9). */
export function removeHeaders(step: Step, { headers }: RemoveHeadersNode): void {
  step.enter = (frame) => {
    const rest = headers.reduce(withoutHeader, frame.headers)
    if (rest !== frame.headers) frame.become(frame.payload, rest, step)
    return step.next
  }
}

/** `enrich`: a copy of the payload with one property more (rule T9). */
export function enrich(step: Step, { property }: EnrichNode, value: Function): void {
  calling(step, value, (frame, added, headers) => {
    const { payload } = frame
    if (typeof payload !== 'object' || payload === null) {
      throw new EnrichError(
        `The property "${property}" cannot be added to the payload, which is ${describeValue(payload)}. Make an object of it with transform first.`,
      )
    }
    frame.become(Object.assign({}, payload, { [property]: added }), headers, step)
    return step.next
  })
}

/** `validate`: what the schema makes of the payload goes on; what it refuses goes to the invalid-message channel, or fails (rule T16). */
export function validate(step: Step, schema: Function, invalid: BoundChannel | undefined): void {
  calling(step, schema, (frame, given) => {
    const result = schemaResult(given)
    if (result.issues === undefined) {
      if (!Object.is(result.value, frame.payload)) frame.become(result.value, frame.headers, step)
      return step.next
    }
    const { issues } = result
    if (invalid !== undefined) return sendLast(frame, invalid, frame.message)
    throw new InvalidMessageError(`The payload does not fit the schema: ${issuesInWords(issues)}.`, { issues })
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
