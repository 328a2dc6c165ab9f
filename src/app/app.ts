/** An app: flows put together, with one registry of channels, functions and schemas. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { DuplicateFlowError } from '../errors/flow-errors.ts'
import type { AnyFlow, RefsOf } from '../flow/flow-def.ts'
import { refuseOtherFunction } from '../flow/flow-parts.ts'
import { emptyRecord } from '../flow/record-of.ts'
import type { AnyFunction } from '../flow/service.ts'
import { type AppGraph, type ChannelSpec, GRAPH_VERSION } from '../graph/graph.ts'
import type { Consistent, Registry, Unbound } from './registry.ts'

/** Flows `F` that run together. Plain frozen data with the functions beside it. */
export interface App<out F extends AnyFlow> {
  readonly version: typeof GRAPH_VERSION
  /** Those given and those they call. */
  readonly flows: readonly F[]
  readonly graph: AppGraph
  /** By the names in the graph. */
  readonly functions: Readonly<Record<string, AnyFunction>>
  /** By channel id. */
  readonly schemas: Readonly<Record<string, StandardSchemaV1>>
  /** Names of services that only the runtime can bind. */
  readonly contracts: readonly string[]
}

/** Any app. */
export type AnyApp = App<AnyFlow>

/**
 * Puts flows together. Flows that they `call` come along. A channel that has two payload types or kinds does not compile.
 *
 * @throws DuplicateFlowError when two flows have the same id.
 * @throws DuplicateServiceError when one name stands for two functions.
 *
 * @example
 * ```ts
 * import { app, direct, flow, queue } from 'allora'
 *
 * const words = queue('words').of<string>()
 * const split = flow('split').from(direct('text').of<string>()).split((text) => text.split(' ')).to(words).build()
 * const count = flow('count').from(words).transform((word) => word.length).to(queue('lengths')).build()
 *
 * const { graph } = app(split, count)
 * graph.flows.map((each) => each.id) // => ['split', 'count']
 * ```
 */
export function app<const Fs extends readonly AnyFlow[]>(
  ...flows: { [I in keyof Fs]: Fs[I] & Consistent<Fs[I], Registry<RefsOf<Fs[number]>>, Unbound<RefsOf<Fs[number]>>> }
): App<Fs[number]> {
  return assemble(flows)
}

/** Channels that no flow names, with the functions they name. */
export interface LooseChannels {
  readonly channels: readonly ChannelSpec[]
  readonly functions: ReadonlyMap<string, AnyFunction>
  /** Names that have no function yet. */
  readonly contracts: ReadonlySet<string>
}

const NONE: LooseChannels = { channels: [], functions: new Map(), contracts: new Set() }

/** Puts flows together without their types. */
export function assemble(given: readonly AnyFlow[], { channels, ...services }: LooseChannels = NONE): AnyApp {
  const flows = [...withCalled(given, new Set())]
  refuseSameId(flows)
  const functions = functionsOf(flows, services.functions)
  const contracts = new Set(services.contracts)
  for (const flow of flows) for (const name of flow.contracts) contracts.add(name)
  return Object.freeze({
    version: GRAPH_VERSION,
    flows: Object.freeze(flows),
    // What flows bring is frozen already, and so are channels that were read.
    graph: Object.freeze({
      version: GRAPH_VERSION,
      flows: Object.freeze(flows.map((flow) => flow.graph)),
      ...(channels.length > 0 && { channels }),
    }),
    functions,
    schemas: schemasOf(flows),
    contracts: Object.freeze([...contracts].filter((name) => !(name in functions))),
  })
}

/** The flows and those they call, each once. */
function withCalled(flows: readonly AnyFlow[], found: Set<AnyFlow>): Set<AnyFlow> {
  for (const flow of flows) {
    if (found.has(flow)) continue
    found.add(flow)
    withCalled(flow.calls, found)
  }
  return found
}

function functionsOf(flows: readonly AnyFlow[], loose: LooseChannels['functions']): AnyApp['functions'] {
  const all = emptyRecord<AnyFunction>()
  for (const [name, fn] of loose) all[name] = fn
  for (const { functions } of flows) {
    for (const name of Object.keys(functions)) {
      const fn = functions[name]!
      refuseOtherFunction(name, all[name] ?? fn, fn)
      all[name] = fn
    }
  }
  return Object.freeze(all)
}

/** Of those for the same channel, the last: `check` tells when they differ. */
function schemasOf(flows: readonly AnyFlow[]): AnyApp['schemas'] {
  const all = emptyRecord<StandardSchemaV1>()
  for (const { schemas } of flows) for (const id of Object.keys(schemas)) all[id] = schemas[id]!
  return Object.freeze(all)
}

function refuseSameId(flows: readonly AnyFlow[]): void {
  const ids = new Set<string>()
  const twice = flows.find(({ graph: { id } }) => ids.size === ids.add(id).size)?.graph.id
  if (twice === undefined) return
  throw new DuplicateFlowError(
    `Two flows of this app have the id "${twice}". Give one of them another: flow('other-id').from(...).`,
    { flowId: twice },
  )
}
