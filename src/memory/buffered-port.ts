/** `queue`, `priority` and `rendezvous`: one mailbox, shared by all who receive. */
import type { AlloraError } from '../errors/allora-error.ts'
import type { ChannelSpec } from '../graph/graph.ts'
import type {
  AnyMessage,
  ConsumeOptions,
  Consumer,
  Delivery,
  Leftover,
  SendOptions,
  Subscription,
  TakeOptions,
  TransportEnv,
} from '../transport/transport.ts'
import { capacityOf, droppingOf } from './capacity.ts'
import { Mailbox, type MailboxOwner } from './mailbox.ts'
import type { MailboxDelivery } from './mailbox-delivery.ts'
import { MemoryPort } from './memory-port.ts'
import { orderOf } from './message-order.ts'
import { full } from './refusals.ts'

/** A channel that keeps messages until they are taken. Throws `InvalidOptionError` for a capacity or a comparator it cannot have. */
export class BufferedPort extends MemoryPort implements MailboxOwner {
  private readonly mailbox: Mailbox
  private readonly capacity: number
  /** Whether one message more makes an older or this one give way. */
  private readonly dropping: boolean

  constructor(spec: ChannelSpec, env: TransportEnv) {
    super(spec, env)
    this.capacity = spec.kind === 'rendezvous' ? 0 : capacityOf(spec)
    const drop = droppingOf(spec)
    this.dropping = drop !== undefined
    const order = orderOf(spec, env.functions)
    this.mailbox = new Mailbox({
      channelId: spec.id,
      owner: this,
      env,
      counts: this.stats,
      order,
      capacity: this.capacity,
      drop,
      inline: false,
    })
  }

  override take(options?: TakeOptions): Delivery | undefined | Promise<Delivery | undefined> {
    return this.mailbox.take(options, asDelivery)
  }

  override receive(options?: TakeOptions): AnyMessage | undefined | Promise<AnyMessage | undefined> {
    return this.mailbox.tryReceive(options) ?? this.mailbox.take(options, asMessage)
  }

  override tryTake(): Delivery | undefined {
    return this.mailbox.tryTake()
  }

  override consume(options: ConsumeOptions, consumer: Consumer): Subscription {
    return this.mailbox.consume(options, consumer)
  }

  override purge(predicate: (message: AnyMessage) => boolean = () => true): readonly AnyMessage[] {
    return this.mailbox.purge(predicate)
  }

  override close(): void {
    super.close()
    this.mailbox.close()
  }

  protected override end(): Leftover[] {
    return this.mailbox.shutDown()
  }

  /** The others of the channel go on. */
  stopped(): void {}

  protected override get selective(): boolean {
    return this.capacity === 0 && this.mailbox.selective
  }

  protected override admits(message: AnyMessage): boolean {
    if (this.capacity === 0) return this.mailbox.awaits(message)
    return this.dropping || !this.mailbox.full
  }

  protected override refusal(message: AnyMessage): AlloraError | undefined {
    return this.spec.overflow === 'reject' && this.capacity > 0 ? full(this.spec, message, this.capacity) : undefined
  }

  protected override accept(message: AnyMessage, options: SendOptions | undefined): void {
    this.mailbox.accept(message, options?.delay)
  }
}

const asDelivery = (delivery: MailboxDelivery): Delivery => delivery

const asMessage = (delivery: MailboxDelivery): AnyMessage => {
  delivery.ack()
  return delivery.message
}
