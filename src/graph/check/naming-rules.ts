/** Rules about names that have to be there, and only once: ALLORA101, 108, 112. */
import { quote } from '../../errors/describe-value.ts'
import type { AppIndex, ChannelIndex, Names } from '../app-index.ts'
import type { Diagnostic } from '../diagnostic.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { FlowIndex, Step } from '../flow-index.ts'
import { functionNames } from '../references.ts'
import { type Place, at, atChannel, theNode } from './wording.ts'

/** ALLORA101: a node names a channel that no flow declares. The channel of a call belongs to ALLORA114. */
export function unknownChannels(step: Step, found: Diagnostic[], { channels }: AppIndex): void {
  if (step.uses.length === 0 || step.node.kind === 'call') return
  for (const { channel } of step.uses) {
    if (channels.has(channel)) continue
    found.push({
      code: 'ALLORA101',
      severity: 'error',
      ...at(step),
      channelId: channel,
      message: `${theNode(step)} names channel ${quote(channel)}, which no flow declares.`,
      fix: `${didYouMean(channel, channels.keys())}Correct the name, or declare the channel.`,
    })
  }
}

/** ALLORA108: a node names a function that is not there. */
export function missingServices(step: Step, found: Diagnostic[], { functions }: AppIndex): void {
  const names = functionNames(step.node)
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!
    if (!functions.has(name)) found.push(missing(theNode(step), name, at(step), functions))
  }
}

/** ALLORA108: a channel names a function that is not there. */
export function missingComparator(
  { id, spec: { compare }, declarations }: ChannelIndex,
  found: Diagnostic[],
  { functions }: AppIndex,
): void {
  if (compare === undefined || functions.has(compare)) return
  found.push(missing(`Channel ${quote(id)}`, compare, atChannel(declarations[0]!), functions))
}

const missing = (who: string, name: string, place: Place, functions: Names): Diagnostic => ({
  code: 'ALLORA108',
  severity: 'error',
  ...place,
  message: `${who} names the function ${quote(name)}, which the app does not have.`,
  fix: `${didYouMean(name, functions.keys())}Correct the name, or bring a function of this name along.`,
})

/** ALLORA112: ids of flows that are empty or used twice. */
export function* ambiguousFlowIds({ graph: { flows }, flowsById }: AppIndex): Iterable<Diagnostic> {
  if (flowsById.size === flows.length && !flowsById.has('')) return
  for (const { id, why } of objections(flows)) {
    yield {
      code: 'ALLORA112',
      severity: 'error',
      flowId: id,
      message: `The flow id ${quote(id)} is ${why}.`,
      fix: 'Give every flow an id of its own.',
    }
  }
}

/** ALLORA112: ids of nodes that are empty or used twice. */
export function ambiguousNodeIds(flow: FlowIndex, found: Diagnostic[]): void {
  const { graph, steps } = flow
  // What is found by the id of each is that node itself, if there is no other.
  if (steps.every(({ node }, place) => node.id !== '' && flow.step(node.id)?.place === place)) return
  for (const { id, why } of objections(graph.nodes)) {
    found.push({
      code: 'ALLORA112',
      severity: 'error',
      flowId: graph.id,
      nodeId: id,
      message: `The node id ${quote(id)} in flow ${quote(graph.id)} is ${why}.`,
      fix: 'Give every node of the flow an id of its own.',
    })
  }
}

function objections(items: readonly { readonly id: string }[]): { readonly id: string; readonly why: string }[] {
  const seen = new Set<string>()
  return items.flatMap(({ id }) => {
    if (id === '') return [{ id, why: 'empty' }]
    if (seen.has(id)) return [{ id, why: 'used twice' }]
    seen.add(id)
    return []
  })
}
