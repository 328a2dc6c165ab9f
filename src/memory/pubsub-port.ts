/** `pubsub`: every subscriber gets every message, each through a mailbox of its own. */
import type { AlloraError } from '../errors/allora-error.ts'
import type { ChannelSpec } from '../graph/graph.ts'
import type {
  AnyMessage,
  ConsumeOptions,
  Consumer,
  Leftover,
  SendOptions,
  Subscription,
  TakeAtOnce,
  TransportEnv,
} from '../transport/transport.ts'
import { capacityOf, droppingOf } from './capacity.ts'
import { Handling } from './handling.ts'
import { LinkedList } from './linked-list.ts'
import type { MailboxDelivery } from './mailbox-delivery.ts'
import type { MailboxOwner } from './mailbox.ts'
import { MemoryPort } from './memory-port.ts'
import { FIFO, mayExpire } from './message-order.ts'
import { closedUnhandled, full, noSubscriber } from './refusals.ts'
import { type Crowd, SubscriberMailbox } from './subscriber-mailbox.ts'
import { ignore } from './waiter.ts'

const NOBODY = -1

/** A message on its way to all. */
interface Round {
  readonly mailboxes: readonly SubscriberMailbox[]
  readonly give: (mailbox: SubscriberMailbox) => void
  /** The place of the next one. */
  next: number
}

/** Goes on to those who have not got it; begun again within, it is over when that ends. */
function goRound(round: Round): void {
  while (round.next < round.mailboxes.length) round.give(round.mailboxes[round.next++]!)
}

/** Gives a message with all that has to be known of it. */
const giving =
  (message: AnyMessage, delay: number, handling?: Handling): Round['give'] =>
  (mailbox) =>
    mailbox.accept(message, delay, handling)

/** Gives a message of which nothing has to be known, with one delivery as long as that can be used again. */
function handing(message: AnyMessage): Round['give'] {
  let spare: MailboxDelivery | undefined
  return (mailbox) => {
    const mine = spare
    spare = undefined
    spare = mailbox.pass(message, mine)
  }
}

/**
 * A channel to all. A message is accepted by all subscribers or by none: with `overflow: 'wait'` a sender waits until each has room for it.
 * A subscriber that has credit and no backlog is called in the sender's stack. Counts are of copies: n subscribers make n of each message;
 * a message without a subscriber is accepted once and dropped once, and so is each copy that a stopping subscriber leaves behind.
 */
export class PubsubPort extends MemoryPort implements MailboxOwner {
  /** Replaced rather than changed: a subscriber may come or go while a message is on its way to all. */
  private mailboxes: readonly SubscriberMailbox[] = []
  private readonly crowd: Crowd = { full: 0, stirs: 0 }
  /** At this many stirs all were idle. */
  private calmAt = 0
  /** What the subscribers take messages with while all are idle, in the order of their mailboxes. */
  private lane: readonly TakeAtOnce[] | undefined = undefined
  /** What is on its way along the lane to more than one, the subscribers it goes to, and the place of the one that is being called. */
  private passing: AnyMessage | undefined = undefined
  private along: readonly SubscriberMailbox[] = []
  private place = NOBODY
  /** What is on its way beside the lane. */
  private round: Round | undefined = undefined
  private readonly handlings = new LinkedList<Handling>()
  private readonly capacity: number
  private readonly drop: 'dropOldest' | 'dropNewest' | undefined
  private readonly minSubscribers: number
  /** A sender waits until all have handled its message. */
  private readonly awaitsHandling: boolean

  constructor(spec: ChannelSpec, env: TransportEnv) {
    super(spec, env)
    this.capacity = capacityOf(spec)
    this.drop = droppingOf(spec)
    this.minSubscribers = spec.minSubscribers ?? 0
    this.awaitsHandling = spec.await === 'handled'
  }

  override consume(options: ConsumeOptions, consumer: Consumer): Subscription {
    const mailbox = new SubscriberMailbox(
      {
        channelId: this.spec.id,
        owner: this,
        env: this.env,
        counts: this.stats,
        order: FIFO,
        capacity: this.capacity,
        drop: this.drop,
        inline: true,
        subscriber: options.name,
      },
      this.crowd,
    )
    const subscription = mailbox.consume(options, this.awaitsHandling ? watched(consumer) : consumer)
    this.mailboxes = [...this.mailboxes, mailbox]
    this.lane = undefined
    this.crowd.stirs++
    this.admit()
    return subscription
  }

  protected override end(): Leftover[] {
    const left = this.mailboxes.flatMap((mailbox) => mailbox.shutDown())
    for (const handling of this.handlings.toArray()) handling.reject(closedUnhandled(this.spec))
    return left
  }

  stopped(mailbox: SubscriberMailbox): void {
    this.mailboxes = this.mailboxes.filter((other) => other !== mailbox)
    this.lane = undefined
    this.crowd.stirs++
    mailbox.retire()
    this.admit()
  }

  protected override admits(): boolean {
    if (this.mailboxes.length < this.minSubscribers) return false
    if (this.drop !== undefined) return true
    return this.crowd.full === 0
  }

  protected override refusal(message: AnyMessage): AlloraError | undefined {
    if (this.mailboxes.length < this.minSubscribers) return noSubscriber(this.spec, message, this.mailboxes.length)
    return this.spec.overflow === 'reject' ? full(this.spec, message, this.capacity) : undefined
  }

  protected override accept(message: AnyMessage, options: SendOptions | undefined): void | Promise<void> {
    if (this.mailboxes.length === 0) return this.dropUnheard(message)
    // Every subscriber gets first what came first, also when this one is sent by a subscriber that is called with the one before.
    if (this.place !== NOBODY) this.leaveLane(this.passing!)
    if (this.round !== undefined) goRound(this.round)
    const delay = options?.delay ?? 0
    if (this.awaitsHandling) {
      const handling = this.handling(options)
      this.toEach(giving(message, delay, handling))
      return handling.promise
    }
    if (delay > 0 || mayExpire(message)) return this.toEach(giving(message, delay))
    const { stirs } = this.crowd
    if (stirs === this.calmAt) {
      this.lane ??= this.mailboxes.map(({ atOnce }) => atOnce!)
      return this.passAlong(this.lane, stirs, message)
    }
    this.toEach(handing(message))
    if (this.crowd.stirs === stirs) this.calmAt = stirs
  }

  private toEach(give: Round['give']): void {
    this.finish(this.begin(give, this.mailboxes, 0))
  }

  private begin(give: Round['give'], mailboxes: readonly SubscriberMailbox[], next: number): Round {
    return (this.round = { mailboxes, give, next })
  }

  private finish(round: Round): void {
    goRound(round)
    this.round = undefined
  }

  /** Calls one idle consumer after the other, and touches no mailbox as long as nothing else happens. */
  private passAlong(lane: readonly TakeAtOnce[], stirs: number, message: AnyMessage): void {
    const { mailboxes, crowd, stats } = this
    // With one subscriber it goes on to nobody, and to write it down is what costs most here.
    if (lane.length > 1) this.passing = message
    this.along = mailboxes
    stats.inFlight++
    for (let i = 0; i < lane.length; i++) {
      this.place = i
      stats.accepted++
      const rest = lane[i]!(message)
      if (rest !== undefined || crowd.stirs !== stirs) return this.endBeside(mailboxes[i]!, message, rest)
      stats.settled++
    }
    stats.inFlight--
    this.place = NOBODY
    this.passing = undefined
  }

  /** After the call of a consumer that did more than take the message, which may have left the lane in that call. */
  private endBeside(called: SubscriberMailbox, message: AnyMessage, rest: Consumer | undefined): void {
    const round = this.place === NOBODY ? undefined : this.leaveLane(message)
    called.took(message, rest, undefined)
    if (round !== undefined) this.finish(round)
  }

  /** What is on its way along the lane goes on beside it, behind the consumer that is being called. */
  private leaveLane(message: AnyMessage): Round {
    const { along, place } = this
    this.place = NOBODY
    this.passing = undefined
    this.crowd.stirs++
    along[place]!.line.busy = true
    return this.begin(handing(message), along, place + 1)
  }

  private handling(options: SendOptions | undefined): Handling {
    const handling = new Handling(this.spec.id, this.mailboxes.length)
    this.handlings.push(handling)
    const { signal } = options ?? {}
    return signal === undefined ? handling : handling.limit(this.env.clock, { signal }, ignore)
  }

  private dropUnheard(message: AnyMessage): void {
    this.stats.accepted++
    this.stats.dropped++
    this.env.onDropped(this.spec.id, message, 'no-subscriber')
  }
}

/** The same consumer, with its end and its failures told to the sender that waits for them. A redelivered message counts by its last delivery. */
function watched(consumer: Consumer): Consumer {
  return async (delivery) => {
    const { handling } = delivery as MailboxDelivery
    handling!.started()
    try {
      await consumer(delivery)
    } catch (failure) {
      if ((delivery as MailboxDelivery).state !== 'returned') handling!.failed(failure)
    }
    handling!.ended()
  }
}
