/** Allora: message flows as typed chains, kept as plain data, run by a small interpreter. */

// Flows
export { flow } from './flow/builder.ts'
export { direct, priority, pubsub, queue, rendezvous } from './flow/channel-token.ts'
export { contract, service } from './flow/service.ts'
export { message } from './message/message.ts'
export type { Message, MessageDraft } from './message/message.ts'
export type { HeadersInit, KnownHeaders, Sequence } from './message/headers.ts'
export type { Exchange, HistoryEntry } from './message/exchange.ts'
export type { Defect, ErrorMessage, Failure, TypedFailure } from './message/failure.ts'

// Apps and graphs
export { app } from './app/app.ts'
export type { App } from './app/app.ts'
export { check, toDot, toJson, toMermaid } from './app/views.ts'
export { appFromGraph } from './app/app-from-graph.ts'
export { replace } from './app/replace.ts'
export { readApp, readGraph } from './graph/read-graph.ts'
export type { AppGraph, ChannelKind, ChannelSpec, FlowGraph, GraphEdge, GraphNode, NodeKind, Overflow } from './graph/graph.ts'
export type { Diagnostic, SourcePosition } from './graph/diagnostic.ts'

// Running
export { runtime } from './runtime/runtime.ts'
export type { Runtime, RuntimeState } from './runtime/runtime.ts'
export type { Channel, DirectChannel, PollableChannel, PriorityChannel, PubSubChannel, QueueChannel, RendezvousChannel, SubscribableChannel } from './runtime/channel.ts'
export type { MetricsSnapshot } from './runtime/metrics.ts'
export type { StopReport } from './runtime/stop-report.ts'
export type { ChannelInterceptor } from './transport/interceptors.ts'
export { memory } from './memory/memory.ts'
export { systemClock } from './transport/clock.ts'
export type { Clock, Timer } from './transport/clock.ts'
