/** What is wrong with an app, or looks as if it were. */
import { AppIndex, type ChannelIndex, type Names } from './app-index.ts'
import { endlessGroups, idleStores, unknownSizes } from './check/aggregate-rule.ts'
import { unansweredCalls } from './check/call-rule.ts'
import {
  contradictedChannel,
  sharedDirectChannel,
  unboundedChannel,
  unheardChannel,
  unusedChannel,
} from './check/channel-rules.ts'
import { channelCycles } from './check/cycle-rule.ts'
import {
  deadEnd,
  loopsInFlow,
  looseEdges,
  misfittingEdges,
  missingBeginning,
  unreachableNode,
  uselessErrorScope,
} from './check/edge-rules.ts'
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
import { FlowIndex, type Step } from './flow-index.ts'
import type { AppGraph } from './graph.ts'

/**
 * A rule adds what it finds to a list. What can be decided by one flow, one node or one channel gets these one after the other, a flow
 * before its nodes; only few rules need the whole app at once.
 */
interface Rule {
  readonly flow?: (flow: FlowIndex, found: Diagnostic[]) => void
  readonly step?: (step: Step, found: Diagnostic[], app: AppIndex, flow: FlowIndex) => void
  readonly channel?: (channel: ChannelIndex, found: Diagnostic[], app: AppIndex) => void
  readonly app?: (app: AppIndex) => Iterable<Diagnostic>
}

/** The rules of each code, in the order their findings are given. */
const RULES: { readonly [Code in CheckCode]: readonly Rule[] } = {
  ALLORA101: [{ step: unknownChannels }],
  ALLORA102: [{ channel: unusedChannel }],
  ALLORA103: [{ channel: unheardChannel }],
  ALLORA104: [{ channel: sharedDirectChannel }],
  ALLORA105: [{ step: unreachableNode }],
  ALLORA106: [{ flow: missingBeginning, step: deadEnd }],
  ALLORA107: [{ app: endlessGroups }],
  ALLORA108: [{ step: missingServices }, { channel: missingComparator }],
  ALLORA109: [{ channel: contradictedChannel }],
  ALLORA110: [{ app: channelCycles }],
  ALLORA111: [{ channel: unboundedChannel }],
  ALLORA112: [{ app: ambiguousFlowIds }, { flow: ambiguousNodeIds }],
  ALLORA113: [{ flow: looseEdges, step: misfittingEdges }],
  ALLORA114: [{ app: unansweredCalls }],
  ALLORA115: [{ step: uselessErrorScope }],
  ALLORA116: [{ channel: channelOptionsOutOfRange }, { step: nodeOptionsOutOfRange }],
  ALLORA117: [{ channel: optionsOfOtherKinds }],
  ALLORA118: [{ flow: loopsInFlow }],
  ALLORA119: [{ step: contradictingOptions }, { step: idleResilience }, { channel: idleOverflow }, { app: idleStores }],
  ALLORA120: [{ step: uselessEntries }],
  // The rule of ALLORA110 tells one kind of circle from the other.
  ALLORA121: [],
  ALLORA122: [{ app: unknownSizes }],
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
    .map((rule) => ({ ...rule, found: [] as Diagnostic[] }))
  const ofFlows = rules.flatMap(({ flow: look, found }) => (look === undefined ? [] : { look, found }))
  const ofSteps = rules.flatMap(({ step: look, found }) => (look === undefined ? [] : { look, found }))
  const ofChannels = rules.flatMap(({ channel: look, found }) => (look === undefined ? [] : { look, found }))
  for (const each of graph.flows) {
    // It is indexed, looked at by all rules and forgotten: what is kept for long costs more than what is made anew.
    const flow = new FlowIndex(each)
    app.note(flow)
    lookAt(flow, ofFlows, app, flow)
    for (let place = 0; place < flow.steps.length; place++) lookAt(flow.steps[place]!, ofSteps, app, flow)
  }
  for (const channel of app.channels.values()) lookAt(channel, ofChannels, app, undefined)
  return rules.flatMap((rule) => (rule.app === undefined ? rule.found : [...rule.app(app)]))
}

/** A rule for one thing at a time, and where its findings go. */
interface Look<Thing, Within> {
  readonly look: (thing: Thing, found: Diagnostic[], app: AppIndex, within: Within) => void
  readonly found: Diagnostic[]
}

/** Has all rules look at a thing. Counted, since there may be thousands of flows: an iterator costs more than most rules. */
function lookAt<Thing, Within>(
  thing: Thing,
  rules: readonly Look<Thing, Within>[],
  app: AppIndex,
  within: Within,
): void {
  for (let i = 0; i < rules.length; i++) {
    const { look, found } = rules[i]!
    look(thing, found, app, within)
  }
}
