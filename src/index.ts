/** Allora: message flows as typed chains, kept as plain data, run by a small interpreter. */

// Flows
export { flow } from './flow/builder.ts'
export type { Branch, BranchEnd } from './flow/route-types.ts'
export type { Flow, FlowStart, OpenFlow, SealedFlow } from './flow/flow.ts'
export type { ResilienceOptions, RetryOptions } from './flow/resilience-options.ts'
export type { AnyFlow, FlowDef, OneWay } from './flow/flow-def.ts'
export { direct, priority, pubsub, queue, rendezvous } from './flow/channel-token.ts'
export type {
  Accepting,
  AnyChannel,
  ChannelAccepting,
  ChannelFactory,
  ChannelOptions,
  ChannelToken,
  Comparator,
  DirectOptions,
  PayloadOf,
  PriorityOptions,
  PubSubOptions,
  QueueOptions,
  SentTo,
} from './flow/channel-token.ts'
export { Service, serviceOf } from './flow/service-class.ts'
export type { ServiceClass, ServiceObject } from './flow/service-class.ts'
export { registry } from './flow/service-registry.ts'
export type { ServiceInfo, ServiceRegistry } from './flow/service-registry.ts'
export { contract, service } from './flow/service.ts'
export type { AnyFunction, Handler, Named, Needs, Provides } from './flow/service.ts'
export type { FlowTypeError } from './flow/flow-type-error.ts'
export type { FailureOf, Outcome, ValueOf } from './flow/outcome.ts'
export type { Choice, Recover } from './flow/step-types.ts'
export type {
  AggregateOptions,
  BarrierOptions,
  ChoiceOptions,
  ClaimCheckOptions,
  ClaimCheckOutOptions,
  ClaimTicket,
  ConsumerOptions,
  FilterOptions,
  IdempotentOptions,
  Key,
  LogOptions,
  LoopOptions,
  RecipientsOptions,
  ResequenceOptions,
  ScatterGatherOptions,
  SourceOptions,
  StepOptions,
  ThrottleOptions,
  TravelOptions,
  ValidateOptions,
} from './flow/step-options.ts'
export { message } from './message/message.ts'
export type { Envelope, Message, MessageDraft } from './message/message.ts'
export type { HeadersInit, KnownHeaders, Sequence } from './message/headers.ts'
export type { Exchange, HistoryEntry } from './message/exchange.ts'
export type { Defect, ErrorMessage, Failure, TypedFailure } from './message/failure.ts'

// Sources and sinks
export { fileSink } from './adapters/file-sink.ts'
export type { FileSinkOptions } from './adapters/file-sink.ts'
export { files } from './adapters/files.ts'
export type { FileArrival, FileContent, FilesOptions } from './adapters/files.ts'
export { iterate } from './adapters/iterate.ts'
export { sink } from './adapters/sink.ts'
export { timer } from './adapters/timer.ts'
export type { CronOptions, IntervalOptions, Tick, TimerOptions } from './adapters/timer.ts'
export type { Sink } from './flow/sink.ts'
export { LazySignal } from './message/lazy-signal.ts'
export type { Abortable, AbortListener } from './message/lazy-signal.ts'
export type { Arrival, Reply, ReplyWish, RequestWatch, ServedRequest, Source, SourceEnv } from './message/source.ts'

// Apps and graphs
export { app } from './app/app.ts'
export type { AnyApp, App } from './app/app.ts'
export { appFromGraph } from './app/app-from-graph.ts'
export type { UntypedChannel, UntypedFlow } from './app/app-from-graph.ts'
export type { Graphed } from './app/graph-of.ts'
export type { Replacements } from './app/replace.ts'
export { replace } from './app/replace.ts'
export { check, toAscii, toDot, toJson, toMermaid } from './app/views.ts'
export { readApp, readGraph } from './graph/read-graph.ts'
export type * from './graph/graph.ts'
export { formatDiagnostic } from './graph/diagnostic.ts'
export type { Diagnostic, SourcePosition } from './graph/diagnostic.ts'
export { DIAGNOSTIC_CODES } from './graph/diagnostic-codes.ts'
export type { DiagnosticMeaning } from './graph/diagnostic-codes.ts'
export type { DiagnosticCode } from './graph/diagnostic-titles.ts'

// Running
export { runtime } from './runtime/runtime.ts'
export type { Runtime, RuntimeState } from './runtime/runtime.ts'
export type { RequestOptions, RuntimeOptions } from './runtime/runtime-options.ts'
export type {
  Channel,
  ChannelSendOptions,
  CorrelatedReceiveOptions,
  CorrelationSupport,
  Delivery,
  DirectChannel,
  PollableChannel,
  PriorityChannel,
  PubSubChannel,
  QueueChannel,
  ReceiveOptions,
  RendezvousChannel,
  Sendable,
  SubscribableChannel,
  SubscribeOptions,
} from './runtime/channel.ts'
export type {
  DeadLetter,
  DeadLetterFilter,
  DeadLetters,
  DeadReason,
  RedriveOptions,
  RedriveReport,
} from './runtime/dead-letters.ts'
export type { Control, FlowStatus, SourceStatus } from './runtime/control.ts'
export type { DropReason, RuntimeEvents } from './runtime/events.ts'
export type { FlowState } from './runtime/running-flow.ts'
export type { SourceState } from './runtime/source-runner.ts'
export type { ChannelMetrics, Latency, MetricsSnapshot, NodeMetrics } from './runtime/metrics.ts'
export type { LeftMessage, StopReport } from './runtime/stop-report.ts'

// What a runtime is given
export { memory } from './memory/memory.ts'
export { memoryGroupStore } from './memory/memory-group-store.ts'
export { memoryClaimStore } from './memory/memory-claim-store.ts'
export { MemoryKeyStore } from './memory/memory-key-store.ts'
export type { ClaimStore, Claimed } from './message/claim-store.ts'
export type { GroupStore, StoredGroup, StoredGroups, StoredMember, StoredMessage } from './message/group-store.ts'
export type { KeyStore } from './message/key-store.ts'
export type {
  CarryingWatch,
  Handling,
  Instrumentation,
  NodePlace,
  Observed,
  Part,
  Watch,
} from './runtime/instrumentation.ts'
export type { LogFields, LogLevel, LogPlace, Logger } from './runtime/logger.ts'
export { redacted } from './runtime/redacted.ts'
export { systemClock } from './transport/clock.ts'
export type { Clock, Timer } from './transport/clock.ts'
export type { IdSource } from './message/identity.ts'
export type { ChannelInterceptor } from './transport/interceptors.ts'
export { restoreMessage } from './message/message.ts'
export type {
  AnyMessage,
  ChannelPort,
  ChannelStats,
  ConsumeOptions,
  Consumer,
  Delivery as TransportDelivery,
  Leftover,
  Output,
  SendOptions,
  Settlement,
  Subscription,
  TakeAtOnce,
  TakeOptions,
  TellSettled,
  Transport,
  TransportCapabilities,
  TransportEnv,
} from './transport/transport.ts'

// Errors
export { AlloraError } from './errors/allora-error.ts'
export type { AlloraErrorOptions, ErrorPlace } from './errors/allora-error.ts'
export {
  ChannelClosedError,
  ChannelFullError,
  DoubleConsumerError,
  InvalidHeaderError,
  InvalidOptionError,
  InvalidPayloadError,
  NoSubscriberError,
  SendTimeoutError,
  UnknownChannelError,
  UnsupportedError,
  VetoedError,
} from './errors/channel-errors.ts'
export type { PayloadIssue } from './errors/channel-errors.ts'
export {
  AbortedError,
  AggregationError,
  BarrierTimeoutError,
  CircuitOpenError,
  ClaimStoreFullError,
  CorrelationError,
  DeadLettersFullError,
  ExpiredError,
  FlowError,
  GroupTimeoutError,
  EnrichError,
  HandlerResultError,
  HandlersFailedError,
  HopLimitError,
  InvalidMessageError,
  NoReplyError,
  RecipientsError,
  RejectedError,
  RequestTimeoutError,
  RoutingError,
  ScatterGatherError,
  SplitError,
  StepTimeoutError,
  UnknownClaimError,
} from './errors/handling-errors.ts'
export type { Parking } from './errors/handling-errors.ts'
export {
  InvalidAppError,
  MissingPackageError,
  MissingServiceError,
  NotStartedError,
  RedriveError,
  SourceError,
  StoppedError,
  UnknownDeadLetterError,
  UnknownFlowError,
  UnknownTransportError,
} from './errors/lifecycle-errors.ts'
export {
  ChannelConflictError,
  DuplicateFlowError,
  DuplicateNodeError,
  DuplicateServiceError,
  InvalidBranchError,
  InvalidNameError,
  InvalidStepError,
  ServiceMakingError,
  UnboundServiceError,
  UnknownFunctionError,
  UnknownServiceError,
} from './errors/flow-errors.ts'
export { InvalidGraphError } from './errors/graph-errors.ts'
export type { GraphProblem } from './errors/graph-errors.ts'
