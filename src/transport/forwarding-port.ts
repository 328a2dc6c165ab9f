/** A port before another one: it looks at what is sent and received, and leaves everything else to the one behind. */
import { SendTimeoutError } from '../errors/channel-errors.ts'
import type { ChannelSpec } from '../graph/graph.ts'
import type {
  AnyMessage,
  ChannelPort,
  ChannelStats,
  ConsumeOptions,
  Consumer,
  Delivery,
  SendOptions,
  Subscription,
  TakeOptions,
} from './transport.ts'

/** See above. */
export abstract class ForwardingPort implements ChannelPort {
  protected readonly port: ChannelPort

  constructor(port: ChannelPort) {
    this.port = port
  }

  get spec(): ChannelSpec {
    return this.port.spec
  }

  get closed(): boolean {
    return this.port.closed
  }

  get stats(): ChannelStats {
    return this.port.stats
  }

  abstract send(message: AnyMessage, options?: SendOptions): void | Promise<void>

  abstract trySend(message: AnyMessage): boolean

  /** Receives by `receive`; `message` gives the message of what came, if any did. */
  protected abstract receiving<T>(
    receive: () => T | Promise<T>,
    message: (received: T) => AnyMessage | undefined,
  ): T | Promise<T>

  take(options?: TakeOptions): Delivery | undefined | Promise<Delivery | undefined> {
    return this.receiving(() => this.port.take(options), messageOf)
  }

  receive(options?: TakeOptions): AnyMessage | undefined | Promise<AnyMessage | undefined> {
    return this.receiving(
      () => this.port.receive(options),
      (message) => message,
    )
  }

  tryTake(): Delivery | undefined {
    return this.receiving(() => this.port.tryTake(), messageOf) as Delivery | undefined
  }

  consume(options: ConsumeOptions, consumer: Consumer): Subscription {
    return this.port.consume(options, consumer)
  }

  purge(predicate?: (message: AnyMessage) => boolean): readonly AnyMessage[] | Promise<readonly AnyMessage[]> {
    return this.port.purge(predicate)
  }

  close(): void | Promise<void> {
    return this.port.close()
  }

  /** Why `trySend` gave false. */
  protected notAtOnce(message: AnyMessage): SendTimeoutError {
    return new SendTimeoutError(
      `Channel "${this.spec.id}" could not accept the message at once, so trySend returned false. Use send() to wait for it.`,
      { channelId: this.spec.id, messageId: message.id },
    )
  }
}

const messageOf = (delivery: Delivery | undefined): AnyMessage | undefined => delivery?.message

/** Does something that ends at once or later, and tells how it ended. */
export function ending<T>(
  act: () => T | Promise<T>,
  succeeded: (result: T) => void,
  failed: (error: unknown) => void,
): T | Promise<T> {
  let result: T | Promise<T>
  try {
    result = act()
  } catch (error) {
    failed(error)
    throw error
  }
  if (result instanceof Promise) {
    return result.then(
      (value: T) => {
        succeeded(value)
        return value
      },
      (error: unknown) => {
        failed(error)
        throw error
      },
    )
  }
  succeeded(result)
  return result
}
