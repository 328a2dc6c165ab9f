/** The things that stand beside a graph, which knows them by name: channels, schemas, functions. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { ChannelConflictError, DuplicateServiceError } from '../errors/flow-errors.ts'
import type { ChannelSpec } from '../graph/graph.ts'
import type { AnyChannel } from './channel-token.ts'
import type { AnyFunction, ServiceEntry } from './service.ts'

/** A function and the name that graphs have for it. */
export interface NamedFunction {
  readonly name: string
  readonly fn: AnyFunction
}

/** All that a flow refers to. Lists, as there are few of each in a flow, and copying one is cheaper than copying a map. The lists are never changed. */
export interface FlowParts {
  channels: readonly ChannelSpec[]
  /** By channel id. */
  schemas: readonly (readonly [channelId: string, schema: StandardSchemaV1])[]
  functions: readonly NamedFunction[]
  /** Names that have no function yet. */
  contracts: readonly string[]
}

/** A list with one item more. */
export function more<T>(list: readonly T[], item: T): readonly T[] {
  // To spread an empty list would make room for many.
  return list.length === 0 ? [item] : [...list, item]
}

/** Adds a function under its name, or the name of a service still to be bound. */
export function addService(parts: FlowParts, { name, fn }: ServiceEntry): void {
  const known = parts.functions.find((each) => each.name === name)
  const needed = parts.contracts.includes(name)
  if (fn === undefined) {
    if (known === undefined && !needed) parts.contracts = more(parts.contracts, name)
    return
  }
  if (known === undefined) parts.functions = more(parts.functions, { name, fn })
  else refuseOtherFunction(name, known.fn, fn)
  if (needed) parts.contracts = parts.contracts.filter((other) => other !== name)
}

/** Throws `DuplicateServiceError` when a name stands for two functions. */
export function refuseOtherFunction(name: string, known: AnyFunction, fn: AnyFunction): void {
  if (known === fn) return
  throw new DuplicateServiceError(
    `The name "${name}" stands for two different functions. Use one function for both, or give one of them another name.`,
  )
}

/** Adds a channel with what belongs to it. One that is there already may be given more options but none that differs. */
export function addChannel(parts: FlowParts, { id, spec, compare, schema }: AnyChannel): void {
  const { channels } = parts
  if (compare !== undefined) addService(parts, { name: spec.compare!, fn: compare })
  const place = channels.findIndex((channel) => channel.id === id)
  parts.channels = place < 0 ? more(channels, spec) : channels.with(place, mergeSpecs(channels[place]!, spec))
  if (schema !== undefined) parts.schemas = addSchema(parts.schemas, id, schema)
}

function mergeSpecs(known: ChannelSpec, spec: ChannelSpec): ChannelSpec {
  const merged = { ...known, ...spec }
  const option = (Object.keys(known) as (keyof ChannelSpec)[]).find((key) => known[key] !== merged[key])
  if (option === undefined) return Object.freeze(merged)
  throw new ChannelConflictError(
    `Channel "${spec.id}" has the ${option} ${JSON.stringify(known[option])} in one place and ${JSON.stringify(spec[option])} in another. Make its token once and use that everywhere.`,
    { channelId: spec.id },
  )
}

function addSchema(schemas: FlowParts['schemas'], channelId: string, schema: StandardSchemaV1): FlowParts['schemas'] {
  const known = schemas.find(([id]) => id === channelId)
  if (known === undefined) return more(schemas, [channelId, schema])
  if (known[1] === schema) return schemas
  throw new ChannelConflictError(
    `Channel "${channelId}" has two different schemas. Make its token once and use that everywhere.`,
    { channelId },
  )
}
