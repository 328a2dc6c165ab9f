/** What `http.inbound` takes, and the types that follow from it. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describeValue, quote } from '../errors/describe-value.ts'
import { InvalidOptionError } from '../errors/channel-errors.ts'
import type { ReplyParts } from './reply.ts'
import type { ServerOptions } from './server-options.ts'

/** A method that a flow can answer. */
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'

/** The fields of a form by name: text, a file, or a list of them where a name is there more than once. */
export type FormFields = Readonly<Record<string, FormValue | readonly FormValue[]>>

/** The value of a field of a form. */
export type FormValue = string | File

/** What a payload is by the option `body`. */
export interface BodyTypes {
  /** By its content type: what `json`, `form` or `text` would give, or else bytes; `undefined` without a body. */
  readonly auto: unknown
  /** The value; `undefined` without a body. */
  readonly json: unknown
  /** UTF-8; empty without a body. */
  readonly text: string
  readonly bytes: Uint8Array
  /** Of `application/x-www-form-urlencoded` or `multipart/form-data`; empty without a body. */
  readonly form: FormFields
  /** Text where the body is UTF-8, bytes where it is not, whatever its content type. */
  readonly textOrBytes: string | Uint8Array
}

/** The headers of the messages of `http.inbound`. Of the fields of the request, those that concern only the connection are left out. */
export type InboundHeaders<Path extends string = string> = {
  readonly 'http.method': string
  /** As the client sent it, before decoding, without the query. */
  readonly 'http.path': string
  /** Without the question mark; absent when it is empty. */
  readonly 'http.query'?: string
  /** `1.1`, or `unknown` where another server took the request. */
  readonly 'http.version': string
  readonly 'http.content_type'?: string
} & { readonly [name in `http.header.${string}`]?: string } & {
  readonly [name in ParamsOf<Path> as `http.param.${name}`]: string
}

/** The names of the parameters of a path: `'id'` for `/orders/:id`. A pattern after a name is left out, an optional one is not promised. */
export type ParamsOf<Path extends string> = Path extends `${string}/:${infer Rest}`
  ? NameOf<Rest> | (Rest extends `${string}/${infer More}` ? ParamsOf<`/${More}`> : never)
  : never

type NameOf<Rest extends string> = Rest extends `${infer Segment}/${string}` ? Bare<Segment> : Bare<Rest>
type Bare<Segment extends string> = Segment extends `${string}?`
  ? never
  : Segment extends `${infer Name}{${string}`
    ? Name
    : Segment

/** What `http.inbound` takes. */
export interface InboundOptions<
  Path extends `/${string}` = `/${string}`,
  Body extends keyof BodyTypes = keyof BodyTypes,
  Schema extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined,
> {
  /** The address to listen at; absent = `127.0.0.1`, this machine only. `0.0.0.0` is all of them. */
  readonly host?: string
  /**
   * The port to listen at. 0 is a free one, the same for all flows of the runtime that say 0; `source.url` tells it. Absent = no server:
   * requests come by `http.handler(flow)`.
   */
  readonly port?: number
  /** What the path must be: `/orders`, with a parameter `/orders/:id` or `/orders/:id{[0-9]+}`, with a wildcard `/files/*`. */
  readonly path: Path
  /** Absent = `['POST']`. With GET, HEAD is answered too; OPTIONS is answered by itself. Any other gets 405. */
  readonly methods?: readonly [Method, ...Method[]]
  /** What the payload is; absent = `'auto'`. */
  readonly body?: Body
  /** Bytes of a body at most; absent = 1,048,576. A longer one gets 413 and is not read to its end. */
  readonly limit?: number
  /** The content types to take, such as `image/*`; absent = those that `body` reads. Any other gets 415. */
  readonly contentTypes?: readonly string[]
  /** What the payload must fit (Standard Schema); it is what the schema makes of it. One that does not fit gets 422 with the issues. */
  readonly schema?: Schema
  /** Whether the client waits for the reply of the flow; absent = yes. Otherwise it gets 202 when the message has come to a channel that holds it. */
  readonly reply?: boolean
  /** Milliseconds until 504, from when the flow takes the request; absent = 30,000. One that has waited as long for its turn gets 503. */
  readonly timeout?: number
  /** Requests in work at the same time; absent = 1,024. A `maxInFlight` given to `from` goes before it. */
  readonly maxInFlight?: number
  /** Requests besides those that may be there, to be read and to wait until there is room; absent = 1,024. Any more get 503. */
  readonly waiting?: number
  /** Seconds that `Retry-After` tells clients that got 503; absent = 1. */
  readonly retryAfter?: number
  /** What a typed failure (a `Left`) of the flow is answered with; absent, or where it gives `undefined`, 500 without any word of it. */
  readonly failure?: (error: unknown) => ReplyParts | undefined
  /** The server: TLS and limits. Flows that share a server say the same, or nothing. */
  readonly server?: ServerOptions
}

/** Requests in work at the same time when nothing else is said. */
export const MAX_IN_FLIGHT = 1_024

const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const BODIES: readonly string[] = ['auto', 'json', 'text', 'bytes', 'form', 'textOrBytes']

/** Throws `InvalidOptionError` for what the types cannot keep out. */
export function checkInboundOptions(options: InboundOptions): void {
  const { path, methods = ['POST'], body = 'auto', port } = options
  if (typeof path !== 'string' || !path.startsWith('/'))
    refuse('path', path, "a path that begins with a slash: '/orders'")
  if (!Array.isArray(methods) || methods.length === 0) refuse('methods', methods, "a list of methods: ['GET', 'POST']")
  for (const method of methods as readonly string[]) {
    if (!METHODS.includes(method)) refuse('methods', method, `one of ${METHODS.join(', ')}, in capitals`)
  }
  if (!BODIES.includes(body)) refuse('body', body, `one of ${BODIES.join(', ')}`)
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    refuse('port', port, 'a whole number from 0 to 65535')
  }
  checkNumbers(options)
}

function checkNumbers(options: InboundOptions): void {
  const least = { limit: 0, timeout: 1, maxInFlight: 1, waiting: 0, retryAfter: 0 } as const
  for (const [name, min] of Object.entries(least) as [keyof typeof least, number][]) {
    const value = options[name]
    if (value === undefined) continue
    const whole = Number.isInteger(value) || (value === Infinity && name !== 'retryAfter')
    if (!whole || value < min) refuse(name, value, `a whole number, ${min} or more`)
  }
}

function refuse(name: string, value: unknown, expected: string): never {
  const came = typeof value === 'string' ? quote(value) : describeValue(value)
  throw new InvalidOptionError(`The option ${name} of http.inbound must be ${expected}, but it is ${came}.`)
}
