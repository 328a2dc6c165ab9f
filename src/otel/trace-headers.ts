/** The trace on the headers of messages: how a context gets there, and how it is read from there. */
import {
  type Context,
  type Link,
  ROOT_CONTEXT,
  type TextMapGetter,
  type TextMapPropagator,
  context,
  defaultTextMapSetter,
  trace,
} from '@opentelemetry/api'
import type { HeadersInit } from '../message/headers.ts'

/** When a message went into a channel that holds it: milliseconds since 1970. */
const SENT_AT = 'allora-sent-at'

/** A header may be anything; propagators take it for text. */
const textOnly: TextMapGetter<HeadersInit> = {
  keys: Object.keys,
  get(headers, name) {
    const value = headers[name]
    return typeof value === 'string' ? value : undefined
  },
}

/** Puts contexts into headers and reads them there, by a propagator. */
export class TraceHeaders {
  private readonly propagator: Pick<TextMapPropagator, 'inject' | 'extract'>

  constructor(propagator: Pick<TextMapPropagator, 'inject' | 'extract'>) {
    this.propagator = propagator
  }

  /** The headers of a context. */
  of(active: Context): { [name: string]: unknown } {
    const headers = {}
    this.propagator.inject(active, headers, defaultTextMapSetter)
    return headers
  }

  /** The same for a channel in which a message may have to wait. */
  stamped(active: Context): HeadersInit {
    const headers = this.of(active)
    headers[SENT_AT] = Date.now()
    return headers
  }

  /** Seconds since the message was sent; `undefined` when its channel holds no messages. */
  secondsSince({ [SENT_AT]: sentAt }: HeadersInit): number | undefined {
    return typeof sentAt === 'number' ? Math.max(0, Date.now() - sentAt) / 1_000 : undefined
  }

  /** A context with the trace of the headers. */
  extract(base: Context, headers: HeadersInit): Context {
    return this.propagator.extract(base, headers, textOnly)
  }

  /** The context that code runs in now; outside of any span, the trace is that of the headers. */
  present(headers: HeadersInit): Context {
    const active = context.active()
    return trace.getSpan(active) === undefined ? this.extract(active, headers) : active
  }

  /** Links to the spans that messages came from. */
  links(messages: readonly HeadersInit[]): Link[] {
    return messages.flatMap((headers) => {
      const origin = trace.getSpanContext(this.extract(ROOT_CONTEXT, headers))
      return origin === undefined ? [] : [{ context: origin }]
    })
  }
}
