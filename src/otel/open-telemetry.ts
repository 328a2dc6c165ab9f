/** OpenTelemetry's instrumentation: spans by the messaging conventions, and the trace on the headers of messages. */
import {
  type Attributes,
  type MeterProvider,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  type TextMapPropagator,
  type Tracer,
  type TracerProvider,
  context,
  metrics,
  propagation,
  trace,
} from '@opentelemetry/api'
import type { ChannelSpec, NodeKind } from '../graph/graph.ts'
import type { Exchange } from '../message/exchange.ts'
import { type HeadersInit, NO_HEADERS } from '../message/headers.ts'
import type {
  CarryingWatch,
  Handling,
  Instrumentation,
  NodePlace,
  Observed,
  Part,
  Watch,
} from '../runtime/instrumentation.ts'
import type { RequestWatch, ServedRequest } from '../message/source.ts'
import type { AnyMessage } from '../transport/transport.ts'
import { Meters } from './meters.ts'
import { ATTR, SYSTEM } from './names.ts'
import { noteEvents } from './span-events.ts'
import { ServerWatch } from './server-watch.ts'
import { SpanWatch } from './span-watch.ts'
import { TraceHeaders } from './trace-headers.ts'

/** How a runtime is traced and measured. What is absent is what was registered with the API of OpenTelemetry. */
export interface OpenTelemetryOptions {
  readonly tracerProvider?: TracerProvider
  readonly meterProvider?: MeterProvider
  /** Puts the trace into headers and reads it there. */
  readonly propagator?: Pick<TextMapPropagator, 'inject' | 'extract'>
  /** Which nodes have a span for each message; absent = those that call functions of yours, send requests, or wait. */
  readonly steps?: (place: NodePlace) => boolean
}

/**
 * Traces and measures a runtime with OpenTelemetry. Nothing is recorded until an SDK is registered: a tracer provider with a context
 * manager and a propagator, and a meter provider, as `NodeSDK` does.
 *
 * @example
 * ```ts
 * import { app, direct, flow, runtime } from 'allora'
 * import { openTelemetry } from 'allora/otel'
 *
 * const square = flow('square').from(direct('numbers').of<number>()).transform((n) => n * n).build()
 *
 * await using rt = await runtime(app(square), { instrumentation: openTelemetry() }).start()
 * await rt.request('numbers', 7) // => { _tag: 'Right', right: 49 }
 * ```
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Instrumentation {
  return new OpenTelemetry(options)
}

/** Nodes whose work takes time of its own. The others only look at the message, or send it, which has a span already. */
const WORKING: ReadonlySet<NodeKind> = new Set<NodeKind>([
  'transform',
  'handle',
  'split',
  'scatterGather',
  'enrich',
  'validate',
  'recover',
  'sink',
  'call',
  'recipientList',
  'routingSlip',
  'dynamicRoute',
  'barrier',
  'throttle',
  'idempotent',
  'claimCheckIn',
  'claimCheckOut',
])

const isWorking = ({ kind }: NodePlace): boolean => WORKING.has(kind)

/** Nodes that ask another flow. */
const ASKING: ReadonlySet<NodeKind> = new Set<NodeKind>(['call', 'routingSlip', 'dynamicRoute'])

class OpenTelemetry implements Instrumentation {
  private readonly tracer: Tracer
  private readonly meters: Meters
  private readonly headers: TraceHeaders
  private readonly isWatched: (place: NodePlace) => boolean

  constructor({
    tracerProvider = trace,
    meterProvider = metrics,
    propagator = propagation,
    steps = isWorking,
  }: OpenTelemetryOptions) {
    this.tracer = tracerProvider.getTracer('allora')
    this.meters = new Meters(meterProvider.getMeter('allora'))
    this.headers = new TraceHeaders(propagator)
    this.isWatched = steps
  }

  observe(runtime: Observed): () => void {
    const ends = [this.meters.observe(runtime), noteEvents(runtime, this.headers)]
    return () => {
      for (const end of ends) end()
    }
  }

  send(message: AnyMessage, channel: ChannelSpec): CarryingWatch {
    const parent = this.headers.present(message.headers)
    const attributes = operationOn(channel, 'send')
    const span = this.tracer.startSpan(`send ${channel.id}`, { kind: SpanKind.PRODUCER, attributes }, parent)
    describe(span, message)
    const active = trace.setSpan(parent, span)
    const headers = channel.kind === 'direct' ? this.headers.of(active) : this.headers.stamped(active)
    return new SpanWatch(span, active, headers, this.meters.sending(channel))
  }

  receive(channel: ChannelSpec): (message: AnyMessage) => void {
    const startTime = Date.now()
    return (message) => {
      const attributes = operationOn(channel, 'receive')
      const links = this.headers.links([message.headers])
      const span = this.tracer.startSpan(`receive ${channel.id}`, {
        kind: SpanKind.CLIENT,
        attributes,
        links,
        startTime,
      })
      describe(span, message)
      this.noteWait(span, channel, message)
      span.end()
    }
  }

  handle({ flowId, channel, message, attempt, members }: Handling): Watch {
    // A direct channel hands over in the sender's own context; any other in that of whoever made it move.
    const base = channel.kind === 'direct' && members.length === 0 ? context.active() : ROOT_CONTEXT
    const parent = members.length === 0 ? this.headers.extract(base, message.headers) : base
    const attributes = { ...operationOn(channel, 'process'), [ATTR.consumerGroup]: flowId, [ATTR.attempt]: attempt }
    const links = this.headers.links(members)
    const span = this.tracer.startSpan(`process ${channel.id}`, { kind: SpanKind.CONSUMER, attributes, links }, parent)
    describe(span, message)
    if (attempt === 1 && members.length === 0) this.noteWait(span, channel, message)
    return new SpanWatch(span, trace.setSpan(parent, span), NO_HEADERS, this.meters.handling(channel, flowId))
  }

  step(place: NodePlace): ((exchange: Exchange<unknown, HeadersInit>) => Watch) | undefined {
    if (!this.isWatched(place)) return undefined
    const kind = ASKING.has(place.kind) ? SpanKind.CLIENT : SpanKind.INTERNAL
    const options = { kind, attributes: placed(place) }
    return () => this.within(nameOf(place), options)
  }

  part({ flowId, kind, headers }: Part): CarryingWatch {
    const number = kind === 'part' ? { [ATTR.number]: headers.sequence!.number } : {}
    const attributes = { [ATTR.system]: SYSTEM, [ATTR.flow]: flowId, ...number }
    return this.within(`${kind} ${flowId}`, { attributes, links: this.headers.links([headers]) }, true)
  }

  gather(place: NodePlace): (exchange: unknown, members: readonly HeadersInit[]) => Watch {
    const attributes = placed(place)
    return (_, members) =>
      this.within(nameOf(place), {
        attributes: { ...attributes, [ATTR.batchSize]: members.length },
        links: this.headers.links(members),
      })
  }

  serve(request: ServedRequest): RequestWatch {
    return new ServerWatch(this.tracer, this.headers, request)
  }

  request(channelId: string, headers: HeadersInit): Watch {
    const attributes = { ...operation('request', 'send'), [ATTR.destination]: channelId }
    const parent = this.headers.present(headers)
    const span = this.tracer.startSpan(`request ${channelId}`, { kind: SpanKind.CLIENT, attributes }, parent)
    return new SpanWatch(span, trace.setSpan(parent, span), NO_HEADERS)
  }

  /** A span below the present one. */
  private within(name: string, options: SpanOptions, carries = false): SpanWatch {
    const parent = context.active()
    const span = this.tracer.startSpan(name, options, parent)
    const active = trace.setSpan(parent, span)
    return new SpanWatch(span, active, carries ? this.headers.of(active) : NO_HEADERS)
  }

  private noteWait(span: Span, channel: ChannelSpec, { headers }: AnyMessage): void {
    const seconds = this.headers.secondsSince(headers)
    if (seconds === undefined) return
    this.meters.waited(channel, seconds)
    span.setAttribute(ATTR.wait, seconds)
  }
}

/** What tells one message from another, for those spans that are recorded. */
function describe(span: Span, message: AnyMessage): void {
  if (!span.isRecording()) return
  span.setAttribute(ATTR.messageId, message.id)
  const { correlationId } = message.headers
  if (correlationId !== undefined) span.setAttribute(ATTR.conversation, correlationId)
}

const nameOf = ({ kind, flowId, nodeId }: NodePlace): string => `${kind} ${flowId}/${nodeId}`

const operation = (name: string, type: string): Attributes => ({
  [ATTR.system]: SYSTEM,
  [ATTR.operation]: name,
  [ATTR.operationType]: type,
})

const operationOn = ({ id, kind }: ChannelSpec, type: string): Attributes => ({
  ...operation(type, type),
  [ATTR.destination]: id,
  [ATTR.channelKind]: kind,
})

const placed = ({ flowId, nodeId, kind }: NodePlace): Attributes => ({
  [ATTR.system]: SYSTEM,
  [ATTR.flow]: flowId,
  [ATTR.node]: nodeId,
  [ATTR.nodeKind]: kind,
})
