/** A port whose sends, and the receiving by user code, are watched; consumers are watched where they are attached. */
import { SendTimeoutError } from '../errors/channel-errors.ts'
import type { ChannelSpec } from '../graph/graph.ts'
import { MessageRecord, restoreMessage } from '../message/message.ts'
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
} from '../transport/transport.ts'
import { withHeaders } from './frame.ts'
import type { CarryingWatch, Instrumentation } from './instrumentation.ts'
import { watched } from './watching.ts'

/** Puts the watches of an instrumentation before a port. */
export class WatchedPort implements ChannelPort {
  private readonly port: ChannelPort
  private readonly instrumentation: Instrumentation

  constructor(port: ChannelPort, instrumentation: Instrumentation) {
    this.port = port
    this.instrumentation = instrumentation
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

  send(message: AnyMessage, options?: SendOptions): void | Promise<void> {
    const watch = this.instrumentation.send?.(message, this.spec)
    if (watch === undefined) return this.port.send(message, options)
    return watched(watch, () => this.port.send(carrying(message, watch), options))
  }

  trySend(message: AnyMessage): boolean {
    const watch = this.instrumentation.send?.(message, this.spec)
    if (watch === undefined) return this.port.trySend(message)
    let accepted: boolean
    try {
      accepted = watch.run(() => this.port.trySend(carrying(message, watch)))
    } catch (error) {
      watch.fail(error)
      throw error
    }
    if (accepted) watch.end()
    else watch.fail(this.refused(message))
    return accepted
  }

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

  private receiving<T>(
    receive: () => T | Promise<T>,
    message: (received: T) => AnyMessage | undefined,
  ): T | Promise<T> {
    const told = this.instrumentation.receive?.(this.spec)
    if (told === undefined) return receive()
    const tell = (received: T): T => {
      const taken = message(received)
      if (taken !== undefined) told(taken)
      return received
    }
    const received = receive()
    return received instanceof Promise ? received.then(tell) : tell(received)
  }

  private refused(message: AnyMessage): SendTimeoutError {
    return new SendTimeoutError(
      `Channel "${this.spec.id}" did not take the message at once. Call send() to wait for room, or to hear why it is refused.`,
      {
        channelId: this.spec.id,
        messageId: message.id,
      },
    )
  }
}

const messageOf = (delivery: Delivery | undefined): AnyMessage | undefined => delivery?.message

/** The same message with the headers of its watch. */
function carrying(message: AnyMessage, { headers }: CarryingWatch): AnyMessage {
  const record = message instanceof MessageRecord ? message : (restoreMessage(message) as MessageRecord)
  return record.carrying(withHeaders(record.rawHeaders, headers))
}
