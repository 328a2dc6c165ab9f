/** An app as figures and lines: what all drawings have in common, before any syntax. */
import { match } from 'ts-pattern'
import { AppIndex } from './app-index.ts'
import type { Step } from './flow-index.ts'
import type { AggregateNode, AppGraph, ChannelSpec, GraphNode } from './graph.ts'
import { type ChannelUse, asks } from './references.ts'
import { resilienceOf, timeoutsOf } from './resilience.ts'

/** The outline of a figure. */
export type Outline =
  | 'pill'
  | 'cylinder'
  | 'hexagon'
  | 'parallelogram'
  | 'box'
  | 'rounded'
  | 'circle'
  | 'diamond'
  | 'widening'
  | 'narrowing'
  | 'framed'

/** How a figure is coloured. */
export type Tone = 'channel' | 'unknown' | 'step' | 'failure'

/** Something with a text in it. */
export interface Figure {
  /** Unique in the drawing, made of letters, digits and `_` only. */
  readonly key: string
  readonly outline: Outline
  readonly tone: Tone
  /** The text, line by line, as it came: not escaped. */
  readonly text: readonly string[]
}

/** A flow with its nodes. */
export interface Frame {
  readonly key: string
  readonly title: string
  readonly figures: readonly Figure[]
}

/** An arrow from one figure to another. */
export interface Line {
  readonly from: string
  readonly to: string
  readonly label?: string
  readonly dotted?: boolean
  /** With a point at each end: what is sent there comes back. */
  readonly bothWays?: boolean
}

/** All of an app: channels outside, flows as frames around their nodes. */
export interface Drawing {
  readonly channels: readonly Figure[]
  readonly flows: readonly Frame[]
  readonly lines: readonly Line[]
}

/** Lays an app out as figures and lines. Edges that lead nowhere are not drawn; channels that nobody declares are, as unknown. */
export function drawApp(app: AppGraph): Drawing {
  const index = new AppIndex(app)
  const channelKeys = keysOf(channelIds(index), 'c')
  const stepKeys = new Map(index.flows.flatMap(({ steps }, f) => steps.map((step, n) => [step, `f${f}n${n}`] as const)))
  return {
    channels: [...channelKeys].map(([id, key]) => channelFigure(key, id, index.channels.get(id)?.spec)),
    flows: index.flows.map(({ graph, steps }, f) => ({
      key: `f${f}`,
      title: graph.id,
      figures: steps.map((step) => nodeFigure(stepKeys.get(step)!, step)),
    })),
    lines: index.flows.flatMap(({ steps }) => [
      ...steps.flatMap((step) => channelLines(step, stepKeys.get(step)!, channelKeys)),
      ...steps.flatMap((step) => edgeLines(step, stepKeys.get(step)!, stepKeys)),
      ...errorLines(steps, stepKeys),
    ]),
  }
}

function channelIds({ channels, steps }: AppIndex): Set<string> {
  return new Set([...channels.keys(), ...steps.flatMap(({ uses }) => uses.map(({ channel }) => channel))])
}

function keysOf(ids: Iterable<string>, prefix: string): Map<string, string> {
  return new Map([...ids].map((id, i) => [id, `${prefix}${i}`]))
}

function channelFigure(key: string, id: string, spec: ChannelSpec | undefined): Figure {
  if (spec === undefined) return { key, outline: 'box', tone: 'unknown', text: [id, 'unknown channel'] }
  const outline = match(spec.kind)
    .returnType<Outline>()
    .with('direct', () => 'pill')
    .with('queue', 'priority', () => 'cylinder')
    .with('rendezvous', () => 'parallelogram')
    .with('pubsub', () => 'hexagon')
    .exhaustive()
  const what = [spec.kind, spec.capacity].filter((part) => part !== undefined).join(' ')
  return { key, outline, tone: 'channel', text: [id, what, ...given(spec.payload)] }
}

function nodeFigure(key: string, step: Step): Figure {
  const { text, ...figure } = figureOf(key, step)
  return { ...figure, text: [...text, ...resilienceIn(step.node)] }
}

function figureOf(key: string, { node, flowId }: Step): Figure {
  const namedOf = (details: readonly (string | undefined)[]): string[] =>
    withoutLambdas(details, `${flowId}/${node.id}`)
  const step = (outline: Outline, ...details: (string | undefined)[]): Figure => {
    const named = namedOf(details)
    return { key, outline, tone: 'step', text: [node.kind, ...(named.length === 0 ? [node.id] : named)] }
  }
  const end = (word: string, ...details: (string | undefined)[]): Figure => {
    return { key, outline: 'circle', tone: 'step', text: [word, ...namedOf(details)] }
  }
  return match(node)
    .returnType<Figure>()
    .with({ kind: 'inlet' }, ({ concurrency }) => end('from', counted('x', concurrency)))
    .with({ kind: 'source' }, ({ label, maxInFlight }) => end('from', label, counted('x', maxInFlight)))
    .with({ kind: 'transform' }, { kind: 'handle' }, ({ service }) => step('box', service))
    .with({ kind: 'filter' }, ({ service }) => step('diamond', service))
    .with({ kind: 'split' }, ({ service }) => step('widening', service))
    .with({ kind: 'aggregate' }, (aggregate) => step('narrowing', ...groupRules(aggregate)))
    .with({ kind: 'resequence' }, ({ timeout, correlateBy }) => step('narrowing', `timeout ${timeout} ms`, correlateBy))
    .with({ kind: 'scatterGather' }, ({ timeout, onFailure }) =>
      step('widening', `timeout ${timeout} ms`, `${onFailure} on failure`),
    )
    .with({ kind: 'route' }, ({ by }) => step('diamond', 'key' in by ? `by ${by.key}` : by.service))
    .with({ kind: 'loop' }, (loop) => step('diamond', loop.while, `at most ${loop.max} turns`))
    .with({ kind: 'routingSlip' }, { kind: 'dynamicRoute' }, ({ service, max }) =>
      step('framed', service, `at most ${max} hops`),
    )
    .with({ kind: 'barrier' }, ({ timeout, correlateBy }) => step('narrowing', `timeout ${timeout} ms`, correlateBy))
    .with({ kind: 'setHeader' }, ({ header, service }) => step('box', header, service))
    .with({ kind: 'removeHeaders' }, ({ headers }) => step('box', headers.join(', ')))
    .with({ kind: 'enrich' }, ({ property, service }) => step('box', property, service))
    .with({ kind: 'validate' }, ({ service }) => step('diamond', service))
    .with({ kind: 'log' }, ({ level, service }) => step('rounded', level, service))
    .with({ kind: 'delay' }, ({ duration, service }) => step('rounded', milliseconds(duration), service))
    .with({ kind: 'throttle' }, ({ rate, per }) => step('rounded', `${rate} in ${per} ms`))
    .with({ kind: 'idempotent' }, ({ key }) => step('diamond', key))
    .with({ kind: 'claimCheckIn' }, { kind: 'claimCheckOut' }, ({ store }) => step('box', store))
    .with({ kind: 'through' }, ({ concurrency }) => end('through', counted('x', concurrency)))
    .with({ kind: 'call' }, ({ flow }) => step('framed', flow))
    .with({ kind: 'recover' }, ({ service, when }) => ({ ...step('rounded', service, when), tone: 'failure' }))
    .with({ kind: 'errorOutlet' }, ({ when }) => ({ ...end('errors to', when), tone: 'failure' }))
    .with({ kind: 'outlet' }, () => end('to'))
    .with({ kind: 'sink' }, ({ label }) => end('to', label))
    .with({ kind: 'recipients' }, () => end('to each'))
    .with({ kind: 'recipientList' }, ({ service }) => step('diamond', service))
    .with({ kind: 'gather' }, { kind: 'join' }, { kind: 'tap' }, { kind: 'reply' }, ({ kind }) => end(kind))
    .exhaustive()
}

/** A lambda is known by its node; its name would only say both again. */
const withoutLambdas = (details: readonly (string | undefined)[], place: string): string[] =>
  details.flatMap(given).filter((detail) => !detail.startsWith(place))

function groupRules({ size, timeout, when, combine }: AggregateNode): (string | undefined)[] {
  return [counted('size', size), timeout === undefined ? undefined : `timeout ${timeout} ms`, when, combine]
}

/** A resilience record in words. */
function resilienceIn(node: GraphNode): string[] {
  const record = resilienceOf(node)
  const { retry, circuitBreaker, concurrency } = record
  const { attempt, overall } = timeoutsOf(record)
  const lines = [
    counted('tries', retry?.attempts),
    attempt === undefined ? undefined : `timeout ${attempt} ms`,
    overall === undefined ? undefined : `timeout ${overall} ms overall`,
    circuitBreaker && `opens at ${circuitBreaker.failures} of ${circuitBreaker.window ?? circuitBreaker.failures}`,
    counted('x', concurrency),
  ]
  return lines.flatMap(given)
}

const milliseconds = (duration: number | undefined): string | undefined =>
  duration === undefined ? undefined : `${duration} ms`
const counted = (what: string, count: number | undefined): string | undefined =>
  count === undefined ? undefined : `${what} ${count}`
const given = (text: string | undefined): string[] => (text === undefined ? [] : [text])

function channelLines(step: Step, key: string, channelKeys: ReadonlyMap<string, string>): Line[] {
  return step.uses.map((use) => {
    const channel = channelKeys.get(use.channel)!
    if (use.sends === 'never') return { from: channel, to: key }
    return { from: key, to: channel, ...manner(step.node, use) }
  })
}

function manner(node: GraphNode, { sends, consumes }: ChannelUse): Omit<Line, 'from' | 'to'> {
  if (consumes || asks(node)) return { bothWays: true }
  if (node.kind === 'tap' || node.kind === 'recipientList') return { dotted: true }
  return sends === 'sometimes' ? { label: 'discard', dotted: true } : {}
}

function edgeLines({ ways }: Step, key: string, keys: ReadonlyMap<Step, string>): Line[] {
  return ways.flatMap(({ port, to }) => {
    if (to === undefined || port === 'error') return []
    return [
      {
        from: key,
        to: keys.get(to)!,
        ...(port !== undefined && { label: port.replace(/^(?:case|branch):(?=.)/s, '') }),
      },
    ]
  })
}

/** One line for each error scope: from the last node whose failures it takes, so that a scope over many nodes stays readable. */
function errorLines(steps: readonly Step[], keys: ReadonlyMap<Step, string>): Line[] {
  const failing = steps.flatMap((step) =>
    step.ways.flatMap(({ port, to }) => (port === 'error' && to !== undefined ? [{ step, to }] : [])),
  )
  return [...Map.groupBy(failing, ({ to }) => to)].map(([scope, sources]) => ({
    from: keys.get(sources.at(-1)!.step)!,
    to: keys.get(scope)!,
    label: sources.length === 1 ? 'error' : `errors of ${sources.length} nodes`,
    dotted: true,
  }))
}
