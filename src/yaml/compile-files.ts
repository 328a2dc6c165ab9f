/** From files that were read to an app: names are looked up, flows compiled, and the whole is checked as any other app. */
import { quote } from '../errors/describe-value.ts'
import { InvalidGraphError } from '../errors/graph-errors.ts'
import { checkGraph } from '../graph/check.ts'
import { listed } from '../graph/check/wording.ts'
import { didYouMean } from '../graph/did-you-mean.ts'
import { type AppGraph, type ChannelSpec, type FlowGraph, GRAPH_VERSION } from '../graph/graph.ts'
import { readGraph } from '../graph/read-graph.ts'
import { functionNames } from '../graph/references.ts'
import type { BuiltInAdapter } from './allora-file.ts'
import { type ComponentFlow, componentFlows } from './component-flows.ts'
import { type Datum, type Place, itemsOf, plainOf, textOf, valueOf } from './datum.ts'
import { type Declarations, type Declared, declarationsOf } from './declarations.ts'
import { placeAt } from './place-at.ts'
import { MOST_STEPS } from './limits.ts'
import type { LoadedFile } from './load-files.ts'
import type { Report } from './report.ts'
import type { Mention, ReadStep } from './shape-reader.ts'
import { type CompiledFlow, FlowCompiler, type ReadFrom, type Surroundings, tooManySteps } from './steps-to-flow.ts'

/** An app as it was compiled. */
export interface Compiled {
  readonly graph: AppGraph
  readonly declarations: Declarations
  /** The sources and sinks that need no code, by the names of their functions. */
  readonly builtIns: ReadonlyMap<string, BuiltInAdapter>
  /** Where each flow stands. */
  readonly flowPlaces: ReadonlyMap<string, Place>
  /** Every name of a function, and where it stands. */
  readonly mentions: readonly Mention[]
}

/** Compiles files. What is wrong goes to the report; without errors there, the result is complete. */
export function compileFiles(files: readonly LoadedFile[], report: Report): Compiled {
  return new AppCompiler(files, report).compile()
}

class AppCompiler {
  private readonly declarations: Declarations
  private readonly components: readonly ComponentFlow[]
  private readonly files: readonly LoadedFile[]
  private readonly report: Report
  private readonly flows: ReadonlyMap<string, Declared>
  /** Channels that flows say something of by themselves. */
  private readonly channelsOfFlows: ReadonlySet<string>
  /** How many components and flows take messages from each channel. */
  private readonly consumers: ReadonlyMap<string | undefined, number>
  private readonly builtIns = new Map<string, BuiltInAdapter>()
  private readonly flowPlaces = new Map<string, Place>()
  private readonly nodePlaces = new Map<string, ReadonlyMap<string, Place>>()
  /** Channels that some flow has from the files. The others are the app's. */
  private readonly taken = new Set<string>()
  private idLengths: ReadonlySet<number> | undefined
  /** Channels that are declared nowhere, in files that declare none at all. */
  private readonly implied = new Set<string>()

  constructor(files: readonly LoadedFile[], report: Report) {
    this.files = files
    this.report = report
    this.declarations = declarationsOf(files, report)
    this.components = componentFlows(this.declarations)
    const { flows } = this.declarations
    this.flows = new Map(flows.map((flow) => [flow.id, flow]))
    this.channelsOfFlows = new Set(
      flows.flatMap(({ fields }) => ((fields['channels'] ?? []) as readonly ChannelSpec[]).map(({ id }) => id)),
    )
    this.consumers = countOf([...this.components, ...flows.map(({ fields }) => fields as { readonly from?: ReadFrom })])
  }

  compile(): Compiled {
    const mentions = this.files.flatMap(({ reader }) => reader.mentions)
    this.lookUp(mentions)
    const flows = [
      ...this.components.flatMap((flow) => this.component(flow)),
      ...this.declarations.flows.flatMap((flow) => this.flow(flow)),
    ]
    const loose = [...this.declarations.channels.keys()].flatMap((id) => (this.taken.has(id) ? [] : this.channel(id)!))
    const graph: AppGraph = { version: GRAPH_VERSION, flows, ...(loose.length > 0 && { channels: loose }) }
    if (!this.report.failed) this.check(graph, new Set(mentions.map(({ name }) => name)))
    const { declarations, flowPlaces, builtIns } = this
    return { graph, declarations, builtIns, flowPlaces, mentions: mentions.filter(({ kind }) => kind === 'function') }
  }

  /** Reports names of channels and flows that nothing has. */
  private lookUp(mentions: readonly Mention[]): void {
    const { channelIds, channels } = this.declarations
    const flowIds = [...this.flows.keys()]
    const fragment = this.files[0]?.version === 1 && channels.size === 0 && channelIds.size === 0
    for (const { kind, name, place } of mentions) {
      if (kind === 'channel' && !channelIds.has(name) && !this.isOwn(name)) this.unknownChannel(name, place, fragment)
      if (kind === 'flow' && !this.flows.has(name)) {
        this.report.error(place, () => ({
          code: 'ALLORA114',
          message: `There is no flow ${quote(name)} to call.`,
          fix: `${didYouMean(name, flowIds)}${flowIds.length === 0 ? 'Add a flow of this id.' : `The flows are ${listed(flowIds)}.`}`,
        }))
      }
    }
  }

  /** Whether a name is that of a channel that a delay or a source of this app has for itself. */
  private isOwn(name: string): boolean {
    if (this.channelsOfFlows.has(name)) return true
    const lengths = (this.idLengths ??= new Set([...this.flows.keys()].map((id) => id.length)))
    return [...lengths].some((length) => name.charAt(length) === '/' && this.flows.has(name.slice(0, length)))
  }

  private unknownChannel(name: string, place: Place, fragment: boolean): void {
    const { channelIds } = this.declarations
    const finding = { code: 'ALLORA101', channelId: name, message: `There is no channel ${quote(name)}.` } as const
    if (!fragment) {
      this.report.error(place, () => ({
        ...finding,
        fix: `${didYouMean(name, channelIds)}Correct the name, or declare it: "- id: ${name}" below channels.`,
      }))
      return
    }
    if (this.implied.has(name)) return
    this.implied.add(name)
    this.report.warning(place, {
      ...finding,
      message: `${finding.message} This file declares no channels at all, so it is taken for a direct one.`,
      fix: `Declare it: "- id: ${name}" below channels.`,
    })
  }

  /** A channel as it is in the graph: a direct one of version 1 with several consumers gives each of them every message. */
  private channel(id: string): ChannelSpec | undefined {
    const declared = this.declarations.channels.get(id)
    const spec: ChannelSpec | undefined = declared?.spec ?? (this.implied.has(id) ? { id, kind: 'direct' } : undefined)
    if (spec?.kind !== 'direct' || declared?.file.version === 2 || (this.consumers.get(id) ?? 0) < 2) return spec
    return { id, kind: 'pubsub', await: 'handled' }
  }

  private component({ component, kind, from, steps }: ComponentFlow): FlowGraph[] {
    const taken = this.flowPlaces.has(component.id) || this.flows.has(component.id)
    const id = taken ? `${kind} ${component.id}` : component.id
    return this.compiled(
      new FlowCompiler(id, this.surroundings()).compile(from, component.place, steps),
      id,
      component.place,
    )
  }

  private flow({ id, fields, place, file }: Declared): FlowGraph[] {
    const own = new Map(
      ((fields['channels'] ?? []) as Partial<ChannelSpec>[]).map((spec) => [
        spec.id ?? '',
        { kind: 'direct', ...spec } as ChannelSpec,
      ]),
    )
    if (fields['graph'] !== undefined) return this.raw(id, fields['graph'] as Datum, place)
    const compiler = new FlowCompiler(id, this.surroundings(own))
    const from = fields['from'] as ReadFrom
    return this.compiled(
      compiler.compile(from, file.reader.placeOf(fields, 'from')!, (fields['steps'] ?? []) as ReadStep[]),
      id,
      place,
    )
  }

  /** A flow that is written as its graph. */
  private raw(id: string, datum: Datum, place: Place): FlowGraph[] {
    if (itemsOf(valueOf(datum, 'nodes')).length > MOST_STEPS) {
      this.report.error(place, tooManySteps(id))
      return []
    }
    try {
      const graph = readGraph({ version: GRAPH_VERSION, id, ...(Object(plainOf(datum)) as object) })
      const places = graph.nodes.map((node, i) => [node.id, placeAt(datum, `nodes[${i}]`)] as const)
      return this.compiled({ graph, places: new Map(places) }, id, place)
    } catch (error) {
      if (!(error instanceof InvalidGraphError)) throw error
      for (const { path, expected, actual, suggestion } of error.problems) {
        this.report.error(placeAt(datum, path), {
          code: 'ALLORA608',
          flowId: id,
          message: `Here must be ${expected}, but it is ${actual}.`,
          fix: `${suggestion === undefined ? '' : `Did you mean ${quote(suggestion)}? `}Correct it, or write the flow as steps.`,
        })
      }
      return []
    }
  }

  private compiled(flow: CompiledFlow | undefined, id: string, place: Place): FlowGraph[] {
    this.flowPlaces.set(id, place)
    if (flow === undefined) return []
    this.nodePlaces.set(id, flow.places)
    for (const [name, adapter] of flow.builtIns ?? []) this.builtIns.set(name, adapter)
    return [flow.graph]
  }

  private surroundings(own?: ReadonlyMap<string, ChannelSpec>): Surroundings {
    return {
      channel: (id) => own?.get(id) ?? this.taking(id),
      sourceOf: (flowId) => this.sourceOf(flowId),
      report: this.report,
    }
  }

  private taking(id: string): ChannelSpec | undefined {
    this.taken.add(id)
    return this.channel(id)
  }

  private sourceOf(flowId: string): string | undefined {
    const flow = this.flows.get(flowId)
    const raw = flow?.fields['graph'] as Datum | undefined
    if (raw !== undefined) return sourceOfRaw(raw)
    const from = flow?.fields['from'] as ReadFrom | undefined
    if (from === undefined || typeof from === 'string') return from
    return from['channel'] === undefined ? `${flowId}/${String(from['id'] ?? 'n0')}` : String(from['channel'])
  }

  /** What `check` finds, with the places in the files. A channel that only an adapter names is used all the same. */
  private check(graph: AppGraph, mentioned: ReadonlySet<string>): void {
    const functions = new Set(graph.flows.flatMap(({ nodes }) => nodes.flatMap(functionNames)))
    for (const { compare } of [...graph.flows.flatMap(({ channels }) => channels), ...(graph.channels ?? [])])
      if (compare !== undefined) functions.add(compare)
    for (const diagnostic of checkGraph(graph, functions)) {
      const { code, flowId = '', nodeId, channelId } = diagnostic
      if (code === 'ALLORA102' && mentioned.has(channelId!)) continue
      const node = nodeId === undefined ? undefined : this.nodePlaces.get(flowId)?.get(nodeId)
      const channel = channelId === undefined ? undefined : this.declarations.channels.get(channelId)?.place
      this.report.add(node ?? channel ?? this.flowPlaces.get(flowId), diagnostic)
    }
  }
}

function countOf(flows: readonly { readonly from?: ReadFrom }[]): ReadonlyMap<string | undefined, number> {
  const counts = new Map<string | undefined, number>()
  for (const { from } of flows) {
    const channel = typeof from === 'object' ? (from['channel'] as string | undefined) : from
    counts.set(channel, (counts.get(channel) ?? 0) + 1)
  }
  return counts
}

/** The channel that a flow reads from that is written as its graph. */
function sourceOfRaw(graph: Datum): string | undefined {
  const first = itemsOf(valueOf(graph, 'nodes')).find((node) =>
    ['inlet', 'source'].includes(textOf(valueOf(node, 'kind')) ?? ''),
  )
  return textOf(valueOf(first, 'channel'))
}
