/** The components that version 1 knows besides channels, as a table: their keys, and what fits. */
import { aplShape } from './apl-shape.ts'
import { channelShape, functionShape, idShape } from './field-shape.ts'
import type { KeyShape, Objection, RecordShape, TextShape } from './shape.ts'

/** Which component it is: the key of one in a file of its own. */
export type ComponentKind =
  | 'filter'
  | 'service-activator'
  | 'http-inbound-adapter'
  | 'http-outbound-adapter'
  | 'aggregator'

/** A kind of component. */
export interface ComponentRow {
  readonly single: ComponentKind
  readonly list: string
  /** As in "a list of filters". */
  readonly what: string
  /** What ids begin with that are given to those without one. */
  readonly auto: string
  readonly shape: RecordShape
}

/** The methods that an inbound adapter may name. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD'] as const

const id: KeyShape = { shape: idShape, lax: true, says: 'Unique among its kind; left out, it is numbered.' }
const required = (shape: KeyShape['shape'], says: string): KeyShape => ({ shape, required: true, says })
const optional = (shape: KeyShape['shape'], says: string): KeyShape => ({ shape, says })
const laxly = (shape: KeyShape['shape'], says: string): KeyShape => ({ shape, lax: true, says })
const nullable = (shape: KeyShape['shape'], says: string): KeyShape => ({ shape, mayBeEmpty: true, says })

const path: TextShape = {
  is: 'text',
  what: 'a path, such as /orders',
  pattern: '^/',
  objection: (text) =>
    text.startsWith('/')
      ? undefined
      : { message: `A path begins with a slash, and this one is ${JSON.stringify(text)}.`, fix: `Write "/${text}".` },
}
const url: TextShape = {
  is: 'text',
  what: 'a URL, such as https://example.org/orders',
  pattern: '^https?://',
  objection: urlObjection,
}
const method: TextShape = {
  is: 'text',
  what: 'an HTTP method, such as POST',
  pattern: "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$",
  objection: methodObjection,
}

const filter: RecordShape = {
  is: 'record',
  what: 'a filter',
  keys: {
    id,
    from: required(channelShape, 'The channel it takes messages from.'),
    to: laxly(channelShape, 'The channel for those that pass; left out, they end here.'),
    when: required(aplShape, 'Which messages pass.'),
  },
}

const serviceActivator: RecordShape = {
  is: 'record',
  what: 'a service activator',
  keys: {
    id,
    'ref-name': required(functionShape, 'The name of the service.'),
    from: required(channelShape, 'The channel it takes messages from.'),
    to: required(channelShape, 'The channel for what the service gives.'),
  },
}

const inbound: RecordShape = {
  is: 'record',
  what: 'an HTTP inbound adapter',
  keys: {
    id,
    host: required({ is: 'text', what: 'a host, such as 127.0.0.1' }, 'The address it listens at.'),
    port: required({ is: 'number', least: 1, most: 65_535, whole: true }, 'The port it listens at.'),
    path: required(path, 'The path of requests.'),
    methods: required(
      { is: 'list', what: 'a list of HTTP methods', least: 1, of: { is: 'oneOf', values: METHODS } },
      'The methods of requests.',
    ),
    'request-channel': required(channelShape, 'The channel for requests.'),
    'reply-channel': laxly(
      channelShape,
      'The channel replies come by; left out, a request is answered with 202 at once.',
    ),
  },
}

const outbound: RecordShape = {
  is: 'record',
  what: 'an HTTP outbound adapter',
  keys: {
    id,
    url: required(url, 'Where requests go.'),
    method: optional(method, 'Left out, it is POST.'),
    'use-out-msg': optional({ is: 'flag' }, 'Whether the result of the step before is sent; left out, it is.'),
    from: optional(channelShape, 'The channel it takes messages from; left out, only code uses it.'),
    to: optional(channelShape, 'The channel for the responses; left out, they are not kept.'),
  },
}

const aggregator: RecordShape = {
  is: 'record',
  what: 'an aggregator',
  keys: {
    id: nullable(idShape, 'Unique among aggregators; left out, it is numbered.'),
    correlation_header: required(
      { is: 'text', what: 'the name of a header' },
      'The header that says which messages belong together.',
    ),
    completion: required(functionShape, 'The name of a function that says whether a group is complete.'),
    strategy: nullable(
      functionShape,
      'The name of a function that makes one message of a group; left out, allora.concat_text.',
    ),
    store: nullable({ ...functionShape, what: 'the name of a store' }, 'Where groups are kept; left out, in memory.'),
    from: nullable(channelShape, 'The channel it takes messages from. Allora does not know this key.'),
    to: nullable(channelShape, 'The channel for complete groups. Allora does not know this key.'),
  },
}

/** Every kind, in the order they are made. */
export const COMPONENTS: readonly ComponentRow[] = [
  { single: 'filter', list: 'filters', what: 'filter', auto: 'filter:auto.', shape: filter },
  {
    single: 'service-activator',
    list: 'service-activators',
    what: 'service activator',
    auto: 'service:auto.',
    shape: serviceActivator,
  },
  {
    single: 'http-inbound-adapter',
    list: 'http-inbound-adapters',
    what: 'HTTP inbound adapter',
    auto: 'http-inbound-adapter:auto.',
    shape: inbound,
  },
  {
    single: 'http-outbound-adapter',
    list: 'http-outbound-adapters',
    what: 'HTTP outbound adapter',
    auto: 'http-outbound-adapter:auto.',
    shape: outbound,
  },
  { single: 'aggregator', list: 'aggregators', what: 'aggregator', auto: 'aggregator:auto.', shape: aggregator },
]

function urlObjection(text: string): Objection | undefined {
  if (!URL.canParse(text))
    return { message: `This is no URL: ${JSON.stringify(text)}.`, fix: 'Write it in full: https://example.org/orders.' }
  const { protocol } = new URL(text)
  if (protocol === 'http:' || protocol === 'https:') return undefined
  return {
    message: `A URL begins with http:// or https:// here, and this one with ${protocol}`,
    fix: 'Write https:// or http://.',
  }
}

/** A method that is no word of HTTP would never arrive; Allora sends POST instead without a word. Some are not for clients such as this. */
function methodObjection(text: string): Objection | undefined {
  const fix = 'Write POST, GET or another method.'
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text))
    return { message: `An HTTP method is one word, and this is ${JSON.stringify(text)}.`, fix }
  return /^(connect|trace|track)$/i.test(text) ? { message: `The method ${text} cannot be sent.`, fix } : undefined
}
