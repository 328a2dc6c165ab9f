/**
 * A webhook in front of a partner that is slow and fails at times. Events are accepted at once, kept in a queue, and delivered with
 * retries. None is lost: what the partner will not take is in a channel, what could not be delivered is a dead letter.
 */
import { type DeadLetters, type ErrorMessage, type Failure, type QueueChannel, app, flow, queue, runtime } from 'allora'
import { type HttpFailure, http } from 'allora/http'
import { z } from 'zod'

/** What the shop tells: an order was paid. */
export interface Paid {
  readonly id: string
  readonly cents: number
}

/** Where it listens, and where it delivers to. */
export interface Places {
  /** 0 = a free one. */
  readonly port: number
  readonly partner: string
}

/** The relay, as it runs. */
export interface Relay extends AsyncDisposable {
  /** Where to post events. */
  readonly url: string
  /** What the partner will not take, however often it is asked. */
  readonly refused: QueueChannel<ErrorMessage<HttpFailure>>
  readonly deadLetters: DeadLetters
  /** Resolves when every event is where it belongs. */
  idle(): Promise<void>
}

const paid: z.ZodType<Paid> = z.object({ id: z.string().min(1), cents: z.int().positive() })

/** The partner understood, and said no: the same request would get the same answer. */
const isRefusal = (failure: Failure<HttpFailure>): boolean => failure.kind === 'failure' && !failure.error.retryable

/** Starts it; the end of its scope stops it, and lets what is under way end. */
export async function startRelay({ port, partner }: Places): Promise<Relay> {
  const hook = http.inbound({ port, path: '/hooks/paid', body: 'json', schema: paid, reply: false })
  const events = queue('events', { capacity: 1_000 }).of<Paid>()

  // The shop has its 202 as soon as the event is in the queue, and may send one twice.
  const accept = flow('accept')
    .from(hook)
    .idempotent({ key: ({ id }) => id })
    .to(events)
    .build()

  // The partner knows by the key what it has had already, so that even a POST may be repeated.
  const book = http.outbound({
    url: partner,
    headers: ({ id }: { readonly id: string }) => ({ 'idempotency-key': id }),
    idempotent: true,
    timeout: 2_000,
  })
  const deliver = flow('deliver')
    .from(events, { concurrency: 4 })
    .transform(({ id, cents }) => ({ id, euros: cents / 100 }))
    .to(book, { id: 'partner', retry: { attempts: 4, delay: 10, factor: 2, jitter: 'full' } })
    .errorsTo(queue('refused'), { when: isRefusal })
    .build()

  const rt = await runtime(app(accept, deliver)).start()
  return {
    url: `${hook.url}/hooks/paid`,
    refused: rt.channel('refused'),
    deadLetters: rt.deadLetters,
    idle: () => rt.idle(),
    [Symbol.asyncDispose]: () => rt[Symbol.asyncDispose](),
  }
}
