/** Stand for the delivery of a message that was taken without one. */
import { retain } from '../message/retain.ts'
import type { AnyMessage, Delivery, Settlement, TellSettled } from '../transport/transport.ts'

/** While the message is in the sender's stack there is nothing to settle, and the frame has the message. */
export const IN_HAND: Delivery = Object.freeze({
  message: undefined as never,
  attempt: 1,
  signal: undefined,
  ack: () => false,
  nack: () => false,
  extend: () => false,
})

/** A message in work whose sender waits. It cannot be given back: the sender has it still. */
export class HandedOver implements Delivery {
  readonly message: AnyMessage
  private tell: TellSettled | undefined

  constructor(message: AnyMessage, tell: TellSettled) {
    this.message = message
    this.tell = tell
  }

  get attempt(): number {
    return 1
  }

  get signal(): undefined {
    return undefined
  }

  ack(as: Settlement = 'settled'): boolean {
    const { tell } = this
    if (tell === undefined) return false
    this.tell = undefined
    tell(as)
    return true
  }

  nack(): boolean {
    return false
  }

  extend(): boolean {
    return this.tell !== undefined
  }

  static {
    retain(new HandedOver(undefined as never, undefined as never))
  }
}
