/** The rule about messages that go round in circles of channels: ALLORA110, ALLORA121. */
import { quote } from '../../errors/describe-value.ts'
import type { Diagnostic } from '../diagnostic.ts'
import type { ChannelSpec } from '../graph.ts'
import { asks } from '../references.ts'
import { NODE_SHAPES } from '../shape.ts'
import type { AppIndex } from '../app-index.ts'
import type { FlowIndex, Step } from '../flow-index.ts'
import { circles } from './strong-components.ts'
import { at } from './wording.ts'

/** From a channel that a flow consumes to one it sends to. */
interface Hop {
  readonly from: string
  readonly to: string
  /** The node that sends. */
  readonly by: Step
  /** Whether every message that does not fail is sent on. */
  readonly always: boolean
  /** What a send does with its sender: runs the consumer, with (`joins`, `awaits`) or without waiting for it, waits for room, or neither. */
  readonly sender: 'joins' | 'awaits' | 'runs' | 'waits' | 'goesOn'
}

/** ALLORA110, ALLORA121: circles of channels that recurse, or that wait for each other or for themselves. */
export function* channelCycles(app: AppIndex): Iterable<Diagnostic> {
  if (!leadsOn(app)) return
  const hops = app.flows.flatMap((flow) => (sendsOn(flow, app) ? hopsOfFlow(flow, app) : []))
  for (const circle of hopCircles(hops.filter(({ sender }) => sender !== 'waits' && sender !== 'goesOn'))) {
    const [endless] = hopCircles(circle.filter(({ always }) => always))
    yield recursion(endless ?? circle, endless !== undefined)
  }
  for (const circle of hopCircles(hops.filter(({ sender }) => sender !== 'goesOn'))) {
    const waiting = circle.find(({ sender }) => sender === 'waits')
    if (waiting !== undefined) yield deadlock(circle, waiting)
  }
}

function recursion(circle: readonly Hop[], endless: boolean): Diagnostic {
  const awaited = circle.find(({ sender }) => sender === 'awaits')
  if (awaited !== undefined && circle.every(({ sender }) => sender !== 'runs'))
    return selfAwait(circle, awaited, endless)
  const hop = circle[0]!
  return {
    code: 'ALLORA110',
    severity: endless ? 'error' : 'warning',
    ...at(hop.by),
    channelId: hop.to,
    message: `Messages go round by ${roundTrip(hop, circle)}, each send within the one before${endless ? ', and nothing ever stops them' : '; only a filter, a route or a split stops them'}.`,
    fix: endless
      ? 'Send on only some of the messages, by a filter or a route, or end the circle.'
      : 'Make sure that every message leaves the circle after a few rounds, or put a queue into it.',
  }
}

function selfAwait(circle: readonly Hop[], hop: Hop, endless: boolean): Diagnostic {
  return {
    code: 'ALLORA121',
    severity: endless ? 'error' : 'warning',
    ...at(hop.by),
    channelId: hop.to,
    message: `Messages go round by ${roundTrip(hop, circle)}, and each send to ${quote(hop.to)} waits until its message has been handled (await: "handled"), which waits for the one before.`,
    fix: `Leave out the await of ${quote(hop.to)}, put a queue into the circle, or break it.`,
  }
}

function deadlock(circle: readonly Hop[], hop: Hop): Diagnostic {
  return {
    code: 'ALLORA110',
    severity: 'warning',
    ...at(hop.by),
    channelId: hop.to,
    message: `Messages go round by ${roundTrip(hop, circle)}: when these channels are full, each waits for the next and none moves on.`,
    fix: `Give ${quote(hop.to)} an overflow other than "wait", or break the circle.`,
  }
}

/** The hops that lie on circles, circle by circle. */
function hopCircles(hops: readonly Hop[]): Hop[][] {
  const next = Map.groupBy(hops, ({ from }) => from)
  return circles(next.keys(), (channel) => (next.get(channel) ?? []).map(({ to }) => to)).map((group) => {
    const members = new Set(group)
    return group.flatMap((channel) => next.get(channel) ?? []).filter(({ to }) => members.has(to))
  })
}

const NAMED = 8

/** The channels of the shortest way round that begins with a hop: `"a" -> "b" -> "a"`. */
function roundTrip(first: Hop, circle: readonly Hop[]): string {
  const next = Map.groupBy(circle, ({ from }) => from)
  const cameFrom = new Map([[first.to, first.from]])
  for (const channel of cameFrom.keys()) {
    for (const { to } of next.get(channel) ?? []) if (!cameFrom.has(to)) cameFrom.set(to, channel)
  }
  const names = [quote(first.from)]
  for (let channel = cameFrom.get(first.from)!; channel !== first.from; channel = cameFrom.get(channel)!)
    names.unshift(quote(channel))
  const shown = names.length > NAMED ? [...names.slice(0, NAMED), '...'] : names
  return [quote(first.from), ...shown].join(' -> ')
}

/** Whether a channel leads from one flow to another, or back to the same. */
function leadsOn({ channels }: AppIndex): boolean {
  for (const { senders, consumers } of channels.values()) if (senders.length > 0 && consumers.length > 0) return true
  return false
}

/** Whether anything in a flow sends to a channel that is consumed: most circles are ruled out by that. */
function sendsOn({ steps }: FlowIndex, { consumers }: AppIndex): boolean {
  return steps.some(({ uses }) => uses.some(({ channel, sends }) => sends !== 'never' && consumers.has(channel)))
}

const hopsOfFlow = ({ steps }: FlowIndex, app: AppIndex): Hop[] =>
  steps.filter(({ uses }) => uses.some(({ consumes }) => consumes)).flatMap((step) => hopsOf(step, app))

/** What a consumer's messages are sent to, up to the next consumer. */
function hopsOf(consumer: Step, { channels }: AppIndex): Hop[] {
  // A trigger goes no further than its barrier.
  if (consumer.node.kind === 'barrier') return []
  const from = consumer.uses.filter(({ consumes }) => consumes)
  const hops: Hop[] = []
  for (const { step, always } of walk(consumer)) {
    for (const { channel: to, sends } of step.uses) {
      const spec = channels.get(to)?.spec
      if (sends === 'never' || spec === undefined) continue
      const sender = senderOf(step, spec)
      hops.push(
        ...from.map(({ channel }) => ({ from: channel, to, by: step, always: always && sends === 'always', sender })),
      )
    }
  }
  return hops
}

/** The nodes behind a consumer, each with whether every message that does not fail gets there. */
function walk(consumer: Step): Iterable<{ readonly step: Step; readonly always: boolean }> {
  const found = new Map<Step, boolean>()
  const open = [{ step: consumer, always: true }]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { step, always } = next
    // What is behind another `through` or a `delay` is that consumer's, but for its failures to send.
    const ways = step !== consumer && resumes(step) ? step.ways.filter(({ port }) => port === 'error') : step.ways
    for (const { port, to } of ways) {
      const certain = always && port !== 'error' && NODE_SHAPES[step.node.kind].passesOn === 'always'
      if (to === undefined || found.get(to) === true || found.get(to) === certain) continue
      found.set(to, certain)
      open.push({ step: to, always: certain })
    }
  }
  return [...found].map(([step, always]) => ({ step, always }))
}

/** Whether what is behind a node is done by a consumer of a channel of its own. */
const resumes = ({ node: { kind } }: Step): boolean => kind === 'through' || kind === 'delay'

function senderOf({ node }: Step, spec: ChannelSpec): Hop['sender'] {
  const { kind, capacity, overflow = 'wait' } = spec
  if (kind === 'direct') return node.kind === 'tap' ? 'runs' : 'joins'
  if (kind === 'pubsub') return node.kind !== 'tap' && spec.await === 'handled' ? 'awaits' : 'runs'
  const waits = kind === 'rendezvous' || (capacity !== 'unbounded' && overflow === 'wait')
  return waits || asks(node) ? 'waits' : 'goesOn'
}
