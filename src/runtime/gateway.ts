/** The gateway: requests waiting for their replies, found by the `replyTo` header (rules G1, G2). */
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { RequestTimeoutError } from '../errors/handling-errors.ts'
import type { Failure } from '../message/failure.ts'
import type { Clock, Timer } from '../transport/clock.ts'
import type { Activity } from './activity.ts'

/** A requester: outside the runtime (`request`), or a `call` step, whose own error scope then takes the failures. */
export type RequesterKind = 'request' | 'call'

interface Pending {
  readonly kind: RequesterKind
  readonly resolve: (reply: Either<unknown, unknown>) => void
  readonly reject: (error: unknown) => void
  readonly timer: Timer
  readonly unlisten: () => void
}

/** What a request needs to know. */
export interface RequestOptions {
  readonly kind: RequesterKind
  /** For the sentence of a timeout. */
  readonly channelId: string
  /** Milliseconds. */
  readonly timeout: number
  readonly signal: AbortSignal | undefined
}

/** Holds the pending requests of one runtime. */
export class Gateway {
  private readonly prefix: string
  private readonly clock: Clock
  private readonly activity: Activity
  private readonly waiting = new Map<string, Pending>()
  private count = 0

  constructor(name: string, clock: Clock, activity: Activity) {
    this.prefix = `reply:${name}/`
    this.clock = clock
    this.activity = activity
  }

  get pending(): number {
    return this.waiting.size
  }

  /** Whether a return address is a request of this runtime (also one that has ended) and not a channel. */
  owns(replyTo: string): boolean {
    return replyTo.startsWith(this.prefix)
  }

  /** Opens a request; `send` is given its return address and sends the message. The first of reply, failure, timeout and abort ends it. */
  open(options: RequestOptions, send: (replyTo: string) => void | Promise<void>): Promise<Either<unknown, unknown>> {
    const { signal } = options
    if (signal?.aborted === true) return Promise.reject(signal.reason as Error)
    const replyTo = `${this.prefix}${++this.count}`
    return new Promise((resolve, reject) => {
      const abort = (): void => this.end(replyTo)?.reject(signal!.reason)
      signal?.addEventListener('abort', abort, { once: true })
      this.waiting.set(replyTo, {
        kind: options.kind,
        resolve,
        reject,
        timer: this.clock.schedule(options.timeout, () => this.end(replyTo)?.reject(timeoutError(options))),
        unlisten: () => signal?.removeEventListener('abort', abort),
      })
      // Whoever failed the message has told this request already; only a refused send comes here first.
      try {
        send(replyTo)?.catch((error: unknown) => this.end(replyTo)?.reject(error))
      } catch (error) {
        this.end(replyTo)?.reject(error)
      }
    })
  }

  /** Hands over a reply. False when nobody waits for it (any more). */
  reply(replyTo: string, payload: unknown): boolean {
    const pending = this.end(replyTo)
    pending?.resolve(right(payload))
    return pending !== undefined
  }

  /** The kind of the requester still waiting behind a return address. */
  requester(replyTo: string | undefined): RequesterKind | undefined {
    return replyTo === undefined ? undefined : this.waiting.get(replyTo)?.kind
  }

  /** Tells a requester, if there still is one, that its message failed: a typed failure as `Left`, a defect by rejection. */
  fail(replyTo: string | undefined, failure: Failure<unknown>, error: unknown): void {
    if (replyTo === undefined) return
    const pending = this.end(replyTo)
    if (pending === undefined) return
    if (failure.kind === 'failure') pending.resolve(left(failure.error))
    else pending.reject(error)
  }

  /** Rejects everything still pending. */
  close(error: unknown): void {
    for (const replyTo of this.waiting.keys()) this.end(replyTo)?.reject(error)
  }

  private end(replyTo: string): Pending | undefined {
    const pending = this.waiting.get(replyTo)
    if (pending === undefined) return undefined
    this.waiting.delete(replyTo)
    pending.timer.cancel()
    pending.unlisten()
    this.activity.touch()
    return pending
  }
}

function timeoutError({ channelId, timeout }: RequestOptions): RequestTimeoutError {
  return new RequestTimeoutError(
    `No reply to a request on channel "${channelId}" came within ${timeout} ms. The message may still be in work; give the request a longer { timeout }, or look where it waits with rt.metrics().`,
    { channelId },
  )
}
