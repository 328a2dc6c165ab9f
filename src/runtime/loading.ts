/** What the start of an app loads: the code that this app needs and others do not, so that none is missing while it runs. */
import { hasPolicy, resilienceOf } from '../graph/resilience.ts'
import type { NodeKind } from '../graph/graph.ts'
import { BEHAVIOURS } from './behaviour.ts'
import type { EngineApp } from './engine-app.ts'
import type { EngineOptions } from './engine-options.ts'
import {
  CHECK,
  COUNTING,
  CREDIT,
  INTERCEPTORS,
  KEY_ORDER,
  Later,
  RESILIENCE,
  SOURCES,
  WATCHED_PORTS,
  WATCHING,
} from './later.ts'

/** Loads what is not there yet; gives `undefined` when all is, as in every later start of the same app. */
export function load(app: EngineApp, options: EngineOptions): Promise<unknown> | undefined {
  const missing = [...neededBy(app, options)].filter(({ isHere }) => !isHere)
  return missing.length === 0 ? undefined : Promise.all(missing.map((each) => each.load()))
}

function neededBy({ graph }: EngineApp, options: EngineOptions): Set<Later<object>> {
  const { history, metrics, instrumentation, interceptors = {} } = options
  const needed = new Set<Later<object>>([CHECK])
  if (history === true || metrics === true) needed.add(COUNTING)
  if (instrumentation !== undefined) needed.add(WATCHING).add(WATCHED_PORTS)
  if (Object.keys(interceptors).length > 0) needed.add(INTERCEPTORS)
  const kinds = new Set<NodeKind>()
  for (const { nodes } of graph.flows) {
    for (const node of nodes) {
      kinds.add(node.kind)
      if (hasPolicy(resilienceOf(node))) needed.add(RESILIENCE)
      if ('orderBy' in node) needed.add(KEY_ORDER)
    }
  }
  if (kinds.has('barrier') || needed.has(RESILIENCE)) needed.add(CREDIT)
  if (kinds.has('source')) needed.add(SOURCES)
  for (const kind of kinds) {
    const behaviour = BEHAVIOURS[kind]
    if (behaviour instanceof Later) needed.add(behaviour)
  }
  return needed
}
