/** What is wrong with an app, or looks as if it were. */
import { endlessGroups } from './check/aggregate-rule.ts'
import { type AppIndex, indexApp } from './app-index.ts'
import { unansweredCalls } from './check/call-rule.ts'
import {
  contradictedChannels,
  sharedDirectChannels,
  unboundedChannels,
  unheardChannels,
  unusedChannels,
} from './check/channel-rules.ts'
import { channelCycles } from './check/cycle-rule.ts'
import { loopsInFlows, misfittingEdges, openEnds, unreachableNodes, uselessErrorScopes } from './check/edge-rules.ts'
import { ambiguousIds, missingServices, unknownChannels } from './check/naming-rules.ts'
import { contradictingOptions, optionsOfOtherKinds, optionsOutOfRange, uselessEntries } from './check/option-rules.ts'
import type { Diagnostic } from './diagnostic.ts'
import type { CheckCode } from './diagnostic-titles.ts'
import type { AppGraph, FunctionName } from './graph.ts'

type Rule = (app: AppIndex) => Iterable<Diagnostic>

/** One rule for each code, in the order their findings are given. */
const RULES: { readonly [Code in CheckCode]: Rule } = {
  ALLORA101: unknownChannels,
  ALLORA102: unusedChannels,
  ALLORA103: unheardChannels,
  ALLORA104: sharedDirectChannels,
  ALLORA105: unreachableNodes,
  ALLORA106: openEnds,
  ALLORA107: endlessGroups,
  ALLORA108: missingServices,
  ALLORA109: contradictedChannels,
  ALLORA110: channelCycles,
  ALLORA111: unboundedChannels,
  ALLORA112: ambiguousIds,
  ALLORA113: misfittingEdges,
  ALLORA114: unansweredCalls,
  ALLORA115: uselessErrorScopes,
  ALLORA116: optionsOutOfRange,
  ALLORA117: optionsOfOtherKinds,
  ALLORA118: loopsInFlows,
  ALLORA119: contradictingOptions,
  ALLORA120: uselessEntries,
}

/**
 * Checks the flows of an app together, against the names of the functions that are there. Pure; the time grows with the size of the app.
 *
 * An app without errors can be started. Warnings are worth reading but may be meant.
 */
export function checkGraph(app: AppGraph, functions: ReadonlySet<FunctionName>): readonly Diagnostic[] {
  const index = indexApp(app, functions)
  return Object.values(RULES).flatMap((rule) => [...rule(index)])
}
