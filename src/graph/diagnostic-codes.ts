/** What each diagnostic code stands for; `allora explain <code>` reads from here. */
import { type CheckCode, DIAGNOSTIC_TITLES, type DiagnosticCode } from './diagnostic-titles.ts'
import { FILE_EXPLANATIONS } from './file-explanations.ts'

/** What a code stands for. */
export interface DiagnosticMeaning {
  readonly title: string
  readonly explanation: string
}

const CHECK_EXPLANATIONS: Readonly<Record<CheckCode, string>> = {
  ALLORA101:
    'A node names a channel that no flow of the app declares. In code that cannot happen, since tokens declare themselves; in YAML and JSON it is mostly a typing mistake. Correct the name, or declare the channel.',
  ALLORA102: 'A channel is declared but no node of any flow names it. Remove the declaration, or use the channel.',
  ALLORA103:
    'A direct or pubsub channel holds no messages: it hands each one to whoever consumes it at that moment. Flows write to this one and none consumes it, so a direct send fails and a published message is dropped, unless the program subscribes at run time. Add a flow that consumes it, or make it a queue.',
  ALLORA104:
    "A direct channel has exactly one consumer unless it says how several share the messages. Set dispatch: 'roundRobin' or 'failover', make it a pubsub channel if each should get every message, or give one consumer a channel of its own.",
  ALLORA105:
    'No path of edges leads from an inlet to this node, so no message ever gets there. Connect it, or remove it.',
  ALLORA106:
    'Every flow takes messages in at an inlet and ends each path with an outlet, a recipient list, a reply or an error outlet. A path that just stops would lose its messages without a trace. Add the missing node or edge.',
  ALLORA107:
    'An aggregator without size, when or timeout waits for as many messages as a splitter made. No splitter comes before it, or a filter behind a channel takes parts away that it would wait for. Give it a size, a when or a timeout; the parts of a splitter straight before it in the same flow need none.',
  ALLORA108:
    'A node or channel names a function that the app does not have. Correct the name, or bring the function along.',
  ALLORA109:
    'Channels are known by their id in the whole app, and two flows say different things about this one: its kind, an option or the name of its payload. Declare it once and use that declaration everywhere.',
  ALLORA110:
    'Flows send in a circle. Through direct and pubsub channels that is a recursion: without a way out it never ends. Through queues that wait when they are full it is a deadlock as soon as all of them are. Give the cycle a way out (a filter, a route), or one of its queues another overflow.',
  ALLORA111:
    'A channel with an unbounded capacity takes messages faster than they are handled until memory is full, and hides that something downstream is slow. Give it a capacity, and choose by its overflow what a full channel does.',
  ALLORA112: 'Flows are known by their id in the app and nodes by theirs in the flow. Give each one an id of its own.',
  ALLORA113:
    "An edge leads from a way out of one node to another node. Normal ways out have no port; a route has 'case:<name>' for each of its cases and 'otherwise' if it has one; a scatter-gather has 'branch:<name>' for each of its branches; a loop has 'body'; 'error' leads from a node that can fail to a recover or errorOutlet node. Each way out has one edge.",
  ALLORA114:
    'A call, a routing slip or a dynamic route waits for a reply of another flow of the app. There is no such flow, the call sends to a channel the flow does not read from, or no path from that flow ends in a reply. Call a flow that replies, or send to its channel instead of calling it.',
  ALLORA115:
    'An error scope takes the failures of the nodes before it that no scope before it has taken. Nothing before this one can fail, or it chooses by its when among failures that an onError straight before it takes already, or it sends failures to a channel its own flow reads from, so that they fail again without end. Move it behind the nodes it is for, put scopes with a when before those without, or give failures a channel of their own.',
  ALLORA116:
    'A number is too small, no number at all, or a fraction where only whole numbers make sense. Times are milliseconds.',
  ALLORA117:
    'A channel has an option that its kind knows nothing about, so it would be ignored. Remove it, or change the kind.',
  ALLORA118:
    'The edges of a flow lead in a circle, so a message could stay in the flow for ever. To repeat something, use a loop, which counts its turns.',
  ALLORA119: 'An option has no effect beside, or without, another one. Decide on one of them.',
  ALLORA120:
    'A recipient list without recipients would lose every message and one that names a channel twice sends every message twice; a route without cases fails on every message and one with the same case twice cannot tell them apart, nor can a scatter-gather its branches.',
  ALLORA121:
    "Whoever sends to a pubsub channel with await: 'handled' waits until its subscribers have handled the message. One of them sends back to it, itself or by direct channels, so it waits for a message that waits until it is done. Leave out the await, send back by a queue, or end the circle.",
  ALLORA122:
    'Parts that come to an aggregator by a channel or out of a resequencer have left their split: only their sequence header says how many there are. A split of an array, a Set or a Map says so; one of anything else, such as a generator, says nothing, so its group is never complete, and one of an empty array makes no group at all. A part that fails on its way is missing for good. Give the aggregator a timeout, a size or a when; or leave out the channel, so that the end of the split ends the group. Where arrays are split that are never empty, and whose parts never fail, it may stay.',
}

/** Every diagnostic code, with its title and explanation: those of `check`, and `ALLORA6xx` of what reads files. */
export const DIAGNOSTIC_CODES: Readonly<Record<DiagnosticCode, DiagnosticMeaning>> = meanings()

function meanings(): Readonly<Record<DiagnosticCode, DiagnosticMeaning>> {
  const explanations = { ...CHECK_EXPLANATIONS, ...FILE_EXPLANATIONS }
  const codes = Object.keys(DIAGNOSTIC_TITLES) as DiagnosticCode[]
  const all = codes.map((code) => [code, { title: DIAGNOSTIC_TITLES[code], explanation: explanations[code] }])
  return Object.fromEntries(all) as Record<DiagnosticCode, DiagnosticMeaning>
}
