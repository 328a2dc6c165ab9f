/** Rules about names that have to be there, and only once: ALLORA101, 108, 112. */
import { quote } from '../../errors/describe-value.ts'
import type { Diagnostic } from '../diagnostic.ts'
import { didYouMean } from '../did-you-mean.ts'
import { functionNames } from '../references.ts'
import type { AppIndex } from '../app-index.ts'
import { type Place, at, theNode, atChannel } from './wording.ts'

/** ALLORA101: a node names a channel that no flow declares. The channel of a call belongs to ALLORA114. */
export function* unknownChannels({ steps, channels }: AppIndex): Iterable<Diagnostic> {
  for (const step of steps) {
    if (step.node.kind === 'call') continue
    for (const { channel } of step.uses) {
      if (channels.has(channel)) continue
      yield {
        code: 'ALLORA101',
        severity: 'error',
        ...at(step),
        channelId: channel,
        message: `${theNode(step)} names channel ${quote(channel)}, which no flow declares.`,
        fix: `${didYouMean(channel, channels.keys())}Correct the name, or declare the channel.`,
      }
    }
  }
}

/** ALLORA108: a node or a channel names a function that is not there. */
export function* missingServices({ steps, channels, functions }: AppIndex): Iterable<Diagnostic> {
  const missing = (who: string, name: string, place: Place): Diagnostic => ({
    code: 'ALLORA108',
    severity: 'error',
    ...place,
    message: `${who} names the function ${quote(name)}, which the app does not have.`,
    fix: `${didYouMean(name, functions)}Correct the name, or bring a function of this name along.`,
  })
  for (const step of steps) {
    for (const name of functionNames(step.node)) if (!functions.has(name)) yield missing(theNode(step), name, at(step))
  }
  for (const [channelId, { spec, declarations }] of channels) {
    const { compare } = spec
    if (compare === undefined || functions.has(compare)) continue
    yield missing(`Channel ${quote(channelId)}`, compare, atChannel(declarations[0]!))
  }
}

/** ALLORA112: ids of flows and nodes that are empty or used twice. */
export function* ambiguousIds({ flows, flowsById }: AppIndex): Iterable<Diagnostic> {
  for (const { id, why } of objections(flows, flowsById, ({ graph }) => graph.id)) {
    yield {
      code: 'ALLORA112',
      severity: 'error',
      flowId: id,
      message: `The flow id ${quote(id)} is ${why}.`,
      fix: 'Give every flow an id of its own.',
    }
  }
  for (const { graph, steps, stepsById } of flows) {
    for (const { id, why } of objections(steps, stepsById, ({ node }) => node.id)) {
      yield {
        code: 'ALLORA112',
        severity: 'error',
        flowId: graph.id,
        nodeId: id,
        message: `The node id ${quote(id)} in flow ${quote(graph.id)} is ${why}.`,
        fix: 'Give every node of the flow an id of its own.',
      }
    }
  }
}

function objections<T>(
  items: readonly T[],
  byId: ReadonlyMap<string, T>,
  idOf: (item: T) => string,
): { readonly id: string; readonly why: string }[] {
  if (byId.size === items.length && !byId.has('')) return []
  const seen = new Set<string>()
  return items.map(idOf).flatMap((id) => {
    if (id === '') return [{ id, why: 'empty' }]
    if (seen.has(id)) return [{ id, why: 'used twice' }]
    seen.add(id)
    return []
  })
}
