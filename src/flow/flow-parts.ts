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

/** All that a flow refers to. Lists, as there are few of each in a flow, and copying one is cheaper than copying a map. */
export interface FlowParts {
  readonly channels: readonly ChannelSpec[]
  /** By channel id. */
  readonly schemas: readonly (readonly [channelId: string, schema: StandardSchemaV1])[]
  readonly functions: readonly NamedFunction[]
  /** Names that have no function yet. */
  readonly contracts: readonly string[]
}

/** Adds a function under its name, or the name of a service still to be bound. */
export function addService<T extends FlowParts>(parts: T, { name, fn }: ServiceEntry): T {
  const known = parts.functions.find((each) => each.name === name)
  const needed = parts.contracts.includes(name)
  if (fn === undefined)
    return known === undefined && !needed ? { ...parts, contracts: [...parts.contracts, name] } : parts
  refuseOtherFunction(name, known?.fn ?? fn, fn)
  return {
    ...parts,
    functions: known === undefined ? [...parts.functions, { name, fn }] : parts.functions,
    contracts: needed ? parts.contracts.filter((other) => other !== name) : parts.contracts,
  }
}

/** Throws `DuplicateServiceError` when a name stands for two functions. */
export function refuseOtherFunction(name: string, known: AnyFunction, fn: AnyFunction): void {
  if (known === fn) return
  throw new DuplicateServiceError(
    `The name "${name}" stands for two different functions. Use one function for both, or give one of them another name.`,
  )
}

/** Adds a channel with what belongs to it. One that is there already may be given more options but none that differs. */
export function addChannel<T extends FlowParts>(parts: T, { id, spec, compare, schema }: AnyChannel): T {
  const { channels, schemas } = parts
  const place = channels.findIndex((channel) => channel.id === id)
  const added = {
    ...(compare === undefined ? parts : addService(parts, { name: spec.compare!, fn: compare })),
    channels: place < 0 ? [...channels, { ...spec }] : channels.with(place, mergeSpecs(channels[place]!, spec)),
  }
  return schema === undefined ? added : { ...added, schemas: addSchema(schemas, id, schema) }
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

function addSchema(schemas: FlowParts['schemas'], channelId: string, schema: StandardSchemaV1): FlowParts['schemas'] {
  const known = schemas.find(([id]) => id === channelId)
  if (known === undefined) return [...schemas, [channelId, schema]]
  if (known[1] === schema) return schemas
  throw new ChannelConflictError(
    `Channel "${channelId}" has two different schemas. Make its token once and use that everywhere.`,
    { channelId },
  )
}
