/** The things that stand beside a graph, which knows them by name: channels, schemas, functions. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { ChannelConflictError, DuplicateServiceError } from '../errors/flow-errors.ts'
import type { ChannelSpec } from '../graph/graph.ts'
import type { AnyChannel } from './channel-token.ts'
import type { AnyFunction, ServiceEntry } from './service.ts'

/** Functions by name. */
export interface Services {
  readonly functions: Readonly<Record<string, AnyFunction>>
  /** Names that have no function yet. */
  readonly contracts: readonly string[]
}

/** All that a flow refers to. */
export interface FlowParts extends Services {
  readonly channels: Readonly<Record<string, ChannelSpec>>
  /** By channel id. */
  readonly schemas: Readonly<Record<string, StandardSchemaV1>>
}

/** What a record holds under a name; names come from users and may be those of every object, such as `constructor`. */
export function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}

/** Adds a function under its name, or the name of a service still to be bound. */
export function addFunction<T extends Services>(parts: T, { name, fn }: ServiceEntry): T {
  const known = own(parts.functions, name)
  if (fn === undefined) {
    return known !== undefined || parts.contracts.includes(name) ? parts : { ...parts, contracts: [...parts.contracts, name] }
  }
  if (known !== undefined && known !== fn) {
    throw new DuplicateServiceError(`The name "${name}" stands for two different functions. Use one function for both, or give one of them another name.`)
  }
  return { ...parts, functions: { ...parts.functions, [name]: fn }, contracts: parts.contracts.filter((other) => other !== name) }
}

/** Adds a channel with what belongs to it. One that is there already may be given more options but none that differs. */
export function addChannel<T extends FlowParts>(parts: T, { id, spec, compare, schema }: AnyChannel): T {
  const known = own(parts.channels, id)
  const ordered = compare === undefined ? parts : addFunction(parts, { name: spec.compare!, fn: compare })
  return {
    ...ordered,
    channels: { ...parts.channels, [id]: known === undefined ? spec : mergeSpecs(known, spec) },
    schemas: schema === undefined ? parts.schemas : { ...parts.schemas, [id]: sameSchema(id, own(parts.schemas, id) ?? schema, schema) },
  }
}

function mergeSpecs(known: ChannelSpec, spec: ChannelSpec): ChannelSpec {
  const merged = { ...known, ...spec }
  const option = (Object.keys(known) as (keyof ChannelSpec)[]).find((key) => known[key] !== merged[key])
  if (option === undefined) return merged
  throw new ChannelConflictError(
    `Channel "${spec.id}" has the ${option} ${JSON.stringify(known[option])} in one place and ${JSON.stringify(spec[option])} in another. Make its token once and use that everywhere.`,
    { channelId: spec.id },
  )
}

function sameSchema(channelId: string, known: StandardSchemaV1, schema: StandardSchemaV1): StandardSchemaV1 {
  if (known === schema) return schema
  throw new ChannelConflictError(`Channel "${channelId}" has two different schemas. Make its token once and use that everywhere.`, { channelId })
}
