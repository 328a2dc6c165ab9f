/** A span as the watch of a piece of work: the context the work runs in, and how it ended. */
import { type Context, type Span, SpanStatusCode, context } from '@opentelemetry/api'
import type { HeadersInit } from '../message/headers.ts'
import type { CarryingWatch } from '../runtime/instrumentation.ts'
import { ATTR, errorType, rootOf } from './names.ts'

/** Told how long the work took, in seconds, and what kind of error it ended with, if any. */
export type Measure = (seconds: number, failed: string | undefined) => void

/** See above. */
export class SpanWatch implements CarryingWatch {
  readonly headers: HeadersInit
  private readonly span: Span
  private readonly context: Context
  private readonly measure: Measure | undefined
  private readonly start: number

  constructor(span: Span, active: Context, headers: HeadersInit, measure?: Measure) {
    this.span = span
    this.context = active
    this.headers = headers
    this.measure = measure
    this.start = measure === undefined ? 0 : performance.now()
  }

  run<T>(work: () => T): T {
    return context.with(this.context, work)
  }

  end(): void {
    this.finish(undefined)
  }

  fail(error: unknown): void {
    const { span } = this
    const type = errorType(error)
    if (span.isRecording()) {
      span.setAttribute(ATTR.errorType, type)
      // The data of a typed failure, which the sentence of its error repeats, does not belong into a trace.
      const told = error instanceof Error && rootOf(error) instanceof Error
      span.setStatus({ code: SpanStatusCode.ERROR, message: told ? error.message : type })
      if (told) span.recordException(error)
    }
    this.finish(type)
  }

  private finish(failed: string | undefined): void {
    this.measure?.((performance.now() - this.start) / 1_000, failed)
    this.span.end()
  }
}
