/** One opening of `http.inbound`: makes messages of requests and answers of what becomes of them. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Either } from 'fp-ts/lib/Either.js'
import { pathOf, schemaResult } from '../errors/payload-issues.ts'
import type { HeadersInit } from '../message/headers.ts'
import { ownMessage } from '../message/message.ts'
import type { Arrival, Reply, ReplyWish, SourceEnv } from '../message/source.ts'
import { type Answer, Refusal, problem } from './answer.ts'
import { addFields, traceparentOf } from './headers.ts'
import { type InboundOptions, MAX_IN_FLIGHT } from './inbound-options.ts'
import { Inbox } from './inbox.ts'
import type { Incoming } from './incoming.ts'
import { BodyReader } from './read-body.ts'
import { failureAnswer, outcomeAnswer, overloaded } from './reply.ts'
import type { Place, Route } from './routes.ts'

/** Milliseconds for a reply when nothing else is said. */
const TIMEOUT = 30_000

/** Requests that wait when nothing else is said. */
const WAITING = 1_024

/** See above. */
export class Endpoint implements Route {
  readonly path: string
  readonly methods: ReadonlySet<string>
  readonly inbox: Inbox
  /** Called when the flow takes requests. */
  begun: () => void = () => undefined
  readonly env: SourceEnv
  readonly timeout: number
  readonly options: InboundOptions
  readonly retryAfter: number
  private readonly body: BodyReader
  /** Requests that may be open at the same time, and those that are. */
  private readonly most: number
  private open = 0
  /** Those who wait for a message that is not answered by the flow. */
  private readonly oneWay = new Set<RequestArrival>()

  constructor(options: InboundOptions, env: SourceEnv) {
    const { methods = ['POST'], body = 'auto', limit = 1_048_576, contentTypes } = options
    this.path = options.path
    this.methods = new Set(methods)
    this.options = options
    this.env = env
    this.body = new BodyReader({ body, limit, contentTypes })
    this.timeout = options.timeout ?? TIMEOUT
    this.inbox = new Inbox(env, this.timeout, () => this.begun())
    this.retryAfter = options.retryAfter ?? 1
    this.most = (options.maxInFlight ?? MAX_IN_FLIGHT) + (options.waiting ?? WAITING)
  }

  serve(incoming: Incoming, place: Place): Promise<Answer> {
    const headers = headersOf(incoming, place)
    const { env, path: route } = this
    if (env.serve === undefined || !incoming.isOurs) return this.answerTo(incoming, headers)
    const { method, url, version } = incoming
    const watch = env.serve({ method, path: place.path, route, origin: new URL(url).origin, version, headers })
    return watch.run(async () => {
      const answer = await this.answerTo(incoming, { ...headers, ...watch.headers })
      watch.answered(answer.status)
      return answer
    })
  }

  private async answerTo(incoming: Incoming, headers: HeadersInit): Promise<Answer> {
    if (this.open >= this.most || this.env.signal.aborted) return overloaded(this.retryAfter)
    this.open++
    try {
      const body = await this.body.read(incoming)
      const { schema } = this.options
      const payload = schema === undefined ? body : await fitting(schema, body)
      return await this.through(ownMessage(payload, headers), incoming)
    } catch (error) {
      if (error instanceof Refusal) return error.answer
      this.env.warn(`A request for ${this.path} could not be made a message: ${String(error)}`)
      return problem(500)
    } finally {
      this.open--
    }
  }

  private through(payload: Arrival<unknown>['payload'], { signal }: Incoming): Promise<Answer> {
    return new Promise((resolve) => {
      const wish = this.options.reply === false ? undefined : { timeout: this.timeout, signal }
      const arrival = new RequestArrival(this, payload, wish, resolve)
      if (wish === undefined) this.expect(arrival)
      this.inbox.put(arrival, () => arrival.answer(overloaded(this.retryAfter)))
    })
  }

  /** An arrival has its answer. */
  answered(arrival: RequestArrival): void {
    if (this.oneWay.delete(arrival) && this.oneWay.size === 0) {
      this.env.deadline.removeEventListener('abort', this.giveUp)
    }
  }

  /** The runtime tells nobody of messages that it cuts off, as they come again from a file or a queue. From here they do not. */
  private expect(arrival: RequestArrival): void {
    if (this.oneWay.size === 0) this.env.deadline.addEventListener('abort', this.giveUp)
    this.oneWay.add(arrival)
  }

  private readonly giveUp = (): void => {
    for (const arrival of this.oneWay) arrival.answer(overloaded(this.retryAfter))
  }
}

/** What the schema makes of a payload. Throws a {@link Refusal} with the issues. */
async function fitting(schema: StandardSchemaV1, payload: unknown): Promise<unknown> {
  const result = schemaResult(await schema['~standard'].validate(payload))
  if (result.issues === undefined) return result.value
  const issues = result.issues.map((issue) => ({ message: issue.message, path: pathOf(issue) }))
  throw new Refusal(problem(422, 'The body does not fit.', { issues }))
}

/** A request as the runtime sees it. */
class RequestArrival implements Arrival<unknown> {
  readonly payload: Arrival<unknown>['payload']
  declare readonly reply?: ReplyWish
  private readonly endpoint: Endpoint
  private readonly resolve: (answer: Answer) => void

  constructor(
    endpoint: Endpoint,
    payload: Arrival<unknown>['payload'],
    wish: ReplyWish | undefined,
    resolve: (answer: Answer) => void,
  ) {
    this.endpoint = endpoint
    this.payload = payload
    if (wish !== undefined) this.reply = wish
    this.resolve = resolve
  }

  answer(answer: Answer): void {
    this.endpoint.answered(this)
    this.resolve(answer)
  }

  handled(): void {
    this.answer({ status: 202, fields: [], body: undefined })
  }

  replied(outcome: Either<unknown, Reply>): void {
    const { env, options, path } = this.endpoint
    try {
      this.answer(outcomeAnswer(outcome, options.failure))
    } catch (error) {
      env.warn(`The reply to a request for ${path} could not be sent: ${String(error)}`)
      this.answer(problem(500))
    }
  }

  failed(error: unknown): void {
    this.answer(failureAnswer(error, this.endpoint.retryAfter))
  }
}

/** The headers of the message. What a client sends has names that begin with `http.`, so that it never sets a header with a meaning of ours. */
function headersOf({ method, fields, version }: Incoming, { path, query, parameters }: Place): HeadersInit {
  const headers: Record<string, unknown> = { 'http.method': method, 'http.path': path, 'http.version': version }
  if (query !== '') headers['http.query'] = query
  addFields(headers, fields)
  const contentType = headers['http.header.content-type']
  if (contentType !== undefined) headers['http.content_type'] = contentType
  for (const name in parameters) headers[`http.param.${name}`] = parameters[name]
  const traceparent = traceparentOf(headers['http.header.traceparent'] as string | undefined)
  if (traceparent === undefined) return headers
  headers['traceparent'] = traceparent
  // What vendors say of a trace means nothing without it.
  const tracestate = headers['http.header.tracestate']
  if (tracestate !== undefined) headers['tracestate'] = tracestate
  return headers
}
