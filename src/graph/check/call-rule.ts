/** The rule about calls into other flows: ALLORA114. */
import { quote } from '../../errors/describe-value.ts'
import type { Diagnostic } from '../diagnostic.ts'
import { didYouMean } from '../did-you-mean.ts'
import { asks } from '../references.ts'
import type { CallNode, FlowGraph } from '../graph.ts'
import type { AppIndex } from '../app-index.ts'
import type { Step } from '../flow-index.ts'
import { at, listed, theNode } from './wording.ts'

/** ALLORA114: a call of a flow that is not there, that reads from another channel, or that never replies. */
export function* unansweredCalls(app: AppIndex): Iterable<Diagnostic> {
  if (![...app.kinds].some((kind) => asks({ kind }))) return
  const replying = new Map<string, boolean>()
  const replies = (channel: string): boolean => {
    const known = replying.get(channel) ?? mayReply(app, channel)
    replying.set(channel, known)
    return known
  }
  for (const step of app.steps) {
    if (step.node.kind !== 'call') {
      if (asks(step.node)) yield* unansweredStops(step, replies)
      continue
    }
    const objection = objectionTo(step.node, app, replies)
    if (objection === undefined) continue
    const { channel } = step.node
    yield {
      code: 'ALLORA114',
      severity: 'error',
      ...at(step),
      channelId: channel,
      message: `${theNode(step)} calls ${objection.message}`,
      fix: objection.fix,
    }
  }
}

function* unansweredStops(step: Step, replies: (channel: string) => boolean): Iterable<Diagnostic> {
  for (const { channel } of step.uses) {
    if (replies(channel)) continue
    yield {
      code: 'ALLORA114',
      severity: 'error',
      ...at(step),
      channelId: channel,
      message: `${theNode(step)} asks channel ${quote(channel)}, where no flow replies.`,
      fix: 'Name the source channel of a flow that ends with a reply.',
    }
  }
}

function objectionTo(
  { flow, channel }: CallNode,
  { flowsById }: AppIndex,
  replies: (channel: string) => boolean,
): Pick<Diagnostic, 'message' | 'fix'> | undefined {
  const callee = flowsById.get(flow)
  if (callee === undefined) {
    return {
      message: `flow ${quote(flow)}, which the app does not have.`,
      fix: `${didYouMean(flow, flowsById.keys())}Correct the id, or add the flow to the app.`,
    }
  }
  const sources = sourcesOf(callee)
  if (!sources.includes(channel)) {
    return {
      message: `flow ${quote(flow)} by channel ${quote(channel)}, but that flow reads from ${sources.length === 0 ? 'none' : listed(sources)}.`,
      fix: 'Name the source channel of the flow.',
    }
  }
  if (replies(channel)) return undefined
  return {
    message: `flow ${quote(flow)}, which never replies.`,
    fix: 'End that flow with a reply, or send to its channel instead of calling it.',
  }
}

function sourcesOf({ nodes }: FlowGraph): string[] {
  return nodes.flatMap((node) => (node.kind === 'inlet' || node.kind === 'source' ? [node.channel] : []))
}

/**
 * Whether a message in a channel may be replied to: some path leads to a reply, in this flow or in one that it sends to, or out of
 * the app to a channel that somebody else reads from.
 */
function mayReply({ consumers }: AppIndex, channel: string): boolean {
  const readers = consumers.get(channel) ?? []
  const found = new Set<Step>(readers)
  for (const step of found) {
    if (step.node.kind === 'reply') return true
    for (const { to } of step.ways) if (to !== undefined) found.add(to)
    if (asks(step.node)) continue
    for (const use of step.uses) {
      const next = consumers.get(use.channel)
      if (next === undefined) return true
      for (const reader of next) found.add(reader)
    }
  }
  return false
}
