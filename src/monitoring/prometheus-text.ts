/** Metrics as Prometheus reads them: the text format, version 0.0.4. */
import type { ChannelMetrics, Latency, MetricsSnapshot, NodeMetrics } from '../runtime/metrics.ts'

type Labels = Readonly<Record<string, string>>

/** A value of a metric; `suffix` is that of the parts of a histogram. */
interface Sample {
  readonly suffix?: string
  readonly labels: Labels
  readonly value: number
}

/**
 * Writes a snapshot as text: counts of every channel, of every node when the runtime keeps those (`metrics: true`), and of the whole.
 *
 * @example
 * ```ts
 * import { app, direct, flow, runtime } from 'allora'
 * import { prometheusText } from 'allora/monitoring'
 *
 * const square = flow('square').from(direct('numbers').of<number>()).transform((n) => n * n).build()
 * await using rt = await runtime(app(square)).start()
 * await rt.request('numbers', 7)
 *
 * const lines = prometheusText(rt.metrics()).split('\n')
 * lines.slice(0, 3)
 * // => [
 * //   '# HELP allora_channel_accepted_total Messages that a channel took.',
 * //   '# TYPE allora_channel_accepted_total counter',
 * //   'allora_channel_accepted_total{channel="numbers",kind="direct"} 1',
 * // ]
 * ```
 */
export function prometheusText(snapshot: MetricsSnapshot): string {
  return [...channelFamilies(snapshot), ...nodeFamilies(snapshot), ...wholeFamilies(snapshot)].join('')
}

const CHANNEL = [
  ['accepted_total', 'counter', 'Messages that a channel took.', ({ accepted }: ChannelMetrics) => accepted],
  ['settled_total', 'counter', 'Messages that were handled.', ({ settled }: ChannelMetrics) => settled],
  ['dead_total', 'counter', 'Messages that became dead letters.', ({ dead }: ChannelMetrics) => dead],
  ['expired_total', 'counter', 'Messages that were not handled in time.', ({ expired }: ChannelMetrics) => expired],
  ['dropped_total', 'counter', 'Messages given up on purpose.', ({ dropped }: ChannelMetrics) => dropped],
  ['in_flight', 'gauge', 'Messages that are being handled.', ({ inFlight }: ChannelMetrics) => inFlight],
  ['buffered', 'gauge', 'Messages that wait in a channel.', ({ buffered }: ChannelMetrics) => buffered],
] as const

const NODE = [
  ['entered_total', 'counter', 'Messages that entered a node.', ({ entered }: NodeMetrics) => entered],
  ['failed_total', 'counter', 'Failures of a node.', ({ failed }: NodeMetrics) => failed],
  ['in_flight', 'gauge', 'Messages in a node.', ({ inFlight }: NodeMetrics) => inFlight],
] as const

function channelFamilies({ channels }: MetricsSnapshot): string[] {
  const all = Object.entries(channels)
  return CHANNEL.map(([name, type, help, read]) =>
    family(
      `allora_channel_${name}`,
      type,
      help,
      all.map(([channel, counts]) => ({ labels: { channel, kind: counts.kind }, value: read(counts) })),
    ),
  )
}

function nodeFamilies({ nodes }: MetricsSnapshot): string[] {
  const all = Object.entries(nodes)
  const counts = NODE.map(([name, type, help, read]) =>
    family(
      `allora_node_${name}`,
      type,
      help,
      all.map(([node, counted]) => ({ labels: { node }, value: read(counted) })),
    ),
  )
  const latencies = all.flatMap(([node, { latency }]) => histogram({ node }, latency))
  return [
    ...counts,
    family('allora_node_latency_seconds', 'histogram', 'How long messages stayed in a node.', latencies),
  ]
}

function wholeFamilies({ dropped, deadLetters, openGroups, pendingRequests }: MetricsSnapshot): string[] {
  const reasons = Object.entries(dropped).map(([reason, value]) => ({ labels: { reason }, value }))
  const one = (value: number): readonly Sample[] => [{ labels: {}, value }]
  return [
    family('allora_dropped_total', 'counter', 'Messages given up on purpose, by reason.', reasons),
    family('allora_dead_letters', 'gauge', 'Dead letters that are kept.', one(deadLetters)),
    family('allora_open_groups', 'gauge', 'Groups that are not complete.', one(openGroups)),
    family('allora_pending_requests', 'gauge', 'Requests that wait for a reply.', one(pendingRequests)),
  ]
}

/** Buckets hold what took at most `2^i - 1` milliseconds; for Prometheus each holds those before it, too. */
function histogram(labels: Labels, { buckets, count, sum }: Latency): Sample[] {
  let total = 0
  const inner = buckets.slice(0, -1).map((inBucket, i) => {
    total += inBucket
    return { suffix: '_bucket', labels: { ...labels, le: String((2 ** i - 1) / 1_000) }, value: total }
  })
  return [
    ...inner,
    { suffix: '_bucket', labels: { ...labels, le: '+Inf' }, value: count },
    { suffix: '_sum', labels, value: sum / 1_000 },
    { suffix: '_count', labels, value: count },
  ]
}

/** A metric with all its values; nothing when it has none. */
function family(
  name: string,
  type: 'counter' | 'gauge' | 'histogram',
  help: string,
  samples: readonly Sample[],
): string {
  if (samples.length === 0) return ''
  const lines = samples.map(({ suffix = '', labels, value }) => `${name}${suffix}${labelText(labels)} ${value}\n`)
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

const escaped = (value: string): string => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
