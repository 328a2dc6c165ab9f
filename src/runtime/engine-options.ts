/** What an engine may be told besides its app. */
import type { IdSource } from '../message/identity.ts'
import type { Clock } from '../transport/clock.ts'
import type { ChannelInterceptor } from '../transport/interceptors.ts'
import type { Transport } from '../transport/transport.ts'
import type { DeadLetter } from './dead-letters.ts'
import type { Instrumentation } from './instrumentation.ts'
import type { Logger } from './logger.ts'

/** The options of `runtime`, without their types. */
export interface EngineOptions {
  readonly services?: Readonly<Record<string, Function>>
  readonly transports?: Readonly<Record<string, Transport>>
  readonly clock?: Clock
  readonly ids?: IdSource
  readonly random?: () => number
  readonly interceptors?: Readonly<Record<string, readonly ChannelInterceptor[] | undefined>>
  readonly history?: boolean
  readonly metrics?: boolean
  readonly deadLetters?: { readonly capacity?: number; readonly letters?: readonly DeadLetter[] }
  readonly requestTimeout?: number
  readonly logger?: Logger
  readonly redact?: readonly string[]
  readonly instrumentation?: Instrumentation
}
