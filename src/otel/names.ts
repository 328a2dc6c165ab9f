/** The names of attributes and metrics: those of OpenTelemetry's conventions for messaging, and `allora.*` where there are none. */

/** What Allora is, in the conventions' terms. */
export const SYSTEM = 'allora'

/** Attributes. */
export const ATTR = {
  system: 'messaging.system',
  operation: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  messageId: 'messaging.message.id',
  conversation: 'messaging.message.conversation_id',
  consumerGroup: 'messaging.consumer.group.name',
  batchSize: 'messaging.batch.message_count',
  errorType: 'error.type',
  channelKind: 'allora.channel.kind',
  flow: 'allora.flow.id',
  node: 'allora.node.id',
  nodeKind: 'allora.node.kind',
  attempt: 'allora.attempt',
  /** Seconds that a message was in its channel. */
  wait: 'allora.queue.wait',
  number: 'allora.part.number',
  reason: 'allora.reason',
  delay: 'allora.retry.delay',
} as const

/** Metrics. */
export const METRIC = {
  sent: 'messaging.client.sent.messages',
  consumed: 'messaging.client.consumed.messages',
  operationDuration: 'messaging.client.operation.duration',
  processDuration: 'messaging.process.duration',
  depth: 'allora.channel.depth',
  inFlight: 'allora.channel.in_flight',
  wait: 'allora.queue.wait.duration',
  dead: 'allora.messages.dead',
  dropped: 'allora.messages.dropped',
  retried: 'allora.messages.retried',
} as const

/** What failed, in few words: the class of the error, or the tag of a typed failure. */
export function errorType(error: unknown): string {
  const root = rootOf(error)
  if (root instanceof Error) return root.name
  const { _tag, type, kind } = Object(root) as { readonly [name: string]: unknown }
  const tag = [_tag, type, kind].find((value) => typeof value === 'string')
  return tag ?? 'failure'
}

/** What an error was made for in the first place. A typed failure is no error: it is data. */
export function rootOf(error: unknown): unknown {
  return error instanceof Error && 'cause' in error && error.cause !== undefined ? rootOf(error.cause) : error
}
