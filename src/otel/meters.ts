/** The metrics of a runtime: what it counts anyhow is read when it is collected; only durations are recorded as they happen. */
import type { Attributes, BatchObservableResult, Histogram, Meter, Observable } from '@opentelemetry/api'
import type { ChannelSpec } from '../graph/graph.ts'
import type { Observed } from '../runtime/instrumentation.ts'
import type { ChannelMetrics } from '../runtime/metrics.ts'
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

  /** Reads the counts of a runtime whenever metrics are collected, all at once, until the function that this gives is called. */
  observe(runtime: Observed): () => void {
    const channelMeters = PER_CHANNEL.map(({ name, kind, description, count }) => ({
      meter: this.observable(name, kind, description),
      count,
    }))
    const drops = this.observable(METRIC.dropped, 'counter', 'Messages given up on purpose.')
    const read = (result: BatchObservableResult): void => {
      const { channels, dropped } = runtime.metrics()
      for (const [id, channel] of Object.entries(channels)) {
        for (const { meter, count } of channelMeters) result.observe(meter, count(channel), destination(id))
      }
      for (const [reason, count] of Object.entries(dropped)) {
        result.observe(drops, count, { ...OWN, [ATTR.reason]: reason })
      }
    }
    const meters = [...channelMeters.map(({ meter }) => meter), drops]
    this.meter.addBatchObservableCallback(read, meters)
    const ends = [this.countDead(runtime), this.countRetried(runtime)]
    return () => {
      this.meter.removeBatchObservableCallback(read, meters)
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

  private observable(name: string, kind: 'gauge' | 'counter', description: string): Observable {
    const options = { unit: '{message}', description }
    return kind === 'gauge'
      ? this.meter.createObservableGauge(name, options)
      : this.meter.createObservableCounter(name, options)
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

/** What is read of each channel. */
const PER_CHANNEL: readonly {
  readonly name: string
  readonly kind: 'gauge' | 'counter'
  readonly description: string
  readonly count: (channel: ChannelMetrics) => number
}[] = [
  {
    name: METRIC.depth,
    kind: 'gauge',
    description: 'Messages that wait in a channel.',
    count: ({ buffered }) => buffered,
  },
  {
    name: METRIC.inFlight,
    kind: 'gauge',
    description: 'Messages that are being handled.',
    count: ({ inFlight }) => inFlight,
  },
  {
    name: METRIC.sent,
    kind: 'counter',
    description: 'Messages that a channel took.',
    count: ({ accepted }) => accepted,
  },
  { name: METRIC.consumed, kind: 'counter', description: 'Messages that a channel gave out.', count: consumed },
]
