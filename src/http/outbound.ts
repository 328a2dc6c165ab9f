/** Requests to other servers, as a step or as the end of a flow. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import { InvalidOptionError } from '../errors/channel-errors.ts'
import { HttpTimeoutError } from '../errors/http-outbound-errors.ts'
import { describeValue } from '../errors/describe-value.ts'
import type { Exchange } from '../message/exchange.ts'
import { message } from '../message/message.ts'
import { systemClock } from '../transport/clock.ts'
import { dispose } from './body-limit.ts'
import type { BodyOf, HttpReply, Outbound, OutboundFailure, OutboundOptions, ResponseForm } from './outbound-options.ts'
import { type OutboundRequest, addressOf, methodOf, requestOf, shownRequest } from './outbound-request.ts'
import { failureOf, readAnyBody, readBody, responseHeaders, validated } from './outbound-response.ts'
import { type Answer, send } from './outbound-send.ts'
import { withinTime } from './time-limit.ts'

/**
 * Sends each message to a server over HTTP. As a step, `handle(http.outbound(...))`, it goes on with the body of the answer, and with
 * `http.response.status` and `http.response.<name>` as headers; as a sink, `to(http.outbound(...))`, a message is delivered when the
 * server says 2xx.
 *
 * The payload is sent as what it is: text, bytes, a stream of them, a form, anything else as JSON. Of the message's headers only
 * `http.request.<name>` and the trace (`traceparent`, `tracestate`) go out. Another status than 2xx is a typed failure, `HttpFailure`; no answer, or one that
 * cannot be used, is a defect. Every error says whether it is `retryable`, which the `retry` of the step heeds.
 *
 * @throws InvalidOptionError or HttpRequestError when an option cannot be right.
 *
 * @example
 * ```ts
 * import { app, direct, flow, runtime } from 'allora'
 * import { http } from 'allora/http'
 * import { z } from 'zod'
 *
 * const fetch = async () => Response.json({ rate: 1.25 }) // stands for a server
 * const rate = http.outbound({
 *   url: (currency: string) => `https://rates.example/${encodeURIComponent(currency)}`,
 *   method: 'GET',
 *   schema: z.object({ rate: z.number() }),
 *   fetch,
 * })
 * const convert = flow('convert').from(direct('currency').of<string>()).handle(rate, { retry: { attempts: 3 } }).build()
 *
 * await using rt = await runtime(app(convert)).start()
 * const reply = await rt.request('currency', 'EUR') // => { _tag: 'Right', right: { rate: 1.25 } }
 * ```
 */
export function outbound<
  P = unknown,
  S extends StandardSchemaV1 | undefined = undefined,
  const As extends ResponseForm = 'auto',
  const On extends 'fail' | 'reply' = 'fail',
>(
  options: OutboundOptions<P, S> & { readonly as?: As; readonly nonSuccess?: On },
): Outbound<P, On extends 'reply' ? HttpReply<BodyOf<S, As>> : BodyOf<S, As>, OutboundFailure<On>> {
  const client = new Client(options as OutboundOptions<unknown>)
  const step = (payload: unknown, exchange: Exchange<unknown>): unknown => client.ask(payload, exchange)
  const sink = {
    label: client.label,
    write: (payload: unknown, exchange: Exchange<unknown>) => client.tell(payload, exchange),
  }
  // The options say what the answer is; the client reads it as they say.
  return Object.freeze(Object.assign(step, sink)) as never
}

const DEFAULTS = {
  timeout: 30_000,
  as: 'auto',
  maxBody: 10_485_760,
  nonSuccess: 'fail',
  redirects: 5,
  clock: systemClock,
  // Looked up with each call, so that who replaces the global one is heard.
  fetch: (url: string, init: RequestInit) => fetch(url, init),
} as const

type Complete = OutboundOptions<unknown> & Required<Pick<OutboundOptions<unknown>, keyof typeof DEFAULTS>>

/** Sends what one `outbound` is given. */
class Client {
  readonly label: string
  private readonly options: Complete

  constructor(given: OutboundOptions<unknown>) {
    const { url } = given
    const method = methodOf(given.method)
    this.options = { ...DEFAULTS, ...given }
    checkOptions(this.options)
    this.label = typeof url === 'function' ? `${method} by message` : shownRequest({ method, url: addressOf(url)[0] })
  }

  /** Gives what the server answers. */
  ask(payload: unknown, exchange: Exchange<unknown>): Promise<Either<unknown, unknown>> {
    return this.exchange(payload, exchange, async (answer) => {
      const { response } = answer
      const { nonSuccess } = this.options
      const { status, ok } = response
      const replies = nonSuccess === 'reply'
      if (ok) {
        const body = await this.read(answer)
        return right(message(replies ? { acknowledged: true, status, body } : body, responseHeaders(answer)))
      }
      if (!replies) return this.failure(answer)
      const body = await readAnyBody(answer, this.options)
      return right(message({ acknowledged: false, status, body }, responseHeaders(answer)))
    })
  }

  /** Gives nothing, or what the server did not take the message for. A body is read only when there is a schema that it must fit. */
  tell(payload: unknown, exchange: Exchange<unknown>): Promise<Either<unknown, unknown>> {
    return this.exchange(payload, exchange, async (answer) => {
      const { ok } = answer.response
      if (!ok && this.options.nonSuccess === 'fail') return this.failure(answer)
      if (ok && this.options.schema !== undefined) await this.read(answer)
      else await dispose(answer.response)
      return right(undefined)
    })
  }

  private async failure(answer: Answer): Promise<Either<unknown, never>> {
    return left(await failureOf(answer, this.options.clock.now()))
  }

  private async read(answer: Answer): Promise<unknown> {
    const { schema } = this.options
    const body = await readBody(answer, this.options)
    return schema === undefined ? body : validated(schema, body, answer)
  }

  private async exchange<T>(
    payload: unknown,
    exchange: Exchange<unknown>,
    take: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    const { timeout, clock } = this.options
    const request = requestOf(this.options, payload, exchange)
    const late = (): Error => timeoutError(request, timeout)
    return withinTime({ timeout, clock, signal: exchange.signal, late }, async (signal) =>
      take(await send(request, this.options, signal)),
    )
  }
}

function timeoutError(request: OutboundRequest, timeout: number): HttpTimeoutError {
  return new HttpTimeoutError(
    `${shownRequest(request)} was not answered within ${timeout} ms. Look at the server, or give it longer: { timeout }.`,
    { retryable: request.repeatable },
  )
}

/** Methods that `fetch` never sends. */
const UNSENDABLE = new Set(['CONNECT', 'TRACE', 'TRACK'])

function checkOptions({ timeout, maxBody, redirects, method = 'POST' }: Complete): void {
  const refuse = (name: string, expected: string, value: unknown): never => {
    throw new InvalidOptionError(
      `The option ${name} of http.outbound must be ${expected}, but it is ${describeValue(value)}.`,
    )
  }
  if (typeof timeout !== 'number' || !(timeout > 0)) refuse('timeout', 'a number of milliseconds above 0', timeout)
  if (typeof maxBody !== 'number' || !(maxBody >= 0)) refuse('maxBody', 'a number of bytes from 0', maxBody)
  if (!Number.isSafeInteger(redirects) || redirects < 0) refuse('redirects', 'a whole number from 0', redirects)
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(method) || UNSENDABLE.has(method.toUpperCase()))
    refuse('method', 'a method of HTTP that fetch sends, such as POST', method)
}
