/** What is wrong with an app, or looks as if it were. */
import { AppIndex, type ChannelIndex, type Names } from './app-index.ts'
import { endlessGroups, idleStores } from './check/aggregate-rule.ts'
import { unansweredCalls } from './check/call-rule.ts'
import {
  contradictedChannel,
  sharedDirectChannel,
  unboundedChannel,
  unheardChannel,
  unusedChannel,
} from './check/channel-rules.ts'
import { channelCycles } from './check/cycle-rule.ts'
import { loopsInFlow, misfittingEdges, openEnds, unreachableNodes, uselessErrorScopes } from './check/edge-rules.ts'
import {
  ambiguousFlowIds,
  ambiguousNodeIds,
  missingComparator,
  missingServices,
  unknownChannels,
} from './check/naming-rules.ts'
import {
  channelOptionsOutOfRange,
  contradictingOptions,
  idleOverflow,
  nodeOptionsOutOfRange,
  optionsOfOtherKinds,
  uselessEntries,
} from './check/option-rules.ts'
import { idleResilience } from './check/resilience-rule.ts'
import type { Diagnostic } from './diagnostic.ts'
import type { CheckCode } from './diagnostic-titles.ts'
import { FlowIndex } from './flow-index.ts'
import type { AppGraph } from './graph.ts'

/**
 * Adds what it finds to a list. A rule that can be decided by one flow, or one channel, gets these one after the other; only few need the
 * whole app at once.
 */
type Rule =
  | { readonly flow: (flow: FlowIndex, found: Diagnostic[], app: AppIndex) => void }
  | { readonly channel: (channel: ChannelIndex, found: Diagnostic[], app: AppIndex) => void }
  | { readonly app: (app: AppIndex) => Iterable<Diagnostic> }

/** The rules of each code, in the order their findings are given. */
const RULES: { readonly [Code in CheckCode]: readonly Rule[] } = {
  ALLORA101: [{ flow: unknownChannels }],
  ALLORA102: [{ channel: unusedChannel }],
  ALLORA103: [{ channel: unheardChannel }],
  ALLORA104: [{ channel: sharedDirectChannel }],
  ALLORA105: [{ flow: unreachableNodes }],
  ALLORA106: [{ flow: openEnds }],
  ALLORA107: [{ app: endlessGroups }],
  ALLORA108: [{ flow: missingServices }, { channel: missingComparator }],
  ALLORA109: [{ channel: contradictedChannel }],
  ALLORA110: [{ app: channelCycles }],
  ALLORA111: [{ channel: unboundedChannel }],
  ALLORA112: [{ app: ambiguousFlowIds }, { flow: ambiguousNodeIds }],
  ALLORA113: [{ flow: misfittingEdges }],
  ALLORA114: [{ app: unansweredCalls }],
  ALLORA115: [{ flow: uselessErrorScopes }],
  ALLORA116: [{ channel: channelOptionsOutOfRange }, { flow: nodeOptionsOutOfRange }],
  ALLORA117: [{ channel: optionsOfOtherKinds }],
  ALLORA118: [{ flow: loopsInFlow }],
  ALLORA119: [{ flow: contradictingOptions }, { flow: idleResilience }, { channel: idleOverflow }, { app: idleStores }],
  ALLORA120: [{ flow: uselessEntries }],
}

/**
 * Checks the flows of an app together, against the names of the functions that are there. Pure; the time grows with the size of the app.
 *
 * An app without errors can be started. Warnings are worth reading but may be meant.
 */
export function checkGraph(graph: AppGraph, functions: Names): readonly Diagnostic[] {
  const app = new AppIndex(graph, functions)
  const rules = Object.values(RULES)
    .flat()
    .map((rule) => ({ found: [] as Diagnostic[], ...rule }))
  const ofFlows = rules.filter((rule) => 'flow' in rule)
  const ofChannels = rules.filter((rule) => 'channel' in rule)
  // A flow is indexed, looked at by all rules and forgotten: what is kept for long costs more than what is made anew.
  for (const each of graph.flows) {
    const flow = new FlowIndex(each)
    app.note(flow)
    for (const rule of ofFlows) rule.flow(flow, rule.found, app)
  }
  for (const channel of app.channels.values()) {
    for (const rule of ofChannels) rule.channel(channel, rule.found, app)
  }
  return rules.flatMap((rule) => ('app' in rule ? [...rule.app(app)] : rule.found))
}
