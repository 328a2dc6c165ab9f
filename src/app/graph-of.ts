/** The graph behind whatever a user has in hand. */
import type { AnyFlow } from '../flow/flow-def.ts'
import { type AppGraph, type FlowGraph, type FunctionName, GRAPH_VERSION } from '../graph/graph.ts'
import { functionNames } from '../graph/references.ts'
import { type AnyApp, assemble } from './app.ts'

/** What can be checked and drawn: an app, a flow, or the data of either. */
export type Graphed = AnyApp | AnyFlow | AppGraph | FlowGraph

/** The data of an app; of a flow, that of the app it is with the flows it calls. */
export function graphOf(given: Graphed): AppGraph {
  if ('graph' in given) return appOf(given).graph
  return 'flows' in given ? given : { version: GRAPH_VERSION, flows: [given] }
}

/** The app itself, or that of a single flow. */
export function appOf(given: AnyApp | AnyFlow): AnyApp {
  return 'flows' in given ? given : assemble([given])
}

/** The functions a flow names, each once. */
export function functionsNamedIn({ nodes, channels }: FlowGraph): readonly FunctionName[] {
  return [...new Set([...nodes.flatMap(functionNames), ...channels.flatMap(({ compare }) => compare ?? [])])]
}
