/** A document with other flows and channels in it: what stays the same keeps its words, its comments and its place. */
import { isDeepStrictEqual } from 'node:util'
import { type Document, type YAMLMap, isMap, isSeq } from 'yaml'
import type { AppGraph } from '../graph/graph.ts'

/** What a document said, and what it is to say. */
export interface Rewriting {
  readonly before: AppGraph
  readonly after: AppGraph
  /** The document as it came. It stays as it is. */
  readonly document: Document
  /** The new app as a document of its own. */
  readonly fresh: Document
}

/** The document as it came, with the flows and channels of the new app. */
export function rewritten({ before, after, document, fresh }: Rewriting): Document {
  const result = document.clone()
  const same = {
    flows: unchanged(before.flows, after.flows),
    channels: unchanged(channelsOf(before), channelsOf(after)),
  }
  for (const key of ['channels', 'flows'] as const) {
    const wanted = entriesOf(fresh, key)
    const known = new Map(entriesOf(result, key).map((entry) => [idOf(entry), entry]))
    const entries = wanted.map((entry) => (same[key].has(idOf(entry)) ? (known.get(idOf(entry)) ?? entry) : entry))
    const list = result.get(key)
    if (isSeq(list)) list.items = entries
    else if (entries.length > 0) result.set(key, result.createNode(entries))
  }
  return result
}

const entriesOf = (document: Document, key: string): YAMLMap[] => {
  const list = document.get(key)
  return isSeq(list) ? list.items.filter((item) => isMap(item)) : []
}

/** A flow without an id has that of the channel it reads from. */
const idOf = (entry: YAMLMap): string => {
  const from = entry.get('from')
  return String(entry.get('id') ?? (isMap(from) ? from.get('channel') : from))
}

const channelsOf = ({ flows, channels = [] }: AppGraph): readonly { readonly id: string }[] => [
  ...flows.flatMap((flow) => flow.channels),
  ...channels,
]

/** The ids of what both have, and say the same of. */
function unchanged(before: readonly { readonly id: string }[], after: readonly { readonly id: string }[]): Set<string> {
  const known = new Map(before.map((each) => [each.id, each]))
  return new Set(after.filter((each) => isDeepStrictEqual(known.get(each.id), each)).map(({ id }) => id))
}
