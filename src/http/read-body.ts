/** Makes a payload of a body: within the limit, of the right content type, and free of keys that would change what objects are. */
import { type Answer, Refusal, problem } from './answer.ts'
import { tooLong } from './body-refusals.ts'
import { fieldOf } from './headers.ts'
import type { BodyTypes, FormFields, FormValue } from './inbound-options.ts'
import type { Incoming } from './incoming.ts'
import { type MediaType, isForm, isJson, isText, isUtf8, matcherOf, mediaTypeOf } from './media-type.ts'

/** What a body may be. */
export interface BodyRules {
  readonly body: keyof BodyTypes
  /** Bytes. */
  readonly limit: number
  readonly contentTypes: readonly string[] | undefined
}

type Read = (bytes: Uint8Array, type: string) => unknown

/** Reads bodies by the same rules. */
export class BodyReader {
  private readonly rules: BodyRules
  private readonly accepted: readonly string[]
  private readonly accepts: (essence: string) => boolean
  private lastField: string | undefined = undefined
  private lastRead: Read = bytesOnly

  constructor(rules: BodyRules) {
    this.rules = rules
    this.accepted = rules.contentTypes ?? ACCEPTED[rules.body] ?? ['*/*']
    this.accepts = matcherOf(this.accepted)
  }

  /** The payload. Throws a {@link Refusal} with what the client is to be told. */
  async read(incoming: Incoming): Promise<unknown> {
    if (!incoming.hasBody) return EMPTY[this.rules.body]
    const { fields } = incoming
    const field = fieldOf(fields, 'content-type') ?? ''
    const read = this.readFor(field)
    checkEncoding(fieldOf(fields, 'content-encoding'))
    const { limit } = this.rules
    // What says that it is too long is not read at all, and what does not say how long it is, to the limit.
    if (Number(fieldOf(fields, 'content-length')) > limit) throw tooLong(limit)
    return read(await incoming.bytes(limit), field)
  }

  /** Most requests have the content type of the one before. */
  private readFor(field: string): Read {
    if (field === this.lastField) return this.lastRead
    const type = mediaTypeOf(field)
    if (type.essence !== '' && !this.accepts(type.essence)) {
      const accepted = this.accepted.join(', ')
      throw new Refusal(problem(415, `The content type must be ${accepted}.`, { fields: [['accept', accepted]] }))
    }
    const read = READERS[this.rules.body] ?? readerFor(type)
    if (read !== bytesOnly && read !== textOrBytes && !isUtf8(type.charset)) {
      throw new Refusal(problem(415, 'The character set must be UTF-8.'))
    }
    this.lastField = field
    return (this.lastRead = read)
  }
}

function checkEncoding(encoding: string | undefined): void {
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return
  const fields = [['accept-encoding', 'identity']] as const
  throw new Refusal(problem(415, 'A body that is compressed is not taken.', { fields }))
}

const ACCEPTED: { readonly [B in keyof BodyTypes]?: readonly string[] } = {
  json: ['application/json', 'application/*+json'],
  form: ['application/x-www-form-urlencoded', 'multipart/form-data'],
}

const EMPTY: BodyTypes = {
  auto: undefined,
  json: undefined,
  text: '',
  bytes: new Uint8Array(),
  form: Object.freeze({}),
  textOrBytes: '',
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** Their own: what came by a socket is part of a larger buffer, which would be kept with it. */
const bytesOnly: Read = (bytes) => new Uint8Array(bytes)

const text = (bytes: Uint8Array): string => {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Refusal(problem(400, 'The body is not UTF-8.'))
  }
}

const textOrBytes: Read = (bytes) => {
  try {
    return utf8.decode(bytes)
  } catch {
    return bytesOnly(bytes, '')
  }
}

const json: Read = (bytes) => {
  const source = text(bytes)
  let value: unknown
  try {
    value = JSON.parse(source)
  } catch (error) {
    throw new Refusal(problem(400, `The body is no JSON: ${(error as Error).message}`))
  }
  // Only a key written like this, or with escapes, can become one of those.
  if (/"(?:__proto__|constructor)"|\\u/.test(source)) refusePrototypeKeys(value)
  return value
}

const form: Read = async (bytes, type) => {
  const fields: Record<string, FormValue | FormValue[]> = {}
  for (const [name, value] of await formEntries(bytes, type)) {
    if (name === '__proto__') throw new Refusal(prototypeKey(name))
    const before = Object.hasOwn(fields, name) ? fields[name]! : undefined
    fields[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value]
  }
  return fields satisfies FormFields
}

const READERS: { readonly [B in keyof BodyTypes]?: Read } = { json, text, bytes: bytesOnly, form, textOrBytes }

function readerFor({ essence }: MediaType): Read {
  if (isJson(essence)) return json
  if (isForm(essence)) return form
  return isText(essence) ? text : bytesOnly
}

async function formEntries(bytes: Uint8Array, type: string): Promise<Iterable<[string, FormValue]>> {
  if (!mediaTypeOf(type).essence.startsWith('multipart/')) return new URLSearchParams(text(bytes))
  try {
    // Its bytes are this request's own; only the type of the platform doubts it.
    const response = new Response(bytes as Uint8Array<ArrayBuffer>, { headers: { 'content-type': type } })
    return await response.formData()
  } catch {
    throw new Refusal(problem(400, 'The body is no multipart form.'))
  }
}

/** Looks through all of a value, however deep, without recursion. */
function refusePrototypeKeys(value: unknown): void {
  const open: unknown[] = [value]
  while (open.length > 0) {
    const each = open.pop()
    if (typeof each !== 'object' || each === null) continue
    if (Object.hasOwn(each, '__proto__')) throw new Refusal(prototypeKey('__proto__'))
    const { constructor: own } = each as { readonly constructor?: unknown }
    if (typeof own === 'object' && own !== null && Object.hasOwn(own, 'prototype')) {
      throw new Refusal(prototypeKey('constructor.prototype'))
    }
    for (const inner of Object.values(each)) open.push(inner)
  }
}

const prototypeKey = (key: string): Answer => problem(400, `The body has the key "${key}", which is not taken.`)
