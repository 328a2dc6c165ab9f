/** What all channels of this transport share: closing, and senders that wait in a line until they are admitted. */
import type { AlloraError } from '../errors/allora-error.ts'
import type { ChannelSpec } from '../graph/graph.ts'
import type {
  AnyMessage,
  ChannelPort,
  ConsumeOptions,
  Consumer,
  Delivery,
  Leftover,
  SendOptions,
  Subscription,
  TransportEnv,
} from '../transport/transport.ts'
import { abortableOf } from '../message/lazy-signal.ts'
import { retain } from '../message/retain.ts'
import { Counts } from './counts.ts'
import { LinkedList } from './linked-list.ts'
import { closedForSending, closedWhileWaiting, nothingToTake, timedOut } from './refusals.ts'
import { Waiter, ignore, mayWait } from './waiter.ts'

/** A sender that waits. */
export class Sender extends Waiter<void, Sender> {
  readonly message: AnyMessage
  readonly options: SendOptions

  constructor(message: AnyMessage, options: SendOptions) {
    super()
    this.message = message
    this.options = options
  }

  static {
    retain(new Sender(undefined as never, {}))
  }
}

/** A channel: the kinds differ in whom they admit and in what they do with an admitted message. */
export abstract class MemoryPort implements ChannelPort {
  readonly spec: ChannelSpec
  readonly stats: Counts = new Counts()
  closed = false
  protected readonly env: TransportEnv
  /** There once somebody had to wait. */
  private senders: LinkedList<Sender> | undefined = undefined

  constructor(spec: ChannelSpec, env: TransportEnv) {
    this.spec = spec
    this.env = env
  }

  abstract consume(options: ConsumeOptions, consumer: Consumer): Subscription

  /** Stops all timers of a closed channel and names what is left. */
  protected abstract end(): Leftover[]

  /** Whether this message could be accepted now. */
  protected abstract admits(message: AnyMessage): boolean

  /** Why it will not be accepted however long its sender waits; `undefined` = it may. */
  protected abstract refusal(message: AnyMessage): AlloraError | undefined

  /** Accepts a message that was admitted. */
  protected abstract accept(message: AnyMessage, options: SendOptions | undefined): void | Promise<void>

  /** Whether a sender may be admitted before one that has waited longer, because of its message. */
  protected get selective(): boolean {
    return false
  }

  send(message: AnyMessage, options?: SendOptions): void | Promise<void> {
    if (this.closed) throw closedForSending(this.spec, message)
    abortableOf(options)?.throwIfAborted()
    if (this.admitsNow(message)) return this.accept(message, options)
    return this.wait(message, options ?? {})
  }

  trySend(message: AnyMessage): boolean {
    if (this.closed || !this.admitsNow(message)) return false
    try {
      this.accept(message, undefined)?.catch(ignore)
    } catch {
      // The consumer's failure: the message was handed over all the same.
    }
    return true
  }

  /** Lets in whoever waits, as far as it may. What that sets off may call this again, so it looks anew each time. */
  admit(): void {
    for (let sender = this.nextSender(); sender !== undefined; sender = this.nextSender()) {
      sender.leave()
      try {
        sender.resolve(this.accept(sender.message, sender.options))
      } catch (failure) {
        sender.reject(failure)
      }
    }
  }

  close(): void {
    this.closed = true
    this.refuseSenders(closedForSending)
  }

  /** Closes for good, with the runtime. */
  shutDown(): Leftover[] {
    this.refuseSenders(closedWhileWaiting)
    this.close()
    return this.end()
  }

  take(): Delivery | undefined | Promise<Delivery | undefined> {
    throw nothingToTake(this.spec, 'take')
  }

  receive(): AnyMessage | undefined | Promise<AnyMessage | undefined> {
    throw nothingToTake(this.spec, 'receive')
  }

  tryTake(): Delivery | undefined {
    throw nothingToTake(this.spec, 'take')
  }

  purge(): readonly AnyMessage[] {
    throw nothingToTake(this.spec, 'purge')
  }

  private refuseSenders(refusal: (spec: ChannelSpec, message: AnyMessage) => AlloraError): void {
    for (const sender of this.senders?.toArray() ?? []) sender.reject(refusal(this.spec, sender.message))
  }

  private admitsNow(message: AnyMessage): boolean {
    return (this.senders?.first === undefined || this.selective) && this.admits(message)
  }

  private wait(message: AnyMessage, options: SendOptions): Promise<void> {
    const refusal = this.refusal(message)
    if (refusal !== undefined) throw refusal
    const { timeout } = options
    if (!mayWait(timeout)) throw timedOut(this.spec, message, 0)
    const sender = new Sender(message, options)
    this.senders ??= new LinkedList()
    this.senders.push(sender)
    // Most wait without limit, and need no function that ends the waiting.
    const elapsed = timeout === undefined ? ignore : () => sender.reject(timedOut(this.spec, message, timeout))
    return sender.limit(this.env.clock, options, elapsed).promise
  }

  /** The first sender that may come in. Those that never will are told. */
  private nextSender(): Sender | undefined {
    const { senders } = this
    let sender = senders?.first
    while (sender !== undefined && !this.admits(sender.message)) {
      const after = senders!.next(sender)
      const refusal = this.refusal(sender.message)
      if (refusal !== undefined) sender.reject(refusal)
      else if (!this.selective) return undefined
      sender = after
    }
    return sender
  }
}
