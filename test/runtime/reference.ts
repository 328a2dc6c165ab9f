/** The rules once more, as simple as can be: each message is followed through the graph by recursion, one after the other. */
import type { AppGraph, FlowGraph, GraphEdge, GraphNode } from '../../src/graph/graph.ts'
import { isDraft } from '../../src/message/message.ts'

/** How a request ends. */
export type Reply = { readonly right: unknown } | { readonly left: unknown } | { readonly defect: string }

interface Asker {
  readonly kind: 'request' | 'call'
  reply?: Reply
  /** The message was dropped on its way. */
  dropped?: boolean
}

/** What the parts of one split share. */
interface Scope {
  readonly split: Message
  readonly size: number
  /** By aggregator. */
  readonly groups: Map<string, Message[]>
  fed: boolean
  dropped: number
}

interface Message {
  readonly payload: unknown
  readonly h?: unknown
  readonly asker?: Asker | undefined
  /** The payload as it entered the flow. */
  readonly entry: unknown
  /** Its stay in a flow: failures of other stays are not its own. */
  readonly stay: object
  readonly scope?: Scope | undefined
  /** Turns of the loops that it is in, by their nodes. */
  readonly turns?: Readonly<Record<string, number>>
  /** What a recover node is about to take. */
  readonly failure?: object
}

class Left extends Error {
  readonly left: unknown
  constructor(left: unknown) {
    super(`left ${String(left)}`)
    this.left = left
  }
}

/** A failure of one stay, on its way up. */
class Failed extends Error {
  override readonly cause: Error
  readonly nodeId: string
  readonly stay: object
  parked = false
  constructor(cause: Error, nodeId: string, stay: object) {
    super(cause.message)
    this.cause = cause
    this.nodeId = nodeId
    this.stay = stay
  }
}

/** Failures of a `pubsub` message, each parked by its subscriber. */
const SUBSCRIBERS_FAILED = new Error('HandlersFailedError')

/** Runs messages, and notes what they should come to, in the order of a run without any concurrency. */
export class Reference {
  /** By channel: what it holds when nobody consumes it, messages accepted, and those that became dead letters. */
  readonly held: Record<string, string[]> = {}
  readonly accepted: Record<string, number> = {}
  readonly dead: Record<string, number> = {}
  readonly letters: string[] = []
  readonly dropped: string[] = []
  private readonly graph: AppGraph
  private readonly functions: Readonly<Record<string, Function>>

  constructor(graph: AppGraph, functions: Readonly<Record<string, Function>>) {
    this.graph = graph
    this.functions = functions
  }

  /** What `send` rejects with, or `resolved`. */
  async send(channel: string, payload: unknown): Promise<string> {
    return this.put(channel, { payload, entry: payload, stay: {} }).then(
      () => 'resolved',
      (failed: Error) => failed.message,
    )
  }

  async request(channel: string, payload: unknown): Promise<Reply> {
    return (await this.ask({ kind: 'request' }, channel, payload)).reply!
  }

  private async ask(asker: Asker, channel: string, payload: unknown, h?: unknown): Promise<Asker> {
    await this.put(channel, { payload, h, asker, entry: payload, stay: {} }).catch(() => undefined)
    return asker
  }

  private async put(channel: string, message: Message): Promise<void> {
    const takers = this.graph.flows.flatMap((flow) =>
      flow.nodes.filter((node) => consumes(node, channel)).map((node) => ({ flow, node })),
    )
    this.accepted[channel] = (this.accepted[channel] ?? 0) + (takers.length || 1)
    if (takers.length === 0) (this.held[channel] ??= []).push(JSON.stringify([message.payload, message.h]))
    const failures: Error[] = []
    for (const { flow, node } of takers) {
      const entered = { payload: message.payload, h: message.h, asker: message.asker, entry: message.payload, stay: {} }
      await this.stay(flow, after(flow, node), channel, entered).catch((failed: Error) => failures.push(failed))
    }
    const { kind, await: awaited } = this.graph.flows
      .flatMap(({ channels }) => channels)
      .find(({ id }) => id === channel)!
    if (kind === 'direct' && failures.length > 0) throw failures[0]!
    if (awaited === 'handled' && failures.length > 0) throw SUBSCRIBERS_FAILED
  }

  /** A message in one flow: what no scope takes is parked, and whoever asked is told. */
  private async stay(flow: FlowGraph, start: GraphNode | undefined, channel: string, message: Message): Promise<void> {
    const { asker } = message
    try {
      await this.run(flow, start, message)
    } catch (failed) {
      if (failed instanceof Failed) {
        const typed = failed.cause instanceof Left
        const answers = asker !== undefined && asker.reply === undefined && (typed || asker.kind === 'call')
        if (!failed.parked && !answers) {
          this.dead[channel] = (this.dead[channel] ?? 0) + 1
          this.letters.push(JSON.stringify([flow.id, failed.nodeId, message.entry, failed.message]))
        }
        failed.parked = true
        if (asker !== undefined)
          asker.reply ??= failed.cause instanceof Left ? { left: failed.cause.left } : { defect: failed.message }
      }
      throw failed
    }
  }

  private async run(flow: FlowGraph, node: GraphNode | undefined, message: Message): Promise<void> {
    if (node === undefined) return
    let at = message
    let next: readonly [GraphNode | undefined, Message]
    try {
      if (node.kind === 'aggregate') {
        const group = gathered(node, message)
        if (group === undefined) return
        at = group
      }
      next = await this.step(flow, node, at)
    } catch (cause) {
      return this.fail(flow, node, at, cause as Error)
    }
    return this.run(flow, ...next)
  }

  /** A failure goes to its scope, unless it was decided on already: by a part, or by whoever was sent to. */
  private async fail(flow: FlowGraph, node: GraphNode, at: Message, cause: Error): Promise<void> {
    const parked = cause === SUBSCRIBERS_FAILED || (cause instanceof Failed && cause.parked)
    if (parked && ['outlet', 'through', 'filter', 'validate'].includes(node.kind)) throw cause
    if (cause instanceof Failed && cause.stay === at.stay) throw cause
    const failed = new Failed(cause, node.id, at.stay)
    const scope = after(flow, node, 'error')
    if (scope === undefined) throw failed
    const typed = cause instanceof Left
    const failure = typed ? { kind: 'failure', error: cause.left } : { kind: 'defect', cause: cause.message }
    if (scope.kind !== 'errorOutlet') return this.run(flow, scope, { ...at, failure })
    const payload = [...Object.values(failure), at.payload, at.entry, flow.id, node.id]
    await this.put(scope.channel, { ...at, asker: undefined, payload })
    failed.parked = true
    throw failed
  }

  /** What comes next, with what. */
  private async step(
    flow: FlowGraph,
    node: GraphNode,
    message: Message,
  ): Promise<readonly [GraphNode | undefined, Message]> {
    const { payload } = message
    const next = after(flow, node)
    switch (node.kind) {
      case 'transform':
      case 'handle':
        return [next, { ...message, ...(await this.call(node.service, payload)) }]
      case 'recover':
        return [next, { ...message, ...(await this.call(node.service, message.failure)) }]
      case 'aggregate':
        return [next, { ...message, ...(await this.call(node.combine!, payload)) }]
      case 'setHeader':
        return [next, { ...message, h: (await this.call(node.service, payload)).payload }]
      case 'filter':
        if ((await this.call(node.service, payload)).payload === true) return [next, message]
        if (node.reject === 'error') throw new Error('RejectedError')
        if (node.discardTo === undefined) this.drop('filtered', message)
        else await this.put(node.discardTo, message)
        return [undefined, message]
      case 'validate': {
        const { issues, value } = (await this.call(node.service, payload)).payload as {
          issues?: object
          value?: unknown
        }
        if (issues === undefined) return [next, { ...message, payload: value }]
        if (node.invalidTo === undefined) throw new Error('InvalidMessageError')
        await this.put(node.invalidTo, message)
        return [undefined, message]
      }
      case 'enrich': {
        const { payload: added, ...headers } = await this.call(node.service, payload)
        if (typeof payload !== 'object') throw new Error('EnrichError')
        return [next, { ...message, ...headers, payload: { ...payload, [node.property]: added } }]
      }
      case 'removeHeaders':
        return [next, { ...message, h: undefined }]
      case 'log':
        await this.call(node.service!, payload)
        return [next, message]
      case 'loop': {
        const turns = message.turns?.[node.id] ?? 0
        const goesOn = (await this.call(node.while, payload)).payload === true
        if (goesOn && turns >= node.max) throw new Error('HopLimitError')
        const counted = { ...message, turns: { ...message.turns, [node.id]: goesOn ? turns + 1 : 0 } }
        return [after(flow, node, goesOn ? 'body' : undefined), counted]
      }
      case 'route': {
        const name = (await this.call((node.by as { readonly service: string }).service, payload)).payload as string
        if (!node.cases.includes(name) && node.otherwise !== true) throw new Error('RoutingError')
        return [after(flow, node, node.cases.includes(name) ? `case:${name}` : 'otherwise'), message]
      }
      case 'tap':
        await this.put(node.channel, { ...message, asker: undefined }).catch(() => undefined)
        return [next, message]
      case 'call': {
        const { reply, dropped } = await this.ask({ kind: 'call' }, node.channel, payload, message.h)
        if ('left' in reply!) throw new Left(reply.left)
        if ('defect' in reply!) throw new Error(dropped === true ? 'NoReplyError' : 'FlowError')
        return [next, { ...message, payload: reply!.right }]
      }
      case 'outlet':
      case 'through':
        await this.put(node.channel, message)
        return [undefined, message]
      case 'recipients':
      case 'recipientList': {
        const selected = node.kind === 'recipients' ? node.channels : await this.call(node.service, payload)
        const channels = new Set('payload' in selected ? (selected.payload as readonly string[]) : selected)
        if (channels.size === 0) throw new Error('RoutingError')
        for (const channel of channels)
          await this.put(channel, message).catch(() => Promise.reject(new Error('RecipientsError')))
        return [undefined, message]
      }
      case 'reply':
        if (message.asker?.reply !== undefined) this.dropped.push(`late-reply ${JSON.stringify(payload)}`)
        else if (message.asker !== undefined) message.asker.reply = { right: payload }
        return [undefined, message]
      case 'split':
        await this.split(flow, node, message)
        return [undefined, message]
      case 'inlet':
      case 'join':
      case 'errorOutlet':
        return [next, message]
      case 'source':
      case 'resequence':
      case 'scatterGather':
      case 'gather':
      case 'routingSlip':
      case 'dynamicRoute':
      case 'barrier':
      case 'delay':
      case 'throttle':
      case 'idempotent':
      case 'claimCheckIn':
      case 'claimCheckOut':
      case 'sink':
        throw new Error(`The reference does not know ${node.kind}: its own tests have a model of it`)
    }
  }

  private async split(flow: FlowGraph, node: GraphNode, message: Message): Promise<void> {
    if (!Array.isArray(message.payload)) throw new Error('SplitError')
    const parts: readonly unknown[] = message.payload
    const next = after(flow, node)
    const scope: Scope = { split: message, size: parts.length, groups: new Map(), fed: false, dropped: 0 }
    const run = (from: GraphNode | undefined, part: Message): Promise<void> =>
      this.run(flow, from, part).catch((error: Error) => {
        throw error instanceof Failed && error.stay === message.stay ? error : new Error('SplitError')
      })
    for (const payload of parts) await run(next, { ...message, payload, scope })
    const behind = scope.fed ? undefined : aggregatorBehind(flow, next)
    if (behind !== undefined) scope.groups.set(behind.id, [])
    if (scope.groups.size === 0 && parts.length === 0) this.drop('empty-split', message)
    else if (scope.groups.size === 0 && scope.dropped === parts.length) this.unanswered(message)
    for (const id of scope.groups.keys())
      await run(
        flow.nodes.find((it) => it.id === id),
        { ...message, scope, payload: RELEASE },
      )
  }

  private drop(reason: string, message: Message): void {
    this.dropped.push(`${reason} ${JSON.stringify(message.payload)}`)
    this.unanswered(message)
  }

  private unanswered({ scope, asker }: Message): void {
    if (scope !== undefined) scope.dropped++
    if (scope !== undefined || asker === undefined || asker.reply !== undefined) return
    asker.reply = { defect: 'NoReplyError' }
    asker.dropped = true
  }

  /** What a function gives, in whatever form; throws what it fails with. */
  private async call(name: string, argument: unknown): Promise<{ readonly payload: unknown; readonly h?: unknown }> {
    let result: unknown = this.functions[name]!(argument)
    if (typeof result === 'function') result = (result as () => unknown)()
    result = await result
    const either = result as { readonly _tag?: string; readonly left?: unknown; readonly right?: unknown } | null
    if (either?._tag === 'Left') throw new Left(either.left)
    if (either?._tag === 'Right') result = either.right
    return isDraft(result) ? { payload: result.payload, h: result.headers['h'] } : { payload: result }
  }
}

/** Stands for the end of a split, which completes every group that is open. */
const RELEASE = Symbol('release')

/** The group a message completes; `undefined` when others are waited for. */
function gathered({ id }: GraphNode, message: Message): Message | undefined {
  const { scope } = message
  if (scope === undefined) throw new Error('AggregationError')
  const group = scope.groups.get(id) ?? []
  scope.fed = true
  scope.groups.set(id, group)
  if (message.payload !== RELEASE && group.push(message) < scope.size) return undefined
  scope.groups.delete(id)
  const [first = scope.split] = group
  const h = group.every((member) => Object.is(member.h, first.h)) ? first.h : undefined
  return { ...scope.split, h, payload: group.map(({ payload }) => payload) }
}

const consumes = (node: GraphNode, channel: string): boolean =>
  (node.kind === 'inlet' || node.kind === 'through') && node.channel === channel

function after(flow: FlowGraph, { id }: GraphNode, port?: string): GraphNode | undefined {
  const edge: GraphEdge | undefined = flow.edges.find((it) => it.from === id && it.port === port)
  return flow.nodes.find((node) => node.id === edge?.to)
}

/** The aggregator straight behind a split, past those of splits between. */
function aggregatorBehind(flow: FlowGraph, next: GraphNode | undefined, within = 0): GraphNode | undefined {
  if (next === undefined || next.kind === 'through') return undefined
  if (next.kind === 'aggregate' && within === 0) return next
  return aggregatorBehind(
    flow,
    after(flow, next),
    within + (next.kind === 'split' ? 1 : next.kind === 'aggregate' ? -1 : 0),
  )
}
