/** The server span of a request that a source answers. */
import { type Context, type Span, SpanKind, type Tracer, context, trace } from '@opentelemetry/api'
import type { HeadersInit } from '../message/headers.ts'
import type { RequestWatch, ServedRequest } from '../message/source.ts'
import { HTTP, noteStatus, requestAttributes } from './http-span.ts'
import type { TraceHeaders } from './trace-headers.ts'

/** See above. It goes on with the trace of the client, and the message with its own. */
export class ServerWatch implements RequestWatch {
  readonly headers: HeadersInit
  private readonly span: Span
  private readonly context: Context

  constructor(tracer: Tracer, carrier: TraceHeaders, { method, path, route, origin, version, headers }: ServedRequest) {
    const parent = carrier.extract(context.active(), headers)
    const attributes = {
      ...requestAttributes(method, path, new URL(origin)),
      [HTTP.route]: route,
      [HTTP.version]: version,
    }
    this.span = tracer.startSpan(`${method} ${route}`, { kind: SpanKind.SERVER, attributes }, parent)
    this.context = trace.setSpan(parent, this.span)
    this.headers = carrier.of(this.context)
  }

  run<T>(work: () => T): T {
    return context.with(this.context, work)
  }

  answered(status: number): void {
    noteStatus(this.span, status, 500)
    this.span.end()
  }
}
