/** The things that stand beside a graph, which knows them by name: channels, schemas, functions. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { ChannelConflictError, DuplicateServiceError } from '../errors/flow-errors.ts'
import type { ChannelSpec } from '../graph/graph.ts'
import type { AnyChannel } from './channel-token.ts'
import type { AnyFunction, ServiceEntry } from './service.ts'

/** Functions by name, and names that have no function yet. */
export interface Services {
  readonly functions: ReadonlyMap<string, AnyFunction>
  readonly contracts: ReadonlySet<string>
}

/** All that a flow refers to; channels and schemas by channel id. */
export interface FlowParts extends Services {
  readonly channels: ReadonlyMap<string, ChannelSpec>
  readonly schemas: ReadonlyMap<string, StandardSchemaV1>
}

/** Notes a function under its name, or the name of a service still to be bound. */
export function registerService(
  functions: Map<string, AnyFunction>,
  contracts: Set<string>,
  { name, fn }: ServiceEntry,
): void {
  const known = functions.get(name)
  if (fn === undefined) {
    if (known === undefined) contracts.add(name)
    return
  }
  if (known !== undefined && known !== fn) {
    throw new DuplicateServiceError(
      `The name "${name}" stands for two different functions. Use one function for both, or give one of them another name.`,
    )
  }
  functions.set(name, fn)
  contracts.delete(name)
}

/** The same parts with one service more. */
export function addService<T extends Services>(parts: T, entry: ServiceEntry): T {
  const functions = new Map(parts.functions)
  const contracts = new Set(parts.contracts)
  registerService(functions, contracts, entry)
  return { ...parts, functions, contracts }
}

/** Adds a channel with what belongs to it. One that is there already may be given more options but none that differs. */
export function addChannel<T extends FlowParts>(parts: T, { id, spec, compare, schema }: AnyChannel): T {
  const ordered = compare === undefined ? parts : addService(parts, { name: spec.compare!, fn: compare })
  const channels = new Map(parts.channels).set(id, mergeSpecs(parts.channels.get(id) ?? spec, spec))
  if (schema === undefined) return { ...ordered, channels }
  return {
    ...ordered,
    channels,
    schemas: new Map(parts.schemas).set(id, sameSchema(id, parts.schemas.get(id) ?? schema, schema)),
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
  throw new ChannelConflictError(
    `Channel "${channelId}" has two different schemas. Make its token once and use that everywhere.`,
    { channelId },
  )
}
