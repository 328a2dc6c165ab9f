/** A traced runtime for one test: the SDK of OpenTelemetry, with everything kept in memory. */
import { ROOT_CONTEXT, type SpanContext, context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import type { App, RuntimeOptions } from 'allora'
import { type OpenTelemetryOptions, openTelemetry } from 'allora/otel'
import { afterAll, beforeAll, expect } from 'vitest'
import type { AnyFlow } from '../../src/flow/flow-def.ts'
import { type Rig, started } from '../runtime/rig.ts'

/** What a test of traces holds in its hands. */
export interface TracedRig<F extends AnyFlow> extends Rig<F> {
  readonly spans: Spans
  /** Collects the metrics now: by name, each point with its attributes. */
  readonly collect: () => Promise<Record<string, readonly Point[]>>
}

/** One value of a metric. */
export interface Point {
  readonly attributes: Readonly<Record<string, unknown>>
  readonly value: unknown
}

/** Contexts follow asynchronous work only with a context manager, of which there is one for all. */
export function withContexts(): void {
  beforeAll(() => void context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()))
  afterAll(() => context.disable())
}

/** Runs an app, traced, until the test ends. */
export async function traced<F extends AnyFlow>(
  app: App<F>,
  options: Partial<RuntimeOptions> = {},
  telemetry: OpenTelemetryOptions = {},
): Promise<TracedRig<F>> {
  const tracing = tracer()
  const reader = new Reader()
  const meterProvider = new MeterProvider({ readers: [reader] })
  const instrumentation = openTelemetry({ ...tracing.options, meterProvider, ...telemetry })
  // From the outside, whatever test runs it.
  const rig = await context.with(ROOT_CONTEXT, () => started(app, { ...options, instrumentation }))
  return { ...rig, spans: tracing.spans, collect: () => reader.points() }
}

/** A tracer whose spans are kept. */
export function tracer(): { readonly options: OpenTelemetryOptions; readonly spans: Spans } {
  const exporter = new InMemorySpanExporter()
  const open = new Set<string>()
  const tracerProvider = new TracerProvider({
    spanProcessors: [
      new SimpleSpanProcessor({ exporter }),
      {
        onStart: (span) => void open.add(span.spanContext().spanId),
        onEnd: (span) => expect(open.delete(span.spanContext().spanId)).toBe(true),
        forceFlush: () => Promise.resolve(),
        shutdown: () => Promise.resolve(),
      },
    ],
  })
  const options = { tracerProvider, propagator: new W3CTraceContextPropagator() }
  return { options, spans: new Spans(exporter, open) }
}

/** The spans that have ended. */
export class Spans {
  /** Begun and not ended. */
  readonly open: ReadonlySet<string>
  private readonly exporter: InMemorySpanExporter

  constructor(exporter: InMemorySpanExporter, open: ReadonlySet<string>) {
    this.exporter = exporter
    this.open = open
  }

  get all(): readonly ReadableSpan[] {
    return this.exporter.getFinishedSpans()
  }

  named(name: string): readonly ReadableSpan[] {
    return this.all.filter((span) => span.name === name)
  }

  /** The only one of its name. */
  one(name: string): ReadableSpan {
    const found = this.named(name)
    if (found.length !== 1)
      throw new Error(`${found.length} spans "${name}" of ${this.all.map((span) => span.name).join()}`)
    return found[0]!
  }

  parentOf(span: ReadableSpan): ReadableSpan | undefined {
    return this.at(span.parentSpanContext)
  }

  linkedTo(span: ReadableSpan): readonly (ReadableSpan | undefined)[] {
    return span.links.map((link) => this.at(link.context))
  }

  /** Names from a span up to the root of its trace. */
  pathOf(span: ReadableSpan | undefined): readonly string[] {
    return span === undefined ? [] : [span.name, ...this.pathOf(this.parentOf(span))]
  }

  private at(place: SpanContext | undefined): ReadableSpan | undefined {
    return this.all.find((span) => span.spanContext().spanId === place?.spanId)
  }
}

class Reader extends MetricReader {
  async points(): Promise<Record<string, readonly Point[]>> {
    const { resourceMetrics } = await this.collect()
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)
    return Object.fromEntries(
      metrics.map(({ descriptor, dataPoints }) => [
        descriptor.name,
        dataPoints.map(({ attributes, value }) => ({ attributes, value })),
      ]),
    )
  }

  protected override onForceFlush(): Promise<void> {
    return Promise.resolve()
  }

  protected override onShutdown(): Promise<void> {
    return Promise.resolve()
  }
}
