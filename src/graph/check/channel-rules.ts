/** Rules about channels and who is at their ends: ALLORA102, 103, 104, 109, 111. */
import { quote } from '../../errors/describe-value.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { ChannelKind, ChannelSpec } from '../graph.ts'
import { CHANNEL_FIELDS } from '../shape.ts'
import type { AppIndex, Declaration } from '../app-index.ts'
import { atChannel, listed } from './wording.ts'

/** ALLORA102: a channel that no node names. */
export function* unusedChannels({ channels, consumers, senders }: AppIndex): Iterable<Diagnostic> {
  for (const [channelId, channel] of channels) {
    if (consumers.has(channelId) || senders.has(channelId)) continue
    yield {
      code: 'ALLORA102',
      severity: 'warning',
      ...atChannel(channel.declarations[0]!),
      message: `Channel ${quote(channelId)} is declared, but no flow uses it.`,
      fix: 'Use it, or remove the declaration.',
    }
  }
}

/** What becomes of a message when nobody consumes a channel that holds none. */
const UNHEARD: Partial<Record<ChannelKind, string>> = {
  direct: 'a send to it fails',
  pubsub: 'its messages are dropped',
}

/** ALLORA103: a channel that holds no messages is written to, and no flow consumes it. */
export function* unheardChannels({ channels, consumers, senders }: AppIndex): Iterable<Diagnostic> {
  for (const [channelId, channel] of channels) {
    const unheard = UNHEARD[channel.spec.kind]
    const writers = senders.get(channelId)
    if (unheard === undefined || writers === undefined || consumers.has(channelId)) continue
    yield {
      code: 'ALLORA103',
      severity: 'warning',
      ...atChannel(channel.declarations[0]!),
      message: `The ${channel.spec.kind} channel ${quote(channelId)} is written by flow ${listed(flowsOf(writers))} and consumed by none: ${unheard} unless the program subscribes.`,
      fix: 'Add a flow that starts there, make it a queue to hold its messages, or subscribe before the first message.',
    }
  }
}

/** ALLORA104: several consumers on a direct channel that does not say how they share. */
export function* sharedDirectChannels({ channels, consumers }: AppIndex): Iterable<Diagnostic> {
  for (const [channelId, channel] of channels) {
    const { kind, dispatch } = channel.spec
    if (kind !== 'direct' || dispatch !== undefined) continue
    const steps = consumers.get(channelId) ?? []
    if (steps.length < 2) continue
    yield {
      code: 'ALLORA104',
      severity: 'error',
      ...atChannel(channel.declarations[0]!),
      message: `The direct channel ${quote(channelId)} has ${steps.length} consumers, in flow ${listed(flowsOf(steps))}, and does not say which one gets a message.`,
      fix: "Set dispatch: 'roundRobin' or 'failover' to share the messages, or make it a pubsub channel to give each consumer every one.",
    }
  }
}

/** ALLORA109: flows say different things about a channel. Saying nothing about an option contradicts nothing. */
export function* contradictedChannels({ channels }: AppIndex): Iterable<Diagnostic> {
  for (const [channelId, { declarations }] of channels) {
    if (declarations.length === 1) continue
    for (const option of Object.keys(CHANNEL_FIELDS) as (keyof ChannelSpec)[]) {
      const said = declarations.filter(({ spec }) => spec[option] !== undefined)
      const [first] = said
      const other = said.find(({ spec }) => !Object.is(spec[option], first?.spec[option]))
      if (first === undefined || other === undefined) continue
      yield {
        code: 'ALLORA109',
        severity: 'error',
        ...atChannel(other),
        message: `Channel ${quote(channelId)} has the ${option} ${JSON.stringify(first.spec[option])} ${where(first)}, but ${JSON.stringify(other.spec[option])} ${where(other)}.`,
        fix: 'Declare the channel once and use that declaration everywhere.',
      }
    }
  }
}

/** ALLORA111: a channel that grows without limit. */
export function* unboundedChannels({ channels }: AppIndex): Iterable<Diagnostic> {
  for (const [channelId, channel] of channels) {
    if (channel.spec.capacity !== 'unbounded') continue
    yield {
      code: 'ALLORA111',
      severity: 'warning',
      ...atChannel(channel.declarations[0]!),
      message: `The ${channel.spec.kind} channel ${quote(channelId)} has no bound: when its messages come faster than they are handled, memory runs full.`,
      fix: 'Give it a capacity, and an overflow that says what a full channel does.',
    }
  }
}

const where = ({ flowId }: Declaration): string =>
  flowId === undefined ? 'among the channels of the app' : `in flow ${quote(flowId)}`

const flowsOf = (steps: readonly { readonly flowId: string }[]): string[] => [
  ...new Set(steps.map(({ flowId }) => flowId)),
]
