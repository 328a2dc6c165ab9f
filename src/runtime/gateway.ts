/** The gateway: requests waiting for their replies, found by the `replyTo` header (rules G1, G2). */
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { RequestTimeoutError } from '../errors/handling-errors.ts'
import { Waiter } from '../memory/waiter.ts'
import type { Failure } from '../message/failure.ts'
import type { HeadersInit } from '../message/headers.ts'
import type { Abortable } from '../message/lazy-signal.ts'
import { retain } from '../message/retain.ts'
import type { Clock } from '../transport/clock.ts'
import type { Activity } from './activity.ts'
import { Deadlines, type Mortal } from './deadlines.ts'
import { JointAddresses } from './joint-addresses.ts'

/** Milliseconds that a request waits for its reply when nothing else is said (rule G1). */
export const REPLY_TIMEOUT = 30_000

/** A requester: outside the runtime (`request`), or a `call` step, whose own error scope then takes the failures. */
export type RequesterKind = 'request' | 'call'

/** What a request needs to know. */
export interface RequestOptions {
  readonly kind: RequesterKind
  /** For the sentence of a timeout. */
  readonly channelId: string
  /** Milliseconds. */
  readonly timeout: number
  readonly signal: Abortable | undefined
  /** Whether it is resolved with the headers of the reply beside its payload (`Reply`). */
  readonly withHeaders?: boolean
}

/** What V8 keeps as it keeps times: were it a small number, every request with a deadline would have another shape than the one kept for good. */
const NO_DEADLINE = -Infinity

/** A request that waits. Its place in a line is that among those of the same timeout. */
class Pending extends Waiter<Either<unknown, unknown>, Pending> implements Mortal<Pending> {
  deadline: number = NO_DEADLINE
  ended = false
  readonly options: RequestOptions
  /** The number at the end of its return address. */
  readonly number: number
  readonly replyTo: string
  private readonly gateway: Gateway

  constructor(gateway: Gateway, number: number, replyTo: string, options: RequestOptions) {
    super()
    this.gateway = gateway
    this.number = number
    this.replyTo = replyTo
    this.options = options
  }

  expire(): void {
    this.reject(timeoutError(this.options))
  }

  override leave(): void {
    super.leave()
    this.ended = true
    this.gateway.left(this)
  }

  static {
    retain(new Pending(undefined as never, 0, '', undefined as never))
  }
}

/** Holds the pending requests of one runtime. */
export class Gateway {
  private readonly prefix: string
  private readonly clock: Clock
  private readonly activity: Activity
  private readonly deadlines: Deadlines<Pending>
  /** All but the latest, by their numbers, which are cheaper to look up than their addresses. */
  private readonly waiting = new Map<number, Pending>()
  private readonly joint = new JointAddresses()
  /** The last one that was opened: who asks one thing after the other needs no map. */
  private latest: Pending | undefined = undefined
  private readonly addresses: Addresses

  constructor(name: string, clock: Clock, activity: Activity) {
    this.prefix = `reply:${name}/`
    this.addresses = new Addresses(this.prefix)
    this.clock = clock
    this.activity = activity
    this.deadlines = new Deadlines(clock)
  }

  get pending(): number {
    return this.waiting.size + (this.latest === undefined ? 0 : 1)
  }

  /** Whether a return address is a request of this runtime (also one that has ended) and not a channel. */
  owns(replyTo: string): boolean {
    return replyTo.startsWith(this.prefix)
  }

  /** Opens a request; `send` is given its return address and sends the message. The first of reply, failure, timeout and abort ends it. */
  open(options: RequestOptions, send: (replyTo: string) => void | Promise<void>): Promise<Either<unknown, unknown>> {
    const { signal } = options
    if (signal?.aborted === true) return Promise.reject(signal.reason)
    const replyTo = this.addresses.next()
    const pending = new Pending(this, this.addresses.number, replyTo, options)
    this.keepLatest()
    this.latest = pending
    if (signal !== undefined) pending.limit(this.clock, { signal }, NEVER)
    // Whoever failed the message has told this request already; only a refused send comes here first.
    try {
      send(replyTo)?.catch((error: unknown) => pending.ended || pending.reject(error))
    } catch (error) {
      if (!pending.ended) pending.reject(error)
    }
    // A flow that runs at once has answered it meanwhile, and it needs no deadline.
    if (!pending.ended && options.timeout < Infinity) this.deadlines.add(pending, options.timeout)
    return pending.promise
  }

  /** A return address for all who still wait at these; `undefined` when nobody does. What answers or fails it answers or fails each. */
  join(addresses: ReadonlySet<string>): string | undefined {
    const single = [...addresses].flatMap((address) => (this.find(address) ? [address] : this.joint.behind(address)))
    const members = [...new Set(single)]
    if (members.length < 2) return members[0]
    const address = this.addresses.next()
    this.joint.add(address, members)
    return address
  }

  /** Hands over a reply. False when nobody waits for it (any more). */
  reply(replyTo: string, payload: unknown, headers: HeadersInit): boolean {
    const pending = this.find(replyTo)
    if (pending === undefined) {
      return this.joint.behind(replyTo).filter((one) => this.reply(one, payload, headers)).length > 0
    }
    pending.resolve(right(pending.options.withHeaders === true ? { payload, headers } : payload))
    return true
  }

  /** The kind of the requester still waiting behind a return address; of several, `'call'` when all are calls. */
  requester(replyTo: string | undefined): RequesterKind | undefined {
    if (replyTo === undefined) return undefined
    const pending = this.find(replyTo)
    if (pending !== undefined) return pending.options.kind
    const kinds = this.joint.behind(replyTo).map((one) => this.requester(one))
    return kinds.includes('request') ? 'request' : kinds[0]
  }

  /** Tells a requester, if there still is one, that its message failed: a typed failure as `Left`, a defect by rejection. */
  fail(replyTo: string | undefined, failure: Failure<unknown>, error: unknown): void {
    if (replyTo === undefined) return
    const pending = this.find(replyTo)
    if (pending === undefined) for (const one of this.joint.behind(replyTo)) this.fail(one, failure, error)
    else if (failure.kind === 'failure') pending.resolve(left(failure.error))
    else pending.reject(error)
  }

  /** Rejects everything still pending. */
  close(error: unknown): void {
    this.keepLatest()
    for (const pending of this.waiting.values()) pending.reject(error)
    this.deadlines.stop()
  }

  /** A request waits no more. */
  left(pending: Pending): void {
    if (pending === this.latest) this.latest = undefined
    else this.waiting.delete(pending.number)
    if (pending.deadline !== NO_DEADLINE) this.deadlines.left(pending.options.timeout)
    if (this.joint.size > 0) this.joint.leave(pending.replyTo)
    this.activity.touch()
  }

  private find(replyTo: string): Pending | undefined {
    const { latest } = this
    if (latest?.replyTo === replyTo) return latest
    const pending = this.waiting.get(numberAtEnd(replyTo))
    return pending?.replyTo === replyTo ? pending : undefined
  }

  /** Makes the latest one of many. */
  private keepLatest(): void {
    const { latest } = this
    if (latest === undefined) return
    this.latest = undefined
    this.waiting.set(latest.number, latest)
  }
}

const NEVER = (): void => {}

const HUNDRED = 100

/** The last two digits of a number. */
const LAST_DIGITS = Array.from({ length: HUNDRED }, (_, number) => String(number).padStart(2, '0'))

/**
 * Return addresses: a prefix and a number that counts up. V8 keeps the texts of numbers that it makes for a while, which costs more than all
 * else that an address does, so only one in a hundred is made of its number.
 */
class Addresses {
  /** That of the last address. */
  number = 0
  private readonly prefix: string
  /** The prefix and all digits but the last two. */
  private start: string

  constructor(prefix: string) {
    this.prefix = prefix
    this.start = prefix
  }

  next(): string {
    const digits = ++this.number % HUNDRED
    if (digits === 0) this.begin(this.prefix + this.number / HUNDRED)
    return this.start + LAST_DIGITS[digits]!
  }

  private begin(start: string): void {
    // A look at it puts its parts together, once for a hundred addresses.
    start.charCodeAt(0)
    this.start = start
  }
}

const ZERO = '0'.charCodeAt(0)

/** The decimal number that a text ends with; 0 when there is none. */
function numberAtEnd(text: string): number {
  let number = 0
  let unit = 1
  for (let i = text.length - 1; i >= 0; i--, unit *= 10) {
    const digit = text.charCodeAt(i) - ZERO
    if (digit < 0 || digit > 9) break
    number += digit * unit
  }
  return number
}

function timeoutError({ channelId, timeout }: RequestOptions): RequestTimeoutError {
  return new RequestTimeoutError(
    `No reply to a request on channel "${channelId}" came within ${timeout} ms. The message may still be in work; give the request a longer { timeout }, or look where it waits with rt.metrics().`,
    { channelId },
  )
}
