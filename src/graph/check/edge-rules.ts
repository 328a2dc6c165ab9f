/** Rules about how the nodes of a flow are connected: ALLORA105, 106, 113, 115, 118. */
import { quote } from '../../errors/describe-value.ts'
import type { Diagnostic } from '../diagnostic.ts'
import { didYouMean } from '../did-you-mean.ts'
import type { GraphNode } from '../graph.ts'
import { NODE_SHAPES } from '../shape.ts'
import type { AppIndex } from '../app-index.ts'
import type { FlowIndex, Step, Way } from '../flow-index.ts'
import { circles } from './strong-components.ts'
import { at, listed, theNode } from './wording.ts'

/** ALLORA105: a node that no edge leads to. Error scopes belong to ALLORA115, circles to ALLORA118. */
export function unreachableNode(step: Step, found: Diagnostic[]): void {
  if (step.arrivals.length > 0 || !takesMessages(step)) return
  found.push({
    code: 'ALLORA105',
    severity: 'error',
    ...at(step),
    message: `${theNode(step)} is never reached: no edge leads there.`,
    fix: 'Add an edge from the node before it, or remove it and what only follows it.',
  })
}

/** ALLORA106: a flow without a beginning. */
export function missingBeginning({ graph, steps }: FlowIndex, found: Diagnostic[]): void {
  if (steps.some(isBeginning)) return
  found.push({
    code: 'ALLORA106',
    severity: 'error',
    flowId: graph.id,
    message: `Flow ${quote(graph.id)} has no inlet or source, so no message ever gets into it.`,
    fix: 'Begin it with an inlet that names the channel it reads from, or with a source.',
  })
}

const isBeginning = ({ node }: Step): boolean => node.kind === 'inlet' || node.kind === 'source'

/** ALLORA106: a path that just stops. */
export function deadEnd(step: Step, found: Diagnostic[]): void {
  if (step.ways.some(isNormal) || NODE_SHAPES[step.node.kind].wayOut !== 'next') return
  found.push({
    code: 'ALLORA106',
    severity: 'error',
    ...at(step),
    message: `${theNode(step)} has no way out, so what gets there would be lost.`,
    fix: 'Add an edge to the next node, or end the flow with an outlet, a recipient list or a reply.',
  })
}

const isNormal = ({ port }: Way): boolean => port === undefined

/** ALLORA113: edges that fit no node. */
export function looseEdges(flow: FlowIndex, found: Diagnostic[]): void {
  const { graph, loose } = flow
  if (loose.length === 0) return
  const ids = graph.nodes.map(({ id }) => id)
  for (const edge of loose) {
    for (const end of ['from', 'to'] as const) {
      if (flow.step(edge[end]) !== undefined) continue
      found.push({
        code: 'ALLORA113',
        severity: 'error',
        flowId: graph.id,
        message: `Flow ${quote(graph.id)} has an edge from ${quote(edge.from)} to ${quote(edge.to)}, but no node ${quote(edge[end])}.`,
        fix: `${didYouMean(edge[end], ids)}Correct the id, or remove the edge.`,
      })
    }
  }
}

/** ALLORA113: edges that fit no port, and ports without an edge. */
export function misfittingEdges(step: Step, found: Diagnostic[]): void {
  if (!fitsPlainly(step)) found.push(...misfittingWays(step))
}

/** Most nodes have one way out, to a node that takes messages, or none. That is seen at a glance. */
function fitsPlainly({ node, ways }: Step): boolean {
  const ports = portsOf(node)
  const way = ways[0]
  if (way === undefined) return ports.size === 0
  if (ways.length > 1 || way.port !== undefined || ports !== NORMAL_PORT) return false
  return way.to === undefined || takesMessages(way.to)
}

function* misfittingWays(step: Step): Iterable<Diagnostic> {
  const diagnostic = { code: 'ALLORA113', severity: 'error', ...at(step) } as const
  const ports = portsOf(step.node)
  const taken = new Set<string | undefined>()
  for (const way of step.ways) {
    const { port } = way
    if (!ports.has(port) && port !== 'error') {
      yield {
        ...diagnostic,
        message: `${theNode(step)} has no ${portName(port)} for an edge to start at.`,
        fix: waysOut(ports),
      }
    } else if (taken.has(port)) {
      yield {
        ...diagnostic,
        message: `${theNode(step)} has two edges at its ${portName(port)}.`,
        fix: 'Keep one of them; to send to several places, use a recipient list.',
      }
    } else {
      yield* misfittingTarget(step, way)
    }
    taken.add(port)
  }
  for (const port of ports) {
    if (port === undefined || taken.has(port)) continue
    yield {
      ...diagnostic,
      message: `${theNode(step)} has no edge for its ${portName(port)}.`,
      fix: 'Add the edge, or remove the case.',
    }
  }
}

function* misfittingTarget(step: Step, { port, to }: Way): Iterable<Diagnostic> {
  const diagnostic = { code: 'ALLORA113', severity: 'error', ...at(step) } as const
  if (port === 'error' && !NODE_SHAPES[step.node.kind].canFail) {
    yield {
      ...diagnostic,
      message: `${theNode(step)} cannot fail, but an error edge starts there.`,
      fix: 'Remove the edge.',
    }
  } else if (to !== undefined && !(port === 'error' ? takesFailures(to) : takesMessages(to))) {
    const fix =
      port === 'error'
        ? 'Let it lead to a recover or an errorOutlet.'
        : 'Let it lead to a node that takes messages; failures take edges with the port "error".'
    yield {
      ...diagnostic,
      message: `${theNode(to)} does not take what the ${portName(port)} of ${quote(step.node.id)} (${step.node.kind}) gives.`,
      fix,
    }
  }
}

const NORMAL_PORT: ReadonlySet<string | undefined> = new Set([undefined])
const NO_PORTS: ReadonlySet<string | undefined> = new Set()

/** The ports that need an edge. */
function portsOf(node: GraphNode): ReadonlySet<string | undefined> {
  if (node.kind === 'route')
    return new Set([...node.cases.map((name) => `case:${name}`), ...(node.otherwise === true ? ['otherwise'] : [])])
  if (node.kind === 'scatterGather') return new Set([undefined, ...node.branches.map((name) => `branch:${name}`)])
  if (node.kind === 'loop') return new Set([undefined, 'body'])
  return NODE_SHAPES[node.kind].wayOut === 'next' ? NORMAL_PORT : NO_PORTS
}

const takesMessages = ({ node }: Step): boolean => NODE_SHAPES[node.kind].takes === 'messages'
const takesFailures = ({ node }: Step): boolean => NODE_SHAPES[node.kind].takes === 'failures'

const portName = (port: string | undefined): string => (port === undefined ? 'normal way out' : `port ${quote(port)}`)

function waysOut(ports: ReadonlySet<string | undefined>): string {
  if (ports.size === 0) return 'Remove the edge: a flow ends there.'
  const named = [...ports].filter((port) => port !== undefined)
  return named.length === 0 ? 'Leave the port out.' : `Use one of the ports ${listed(named)}.`
}

/** ALLORA115: an error scope that nothing leads to, or that feeds its own flow. */
export function uselessErrorScope(step: Step, found: Diagnostic[], _: AppIndex, flow: FlowIndex): void {
  if (!takesFailures(step)) return
  const { node } = step
  if (step.arrivals.length === 0) {
    found.push({
      code: 'ALLORA115',
      severity: 'error',
      ...at(step),
      message: `${theNode(step)} never gets a failure: nothing before it can fail, or other error scopes take it all.`,
      fix: 'Put it behind the nodes whose failures it is for, or remove it.',
    })
  }
  const taker = takerBefore(step, flow)
  if (taker !== undefined) {
    found.push({
      code: 'ALLORA115',
      severity: 'error',
      ...at(step),
      message: `${theNode(step)} chooses among failures with its when, but only gets those of the onError ${quote(taker.node.id)} before it, which takes all others itself.`,
      fix: `Put it before ${quote(taker.node.id)}: error scopes are asked in their order, and the first that takes a failure has it.`,
    })
  }
  if (node.kind === 'errorOutlet' && readsFrom(flow, node.channel)) {
    found.push({
      code: 'ALLORA115',
      severity: 'error',
      ...at(step),
      channelId: node.channel,
      message: `${theNode(step)} sends failures to channel ${quote(node.channel)}, which its own flow reads from: they would fail again without end.`,
      fix: 'Give failures a channel of their own.',
    })
  }
}

const readsFrom = ({ steps }: FlowIndex, channelId: string): boolean =>
  steps.some(({ uses }) => uses.some(({ channel, consumes }) => consumes && channel === channelId))

/** The scope that takes all that this one is to choose from. */
function takerBefore({ node, arrivals }: Step, flow: FlowIndex): Step | undefined {
  if (!('when' in node) || arrivals.length !== 1) return undefined
  const before = flow.step(arrivals[0]!.from)
  return before?.node.kind === 'recover' && before.node.when === undefined ? before : undefined
}

/** ALLORA118: edges that lead in a circle, but for those of a loop, which counts its turns. */
export function loopsInFlow({ graph, steps }: FlowIndex, found: Diagnostic[]): void {
  // Where all edges lead on in the order of the nodes, as those of most flows do, there is no way back.
  if (steps.every(leadsOn)) return
  for (const circle of circles(steps, ({ ways }) =>
    ways.flatMap(({ port, to }) => (port === 'body' ? [] : (to ?? []))),
  )) {
    found.push({
      code: 'ALLORA118',
      severity: 'error',
      flowId: graph.id,
      nodeId: circle[0]!.node.id,
      message: `The edges of flow ${quote(graph.id)} lead in a circle through the nodes ${listed(circle.map(({ node }) => node.id))}.`,
      fix: 'Remove one of the edges; to repeat something, use a loop.',
    })
  }
}

function leadsOn({ place, ways }: Step): boolean {
  for (let i = 0; i < ways.length; i++) if ((ways[i]!.to?.place ?? Infinity) <= place) return false
  return true
}
