/** Interceptors: look at, replace or veto what goes in and out of a channel, of any transport (rule C12). */
import { VetoedError } from '../errors/channel-errors.ts'
import { HandlerResultError } from '../errors/handling-errors.ts'
import { unusableResult } from '../errors/unusable-result.ts'
import { ForwardingPort, ending } from './forwarding-port.ts'
import { observe, warn } from './observe.ts'
import type {
  AnyMessage,
  ChannelPort,
  ConsumeOptions,
  Consumer,
  Delivery,
  SendOptions,
  Subscription,
} from './transport.ts'

/**
 * Stands between a channel and those who use it. The interceptors of a channel are called in order before, and in reverse after:
 * then only those that had let it pass, whatever became of it. What an `after...` throws, or its promise rejects with, is a warning of the
 * process: it comes too late to undo anything. Nobody waits for such a promise; what has to be done before the message goes on is a step.
 *
 * @example
 * ```ts
 * import { type ChannelInterceptor } from 'allora'
 *
 * const maintenance: ChannelInterceptor = { beforeSend: (message) => (message.payload === 'stop' ? false : message) }
 * ```
 */
export interface ChannelInterceptor {
  /**
   * Gives the message to send, this one or another, or `false` to veto: the sender then gets a `VetoedError`. For anything else, such as a
   * promise, it gets a `HandlerResultError`, and nothing is sent.
   */
  beforeSend?(message: AnyMessage, channelId: string): AnyMessage | false
  /** The message was accepted, or was not because of `error`. */
  afterSend?(message: AnyMessage, channelId: string, error?: unknown): void
  /**
   * `false` vetoes: who takes a message gets a `VetoedError`, and the channel keeps it. A consumer is not called, and gets the message a
   * second later if it is let pass then. What it throws is a veto, too.
   */
  beforeReceive?(channelId: string): boolean
  /** A message was received, or none in the time given (`undefined`), or none because of `error`. A consumer is called next. */
  afterReceive?(message: AnyMessage | undefined, channelId: string, error?: unknown): void
}

/** Puts interceptors before a port; without any, the port itself is returned and nothing costs more. */
export function interceptPort(port: ChannelPort, interceptors: readonly ChannelInterceptor[]): ChannelPort {
  return interceptors.length === 0 ? port : new InterceptedPort(port, interceptors)
}

/** Milliseconds until a consumer is offered a vetoed message again. */
const VETO_PAUSE = 1_000

class InterceptedPort extends ForwardingPort {
  private readonly interceptors: readonly ChannelInterceptor[]

  constructor(port: ChannelPort, interceptors: readonly ChannelInterceptor[]) {
    super(port)
    this.interceptors = interceptors
  }

  override send(message: AnyMessage, options?: SendOptions): void | Promise<void> {
    const sent = this.beforeSend(message)
    return ending(
      () => this.port.send(sent, options),
      () => this.afterSend(this.interceptors.length, sent),
      (error) => this.afterSend(this.interceptors.length, sent, error),
    )
  }

  override trySend(message: AnyMessage): boolean {
    const sent = this.beforeSend(message)
    const accepted = this.port.trySend(sent)
    if (accepted) this.afterSend(this.interceptors.length, sent)
    else this.afterSend(this.interceptors.length, sent, this.notAtOnce(sent))
    return accepted
  }

  override consume(options: ConsumeOptions, consumer: Consumer): Subscription {
    // What interceptors refuse is given back, whatever the consumer promises.
    const { acksOnly: _, atOnce: __, ...others } = options
    return this.port.consume(others, (delivery) => {
      try {
        this.beforeReceive()
      } catch (error) {
        // The consumer is told nothing, and the message comes again and again.
        if (error instanceof HandlerResultError) warn(this.who, error)
        return postpone(delivery)
      }
      this.afterReceive(this.interceptors.length, delivery.message)
      return consumer(delivery)
    })
  }

  /** The message to send, once all have let it pass. */
  private beforeSend(message: AnyMessage): AnyMessage {
    let current = message
    for (const [i, interceptor] of this.interceptors.entries()) {
      try {
        const verdict: unknown = interceptor.beforeSend?.(current, this.spec.id) ?? current
        if (verdict === false) throw this.vetoed('send', i, current)
        if (!isMessage(verdict)) throw this.unusable('beforeSend', i, 'a message or false', verdict, current)
        current = verdict
      } catch (error) {
        this.afterSend(i, current, error)
        throw error
      }
    }
    return current
  }

  private afterSend(passed: number, message: AnyMessage, ...error: unknown[]): void {
    this.finish(passed, (interceptor) => interceptor.afterSend?.(message, this.spec.id, ...error))
  }

  private beforeReceive(): void {
    for (const [i, interceptor] of this.interceptors.entries()) {
      try {
        const verdict: unknown = interceptor.beforeReceive?.(this.spec.id)
        if (verdict === false) throw this.vetoed('receive', i)
        if (verdict instanceof Promise) throw this.unusable('beforeReceive', i, 'true or false', verdict)
      } catch (error) {
        this.afterReceive(i, undefined, error)
        throw error
      }
    }
  }

  private afterReceive(passed: number, message: AnyMessage | undefined, ...error: unknown[]): void {
    this.finish(passed, (interceptor) => interceptor.afterReceive?.(message, this.spec.id, ...error))
  }

  protected override receiving<T>(
    receive: () => T | Promise<T>,
    message: (received: T) => AnyMessage | undefined,
  ): T | Promise<T> {
    this.beforeReceive()
    return ending(
      receive,
      (received) => this.afterReceive(this.interceptors.length, message(received)),
      (error) => this.afterReceive(this.interceptors.length, undefined, error),
    )
  }

  /** In reverse, each on its own. */
  private finish(passed: number, tell: (interceptor: ChannelInterceptor) => unknown): void {
    for (const interceptor of this.interceptors.slice(0, passed).reverse()) observe(this.who, () => tell(interceptor))
  }

  private unusable(
    name: 'beforeSend' | 'beforeReceive',
    index: number,
    expected: string,
    came: unknown,
    message?: AnyMessage,
  ): HandlerResultError {
    return unusableResult(
      `The ${name} of interceptor ${index + 1} of channel "${this.spec.id}"`,
      `${expected}, at once`,
      came,
      'What has to be waited for, and what changes a payload, is done in a step.',
      { channelId: this.spec.id, ...(message === undefined ? {} : { messageId: message.id }) },
    )
  }

  private get who(): string {
    return `An interceptor of channel "${this.spec.id}"`
  }

  private vetoed(what: 'send' | 'receive', index: number, message?: AnyMessage): VetoedError {
    return new VetoedError(
      `Interceptor ${index + 1} of channel "${this.spec.id}" vetoed the ${what}: its ${what === 'send' ? 'beforeSend' : 'beforeReceive'} returned false. Ask why it does, or remove it from the runtime's interceptors.`,
      { channelId: this.spec.id, ...(message === undefined ? {} : { messageId: message.id }) },
    )
  }
}

/** Transports may have messages of a class of their own. */
const isMessage = (value: unknown): value is AnyMessage =>
  typeof (Object(value) as { readonly id?: unknown }).id === 'string' && 'headers' in (value as object)

/** A vetoed delivery goes back; a sender that waits for the handling goes on waiting. */
async function postpone(delivery: Delivery): Promise<void> {
  await delivery.nack({ delay: VETO_PAUSE })
}
