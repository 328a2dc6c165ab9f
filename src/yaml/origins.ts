/** Where the parts of an app were written: known as long as the app is there, and kept out of its data. */
import type { AlloraFile } from './allora-file.ts'
import type { LoadedFile } from './load-files.ts'
import type { Mention } from './shape-reader.ts'

/** What a file was made of. */
export interface Origin {
  readonly files: readonly LoadedFile[]
  /** Every name of a function. */
  readonly mentions: readonly Mention[]
}

const origins = new WeakMap<object, Origin>()

/** Remembers where a file, and the graph it describes, comes from. */
export function remember(file: AlloraFile, origin: Origin): void {
  origins.set(file, origin)
  origins.set(file.graph, origin)
}

/** Where a file or a graph comes from; `undefined` for what came from no file. */
export function originOf(of: object): Origin | undefined {
  return origins.get(of)
}
