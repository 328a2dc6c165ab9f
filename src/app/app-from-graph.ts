/** Apps from data: what YAML, JSON and other tools describe, with the functions they name. */
import type { ChannelToken } from '../flow/channel-token.ts'
import type { FlowDef } from '../flow/flow-def.ts'
import type { AnyFunction } from '../flow/service.ts'
import { type AppGraph, type ChannelKind, type FlowGraph, GRAPH_VERSION } from '../graph/graph.ts'
import { readApp } from '../graph/read-graph.ts'
import { type App, type LooseChannels, assemble } from './app.ts'
import { functionsNamedIn } from './graph-of.ts'

/** A channel that the compiler knows nothing about. */
export type UntypedChannel = ChannelToken<ChannelKind, string, unknown>

/** A flow that the compiler knows nothing about: any id is taken for a channel of it, and carries `unknown`. */
export type UntypedFlow = FlowDef<UntypedChannel, unknown, unknown, UntypedChannel>

/**
 * Makes an app of graphs and the functions they name. Names without a function become contracts, which a runtime refuses to start without.
 *
 * @throws InvalidGraphError when the data is not a graph.
 * @throws DuplicateFlowError when two flows have the same id.
 *
 * @example
 * ```ts
 * import { appFromGraph, runtime, type FlowGraph } from 'allora'
 *
 * const json = `{
 *   "version": 1, "id": "shout",
 *   "channels": [{ "id": "in", "kind": "direct" }],
 *   "nodes": [
 *     { "id": "n0", "kind": "inlet", "channel": "in" },
 *     { "id": "n1", "kind": "handle", "service": "shout" },
 *     { "id": "n2", "kind": "reply" }
 *   ],
 *   "edges": [{ "from": "n0", "to": "n1" }, { "from": "n1", "to": "n2" }]
 * }`
 * const shouting = appFromGraph([JSON.parse(json) as FlowGraph], { shout: (text: string) => text.toUpperCase() })
 *
 * await using rt = await runtime(shouting).start()
 * const reply = await rt.request('in', 'hello') // => { _tag: 'Right', right: 'HELLO' }
 * ```
 */
export function appFromGraph(
  graph: AppGraph | readonly FlowGraph[],
  functions: Readonly<Record<string, AnyFunction>> = {},
): App<UntypedFlow> {
  const { flows, channels = [] } = readApp('flows' in graph ? graph : { version: GRAPH_VERSION, flows: graph })
  const bound = flows.map((flow) => withFunctions(flow, functions))
  return assemble(bound, {
    channels,
    ...divided(
      channels.flatMap(({ compare }) => compare ?? []),
      functions,
    ),
  }) as App<UntypedFlow>
}

/** The functions of these names, and the names that have none. */
function divided(
  names: readonly string[],
  functions: Readonly<Record<string, AnyFunction>>,
): Omit<LooseChannels, 'channels'> {
  const given = names.filter((name) => Object.hasOwn(functions, name))
  return {
    functions: new Map(given.map((name) => [name, functions[name]!])),
    contracts: new Set(names.filter((name) => !Object.hasOwn(functions, name))),
  }
}

function withFunctions(graph: FlowGraph, functions: Readonly<Record<string, AnyFunction>>): UntypedFlow {
  const { functions: given, contracts } = divided(functionsNamedIn(graph), functions)
  const flow = {
    graph,
    functions: Object.freeze(Object.fromEntries(given)),
    contracts: Object.freeze([...contracts]),
    schemas: Object.freeze({}),
    calls: Object.freeze([]),
  }
  // A flow's types live in the compiler only, and of this one there are none.
  return Object.freeze(flow) as unknown as UntypedFlow
}
