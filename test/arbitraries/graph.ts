/** Arbitrary valid graphs: every node kind, every channel kind, ids that hold anything. */
import fc, { type Arbitrary } from 'fast-check'
import {
  type AppGraph,
  type ChannelSpec,
  type FlowGraph,
  GRAPH_VERSION,
  type GraphEdge,
  type GraphNode,
} from '../../src/graph/graph.ts'
import { functionNames } from '../../src/graph/references.ts'
import { NODE_SHAPES } from '../../src/graph/shape.ts'

/** An app that `check` finds no error in, with the functions it names. */
export interface ArbitraryApp {
  readonly app: AppGraph
  readonly functions: ReadonlySet<string>
}

const NASTY = [
  'end',
  '__proto__',
  'constructor',
  'graph',
  'o--x',
  '"',
  "'",
  '`',
  '"]; x --> y',
  '<script>',
  '&amp;',
  '#quot;',
  '\\',
  'a\nb',
  '%% c',
  '\u202e',
  '🚀',
  '\ud800',
]

/** Text that is not empty: plain, from all of Unicode, or made to break syntax. */
const hostileText: Arbitrary<string> = fc.oneof(
  fc.string({ minLength: 1, maxLength: 8 }),
  fc.string({ minLength: 1, maxLength: 8, unit: 'binary' }),
  fc.constantFrom(...NASTY),
)

/** The name of a property or a header. */
const memberName: Arbitrary<string> = hostileText.filter((name) => name !== '__proto__')

const optional = <T>(value: Arbitrary<T>): Arbitrary<T | undefined> => fc.option(value, { nil: undefined })
const count = fc.integer({ min: 1, max: 1000 })
const milliseconds = fc.nat(100_000)

type Plain<T> = { readonly [K in keyof T]?: T[K] | undefined }

/** Leaves out what is undefined. */
function compact<T extends object>(record: Plain<T>): T {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T
}

type Options = Omit<ChannelSpec, 'id'>

const overflow = optional(fc.constantFrom('wait', 'reject', 'dropOldest', 'dropNewest'))
const capacity = optional(fc.oneof(count, fc.constant('unbounded' as const)))
const everyChannel = { transport: optional(hostileText), payload: optional(fc.string()) }

/** A channel without its id. */
const channelOptions: Arbitrary<Options> = fc
  .oneof(
    fc.record({
      kind: fc.constant('direct' as const),
      dispatch: optional(fc.constantFrom('roundRobin', 'failover')),
      ...everyChannel,
    }),
    fc.record({ kind: fc.constant('queue' as const), capacity, overflow, ...everyChannel }),
    fc.record({
      kind: fc.constant('priority' as const),
      capacity,
      overflow,
      compare: optional(hostileText),
      ...everyChannel,
    }),
    fc.record({ kind: fc.constant('rendezvous' as const), ...everyChannel }),
    fc.record({
      kind: fc.constant('pubsub' as const),
      await: optional(fc.constantFrom('accepted', 'handled')),
      minSubscribers: optional(fc.nat(3)),
      ...everyChannel,
    }),
  )
  .map((options) => compact<Options>(options))

/** A step as it would be written: what it is, not yet where it is. `to` picks channels. */
type Part =
  | { readonly kind: 'node'; readonly node: Readonly<Record<string, unknown>>; readonly to?: number }
  | {
      readonly kind: 'branches'
      readonly policies: object
      readonly by: object
      readonly cases: readonly (readonly [string, Chain])[]
      readonly otherwise: Chain | undefined
    }
  | {
      readonly kind: 'errors'
      readonly recover: string | undefined
      readonly when: string | undefined
      readonly to: number
      readonly policies: object
    }
  | {
      readonly kind: 'asked'
      readonly branches: readonly (readonly [string, readonly Part[]])[]
      readonly options: object
    }
  | { readonly kind: 'loop'; readonly body: readonly Part[]; readonly options: object }
  | { readonly kind: 'barrier'; readonly options: object }
  | { readonly kind: 'travel'; readonly node: Readonly<Record<string, unknown>> }
  | { readonly kind: 'parts'; readonly splitter: string | undefined; readonly between: readonly Part[] }

interface Chain {
  readonly parts: readonly Part[]
  readonly end: 'outlet' | 'recipients' | 'recipientList' | 'sink' | 'none'
  readonly select: string
  readonly sink: object
  readonly to: readonly number[]
  readonly onFailure: 'continue' | undefined
}

const to = fc.nat(20)
const node = (kind: string, fields: Record<string, Arbitrary<unknown>> = {}): Arbitrary<Part> =>
  fc.record(fields).map((values) => ({ kind: 'node', node: { kind, ...values } }))
const sending = (kind: string, fields: Record<string, Arbitrary<unknown>> = {}): Arbitrary<Part> =>
  fc.tuple(fc.record(fields), to).map(([values, pick]) => ({ kind: 'node', node: { kind, ...values }, to: pick }))

const compacted = (fields: Record<string, Arbitrary<unknown>>): Arbitrary<object> =>
  fc.record(fields).map((record) => compact(record))

const resilience = {
  retry: optional(
    compacted({
      attempts: count,
      delay: milliseconds,
      factor: optional(fc.integer({ min: 1, max: 5 })),
      max: optional(milliseconds),
      jitter: optional(fc.constantFrom('none', 'full', 'equal')),
      when: optional(hostileText),
    }),
  ),
  timeout: optional(
    fc.oneof(milliseconds, compacted({ attempt: optional(milliseconds), overall: optional(milliseconds) })),
  ),
  circuitBreaker: optional(
    fc.oneof(
      compacted({ failures: count, resetAfter: milliseconds }),
      compacted({ failures: fc.constant(1), window: count, resetAfter: milliseconds }),
    ),
  ),
  concurrency: optional(count),
  orderBy: optional(hostileText),
}

const passing: Arbitrary<Part> = fc.oneof(
  node('transform', { service: hostileText, ...resilience }),
  node('handle', { service: hostileText, ...resilience }),
  node('setHeader', { header: memberName, service: hostileText, ...resilience }),
  node('removeHeaders', { headers: fc.array(hostileText, { maxLength: 3 }) }),
  node('enrich', { property: memberName, service: hostileText, ...resilience }),
  node('validate', { service: hostileText, ...resilience }),
  node('log', { level: optional(fc.constantFrom('debug', 'info', 'warn', 'error')), service: optional(hostileText) }),
  node('throttle', { rate: count, per: milliseconds }),
  node('idempotent', { key: hostileText, store: optional(hostileText), window: optional(milliseconds) }),
  sending('idempotent', { key: hostileText, discards: fc.constant(true) }),
  sending('validate', { service: hostileText, discards: fc.constant(true) }),
  node('claimCheckIn', { store: hostileText }),
  node('claimCheckOut', { store: hostileText, remove: optional(fc.boolean()) }),
  sending('tap'),
  node('filter', { service: hostileText, reject: optional(fc.constant('error')), ...resilience }),
  sending('filter', { service: hostileText, discards: fc.constant(true) }),
)

const aggregate = {
  correlateBy: optional(hostileText),
  size: optional(count),
  when: optional(hostileText),
  timeout: milliseconds,
  onTimeout: optional(fc.constantFrom('emit', 'discard', 'deadLetter')),
  combine: optional(hostileText),
  maxGroups: optional(count),
  remember: optional(fc.nat(1000)),
  store: optional(hostileText),
}

const resequence = {
  correlateBy: optional(hostileText),
  timeout: milliseconds,
  onTimeout: fc.constantFrom('emit', 'discard'),
  maxGap: optional(fc.nat(1000)),
}

const { chain } = fc.letrec<{ chain: Chain; part: Part }>((tie) => ({
  part: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    passing,
    sending('through', { concurrency: optional(count), orderBy: optional(hostileText) }),
    sending('delay', {
      duration: optional(milliseconds),
      service: optional(hostileText),
      concurrency: optional(count),
      orderBy: optional(hostileText),
    }),
    sending('call', resilience),
    node('split', { service: optional(hostileText) }),
    node('split', { service: hostileText, ...resilience }),
    node('aggregate', aggregate),
    sending('aggregate', { ...aggregate, discards: fc.constant(true) }),
    node('resequence', resequence),
    sending('resequence', { ...resequence, discards: fc.constant(true) }),
    fc.record({
      kind: fc.constant('asked' as const),
      branches: fc.uniqueArray(fc.tuple(fc.string({ maxLength: 5 }), fc.array(passing, { maxLength: 2 })), {
        selector: ([name]) => name,
        minLength: 1,
        maxLength: 3,
      }),
      options: fc.record({ timeout: milliseconds, onFailure: fc.constantFrom('fail', 'omit') }),
    }),
    fc.record({
      kind: fc.constant('loop' as const),
      body: fc.array(passing, { minLength: 1, maxLength: 2 }),
      options: fc.record({ while: hostileText, max: count }),
    }),
    fc.record({
      kind: fc.constant('barrier' as const),
      options: fc.record({ correlateBy: optional(hostileText), timeout: milliseconds }),
    }),
    fc.record({
      kind: fc.constant('travel' as const),
      node: fc.record({
        kind: fc.constantFrom('routingSlip', 'dynamicRoute'),
        service: hostileText,
        max: count,
        timeout: optional(milliseconds),
      }),
    }),
    fc.record({
      kind: fc.constant('errors' as const),
      recover: optional(hostileText),
      when: optional(hostileText),
      to,
      policies: fc.record(resilience),
    }),
    fc.record({
      kind: fc.constant('parts' as const),
      splitter: optional(hostileText),
      between: fc.array(passing, { maxLength: 2 }),
    }),
    fc.record({
      kind: fc.constant('branches' as const),
      policies: fc.record(resilience),
      by: fc.oneof(
        fc.string().map((key) => ({ key })),
        hostileText.map((service) => ({ service })),
      ),
      cases: fc.uniqueArray(fc.tuple(fc.string({ maxLength: 5 }), tie('chain')), {
        selector: ([name]) => name,
        minLength: 1,
        maxLength: 3,
      }),
      otherwise: optional(tie('chain')),
    }),
  ),
  chain: fc.record({
    parts: fc.array(tie('part'), { maxLength: 4 }),
    end: fc.constantFrom('none', 'outlet', 'recipients', 'recipientList', 'sink'),
    select: hostileText,
    sink: fc.record({ adapter: hostileText, label: optional(fc.string()), ...resilience }),
    to: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 }),
    onFailure: optional(fc.constant('continue' as const)),
  }),
}))

/** An app: flows send to channels of later flows, to channels of their own, and call the last flow, which replies. */
export const arbitraryApp: Arbitrary<ArbitraryApp> = fc
  .record({
    flows: fc.uniqueArray(
      fc.record({
        id: hostileText,
        chain,
        begin: fc.oneof(
          fc.record({ kind: fc.constant('inlet'), concurrency: optional(count), orderBy: optional(hostileText) }),
          fc.record({
            kind: fc.constant('source'),
            adapter: hostileText,
            label: optional(fc.string()),
            maxInFlight: optional(count),
          }),
        ),
      }),
      { selector: ({ id }) => id, minLength: 1, maxLength: 3 },
    ),
    channels: fc.uniqueArray(fc.tuple(hostileText, channelOptions), {
      selector: ([id]) => id,
      minLength: 7,
      maxLength: 10,
    }),
    nodeIds: fc.array(hostileText, { maxLength: 12 }),
    ofApp: fc.uniqueArray(fc.nat(20), { maxLength: 3 }),
  })
  .map(({ flows, channels, nodeIds, ofApp }) => {
    const functions = new Set<string>()
    const specs = channels.map(([id, options]): ChannelSpec => ({ id, ...options }))
    const callee = { flow: flows.at(-1)!.id, channel: specs[flows.length - 1]! }
    const graphs = flows.map(({ id, chain: written, begin }, i) => {
      const last = i === flows.length - 1
      const writer = new Writer(id, {
        functions,
        nodeIds,
        targets: specs.slice(i + 1),
        callee: last ? undefined : callee,
      })
      writer.add(begin, specs[i])
      writer.chain(
        last ? { ...written, parts: written.parts.filter((part) => part.kind !== 'branches'), end: 'none' } : written,
      )
      return writer.finish()
    })
    for (const { compare } of specs) if (compare !== undefined) functions.add(compare)
    // Channels that the app declares, whether or not a flow names them too.
    const all = [
      ...new Map([...specs, ...graphs.flatMap((flow) => flow.channels)].map((spec) => [spec.id, spec])).values(),
    ]
    const declared = ofApp.flatMap((pick) => all[pick] ?? [])
    return {
      app: { version: GRAPH_VERSION, flows: graphs, ...(declared.length > 0 && { channels: declared }) },
      functions,
    }
  })

/** A flow of such an app. */
export const arbitraryGraph: Arbitrary<FlowGraph> = fc
  .tuple(arbitraryApp, fc.nat(2))
  .map(([{ app }, pick]) => app.flows[pick % app.flows.length]!)

interface Surroundings {
  readonly functions: Set<string>
  readonly nodeIds: readonly string[]
  readonly targets: readonly ChannelSpec[]
  readonly callee: { readonly flow: string; readonly channel: ChannelSpec } | undefined
}

/** Writes a flow as the builder does: nodes in order, an edge from each open end, `error` edges to the next error scope. */
class Writer {
  private readonly id: string
  private readonly around: Surroundings
  private readonly channels = new Map<string, ChannelSpec>()
  private readonly nodes = new Map<string, GraphNode>()
  private readonly edges: GraphEdge[] = []
  private tails: Omit<GraphEdge, 'to'>[] = []
  private failing: string[] = []
  /** The last scope that takes every failure. */
  private taker: string | undefined = undefined

  constructor(id: string, around: Surroundings) {
    this.id = id
    this.around = around
  }

  finish(): FlowGraph {
    if (this.tails.length > 0) this.add({ kind: 'reply' })
    return {
      version: GRAPH_VERSION,
      id: this.id,
      channels: [...this.channels.values()],
      nodes: [...this.nodes.values()],
      edges: this.edges,
    }
  }

  chain({ parts, end, select, sink, to: picks, onFailure }: Chain): void {
    for (const part of parts) if (this.tails.length > 0) this.part(part)
    if (end === 'none' || this.tails.length === 0) return
    if (end === 'outlet') this.add({ kind: 'outlet' }, this.target(picks[0]!))
    else if (end === 'sink') this.add({ kind: 'sink', ...sink })
    else {
      const channels = [...new Map(picks.map((pick) => [this.target(pick).id, this.target(pick)])).values()]
      for (const channel of channels) this.channels.set(channel.id, channel)
      this.add({
        kind: end,
        channels: channels.map(({ id }) => id),
        onFailure,
        service: end === 'recipientList' ? select : undefined,
      })
    }
    this.tails = []
  }

  /** Adds a node behind the open ends. */
  add({ discards, ...fields }: Readonly<Record<string, unknown>>, channel?: ChannelSpec, inbound = this.tails): string {
    const id = this.freshId()
    if (channel !== undefined) this.channels.set(channel.id, channel)
    const named =
      channel === undefined
        ? {}
        : { [discards !== true ? 'channel' : fields['kind'] === 'validate' ? 'invalidTo' : 'discardTo']: channel.id }
    const node = compact({ id, ...fields, ...named }) as unknown as GraphNode
    this.nodes.set(id, node)
    for (const name of functionNames(node)) this.around.functions.add(name)
    this.edges.push(...inbound.map(({ from, port }) => compact<GraphEdge>({ from, to: id, port })))
    if (NODE_SHAPES[node.kind].canFail) this.failing.push(id)
    this.tails = [{ from: id }]
    return id
  }

  private part(part: Part): void {
    if (part.kind === 'node') this.node(part.node, part.to)
    else if (part.kind === 'branches') this.branches(part)
    else if (part.kind === 'asked') this.asked(part)
    else if (part.kind === 'loop') this.loop(part)
    else if (part.kind === 'barrier') this.barrier(part.options)
    else if (part.kind === 'travel') this.travel(part.node)
    else if (part.kind === 'errors') this.errors(part)
    else {
      this.add({ kind: 'split', service: part.splitter })
      for (const between of part.between) this.part(between)
      this.add({ kind: 'aggregate' })
    }
  }

  private node(fields: Readonly<Record<string, unknown>>, pick: number | undefined): void {
    if (pick === undefined) this.add(fields)
    else if (fields['kind'] === 'through' || fields['kind'] === 'delay') {
      // A channel of its own: it is consumed here, and must not be somebody else's.
      this.add(fields, { id: `${this.id} through ${this.nodes.size}`, kind: 'queue' })
    } else if (fields['kind'] === 'call') {
      const { callee } = this.around
      if (callee !== undefined) this.add({ ...fields, flow: callee.flow }, callee.channel)
    } else this.add(fields, this.target(pick))
  }

  private branches({ by, cases, otherwise, policies }: Part & { kind: 'branches' }): void {
    const router = this.add({
      kind: 'route',
      by,
      cases: cases.map(([name]) => name),
      otherwise: otherwise && true,
      ...policies,
    })
    const outerFailing = this.failing
    const open: typeof this.tails = []
    const failing = [...outerFailing]
    const branches: (readonly [string, Chain])[] = cases.map(([name, chain]) => [`case:${name}`, chain])
    if (otherwise !== undefined) branches.push(['otherwise', otherwise])
    for (const [port, chain] of branches) {
      this.tails = [{ from: router, port }]
      this.failing = []
      this.chain(chain)
      open.push(...this.tails)
      failing.push(...this.failing)
    }
    this.failing = failing
    this.tails = open
    if (open.length > 0) this.add({ kind: 'join' })
  }

  private asked({ branches, options }: Part & { kind: 'asked' }): void {
    const from = this.add({ kind: 'scatterGather', branches: branches.map(([name]) => name), ...options })
    const { failing } = this
    for (const [name, parts] of branches) {
      this.tails = [{ from, port: `branch:${name}` }]
      this.failing = []
      for (const part of parts) this.part(part)
      this.add({ kind: 'gather' })
    }
    this.tails = [{ from }]
    this.failing = failing
  }

  private loop({ body, options }: Part & { kind: 'loop' }): void {
    const from = this.add({ kind: 'loop', ...options })
    this.tails = [{ from, port: 'body' }]
    for (const part of body) this.part(part)
    this.edges.push(...this.tails.map((tail) => ({ ...tail, to: from })))
    this.tails = [{ from }]
  }

  private barrier(options: object): void {
    // A channel of its own: it is consumed here, and must not be somebody else's.
    const trigger: ChannelSpec = { id: `${this.id} trigger ${this.nodes.size}`, kind: 'queue' }
    this.channels.set(trigger.id, trigger)
    this.add({ kind: 'barrier', ...options, trigger: trigger.id })
  }

  private travel(node: Readonly<Record<string, unknown>>): void {
    const { callee } = this.around
    if (callee === undefined) return
    this.channels.set(callee.channel.id, callee.channel)
    this.add({ ...node, channels: [callee.channel.id] })
  }

  private errors({ recover, when, to: pick, policies }: Part & { kind: 'errors' }): void {
    if (this.failing.length === 0) return
    // Behind a scope that takes everything there is nothing to choose from.
    const choice = when === undefined || this.failing.every((id) => id === this.taker) ? undefined : { when }
    const { tails } = this
    const inbound = this.failing.map((from) => ({ from, port: 'error' }))
    this.failing = []
    if (recover === undefined) {
      this.add({ kind: 'errorOutlet', ...choice }, this.target(pick), inbound)
      // What it does not choose goes to the next scope; behind one that takes everything there is nothing left.
      if (choice === undefined) this.failing = []
      this.tails = tails
    } else {
      const id = this.add({ kind: 'recover', service: recover, ...choice, ...policies }, undefined, inbound)
      if (choice === undefined) this.taker = id
      this.tails = [...tails, { from: id }]
    }
  }

  private target(pick: number): ChannelSpec {
    return this.around.targets[pick % this.around.targets.length]!
  }

  private freshId(): string {
    let id = this.around.nodeIds[this.nodes.size] ?? `n${this.nodes.size}`
    while (this.nodes.has(id)) id += "'"
    return id
  }
}
