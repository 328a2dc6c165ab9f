/** The log step. */
import type { LogNode } from '../../graph/graph.ts'
import type { Behaviour } from '../behaviour.ts'
import type { Frame } from '../frame.ts'
import type { LogPlace } from '../logger.ts'
import { redacted } from '../redacted.ts'
import type { Step } from '../step.ts'
import { calling } from './calling.ts'

/** `log`: a line, or data without its secrets, and the message goes on. Where nobody wants to read it, nothing is called. */
export function log(of: Behaviour, step: Step, { level = 'info', service }: LogNode): void {
  const { log: to } = of.host
  const { flowId, id: nodeId } = step
  let place: LogPlace = { flowId, nodeId }
  /** A step mostly has its messages from one channel. */
  const placeOf = ({ source: { channelId } }: Frame): LogPlace =>
    place.channelId === channelId ? place : (place = { flowId, nodeId, channelId })
  calling(step, of.optional(service) ?? nothing, (frame, written) => {
    const { id: messageId } = frame.message
    const fields = { ...placeOf(frame), messageId }
    const usual = (): string => `${flowId}/${nodeId} ${messageId}`
    if (typeof written !== 'object') to.write(level, written === undefined ? usual : () => String(written), fields)
    else if (to.wants(level, fields)) to.write(level, usual, { ...fields, data: redacted(written, to.secrets) })
    return step.next
  })
  const { enter } = step
  step.enter = (frame) => (to.wants(level, placeOf(frame)) ? enter(frame, step) : step.next)
}

const nothing = (): undefined => undefined
