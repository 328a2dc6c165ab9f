/** What the sender to a `pubsub` channel with `await: 'handled'` waits for. */
import { HandlersFailedError } from '../errors/handling-errors.ts'
import { Waiter } from './waiter.ts'

/** Ends when every copy of a message is settled and every consumer called with one has come to an end. */
export class Handling extends Waiter<void, Handling> {
  private pending: number
  private readonly failures: unknown[] = []
  private readonly channelId: string

  constructor(channelId: string, copies: number) {
    super()
    this.channelId = channelId
    this.pending = copies
  }

  /** A consumer was called. */
  started(): void {
    this.pending++
  }

  /** What a consumer failed with, to be told to the sender. */
  failed(failure: unknown): void {
    this.failures.push(failure)
  }

  /** A copy is settled or given up, or a consumer has come to an end. */
  ended(): void {
    if (--this.pending > 0) return
    if (this.failures.length === 0) return this.resolve()
    const count = this.failures.length === 1 ? '1 subscriber' : `${this.failures.length} subscribers`
    this.reject(
      new HandlersFailedError(
        `${count} of channel "${this.channelId}" failed to handle the message. See the errors of this one.`,
        { channelId: this.channelId, errors: this.failures },
      ),
    )
  }
}
