/** How a runtime and its requests are set up. */
import type { IdSource } from '../message/identity.ts'
import type { Clock } from '../transport/clock.ts'
import type { ChannelInterceptor } from '../transport/interceptors.ts'
import type { Transport } from '../transport/transport.ts'
import type { DeadLetter } from './dead-letters.ts'
import type { Instrumentation } from './instrumentation.ts'
import type { Logger } from './logger.ts'

/** What `request` takes. */
export interface RequestOptions {
  /** Milliseconds to wait for the reply; absent = the runtime's `requestTimeout`. */
  readonly timeout?: number
  /** Gives up waiting: the promise rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

/** How a runtime is set up, besides the services the app needs. */
export interface RuntimeOptions<ChannelId extends string = string> {
  /** By the name that channels give as `transport`; `default` serves those that give none, absent = memory. */
  readonly transports?: Readonly<Record<string, Transport>>
  /** Absent = the system's clock. */
  readonly clock?: Clock
  /** Gives ids to messages from outside; absent = random prefix and number. */
  readonly ids?: IdSource
  /** From 0 to below 1; absent = `Math.random`. */
  readonly random?: () => number
  /** By channel id, in the order they are called. */
  readonly interceptors?: { readonly [Id in ChannelId]?: readonly ChannelInterceptor[] }
  /** Whether exchanges keep the nodes they passed; absent = false. */
  readonly history?: boolean
  /** Whether nodes are counted and timed; absent = false. */
  readonly metrics?: boolean
  readonly deadLetters?: {
    /** Letters held at most, from 0 to `Infinity`; absent = 10,000. */
    readonly capacity?: number
    /** Those it begins with, such as the dead letters of an earlier runtime. */
    readonly letters?: readonly DeadLetter[]
  }
  /** Milliseconds that a request waits for its reply, from 0 to `Infinity`; absent = 30,000. */
  readonly requestTimeout?: number
  /** Watches what the runtime does, such as `openTelemetry()` of `allora/otel`; absent = nobody does, and it costs nothing. */
  readonly instrumentation?: Instrumentation
  /** Where `log` steps write, and the runtime itself; absent = `console`. */
  readonly logger?: Logger
  /** Names of properties that no `log` step writes, in any case, beside those of passwords, tokens and the like. */
  readonly redact?: readonly string[]
}
