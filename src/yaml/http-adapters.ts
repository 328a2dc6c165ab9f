/** The HTTP adapters that a file describes. What they are made of is loaded when they are needed, not with the file. */
import { right } from 'fp-ts/lib/Either.js'
import type { Sink } from '../flow/sink.ts'
import { MAX_IN_FLIGHT, type Method } from '../http/inbound-options.ts'
import type { HttpReply, Outbound, ResponseHeaders } from '../http/outbound-options.ts'
import type { Exchange } from '../message/exchange.ts'
import { type MessageDraft, message } from '../message/message.ts'
import type { Arrival, Source } from '../message/source.ts'
import type { HttpInboundSpec, HttpOutboundSpec } from './allora-file.ts'

/** The source of an inbound adapter. Its path is the beginning of those that it takes, and texts are texts whatever their content type. */
export function inboundAdapter(spec: HttpInboundSpec): Source<unknown> {
  const { host, port, path, methods, replyChannel } = spec
  const base = path.replace(/\/+$/, '')
  return Object.freeze({
    label: `HTTP ${path}`,
    maxInFlight: MAX_IN_FLIGHT,
    open: async (env) => {
      const { inbound } = await import('../http/inbound.ts')
      const source = inbound({
        host,
        port,
        // It begins with a slash, says the shape too.
        path: `${base}/*` as `/${string}`,
        // The shape of the file lets no other words pass, and at least one.
        methods: methods as readonly [Method, ...Method[]],
        body: 'textOrBytes',
        reply: replyChannel !== undefined,
      })
      return restated(await source.open(env), base.split('/').length)
    },
  } satisfies Source<unknown>)
}

/** The arrivals with the headers that Allora gives them. */
function restated(arrivals: AsyncIterable<Arrival<unknown>>, segments: number): AsyncIterable<Arrival<unknown>> {
  return {
    [Symbol.asyncIterator]: () => {
      const each = arrivals[Symbol.asyncIterator]()
      return {
        next: async () => {
          const next = await each.next()
          return next.done === true ? next : { done: false, value: withOldHeaders(next.value, segments) }
        },
        return: async () => (await each.return?.()) ?? { done: true, value: undefined },
      }
    },
  }
}

/** What a client gets whose message was taken and that waits for no reply. */
const TAKEN = right({ payload: 'ok', headers: { 'http.status': 202 } })

function withOldHeaders(arrival: Arrival<unknown>, segments: number): Arrival<unknown> {
  const { payload: body, headers } = arrival.payload as MessageDraft<unknown, Readonly<Record<string, unknown>>>
  const rest = String(headers['http.path']).split('/').slice(segments).join('/')
  const payload = message(body, {
    ...headers,
    'http.path': `/${rest}`,
    ...(typeof body === 'string' && { 'http.body_text': body }),
  })
  return {
    payload,
    ...(arrival.reply !== undefined && { reply: arrival.reply }),
    handled: () => arrival.replied?.(TAKEN),
    replied: (outcome) => arrival.replied?.(outcome),
    failed: (error) => arrival.failed?.(error),
  }
}

/** What an outbound adapter is: a step and a sink, as `http.outbound`. */
export type OutboundAdapter = ((payload: unknown, exchange: Exchange<unknown>) => Promise<unknown>) & Sink<unknown>

/**
 * The step of an outbound adapter. As with Allora, one with `to` passes on what the server answers, whatever its status; for any other a
 * status that is no success is a failure, since nobody would see it.
 */
export function outboundAdapter({ url, method, to }: HttpOutboundSpec): OutboundAdapter {
  let loading: Promise<Outbound<unknown, unknown, unknown>> | undefined
  const load = async (): Promise<Outbound<unknown, unknown, unknown>> => {
    const { outbound } = await import('../http/outbound.ts')
    return outbound<unknown, undefined, 'bytes', 'fail' | 'reply'>({
      url,
      method,
      as: 'bytes',
      nonSuccess: to === undefined ? 'fail' : 'reply',
    })
  }
  const loaded = (): NonNullable<typeof loading> => (loading ??= load())
  const step = async (payload: unknown, exchange: Exchange<unknown>): Promise<unknown> => {
    const answer = await (await loaded())(payload, exchange)
    return answer._tag === 'Left' ? answer : right(dispatched(answer.right))
  }
  const sink: Sink<unknown> = {
    label: `HTTP ${method}`,
    write: async (payload, exchange) => (await loaded()).write(payload, exchange),
  }
  return Object.freeze(Object.assign(step, sink))
}

/** The answer as Allora passes it on: its body, and in two headers what became of the request. */
function dispatched({ payload, headers }: MessageDraft<unknown, ResponseHeaders>): MessageDraft<unknown> {
  const status = headers['http.response.status']
  const body = payload instanceof Uint8Array ? payload : (payload as HttpReply<unknown>).body
  return message(textOrBytes(body as Uint8Array), {
    ...headers,
    'dispatch-result.status-code': String(status),
    'dispatch-result.acknowledged': String(status >= 200 && status < 300),
  })
}

/** Text where the bytes are UTF-8: what is none would be lost in a text. */
function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return bytes
  }
}
