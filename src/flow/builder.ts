/** The builder: one small class that implements every operator, blind to types. `flow.ts` says what it means. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { describeValue, quote } from '../errors/describe-value.ts'
import { InvalidBranchError, InvalidNameError, InvalidStepError } from '../errors/flow-errors.ts'
import type { FlowGraph, NodeKind } from '../graph/graph.ts'
import type { Source } from '../message/source.ts'
import { type AnyChannel, direct, isChannelToken, queue, tokenOf } from './channel-token.ts'
import { type FillBranch, type NamedBranch, addLoop, addRoute, addScatterGather } from './branching.ts'
import type { Given } from './describe-node.ts'
import type { AnyFlow } from './flow-def.ts'
import type { AnyFunction } from './service.ts'
import { NO_RECORD, emptyRecord, recordOf } from './record-of.ts'
import type { FlowStart } from './flow.ts'
import type { Sink } from './sink.ts'
import {
  type FlowState,
  addErrorOutlet,
  addRecover,
  addStep,
  emptyState,
  endFlow,
  graphOfState,
  ownChannelId,
} from './flow-state.ts'

/**
 * Begins a flow (Pipes and Filters). Without an id it has that of the channel it reads from; one that begins with a source needs one.
 *
 * @throws InvalidNameError when the id is empty.
 *
 * @example
 * ```ts
 * import { app, direct, flow, queue, runtime } from 'allora'
 *
 * const hello = flow('hello')
 *   .from(direct('input'))
 *   .handle((name: string) => `Hello, ${name}!`)
 *   .to(queue('output'))
 *   .build()
 *
 * await using rt = await runtime(app(hello)).start()
 * await rt.send('input', 'World')
 * const { payload } = await rt.channel('output').receive()
 * payload // => 'Hello, World!'
 * ```
 */
export function flow(): FlowStart<never>
/** Begins a flow that has an id of its own. */
export function flow(id: string | undefined): FlowStart<string>
export function flow(id?: string): FlowStart<string> {
  if (id !== undefined && (typeof id !== 'string' || id === '')) {
    throw new InvalidNameError(
      `A flow's id must be a string that is not empty, but it is ${describeValue(id)}. Leave it out to take that of its channel.`,
    )
  }
  // The typed face and the untyped builder meet here, and nowhere else.
  return { from: (origin: unknown, options?: Given) => start(id, origin, options) } as never
}

function start(id: string | undefined, origin: unknown, options?: Given): FlowBuilder {
  if (isAdapter<Source<unknown>>(origin, 'open')) return startAt(id, origin, options)
  const name = id ?? (isChannelToken(origin) ? origin.id : '?')
  return new FlowBuilder(addStep(emptyState(name), 'inlet', { channel: origin, ...options }))
}

/** A source sends to a channel of its own, named by its node: there its messages begin, and their dead letters again. */
function startAt(id: string | undefined, source: Source<unknown>, options: Given = {}): FlowBuilder {
  if (id === undefined) {
    throw new InvalidNameError(
      `A flow that begins with a source needs an id, since there is no channel to take it from. Write flow('nightly').from(...).`,
    )
  }
  const state = emptyState(id)
  return new FlowBuilder(
    addStep(state, 'source', {
      adapter: () => source,
      label: source.label,
      channel: direct(ownChannelId(state, options['id'])),
      ...options,
    }),
  )
}

/** Whether a value has the method that an adapter is used by. A function may have it too, and so be a step as well. */
const isAdapter = <T extends object>(value: unknown, method: keyof T & string): value is T =>
  (typeof value === 'object' || typeof value === 'function') &&
  value !== null &&
  typeof (value as Given)[method] === 'function'

type Branches = Readonly<Record<string, unknown>>
type RouteOptions = Given & { readonly otherwise?: unknown }

class FlowBuilder {
  readonly state: FlowState

  constructor(state: FlowState) {
    this.state = state
    Object.freeze(this)
  }

  transform(service: unknown, options?: Given): FlowBuilder {
    return this.step('transform', { service, ...options })
  }

  handle(service: unknown, options?: Given): FlowBuilder {
    return this.step('handle', { service, ...options })
  }

  filter(service: unknown, options?: Given): FlowBuilder {
    return this.step('filter', { service, ...options })
  }

  split(splitter?: unknown, options?: Given): FlowBuilder {
    const onlyOptions = splitter === undefined || (typeof splitter === 'object' && splitter !== null)
    return this.step('split', onlyOptions ? { ...splitter, ...options } : { service: splitter, ...options })
  }

  aggregate({ store, ...options }: Given = {}): FlowBuilder {
    return this.step('aggregate', { ...options, ...(store !== undefined && { store: () => store }) })
  }

  resequence(options?: Given): FlowBuilder {
    return this.step('resequence', { ...options })
  }

  scatterGather(branches: Branches, options?: Given): FlowBuilder {
    return new FlowBuilder(addScatterGather(this.state, { ...options }, namedBranches(branches)))
  }

  setHeader(header: string, service: unknown, options?: Given): FlowBuilder {
    return this.step('setHeader', { header, service, ...options })
  }

  removeHeaders(headers: unknown, options?: Given): FlowBuilder {
    return this.step('removeHeaders', { headers, ...options })
  }

  enrich(property: string, service: unknown, options?: Given): FlowBuilder {
    return this.step('enrich', { property, service, ...options })
  }

  validate(schema: StandardSchemaV1, options?: Given): FlowBuilder {
    return this.step('validate', { service: (payload: unknown) => schema['~standard'].validate(payload), ...options })
  }

  log(line?: unknown, options?: Given): FlowBuilder {
    return this.step(
      'log',
      typeof line === 'function' ? { service: line, ...options } : { ...(line as Given), ...options },
    )
  }

  delay(duration: unknown, options?: Given): FlowBuilder {
    return this.step('delay', {
      channel: queue(ownChannelId(this.state, options?.['id'])),
      ...(typeof duration === 'function' ? { service: duration } : { duration }),
      ...options,
    })
  }

  throttle(options: Given): FlowBuilder {
    return this.step('throttle', options)
  }

  idempotent({ store, ...options }: Given): FlowBuilder {
    return this.step('idempotent', { ...options, ...(store !== undefined && { store: () => store }) })
  }

  claimCheckIn({ store, ...options }: Given): FlowBuilder {
    return this.step('claimCheckIn', { store: () => store, ...options })
  }

  claimCheckOut({ store, ...options }: Given): FlowBuilder {
    return this.step('claimCheckOut', { store: () => store, ...options })
  }

  tap(channel: unknown, options?: Given): FlowBuilder {
    return this.step('tap', { channel, ...options })
  }

  through(channel: unknown, options?: Given): FlowBuilder {
    return this.step('through', { channel, ...options })
  }

  call(callee: AnyFlow, options?: Given): FlowBuilder {
    const channel = gatewayOf(this.state.id, callee)
    const called = { ...this.state, calls: [...this.state.calls, callee] }
    return new FlowBuilder(addStep(called, 'call', { flow: callee.graph.id, channel, ...options }))
  }

  onError(service: unknown, options?: Given): FlowBuilder {
    return new FlowBuilder(addRecover(this.state, { service, ...options }))
  }

  errorsTo(channel: unknown, options?: Given): FlowBuilder {
    return new FlowBuilder(addErrorOutlet(this.state, { channel, ...options }))
  }

  to(end: unknown, options?: Given): FlowBuilder {
    if (!isAdapter<Sink<never>>(end, 'write')) return this.step('outlet', { channel: end, ...options })
    return this.step('sink', { adapter: () => end, label: end.label, ...options })
  }

  toEach(channels: unknown, options?: Given): FlowBuilder {
    return this.step('recipients', { channels, ...options })
  }

  route(key: string, cases: unknown, options?: RouteOptions): FlowBuilder {
    return this.branches({ key }, cases, options)
  }

  routeBy(selector: unknown, cases: unknown, options?: RouteOptions): FlowBuilder {
    return this.branches(selector, cases, options)
  }

  recipients(service: unknown, channels: unknown, options?: Given): FlowBuilder {
    return this.step('recipientList', { service, channels, ...options })
  }

  barrier(options?: Given): FlowBuilder {
    return this.step('barrier', { ...options })
  }

  loop(body: unknown, options?: Given): FlowBuilder {
    return new FlowBuilder(addLoop(this.state, { ...options }, filledBy(body)))
  }

  routingSlip(service: unknown, flows: readonly AnyFlow[], options?: Given): FlowBuilder {
    return this.travel('routingSlip', service, flows, options)
  }

  dynamicRoute(service: unknown, flows: readonly AnyFlow[], options?: Given): FlowBuilder {
    return this.travel('dynamicRoute', service, flows, options)
  }

  build(): unknown {
    const ended = endFlow(this.state)
    const { functions, contracts, schemas, calls } = ended
    const fns = emptyRecord<AnyFunction>()
    for (const { name, fn } of functions) fns[name] = fn
    return Object.freeze({
      graph: graphOfState(ended),
      functions: Object.freeze(fns),
      contracts: Object.freeze(contracts),
      schemas: schemas.length === 0 ? NO_RECORD : recordOf(schemas),
      calls: Object.freeze(calls),
    })
  }

  private step(kind: NodeKind, fields: Given): FlowBuilder {
    return new FlowBuilder(addStep(this.state, kind, fields))
  }

  private travel(kind: NodeKind, service: unknown, flows: readonly AnyFlow[], options?: Given): FlowBuilder {
    const channels = flows.map((callee) => gatewayOf(this.state.id, callee))
    return new FlowBuilder(
      addStep({ ...this.state, calls: [...this.state.calls, ...flows] }, kind, { service, channels, ...options }),
    )
  }

  private branches(by: unknown, cases: unknown, { otherwise, ...options }: RouteOptions = {}): FlowBuilder {
    if (typeof cases !== 'object' || cases === null) {
      throw new InvalidBranchError(
        `Flow "${this.state.id}": a route needs its branches by case, such as { a: (branch) => branch }, but it is ${describeValue(cases)}.`,
        {
          flowId: this.state.id,
        },
      )
    }
    const other = otherwise === undefined ? undefined : filledBy(otherwise)
    return new FlowBuilder(addRoute(this.state, { by, ...options }, namedBranches(cases as Branches), other))
  }
}

const namedBranches = (branches: Branches): NamedBranch[] =>
  Object.entries(branches).map(([name, branch]) => [name, filledBy(branch)])

/** The state at the end of what the user's function made of the start of its branch. */
function filledBy(branch: unknown): FillBranch {
  return (begin, port) => {
    const end: unknown = typeof branch === 'function' ? branch(new FlowBuilder(begin)) : undefined
    if (end instanceof FlowBuilder && end.state.chain === begin.chain) return end.state
    const came =
      typeof branch === 'function'
        ? `it returned ${end === undefined ? 'nothing' : 'something else'}`
        : `it is ${describeValue(branch)}`
    const router = begin.tails[0]!.from
    throw new InvalidBranchError(
      `Flow "${begin.id}", node "${router}": the branch ${quote(port)} must be a function that returns the chain it was given, with more steps or without, but ${came}. Write (branch) => branch.to(channel).`,
      { flowId: begin.id, nodeId: router },
    )
  }
}

/** The channel that a flow is asked through. */
function gatewayOf(flowId: string, callee: AnyFlow): AnyChannel {
  const graph: FlowGraph | undefined = (callee as Partial<AnyFlow>).graph
  if (graph === undefined) {
    throw new InvalidStepError(
      `Flow "${flowId}": .call(...) needs a finished flow, which .build() gives, but it is ${describeValue(callee)}.`,
      { flowId },
    )
  }
  if (!graph.nodes.some((node) => node.kind === 'reply')) {
    throw new InvalidStepError(
      `Flow "${flowId}" cannot call flow "${graph.id}", which ends in a channel and replies nothing. Send to it with .to(channel).`,
      {
        flowId,
      },
    )
  }
  const inlet = graph.nodes.find((node) => node.kind === 'inlet' || node.kind === 'source')
  return tokenOf(graph.channels.find((channel) => channel.id === inlet?.channel)!)
}
