/** HTTP: flows that begin with requests from outside. */
import { handler } from './handler.ts'
import { inbound } from './inbound.ts'
import { reply } from './reply.ts'

/** What connects flows to HTTP. */
export interface Http {
  /** Begins a flow with requests. */
  readonly inbound: typeof inbound
  /** Attaches a flow to a server that is there already. */
  readonly handler: typeof handler
  /** A reply with a status and header fields. */
  readonly reply: typeof reply
}

/** What connects flows to HTTP: `http.inbound` begins one, `http.reply` answers, `http.handler` attaches one to another server. */
export const http: Http = Object.freeze({ inbound, handler, reply })

export { HttpBindingError, HttpListenError, HttpReplyError } from '../errors/http-errors.ts'
export type { FetchHandler } from './handler.ts'
export type { InboundPayload, InboundSource } from './inbound.ts'
export type {
  BodyTypes,
  FormFields,
  FormValue,
  InboundHeaders,
  InboundOptions,
  Method,
  ParamsOf,
} from './inbound-options.ts'
export type { ReplyOptions, ReplyParts } from './reply.ts'
export type { ServerOptions } from './server-options.ts'
