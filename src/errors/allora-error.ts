/** Every error the library throws: a sentence, a stable code, and the place it happened. */

/** Where an error happened; every part that is not known is absent. */
export interface ErrorPlace {
  readonly flowId?: string
  readonly nodeId?: string
  readonly channelId?: string
  readonly messageId?: string
  readonly attempt?: number
}

/** What {@link AlloraError} is built from besides its sentence. */
export interface AlloraErrorOptions extends ErrorPlace {
  readonly cause?: unknown
}

/** The base of every error thrown by the library. The message says what was expected, what came and what to do. */
export abstract class AlloraError extends Error {
  /** Stable and documented: `ALLORA201` and so on. */
  abstract readonly code: string
  // Declared, not defined: what is not known is no property.
  declare readonly flowId?: string
  declare readonly nodeId?: string
  declare readonly channelId?: string
  declare readonly messageId?: string
  declare readonly attempt?: number

  constructor(sentence: string, options: AlloraErrorOptions = {}) {
    super(sentence, 'cause' in options ? { cause: options.cause } : undefined)
    if (options.flowId !== undefined) this.flowId = options.flowId
    if (options.nodeId !== undefined) this.nodeId = options.nodeId
    if (options.channelId !== undefined) this.channelId = options.channelId
    if (options.messageId !== undefined) this.messageId = options.messageId
    if (options.attempt !== undefined) this.attempt = options.attempt
  }

  override get name(): string {
    return this.constructor.name
  }
}
