/** Where the parts of an app were written: known as long as the app is there, and kept out of its data. */
import type { AppGraph } from '../graph/graph.ts'
import type { Place } from './datum.ts'
import type { Declarations } from './declarations.ts'
import type { FileAccess, LoadedFile } from './load-files.ts'
import type { Mention } from './shape-reader.ts'
import type { SourceText } from './source-text.ts'

/** What a file was made of. */
export interface Origin {
  readonly files: readonly LoadedFile[]
  /** Every name of a function. */
  readonly mentions: readonly Mention[]
  /** Where adapters stand, by the names of their functions. */
  readonly adapterPlaces: ReadonlyMap<string, Place>
  /** The channels that the files declare. */
  readonly channels: Declarations['channels']
  /** In each file, the entries of lists by the offsets they begin at. */
  readonly parts: ReadonlyMap<
    SourceText,
    ReadonlyMap<number, { readonly kind: 'flow' | 'channel'; readonly id: string }>
  >
  /** How the files were read. */
  readonly access: FileAccess
}

const origins = new WeakMap<object, Origin>()

/** Remembers where a file or an app, and its graph, comes from. */
export function remember(of: { readonly graph: AppGraph }, origin: Origin): void {
  origins.set(of, origin)
  origins.set(of.graph, origin)
}

/** Where a file or a graph comes from; `undefined` for what came from no file. */
export function originOf(of: object): Origin | undefined {
  return origins.get(of)
}
