import fc from 'fast-check'
import { isLeft } from 'fp-ts/lib/Either.js'
import { expect, test } from 'vitest'
import { type Program, type Value, built, program } from '../arbitraries/program.ts'
import { AlloraError } from '../../src/errors/allora-error.ts'
import { FlowError } from '../../src/errors/handling-errors.ts'
import type { AppGraph, FlowGraph, GraphNode } from '../../src/graph/graph.ts'
import { channelUses } from '../../src/graph/references.ts'
import type { ErrorMessage } from '../../src/message/failure.ts'
import type { DeadLetter } from '../../src/runtime/dead-letters.ts'
import { Engine } from '../../src/runtime/engine.ts'
import type { LeftMessage } from '../../src/runtime/stop-report.ts'
import type { AnyMessage } from '../../src/transport/transport.ts'
import { virtualClock } from '../../src/testing/virtual-clock.ts'
import { Reference, type Reply } from './reference.ts'
import { forbidUnhandledRejections, numberedIds } from './rig.ts'

forbidUnhandledRejections()

test('every app does what the rules say, whatever the order in which its handlers answer', async () => {
  await fc.assert(
    fc.asyncProperty(program, fc.scheduler(), async (plan, scheduler) => {
      const expected = await predicted(plan)
      const actual = await observed(plan, scheduler)
      expect(actual).toEqual(expected)
    }),
    { numRuns: process.env['CI'] ? 1_000 : 200, timeout: 5_000 },
  )
}, 60_000)

test('a stop at any moment accounts for every message, tells everybody who waits, and nothing happens after it', async () => {
  await fc.assert(
    fc.asyncProperty(program, fc.scheduler(), fc.nat(20), async (plan, scheduler, steps) => {
      const { engine, clock, answering, calls } = await running(plan, scheduler)
      const answers = answering()
      for (let step = 0; step < steps && scheduler.count() > 0; step++) await scheduler.waitOne()
      const report = await engine.stop({ timeout: 0 })
      await Promise.all(answers)

      const { channels, ...rest } = engine.metrics()
      expectAccounts(channels)
      expect(rest).toMatchObject({ openGroups: 0, pendingRequests: 0 })
      expect(report.left.filter(({ state }) => state === 'aborted').length).toBeLessThanOrEqual(report.aborted)
      expect(report.drained && report.aborted > 0).toBe(false)

      const before = [calls(), JSON.stringify(engine.metrics()), engine.deadLetters.size]
      await scheduler.waitAll()
      await clock.runAll()
      expect([calls(), JSON.stringify(engine.metrics()), engine.deadLetters.size]).toEqual(before)
    }),
    { numRuns: process.env['CI'] ? 1_000 : 200, timeout: 5_000 },
  )
}, 60_000)

/** What can be compared: lists are sorted where nothing promises their order. */
interface Outcome {
  readonly held: Readonly<Record<string, readonly string[]>>
  readonly accepted: Readonly<Record<string, number>>
  readonly dead: Readonly<Record<string, number>>
  readonly letters: readonly string[]
  readonly dropped: readonly string[]
  readonly answers: readonly unknown[]
}

async function predicted(plan: Program): Promise<Outcome> {
  const { graph, functions } = built(plan, (value) => Promise.resolve(value))
  const reference = new Reference(graph, functions)
  const answers: unknown[] = []
  for (const { channel, value, asks } of sends(plan, graph))
    answers.push(asks ? await reference.request(channel, value) : await reference.send(channel, value))
  const { held, accepted, dead, letters, dropped } = reference
  return {
    held: inPromisedOrder(held, plan, graph),
    accepted,
    dead,
    letters: letters.toSorted(),
    dropped: dropped.toSorted(),
    answers,
  }
}

async function observed(plan: Program, scheduler: fc.Scheduler): Promise<Outcome> {
  const { engine, graph, clock, dropped, answering } = await running(plan, scheduler)
  const known = new Map<string, string>()
  engine.on('accepted', ({ message }) => identify(message, known))
  const sent = answering()
  await scheduler.waitFor(engine.idle())
  const answers = await Promise.all(sent)

  const { channels, ...rest } = engine.metrics()
  expect(rest).toMatchObject({ openGroups: 0, pendingRequests: 0, deadLetters: engine.deadLetters.size })
  expectAccounts(channels)
  // The timer of requests ends with the turn in which the last of them was answered.
  await clock.advance(0)
  expect([scheduler.count(), clock.pending]).toEqual([0, 0])

  const held = Object.fromEntries(unconsumed(graph).map((id) => [id, holding(engine, id)]))
  const buffered = Object.values(channels).reduce((sum, { buffered: n }) => sum + n, 0)
  expect(Object.values(held).flat()).toHaveLength(buffered)
  const { left, ...report } = await engine.stop()
  expect(report).toEqual({ drained: true, aborted: 0 })
  expect(new Set(left.map(placed))).toEqual(new Set(Object.entries(held).flatMap(placedIn)))

  return {
    held: inPromisedOrder(mapped(held, readable), plan, graph),
    accepted: numbers(channels, 'accepted'),
    dead: numbers(channels, 'dead'),
    letters: engine.deadLetters.list().flatMap(lettersOf).toSorted(),
    dropped: dropped.toSorted(),
    answers,
  }
}

/** A program started; `answering` sends its batch. */
async function running(plan: Program, scheduler: fc.Scheduler) {
  let calls = 0
  const app = built(plan, (value) => (calls++, scheduler.schedule(Promise.resolve(value))))
  const clock = virtualClock()
  const engine = new Engine(app, { clock, ids: numberedIds })
  const dropped: string[] = []
  engine.on('dropped', ({ reason, message }) => dropped.push(`${reason} ${JSON.stringify(message.payload)}`))
  await engine.start()
  const answering = (): Promise<unknown>[] =>
    sends(plan, app.graph).map(({ channel, value, asks }) =>
      asks
        ? engine.request(channel, value).then(
            (reply): Reply => (isLeft(reply) ? { left: reply.left } : { right: reply.right }),
            (error: unknown): Reply => ({ defect: textOf(error) }),
          )
        : engine.send(channel, value).then(() => 'resolved', textOf),
    )
  return { engine, graph: app.graph, clock, dropped, answering, calls: () => calls }
}

/** C10: accepted = settled + dead + expired + dropped + in flight + buffered, with nothing in flight. */
function expectAccounts(channels: ReturnType<Engine['metrics']>['channels']): void {
  for (const { accepted, settled, dead, expired, dropped, inFlight, buffered } of Object.values(channels)) {
    expect(settled + dead + expired + dropped + buffered).toBe(accepted)
    expect(inFlight).toBe(0)
  }
}

interface Send {
  readonly channel: string
  readonly value: Value
  readonly asks: boolean
}

function sends({ flows, batch }: Program, graph: AppGraph): Send[] {
  return batch.map(({ flow, value, request }) => {
    const { nodes } = graph.flows.find(({ id }) => id === `f${flow % flows.length}`)!
    const channel = channelUses(nodes[0]!)[0]!.channel
    return { channel, value, asks: request && flows[flow % flows.length]!.replies }
  })
}

/** M1: one id stands for one content. */
function identify(message: AnyMessage, known: Map<string, string>): void {
  const content = readable(message)
  expect(known.get(message.id) ?? content).toBe(content)
  known.set(message.id, content)
}

/** What a channel holds, put back. */
function holding(engine: Engine, id: string): AnyMessage[] {
  const { port } = engine.channelOf(id)
  const deliveries = []
  for (let delivery = port.tryTake(); delivery !== undefined; delivery = port.tryTake()) deliveries.push(delivery)
  for (const delivery of deliveries) void delivery.nack()
  return deliveries.map(({ message }) => message)
}

const mapped = <A, B>(lists: Readonly<Record<string, readonly A[]>>, to: (item: A) => B): Record<string, B[]> =>
  Object.fromEntries(Object.entries(lists).map(([id, list]) => [id, list.map(to)]))

const placed = ({ channelId, messageId, state }: LeftMessage): string => `${messageId} ${state} in ${String(channelId)}`

const placedIn = ([channelId, messages]: readonly [string, readonly AnyMessage[]]): string[] =>
  messages.map(({ id: messageId }) => placed({ channelId, messageId, state: 'buffered', age: 0 }))

function readable({ payload, headers }: AnyMessage): string {
  return JSON.stringify([isErrorMessage(payload) ? errorText(payload) : payload, headers['h']])
}

const isErrorMessage = (payload: unknown): payload is ErrorMessage<unknown> =>
  typeof payload === 'object' && payload !== null && 'failure' in payload

function errorText({ failure, failed, original, flowId, nodeId }: ErrorMessage<unknown>): unknown {
  return [
    failure.kind,
    failure.kind === 'failure' ? failure.error : nameOf(failure.cause),
    failed.payload,
    original.payload,
    flowId,
    nodeId,
  ]
}

/** The same message may die twice in a flow: tapped and sent to the same channel, it is one letter with two attempts. */
function lettersOf({ flowId, nodeId, message, error, attempts }: DeadLetter): string[] {
  return Array.from({ length: attempts }, () => JSON.stringify([flowId, nodeId, message.payload, textOf(error)]))
}

function textOf(error: unknown): string {
  if (!(error instanceof FlowError)) return nameOf(error)
  return error.kind === 'failure' ? `left ${String(error.cause)}` : nameOf(error.cause)
}

/** Users' words, or the name of the library's error. */
const nameOf = (error: unknown): string => (error instanceof AlloraError ? error.name : (error as Error).message)

function numbers(
  channels: ReturnType<Engine['metrics']>['channels'],
  what: 'accepted' | 'dead',
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(channels).flatMap(([id, counts]) => (counts[what] === 0 ? [] : [[id, counts[what]]])),
  )
}

const unconsumed = (graph: AppGraph): string[] => {
  const uses = graph.flows.flatMap(({ nodes }) => nodes.flatMap(channelUses))
  return [...new Set(uses.map(({ channel }) => channel))].filter(
    (id) => !uses.some(({ channel, consumes }) => consumes && channel === id),
  )
}

/** Sorts what channels hold, except where C8 promises the order: one producer and one consumer all the way. */
function inPromisedOrder(
  held: Readonly<Record<string, readonly string[]>>,
  plan: Program,
  graph: AppGraph,
): Record<string, readonly string[]> {
  const order = new PromisedOrder(graph, new Set(sends(plan, graph).map(({ channel }) => channel)))
  return Object.fromEntries(
    Object.entries(held).flatMap(([id, payloads]) =>
      payloads.length === 0 ? [] : [[id, order.isKept(id) ? payloads : payloads.toSorted()]],
    ),
  )
}

/** Where in an app messages follow each other. */
class PromisedOrder {
  private readonly graph: AppGraph
  private readonly entrances: ReadonlySet<string>

  constructor(graph: AppGraph, entrances: ReadonlySet<string>) {
    this.graph = graph
    this.entrances = entrances
  }

  /** Whether messages come to a channel in one order. */
  isKept(channel: string): boolean {
    const senders = this.graph.flows.flatMap((flow) =>
      flow.nodes
        .filter((node) => channelUses(node).some((use) => use.channel === channel && use.sends !== 'never'))
        .map((node) => ({ flow, node })),
    )
    if (this.entrances.has(channel)) return senders.length === 0
    const [sender] = senders
    return (
      senders.length === 1 &&
      segmentsTo(sender!.flow, sender!.node).length === 1 &&
      this.isInSequence(segmentsTo(sender!.flow, sender!.node)[0]!)
    )
  }

  /** Whether a stretch of a flow takes one message after the other. */
  private isInSequence(taker: Taker): boolean {
    const { kind } = this.graph.flows.flatMap(({ channels }) => channels).find(({ id }) => id === taker.channel)!
    if (!this.isKept(taker.channel) || (taker.concurrency ?? 1) > 1) return false
    // A direct channel runs its consumer with its sender, who must wait for it.
    const waits = this.graph.flows.every(({ nodes }) =>
      nodes.every((node) => node.kind !== 'tap' || node.channel !== taker.channel),
    )
    return kind !== 'direct' || (!this.entrances.has(taker.channel) && waits)
  }
}

type Taker = Extract<GraphNode, { readonly kind: 'inlet' | 'through' }>

/** The consumers whose messages can come to a node. */
function segmentsTo({ nodes, edges }: FlowGraph, target: GraphNode): Taker[] {
  const reaches = (from: GraphNode): boolean =>
    edges.some(
      ({ from: id, to, port }) =>
        id === from.id &&
        (from.kind !== 'through' || port === 'error') &&
        // Back from the body of a loop, where it has been.
        nodes.findIndex((node) => node.id === to) > nodes.indexOf(from) &&
        (to === target.id || reaches(nodes.find((node) => node.id === to)!)),
    )
  return nodes
    .filter((node) => node.kind === 'inlet' || node.kind === 'through')
    .filter((taker) =>
      edges.some(
        ({ from, to, port }) =>
          from === taker.id &&
          port === undefined &&
          (to === target.id || reaches(nodes.find((node) => node.id === to)!)),
      ),
    )
}
