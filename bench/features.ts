/** Variants of W1 hello with one optional feature each: what it costs when it is on, and that it costs nothing when it is not. */
import { context } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { ExportResultCode, W3CTraceContextPropagator } from '@opentelemetry/core'
import { MeterProvider } from '@opentelemetry/sdk-metrics'
import { SimpleSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace'
import { app, direct, flow, queue, runtime, type Message, type ResilienceOptions, type RuntimeOptions } from 'allora'
import { type OpenTelemetryOptions, openTelemetry } from 'allora/otel'
import type { Contender } from './contender.ts'
import { increment } from './workloads/hello.ts'
import { turns } from './workloads/turns.ts'

/** A variant of W1. */
export interface Feature {
  readonly name: string
  /** `on` does something for every message; `off` is only there, for other messages or none. */
  readonly state: 'on' | 'off'
  readonly start: () => Promise<Contender>
}

type Resilience = ResilienceOptions<number, {}, never>
type Options = RuntimeOptions<'input' | 'output' | 'elsewhere' | 'nowhere'>

const RECORD: Resilience = {
  retry: { attempts: 3 },
  timeout: 1_000,
  circuitBreaker: { failures: 5, resetAfter: 1_000 },
}
const PASSING = { beforeSend: (message: Message<unknown>) => message }

/** Two flows, of which messages go through the first. */
const start = (options: Options = {}, record: Resilience = {}, otherRecord: Resilience = {}) => {
  const hello = flow('hello')
    .from(direct('input').of<number>())
    .handle(increment, record)
    .to(queue('output').of<number>())
    .build()
  const other = flow('other')
    .from(direct('elsewhere').of<number>())
    .handle(increment, otherRecord)
    .to(queue('nowhere').of<number>())
    .build()
  return runtime(app(hello, other), options).start()
}

type Started = Awaited<ReturnType<typeof start>>

function helloOf(rt: Started): Contender {
  const output = rt.channel('output')
  return turns({ send: (payload) => rt.send('input', payload), receive: () => output.receive() })
}

/** Reads the id of every message that is received. */
function readingIds(rt: Started): Contender {
  const output = rt.channel('output')
  return {
    async run(n) {
      let sum = 0
      for (let i = 0; i < n; i++) {
        await rt.send('input', i)
        const { payload, id } = await output.receive()
        sum += id.length > 0 ? payload : NaN
      }
      return sum
    },
  }
}

/** The SDK with all it does for a span, except to keep it: memory would be what is measured. */
function sdk(): OpenTelemetryOptions {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  const spanProcessors = [new SimpleSpanProcessor({ exporter: FORGETFUL })]
  return {
    tracerProvider: new TracerProvider({ spanProcessors }),
    meterProvider: new MeterProvider(),
    propagator: new W3CTraceContextPropagator(),
  }
}

const FORGETFUL: SpanExporter = {
  export: (_, done) => done({ code: ExportResultCode.SUCCESS }),
  shutdown: () => Promise.resolve(),
}

/** Listens to what every message does; gives the functions that stop. */
function listening(rt: Started): (() => void)[] {
  let heard = 0
  const hear = (): void => void heard++
  return [rt.on('accepted', hear), rt.on('delivered', hear), rt.on('handled', hear)]
}

/** All variants; the first has nothing. */
export const features: readonly Feature[] = [
  { name: 'nothing', state: 'off', start: async () => helloOf(await start()) },
  {
    name: 'listeners that were removed',
    state: 'off',
    async start() {
      const rt = await start()
      for (const stop of listening(rt)) stop()
      return helloOf(rt)
    },
  },
  {
    name: 'an interceptor on another channel',
    state: 'off',
    start: async () => helloOf(await start({ interceptors: { nowhere: [PASSING] } })),
  },
  {
    name: 'retry, timeout and circuit breaker on another step',
    state: 'off',
    start: async () => helloOf(await start({}, {}, RECORD)),
  },
  {
    name: 'the control bus, used before',
    state: 'off',
    async start() {
      const rt = await start()
      rt.control.pause('hello')
      rt.control.resume('hello')
      return helloOf(rt)
    },
  },
  {
    name: 'channel handle instead of `rt.send`',
    state: 'on',
    async start() {
      const rt = await start()
      const input = rt.channel('input')
      const output = rt.channel('output')
      return turns({ send: (payload) => input.send(payload), receive: () => output.receive() })
    },
  },
  { name: 'ids read', state: 'on', start: async () => readingIds(await start()) },
  {
    name: 'three events listened to',
    state: 'on',
    async start() {
      const rt = await start()
      listening(rt)
      return helloOf(rt)
    },
  },
  { name: 'metrics by node', state: 'on', start: async () => helloOf(await start({ metrics: true })) },
  { name: 'history', state: 'on', start: async () => helloOf(await start({ history: true })) },
  {
    name: 'an interceptor',
    state: 'on',
    start: async () => helloOf(await start({ interceptors: { output: [PASSING] } })),
  },
  {
    name: 'tracing, with no SDK',
    state: 'on',
    start: async () => helloOf(await start({ instrumentation: openTelemetry() })),
  },
  {
    name: 'tracing, with the SDK',
    state: 'on',
    start: async () => helloOf(await start({ instrumentation: openTelemetry(sdk()) })),
  },
  { name: 'retry', state: 'on', start: async () => helloOf(await start({}, { retry: { attempts: 3 } })) },
  { name: 'retry, timeout and circuit breaker', state: 'on', start: async () => helloOf(await start({}, RECORD)) },
  {
    name: 'ids, events, metrics and history',
    state: 'on',
    async start() {
      const rt = await start({ metrics: true, history: true })
      listening(rt)
      return readingIds(rt)
    },
  },
]
