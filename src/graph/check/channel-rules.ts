/** Rules about channels and who is at their ends: ALLORA102, 103, 104, 109, 111. */
import { quote } from '../../errors/describe-value.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { ChannelKind, ChannelSpec } from '../graph.ts'
import { CHANNEL_FIELDS } from '../shape.ts'
import type { ChannelIndex, Declaration } from '../app-index.ts'
import { atChannel, listed } from './wording.ts'

/** ALLORA102: a channel that no node names. */
export function unusedChannel({ id, declarations, consumers, senders }: ChannelIndex, found: Diagnostic[]): void {
  if (consumers.length > 0 || senders.length > 0) return
  found.push({
    code: 'ALLORA102',
    severity: 'warning',
    ...atChannel(declarations[0]!),
    message: `Channel ${quote(id)} is declared, but no flow uses it.`,
    fix: 'Use it, or remove the declaration.',
  })
}

/** What becomes of a message when nobody consumes a channel that holds none. */
const UNHEARD: Partial<Record<ChannelKind, string>> = {
  direct: 'a send to it fails',
  pubsub: 'its messages are dropped',
}

/** ALLORA103: a channel that holds no messages is written to, and no flow consumes it. */
export function unheardChannel(channel: ChannelIndex, found: Diagnostic[]): void {
  const { id, spec, declarations, consumers, senders } = channel
  if (senders.length === 0 || consumers.length > 0) return
  const unheard = UNHEARD[spec.kind]
  if (unheard === undefined) return
  found.push({
    code: 'ALLORA103',
    severity: 'warning',
    ...atChannel(declarations[0]!),
    message: `The ${spec.kind} channel ${quote(id)} is written by flow ${listedOnce(senders)} and consumed by none: ${unheard} unless the program subscribes.`,
    fix: 'Add a flow that starts there, make it a queue to hold its messages, or subscribe before the first message.',
  })
}

/** ALLORA104: several consumers on a direct channel that does not say how they share. */
export function sharedDirectChannel({ id, spec, declarations, consumers }: ChannelIndex, found: Diagnostic[]): void {
  if (consumers.length < 2 || spec.kind !== 'direct' || spec.dispatch !== undefined) return
  found.push({
    code: 'ALLORA104',
    severity: 'error',
    ...atChannel(declarations[0]!),
    message: `The direct channel ${quote(id)} has ${consumers.length} consumers, in flow ${listedOnce(consumers)}, and does not say which one gets a message.`,
    fix: "Set dispatch: 'roundRobin' or 'failover' to share the messages, or make it a pubsub channel to give each consumer every one.",
  })
}

/** ALLORA109: flows say different things about a channel. Saying nothing about an option contradicts nothing. */
export function contradictedChannel({ id, declarations }: ChannelIndex, found: Diagnostic[]): void {
  if (declarations.length === 1) return
  for (const option of Object.keys(CHANNEL_FIELDS) as (keyof ChannelSpec)[]) {
    const said = declarations.filter(({ spec }) => spec[option] !== undefined)
    const [first] = said
    const other = said.find(({ spec }) => !Object.is(spec[option], first?.spec[option]))
    if (first === undefined || other === undefined) continue
    found.push({
      code: 'ALLORA109',
      severity: 'error',
      ...atChannel(other),
      message: `Channel ${quote(id)} has the ${option} ${JSON.stringify(first.spec[option])} ${where(first)}, but ${JSON.stringify(other.spec[option])} ${where(other)}.`,
      fix: 'Declare the channel once and use that declaration everywhere.',
    })
  }
}

/** ALLORA111: a channel that grows without limit. */
export function unboundedChannel({ id, spec, declarations }: ChannelIndex, found: Diagnostic[]): void {
  if (spec.capacity !== 'unbounded') return
  found.push({
    code: 'ALLORA111',
    severity: 'warning',
    ...atChannel(declarations[0]!),
    message: `The ${spec.kind} channel ${quote(id)} has no bound: when its messages come faster than they are handled, memory runs full.`,
    fix: 'Give it a capacity, and an overflow that says what a full channel does.',
  })
}

const where = ({ flowId }: Declaration): string =>
  flowId === undefined ? 'among the channels of the app' : `in flow ${quote(flowId)}`

const listedOnce = (flows: readonly string[]): string => listed([...new Set(flows)])
