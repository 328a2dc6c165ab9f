/** Counts and latencies by channel and node, as plain data. */
import type { ChannelKind } from '../graph/graph.ts'
import type { DropReason } from './events.ts'
import type { ChannelStats } from '../transport/transport.ts'

/** The numbers of one channel. A `pubsub` channel counts every subscriber's copy of a message. */
export interface ChannelMetrics extends ChannelStats {
  readonly kind: ChannelKind
}

/** The numbers of one node; kept when the runtime is made with `metrics: true`. */
export interface NodeMetrics {
  /** Messages that entered the node. */
  readonly entered: number
  readonly failed: number
  /** Messages in the node now. */
  readonly inFlight: number
  readonly latency: Latency
}

/** How long messages stayed in a node, in milliseconds. */
export interface Latency {
  readonly count: number
  readonly sum: number
  readonly max: number
  /** How many took at most `2^i - 1` milliseconds, by `i` (0, 1, 3, 7, ... ms); the last bucket takes the rest. */
  readonly buckets: readonly number[]
}

/** What `rt.metrics()` gives: plain data, taken at one moment. */
export interface MetricsSnapshot {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly channels: Readonly<Record<string, ChannelMetrics>>
  /** By `<flow>/<node>`; empty unless the runtime was made with `metrics: true`. */
  readonly nodes: Readonly<Record<string, NodeMetrics>>
  /** Messages given up on purpose, by reason; also those that were in no channel at that time. */
  readonly dropped: Readonly<Partial<Record<DropReason, number>>>
  readonly deadLetters: number
  readonly openGroups: number
  readonly pendingRequests: number
}

const BUCKETS = 20

/** The live counters behind {@link NodeMetrics}. */
export class NodeCounter implements NodeMetrics {
  entered = 0
  failed = 0
  inFlight = 0
  private sum = 0
  private max = 0
  private count = 0
  private readonly buckets: number[] = Array.from({ length: BUCKETS }, () => 0)

  left(milliseconds: number): void {
    this.inFlight--
    this.count++
    this.sum += milliseconds
    if (milliseconds > this.max) this.max = milliseconds
    const bucket = Math.min(BUCKETS - 1, milliseconds < 1 ? 0 : 32 - Math.clz32(milliseconds))
    this.buckets[bucket]!++
  }

  get latency(): Latency {
    return { count: this.count, sum: this.sum, max: this.max, buckets: [...this.buckets] }
  }

  snapshot(): NodeMetrics {
    return { entered: this.entered, failed: this.failed, inFlight: this.inFlight, latency: this.latency }
  }
}
