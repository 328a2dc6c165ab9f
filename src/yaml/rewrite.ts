/** Files with another app in them: what stays the same keeps its words, its comments and its place. */
import { isDeepStrictEqual } from 'node:util'
import { type Document, type YAMLMap, isMap, isSeq } from 'yaml'
import type { AppGraph, ChannelSpec } from '../graph/graph.ts'
import { componentFields } from './component-fields.ts'
import { COMPONENTS, type ComponentKind } from './components.ts'
import { writtenWithoutReferences } from './interpolate.ts'
import type { LoadedFile } from './load-files.ts'
import { merged } from './merge-nodes.ts'
import type { Origin } from './origins.ts'

/** What files said, and what they are to say. */
export interface Rewriting {
  readonly before: AppGraph
  readonly after: AppGraph
  readonly origin: Origin
  /** The new app as a document of its own. */
  readonly fresh: Document
  /** Whether files of version 1 become files of version 2, which can say more. */
  readonly upgrade: boolean
}

/** The documents of all files, with the flows and channels of the new app. Those of the origin stay as they are. */
export function rewritten(rewriting: Rewriting): Document[] {
  return new Rewriter(rewriting).documents()
}

type Part = { readonly kind: 'flow' | 'channel'; readonly id: string }

class Rewriter {
  private readonly rewriting: Rewriting
  private readonly flows: Entries
  private readonly channels: Entries

  constructor(rewriting: Rewriting) {
    const { before, after, origin, fresh, upgrade } = rewriting
    this.rewriting = rewriting
    this.flows = new Entries(before.flows.map(withoutChannels), after.flows.map(withoutChannels), fresh, 'flows')
    // What a declaration means has to be said when it no longer means it by itself.
    const known = upgrade ? [...origin.channels.values()].map(({ spec }) => spec) : channelsOf(before)
    this.channels = new Entries(known, channelsOf(after), fresh, 'channels')
  }

  documents(): Document[] {
    const { files } = this.rewriting.origin
    const documents = files.map((file) => this.document(file))
    const first = documents[0]!
    for (const [key, entries] of [
      ['channels', this.channels],
      ['flows', this.flows],
    ] as const) {
      const list = first.get(key)
      if (isSeq(list)) list.items.push(...entries.left())
      else if (entries.left().length > 0) first.set(key, first.createNode(entries.left()))
    }
    for (const document of documents) sortFlows(document, this.rewriting.after)
    return documents
  }

  private document(file: LoadedFile): Document {
    const document = file.document.clone()
    if (this.rewriting.upgrade && file.version === 1) document.set('version', 2)
    for (const [key, kind] of KEYS) {
      const held = document.get(key)
      const renewed = (item: unknown): unknown[] => (isMap(item) ? this.renewed(file, document, kind, item) : [item])
      if (isSeq(held)) {
        held.items = held.items.flatMap(renewed)
        if (held.items.length === 0) document.delete(key)
      } else if (held !== undefined && renewed(held).length === 0) document.delete(key)
    }
    return document
  }

  /** An entry as it is now; nothing when it has gone, or cannot be said where it stands. */
  private renewed(file: LoadedFile, document: Document, kind: ComponentKind | undefined, entry: YAMLMap): unknown[] {
    const part = this.partAt(file, entry)
    if (part === undefined) return [entry]
    const entries = part.kind === 'flow' ? this.flows : this.channels
    const change = entries.changeOf(part.id)
    if (change === 'none') return entries.take(part.id, entry)
    const fresh = change === 'gone' ? undefined : this.freshEntry(part, kind, document, entry)
    return fresh === undefined ? [] : entries.take(part.id, merged(entry, fresh, document))
  }

  private freshEntry(
    { kind: of, id }: Part,
    kind: ComponentKind | undefined,
    document: Document,
    entry: YAMLMap,
  ): unknown {
    if (of === 'channel') return this.channels.fresh(id)
    if (kind === undefined) return this.flows.fresh(id)
    const flow = this.rewriting.after.flows.find((each) => each.id === id)!
    const fields = componentFields(kind, flow)
    return fields && document.createNode({ ...(entry.has('id') && { id: entry.get('id') }), ...fields })
  }

  /** What an entry stands for: known by its place, since it may have no id of its own. */
  private partAt({ source }: LoadedFile, { range }: YAMLMap): Part | undefined {
    return this.rewriting.origin.parts.get(source)?.get(range?.[0] ?? -1)
  }
}

/** The flows, or the channels: which have changed, and which have not found a place yet. */
class Entries {
  private readonly before: ReadonlyMap<string, unknown>
  private readonly after: ReadonlyMap<string, unknown>
  private readonly entries: ReadonlyMap<string, YAMLMap>
  private readonly taken = new Set<string>()

  constructor(
    before: readonly { readonly id: string }[],
    after: readonly { readonly id: string }[],
    fresh: Document,
    key: string,
  ) {
    this.before = new Map(before.map((each) => [each.id, each]))
    this.after = new Map(after.map((each) => [each.id, each]))
    const list = fresh.get(key)
    const items = isSeq(list) ? list.items.filter((item) => isMap(item)) : []
    this.entries = new Map(items.map((item) => [writtenWithoutReferences(String(item.get('id'))), item]))
  }

  changeOf(id: string): 'none' | 'some' | 'gone' {
    const now = this.after.get(id)
    if (now === undefined) return 'gone'
    return isDeepStrictEqual(this.before.get(id), now) ? 'none' : 'some'
  }

  fresh(id: string): YAMLMap | undefined {
    return this.entries.get(id)
  }

  take(id: string, entry: unknown): [unknown] {
    this.taken.add(id)
    return [entry]
  }

  /** Those that are new, or could not be said where they stood. */
  left(): readonly YAMLMap[] {
    return [...this.entries].flatMap(([id, entry]) =>
      this.taken.has(id) || this.changeOf(id) === 'none' ? [] : [entry],
    )
  }
}

/** The keys of a document whose entries are flows or channels. */
const KEYS: readonly (readonly [key: string, kind: ComponentKind | undefined])[] = [
  ['channels', undefined],
  ['channel', undefined],
  ...COMPONENTS.flatMap(({ list, single }) => [[list, single] as const, [single, single] as const]),
  ['flows', undefined],
]

/** Channels have entries of their own, and a flow has not changed because one of its channels has. */
const withoutChannels = ({ id, nodes, edges }: AppGraph['flows'][number]): { readonly id: string } =>
  ({ id, nodes, edges }) as { readonly id: string }

const channelsOf = ({ flows, channels = [] }: AppGraph): readonly ChannelSpec[] => [
  ...flows.flatMap((flow) => flow.channels),
  ...channels,
]

/** Flows in the order of the app, as far as they stand in one list. */
function sortFlows(document: Document, { flows }: AppGraph): void {
  const list = document.get('flows')
  if (!isSeq(list)) return
  const order = new Map(flows.map(({ id }, i) => [id, i]))
  const placeOf = (item: unknown): number => (isMap(item) ? (order.get(idOf(item)) ?? -1) : -1)
  list.items.sort((a, b) => placeOf(a) - placeOf(b))
}

/** A flow without an id has that of the channel it reads from. */
const idOf = (entry: YAMLMap): string => {
  const from = entry.get('from')
  return writtenWithoutReferences(String(entry.get('id') ?? (isMap(from) ? from.get('channel') : from)))
}
