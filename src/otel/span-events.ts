/** What happens to a message on its way, as events of the span it happens in: another try, the dead letter, the end of a dropped one. */
import { type Attributes, ROOT_CONTEXT, context, trace } from '@opentelemetry/api'
import type { Observed } from '../runtime/instrumentation.ts'
import type { AnyMessage } from '../transport/transport.ts'
import { ATTR } from './names.ts'
import type { TraceHeaders } from './trace-headers.ts'

/** Notes the events of a runtime until the function that this gives is called. */
export function noteEvents(runtime: Observed, headers: TraceHeaders): () => void {
  /** A timer runs in the context of whoever started it, which may be the work of another message. */
  const note = (name: string, message: Pick<AnyMessage, 'headers'>, attributes: Attributes): void => {
    const span = trace.getSpan(context.active())
    if (span === undefined || !span.isRecording()) return
    const own = trace.getSpanContext(headers.extract(ROOT_CONTEXT, message.headers))
    if (own?.traceId === span.spanContext().traceId) span.addEvent(name, attributes)
  }
  const ends = [
    runtime.on('retried', ({ message, attempt, delay }) =>
      note('retry', message, { [ATTR.attempt]: attempt, [ATTR.delay]: delay / 1_000 }),
    ),
    runtime.on('dead', ({ message, reason }) => note('dead letter', message, { [ATTR.reason]: reason })),
    runtime.on('dropped', ({ message, reason }) => note('dropped', message, { [ATTR.reason]: reason })),
  ]
  return () => {
    for (const end of ends) end()
  }
}
