/** The handles behind `rt.channel(id)`: thin, one class for each way to use a channel. */
import { ChannelClosedError } from '../errors/channel-errors.ts'
import { NotStartedError } from '../errors/lifecycle-errors.ts'
import type { ChannelKind, ChannelSpec, FlowGraph } from '../graph/graph.ts'
import type {
  AnyMessage,
  ChannelPort,
  Delivery,
  SendOptions,
  Subscription,
  TakeOptions,
} from '../transport/transport.ts'
import { type BoundChannel, DONE } from './bound-channel.ts'
import { compile } from './compile.ts'
import type { Engine } from './engine.ts'
import { type Handler, HandlerRunner } from './handler-runner.ts'

/** Makes the handle that fits the channel's kind. */
export function channelHandle(engine: Engine, spec: ChannelSpec): ChannelHandle {
  return spec.kind === 'direct' || spec.kind === 'pubsub'
    ? new ChannelHandle(engine, spec)
    : new PollableHandle(engine, spec)
}

/** Messages a queue, or a subscriber's share of a pubsub channel, holds when nothing else is said. */
const DEFAULT_CAPACITY = 1_024

/** What every handle does. */
export class ChannelHandle {
  readonly id: string
  readonly kind: ChannelKind
  readonly capacity?: number
  protected readonly engine: Engine
  private known: BoundChannel | undefined = undefined
  private subscribers = 0

  constructor(engine: Engine, spec: ChannelSpec) {
    this.engine = engine
    this.id = spec.id
    this.kind = spec.kind
    const capacity = capacityOf(spec)
    if (capacity !== undefined) this.capacity = capacity
  }

  get closed(): boolean {
    return this.port.closed
  }

  get size(): number {
    return this.port.stats.buffered
  }

  readonly send = (value: unknown, options?: SendOptions): Promise<void> => {
    try {
      return this.running.send(this.engine.acceptance.accept(value), options) ?? DONE
    } catch (error) {
      return Promise.reject(error)
    }
  }

  readonly trySend = (value: unknown): boolean => this.running.trySend(this.engine.acceptance.accept(value))

  async close(): Promise<void> {
    await this.port.close()
  }

  /** The handler becomes a flow of one step: its failures have an error scope and dead letters like any other. */
  subscribe(handler: Handler, options: { readonly credit?: number } = {}): Subscription {
    const graph = subscriberGraph(this.id, ++this.subscribers)
    const runner = new HandlerRunner(graph.id, this.engine, handler)
    const bindings = { functionOf: () => runner.call, channelOf: () => this.bound }
    const { segments } = compile(graph, bindings, this.engine, runner)
    const { consumers } = this.engine
    const attachment = consumers.attach(runner, segments[0]!, options.credit)
    const { subscription } = attachment
    const stop = subscription.stop.bind(subscription)
    subscription.stop = () => {
      consumers.detach(attachment)
      return stop()
    }
    return subscription
  }

  /** Throws unless the runtime takes messages. */
  private get running(): BoundChannel {
    this.engine.running()
    return this.bound
  }

  protected get bound(): BoundChannel {
    return (this.known ??= this.find())
  }

  protected get port(): ChannelPort {
    return this.bound.port
  }

  private find(): BoundChannel {
    if (this.engine.state === 'new' || this.engine.state === 'starting') {
      throw new NotStartedError(
        `Channel "${this.id}" is not open: the runtime has not been started. Call \`await rt.start()\` first.`,
        {
          channelId: this.id,
        },
      )
    }
    return this.engine.channelOf(this.id)
  }
}

/** A channel that holds messages until somebody takes them: queue, priority, rendezvous. */
class PollableHandle extends ChannelHandle {
  receive(options?: TakeOptions): Promise<AnyMessage | undefined> {
    try {
      if (this.engine.events.listeners.delivered !== undefined) return this.receiveAnnounced(options)
      const received = this.port.receive(options)
      if (received instanceof Promise) received.then(this.taken, this.taken)
      else this.taken()
      return Promise.resolve(received)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  tryReceive(): AnyMessage | undefined {
    const delivery = this.port.tryTake()
    if (delivery === undefined) return undefined
    this.bound.announceDelivery(delivery.message, delivery.attempt)
    void delivery.ack()
    this.taken()
    return delivery.message
  }

  async take(options?: TakeOptions): Promise<UserDelivery | undefined> {
    const delivery = await this.port.take(options)
    if (delivery === undefined) return undefined
    this.bound.announceDelivery(delivery.message, delivery.attempt)
    this.taken()
    return new UserDelivery(delivery)
  }

  async purge(predicate?: (message: AnyMessage) => boolean): Promise<readonly AnyMessage[]> {
    const purged = await this.port.purge(predicate)
    this.taken()
    return purged
  }

  /** A message less may be all that `idle` waits for. */
  private readonly taken = (): void => this.engine.activity.touch()

  private receiveAnnounced(options?: TakeOptions): Promise<AnyMessage | undefined> {
    const received = options === undefined && this.bound.canBePolled ? this.tryReceive() : undefined
    return received === undefined ? this.takeAndAck(options) : Promise.resolve(received)
  }

  private async takeAndAck(options?: TakeOptions): Promise<AnyMessage | undefined> {
    const delivery = await this.take(options)
    await delivery?.ack()
    return delivery?.message
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<AnyMessage, void, undefined> {
    for (;;) {
      let message: AnyMessage | undefined
      try {
        message = await this.receive()
      } catch (error) {
        if (error instanceof ChannelClosedError) return
        throw error
      }
      yield message!
    }
  }
}

/** A delivery as user code settles it: always by promise, whatever the transport. */
class UserDelivery {
  readonly message: AnyMessage
  readonly attempt: number
  private readonly delivery: Delivery

  constructor(delivery: Delivery) {
    this.delivery = delivery
    this.message = delivery.message
    this.attempt = delivery.attempt
  }

  async ack(): Promise<boolean> {
    return this.delivery.ack()
  }

  async nack(options?: { readonly delay?: number }): Promise<boolean> {
    return this.delivery.nack(options)
  }

  async extend(milliseconds: number): Promise<boolean> {
    return this.delivery.extend(milliseconds)
  }
}

/** Each has an id of its own: its dead letters are its own, too. */
const subscriberGraph = (channel: string, number: number): FlowGraph => ({
  version: 1,
  id: `subscriber ${number === 1 ? '' : `${number} `}of ${channel}`,
  channels: [],
  nodes: [
    { kind: 'inlet', id: 'inlet', channel },
    { kind: 'handle', id: 'handler', service: 'handler' },
  ],
  edges: [{ from: 'inlet', to: 'handler' }],
})

function capacityOf({ kind, capacity }: ChannelSpec): number | undefined {
  if (kind === 'direct' || kind === 'rendezvous') return undefined
  return capacity === 'unbounded' ? Infinity : (capacity ?? DEFAULT_CAPACITY)
}
