/** The metrics of a runtime: what it counts anyhow is read when it is collected; only durations are recorded as they happen. */
import type { Attributes, Histogram, Meter, ObservableResult } from '@opentelemetry/api'
import type { ChannelSpec } from '../graph/graph.ts'
import type { Observed } from '../runtime/instrumentation.ts'
import type { ChannelMetrics, MetricsSnapshot } from '../runtime/metrics.ts'
import { ATTR, METRIC, SYSTEM } from './names.ts'
import type { Measure } from './span-watch.ts'

/** Upper bounds in seconds, as the conventions advise. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/** What a runtime measures. */
export class Meters {
  private readonly meter: Meter
  private readonly operations: Histogram
  private readonly processing: Histogram
  private readonly waiting: Histogram
  private readonly measures = new Map<string, Measure>()

  constructor(meter: Meter) {
    this.meter = meter
    this.operations = this.histogram(METRIC.operationDuration, 'How long a send took.')
    this.processing = this.histogram(METRIC.processDuration, 'How long a flow took for a message.')
    this.waiting = this.histogram(METRIC.wait, 'How long a message was in its channel.')
  }

  /** Measures the sends to a channel. */
  sending({ id }: ChannelSpec): Measure {
    return this.once(`send ${id}`, () => {
      const attributes = { ...destination(id), [ATTR.operation]: 'send', [ATTR.operationType]: 'send' }
      return (seconds, failed) => this.operations.record(seconds, withError(attributes, failed))
    })
  }

  /** Measures how a flow handles the messages of a channel. */
  handling({ id }: ChannelSpec, flowId: string): Measure {
    return this.once(`process ${id} ${flowId}`, () => {
      const attributes = { ...destination(id), [ATTR.operation]: 'process', [ATTR.consumerGroup]: flowId }
      return (seconds, failed) => this.processing.record(seconds, withError(attributes, failed))
    })
  }

  waited(channel: ChannelSpec, seconds: number): void {
    this.waiting.record(seconds, destination(channel.id))
  }

  /** Reads the counts of a runtime whenever metrics are collected, until the function that this gives is called. */
  observe(runtime: Observed): () => void {
    const ends = [
      this.perChannel(runtime, METRIC.depth, 'gauge', 'Messages that wait in a channel.', ({ buffered }) => buffered),
      this.perChannel(
        runtime,
        METRIC.inFlight,
        'gauge',
        'Messages that are being handled.',
        ({ inFlight }) => inFlight,
      ),
      this.perChannel(runtime, METRIC.sent, 'counter', 'Messages that a channel took.', ({ accepted }) => accepted),
      this.perChannel(runtime, METRIC.consumed, 'counter', 'Messages that a channel gave out.', consumed),
      this.observed(METRIC.dropped, 'counter', 'Messages given up on purpose.', (result) => {
        const { dropped } = runtime.metrics()
        for (const [reason, count] of Object.entries(dropped)) result.observe(count, { ...OWN, [ATTR.reason]: reason })
      }),
      this.countDead(runtime),
      this.countRetried(runtime),
    ]
    return () => {
      for (const end of ends) end()
    }
  }

  private once(key: string, make: () => Measure): Measure {
    const known = this.measures.get(key)
    if (known !== undefined) return known
    const made = make()
    this.measures.set(key, made)
    return made
  }

  private countDead(runtime: Observed): () => void {
    const counter = this.meter.createCounter(METRIC.dead, {
      unit: '{message}',
      description: 'Messages that failed for good.',
    })
    return runtime.on('dead', ({ channelId, flowId, reason }) =>
      counter.add(1, { ...destination(channelId), ...flowOf(flowId), [ATTR.reason]: reason }),
    )
  }

  private countRetried(runtime: Observed): () => void {
    const counter = this.meter.createCounter(METRIC.retried, {
      unit: '{message}',
      description: 'Tries after the first.',
    })
    return runtime.on('retried', ({ channelId, flowId }) =>
      counter.add(1, { ...destination(channelId), ...flowOf(flowId) }),
    )
  }

  private perChannel(
    runtime: Observed,
    name: string,
    kind: 'gauge' | 'counter',
    description: string,
    count: (channel: ChannelMetrics) => number,
  ): () => void {
    return this.observed(name, kind, description, (result) => {
      const { channels }: MetricsSnapshot = runtime.metrics()
      for (const [id, channel] of Object.entries(channels)) result.observe(count(channel), destination(id))
    })
  }

  private observed(
    name: string,
    kind: 'gauge' | 'counter',
    description: string,
    read: (result: ObservableResult) => void,
  ): () => void {
    const options = { unit: '{message}', description }
    const instrument =
      kind === 'gauge'
        ? this.meter.createObservableGauge(name, options)
        : this.meter.createObservableCounter(name, options)
    instrument.addCallback(read)
    return () => instrument.removeCallback(read)
  }

  private histogram(name: string, description: string): Histogram {
    return this.meter.createHistogram(name, { unit: 's', description, advice: { explicitBucketBoundaries: BUCKETS } })
  }
}

const OWN: Attributes = { [ATTR.system]: SYSTEM }

const destination = (channelId: string): Attributes => ({ ...OWN, [ATTR.destination]: channelId })

const flowOf = (flowId: string | undefined): Attributes => (flowId === undefined ? {} : { [ATTR.flow]: flowId })

const withError = (attributes: Attributes, failed: string | undefined): Attributes =>
  failed === undefined ? attributes : { ...attributes, [ATTR.errorType]: failed }

const consumed = ({ settled, dead, inFlight }: ChannelMetrics): number => settled + dead + inFlight
