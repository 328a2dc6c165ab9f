/** HTTP: flows that begin with requests from outside, and steps that send them. */
import { handler } from './handler.ts'
import { inbound } from './inbound.ts'
import { outbound } from './outbound.ts'
import { reply } from './reply.ts'

/** What connects flows to HTTP. */
export interface Http {
  /** Begins a flow with requests. */
  readonly inbound: typeof inbound
  /** Attaches a flow to a server that is there already. */
  readonly handler: typeof handler
  /** Asks another server: a step that goes on with the answer, and a sink. */
  readonly outbound: typeof outbound
  /** A reply with a status and header fields. */
  readonly reply: typeof reply
}

/** What connects flows to HTTP: `http.inbound` begins one, `http.reply` answers, `http.handler` attaches one to another server, `http.outbound` asks others. */
export const http: Http = Object.freeze({ inbound, handler, outbound, reply })

export { HttpBindingError, HttpListenError, HttpReplyError } from '../errors/http-errors.ts'
export {
  HttpBodyError,
  HttpConnectionError,
  HttpFailure,
  HttpRedirectError,
  HttpRequestError,
  HttpSchemaError,
  HttpTimeoutError,
} from '../errors/http-outbound-errors.ts'
export type { HttpErrorOptions, HttpFailureOptions } from '../errors/http-outbound-errors.ts'
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
export type {
  BodyOf,
  HttpReply,
  Outbound,
  OutboundFailure,
  OutboundOptions,
  PerMessage,
  ResponseForm,
  ResponseHeaders,
} from './outbound-options.ts'
export type { ReplyOptions, ReplyParts } from './reply.ts'
export type { ServerOptions } from './server-options.ts'
