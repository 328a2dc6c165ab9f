/** A port whose sends, and the receiving by user code, are watched; consumers are watched where they are attached. */
import { withHeaders } from '../message/headers.ts'
import { recordOf } from '../message/message.ts'
import { ForwardingPort } from '../transport/forwarding-port.ts'
import type { AnyMessage, ChannelPort, SendOptions } from '../transport/transport.ts'
import type { CarryingWatch, Instrumentation } from './instrumentation.ts'
import { watched } from './watching.ts'

/** Puts the watches of an instrumentation before a port. */
export class WatchedPort extends ForwardingPort {
  private readonly instrumentation: Instrumentation

  constructor(port: ChannelPort, instrumentation: Instrumentation) {
    super(port)
    this.instrumentation = instrumentation
  }

  override send(message: AnyMessage, options?: SendOptions): void | Promise<void> {
    const watch = this.instrumentation.send?.(message, this.spec)
    if (watch === undefined) return this.port.send(message, options)
    return watched(watch, () => this.port.send(carrying(message, watch), options))
  }

  override trySend(message: AnyMessage): boolean {
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
    else watch.fail(this.notAtOnce(message))
    return accepted
  }

  protected override receiving<T>(
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
}

/** The same message with the headers of its watch. */
function carrying(message: AnyMessage, { headers }: CarryingWatch): AnyMessage {
  const record = recordOf(message)
  return record.carrying(withHeaders(record.rawHeaders, headers))
}
