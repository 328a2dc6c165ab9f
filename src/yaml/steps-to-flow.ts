/** From the steps of a file to a flow, by the very functions that the builder uses. */
import { AlloraError } from '../errors/allora-error.ts'
import { type FillBranch, type NamedBranch, addLoop, addRoute, addScatterGather } from '../flow/branching.ts'
import { type AnyChannel, direct, queue, tokenOf } from '../flow/channel-token.ts'
import { type Given, operatorOf } from '../flow/describe-node.ts'
import {
  type FlowState,
  addErrorOutlet,
  addRecover,
  addStep,
  emptyState,
  endFlow,
  graphOfState,
  lastNode,
  ownChannelId,
} from '../flow/flow-state.ts'
import { type AnyFunction, contract } from '../flow/service.ts'
import type { Field } from '../graph/field.ts'
import type { ChannelSpec, FlowGraph, NodeKind, SinkNode, SourceNode } from '../graph/graph.ts'
import { NODE_SHAPES } from '../graph/shape.ts'
import { aplName } from './apl-shape.ts'
import type { BuiltInAdapter } from './allora-file.ts'
import { builtInOf, madeBuiltIn } from './built-in-adapters.ts'
import { type Datum, type Place, plainOf } from './datum.ts'
import { MOST_STEPS } from './limits.ts'
import { OPERATOR_KINDS, argumentOf } from './operators.ts'
import type { Finding, Report } from './report.ts'
import type { ReadStep } from './shape-reader.ts'

/** What the steps of a flow refer to outside of it. */
export interface Surroundings {
  /** A channel that is declared. */
  readonly channel: (id: string) => ChannelSpec | undefined
  /** The channel that a flow of the app reads from. */
  readonly sourceOf: (flowId: string) => string | undefined
  readonly report: Report
}

/** The beginning of a flow, as it was read. */
export type ReadFrom = string | Given

/** A flow and where its nodes were written. */
export interface CompiledFlow {
  readonly graph: FlowGraph
  readonly places: ReadonlyMap<string, Place>
  /** The sources and sinks that need no code, by the names of their functions. */
  readonly builtIns?: ReadonlyMap<string, BuiltInAdapter>
}

type Branches = ReadonlyMap<string, readonly ReadStep[]>

/** Makes a flow of a beginning and steps. */
export class FlowCompiler {
  private readonly id: string
  private readonly around: Surroundings
  private readonly places = new Map<string, Place>()
  private readonly builtIns = new Map<string, BuiltInAdapter>()
  private size = 0

  constructor(id: string, around: Surroundings) {
    this.id = id
    this.around = around
  }

  /** The flow; nothing when a step cannot stand where it is, which the report says. */
  compile(from: ReadFrom, fromPlace: Place, steps: readonly ReadStep[]): CompiledFlow | undefined {
    try {
      const begun = this.placed(emptyState(this.id), this.begin(from), fromPlace)
      const ended = endFlow(this.steps(begun, steps))
      return { graph: graphOfState(ended), places: this.places, builtIns: this.builtIns }
    } catch (error) {
      if (error instanceof Misplaced) return undefined
      throw error
    }
  }

  private begin(from: ReadFrom): FlowState {
    const empty = emptyState(this.id)
    if (typeof from === 'string') return addStep(empty, 'inlet', { channel: this.token(from) })
    const known = builtInOf(from)
    if (known === undefined && !Object.hasOwn(from, 'adapter'))
      return addStep(empty, 'inlet', this.given('inlet', from))
    const { channel = ownChannelId(empty, from['id']), ...fields } = from
    return this.withAdapter(empty, 'source', known, {
      ...this.given('source', fields),
      channel: this.token(String(channel), direct(String(channel))),
    })
  }

  private steps(state: FlowState, steps: readonly ReadStep[]): FlowState {
    return steps.reduce((before, step) => {
      this.refuseAfterEnd(before, step)
      this.count(step)
      try {
        return this.placed(before, this.step(before, step), step.place)
      } catch (error) {
        if (!(error instanceof AlloraError)) throw error
        this.around.report.error(step.place, {
          code: 'ALLORA615',
          flowId: this.id,
          message: error.message,
          fix: 'Change this step, or the one that it contradicts.',
        })
        throw new Misplaced()
      }
    }, state)
  }

  private step(state: FlowState, { operator, fields }: ReadStep): FlowState {
    const { [operator]: value, ...options } = fields
    const kind = OPERATOR_KINDS.get(operator)
    switch (operator) {
      case 'route':
      case 'routeBy':
        return this.route(state, operator === 'route' ? { key: value } : this.stub(value), options)
      case 'scatterGather':
        return addScatterGather(state, this.given('scatterGather', options), this.branches(value as Branches))
      case 'loop':
        return addLoop(state, this.given('loop', options), this.branch(value as readonly ReadStep[]))
      case 'to':
        return this.to(state, value as string | Given, options)
      case 'delay': {
        const { channel = ownChannelId(state, options['id']), ...rest } = options
        const token = this.token(String(channel), queue(String(channel)))
        const by = typeof value === 'number' ? { duration: value } : { service: this.stub(value) }
        return addStep(state, 'delay', { channel: token, ...by, ...this.given('delay', rest) })
      }
      case 'call': {
        const channel = options['channel'] ?? this.around.sourceOf(String(value))
        return addStep(state, 'call', this.given('call', { flow: value, ...options, channel: channel ?? '?' }))
      }
      case 'filter': {
        const service = typeof value === 'string' ? value : aplName(String((value as Given)['when']))
        return addStep(state, 'filter', this.given('filter', { service, ...options }))
      }
      default:
        return this.plain(state, kind!, value, options)
    }
  }

  /** A step that is one node, whose operator has one argument or none. */
  private plain(state: FlowState, kind: NodeKind, value: unknown, options: Given): FlowState {
    const argument = argumentOf(kind)
    const fields =
      argument === undefined
        ? (value as Given | undefined)
        : { ...(value !== undefined && { [argument]: value }), ...options }
    const given = this.given(kind, fields ?? {})
    if (kind === 'recover') return addRecover(state, given)
    return kind === 'errorOutlet' ? addErrorOutlet(state, given) : addStep(state, kind, given)
  }

  private route(state: FlowState, by: unknown, { cases, otherwise, ...options }: Given): FlowState {
    const other = otherwise === undefined ? undefined : this.branch(otherwise as readonly ReadStep[])
    return addRoute(state, { by, ...this.given('route', options) }, this.branches(cases as Branches), other)
  }

  private to(state: FlowState, end: string | Given, options: Given): FlowState {
    if (typeof end === 'string')
      return addStep(state, 'outlet', { channel: this.token(end), ...this.given('outlet', options) })
    return this.withAdapter(state, 'sink', builtInOf(end), this.given('sink', { ...end, ...options }))
  }

  /** A source or a sink. A built-in one is named and labelled by the builder, as anywhere else. */
  private withAdapter(
    state: FlowState,
    kind: 'source' | 'sink',
    known: BuiltInAdapter | undefined,
    given: Given,
  ): FlowState {
    if (known === undefined) return addStep(state, kind, given)
    const { [known.kind]: _, ...fields } = given
    const options = known.kind === 'iterate' ? (known.options as readonly Datum[]).map(plainOf) : known.options
    const adapter = madeBuiltIn({ kind: known.kind, options })
    const { label } = adapter
    const added = addStep(state, kind, { ...fields, adapter: () => adapter, label })
    this.builtIns.set((lastNode(added) as SourceNode | SinkNode).adapter, { kind: known.kind, options })
    return added
  }

  private branches(branches: Branches): NamedBranch[] {
    return [...branches].map(([name, steps]) => [name, this.branch(steps)])
  }

  private branch(steps: readonly ReadStep[]): FillBranch {
    return (begin) => this.steps(begin, steps)
  }

  /** The fields of a node with functions and tokens where the file has their names. */
  private given(kind: NodeKind, fields: Given): Given {
    return this.named(NODE_SHAPES[kind].fields, fields)
  }

  private named(fields: Readonly<Record<string, Field>>, values: Given): Given {
    return Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        Object.hasOwn(fields, name) ? this.meant(fields[name]!, value) : value,
      ]),
    )
  }

  private meant(field: Field, value: unknown): unknown {
    switch (field.type) {
      case 'function':
        return this.stub(value)
      case 'channel':
        return this.token(String(value))
      case 'channels':
        return (value as readonly string[]).map((id) => this.token(id))
      case 'record':
        return typeof value === 'object' ? this.named(field.fields, value as Given) : value
      case 'id':
      case 'text':
      case 'texts':
      case 'flag':
      case 'number':
      case 'oneOf':
      case 'flow':
      case 'selector':
        return value
    }
  }

  /** The token of a channel. One that is declared nowhere has been reported, and is anything. */
  private token(id: string, own: AnyChannel = direct(id)): AnyChannel {
    const spec = this.around.channel(id)
    return spec === undefined ? own : tokenOf(spec)
  }

  /** A function known by its name only: the graph is the same, and the function is bound later. */
  private stub(name: unknown): AnyFunction {
    return contract()(String(name))
  }

  private placed(before: FlowState, after: FlowState, place: Place): FlowState {
    for (const { id } of after.nodes.slice(before.nodes.length)) if (!this.places.has(id)) this.places.set(id, place)
    return after
  }

  /** Refuses flows so long that nobody has written them by hand: the time that one takes grows faster than its length. */
  private count(step: ReadStep): void {
    this.size += 1 + listedBy(step)
    if (this.size <= MOST_STEPS) return
    this.around.report.error(step.place, tooManySteps(this.id))
    throw new Misplaced()
  }

  private refuseAfterEnd(state: FlowState, { operator, place }: ReadStep): void {
    if (state.tails.length > 0 || operator === 'errorsTo') return
    const last = lastNode(state)
    this.around.report.error(place, {
      code: 'ALLORA615',
      flowId: this.id,
      nodeId: last.id,
      message: `Nothing comes to this ${operator}: the steps before it have ended with ${operatorOf(last.kind)}.`,
      fix: `Put it before ${operatorOf(last.kind)}, or remove it.`,
    })
    throw new Misplaced()
  }
}

/** Branches and names that a step lists. */
function listedBy({ fields }: ReadStep): number {
  const counts = Object.values(fields).map((value) => {
    if (value instanceof Map) return value.size
    return Array.isArray(value) && typeof value[0] === 'string' ? value.length : 0
  })
  return counts.reduce((sum, count) => sum + count, 0)
}

/** What is said of a flow that is too long. */
export function tooManySteps(flowId: string): Finding {
  return {
    code: 'ALLORA602',
    flowId,
    message: `The flow has more than ${MOST_STEPS.toLocaleString('en-US')} steps, with its branches and the names that its steps list.`,
    fix: 'Divide it: end it in a channel that another flow reads from.',
  }
}

/** Ends the compilation of a flow, once the reason has been reported. */
class Misplaced extends Error {}
