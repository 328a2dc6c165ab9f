/** A delivery: it is settled once, and who handed it out is told how. */
import { UnsupportedError } from '../errors/channel-errors.ts'
import type { AnyMessage, Delivery, Output, Settlement } from '../transport/transport.ts'
import type { Linked } from './linked-list.ts'

/** What the deliveries of all kinds of channels share; without fields, as V8 makes objects of a class with inherited fields slowly. */
export abstract class MemoryDelivery implements Delivery, Linked<MemoryDelivery> {
  abstract readonly message: AnyMessage
  abstract readonly attempt: number
  abstract readonly signal: AbortSignal | undefined
  abstract state: 'buffered' | 'held' | 'out' | 'returned' | 'done'
  abstract before: MemoryDelivery | undefined
  abstract after: MemoryDelivery | undefined

  ack(as: Settlement = 'settled', outputs?: readonly Output[]): boolean {
    if (outputs !== undefined && outputs.length > 0) {
      throw new UnsupportedError(
        `The memory transport has no transactions: it cannot commit sends together with an acknowledgement. Send first, then call ack() without outputs.`,
        { messageId: this.message.id, attempt: this.attempt },
      )
    }
    if (this.state !== 'out') return false
    this.state = 'done'
    this.settled(as)
    return true
  }

  nack(options?: { readonly delay?: number }): boolean {
    if (this.state !== 'out') return false
    this.state = 'returned'
    this.returned(options?.delay ?? 0)
    return true
  }

  /** Memory never delivers again by itself, so there is time enough while it is unsettled. */
  extend(): boolean {
    return this.state === 'out'
  }

  /** It is done with. */
  protected abstract settled(as: Settlement): void

  /** It is to be delivered again. */
  protected abstract returned(delay: number): void
}
