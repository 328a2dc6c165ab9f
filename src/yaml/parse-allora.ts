/** Files in the format of Allora, and in its successor: read, compiled, and told of completely when something is wrong. */
import { type Either, left, right } from 'fp-ts/lib/Either.js'
import type { NonEmptyArray } from 'fp-ts/lib/NonEmptyArray.js'
import type { Diagnostic } from '../graph/diagnostic.ts'
import { deepFreeze } from '../graph/freeze.ts'
import type { AlloraFile, TransportSpec } from './allora-file.ts'
import { type Compiled, compileFiles } from './compile-files.ts'
import { aggregatorSpec, inboundSpec, outboundSpec } from './component-flows.ts'
import type { Declared } from './declarations.ts'
import type { Environment } from './interpolate.ts'
import { type FileAccess, type LoadedFile, loadFiles, readFileFromDisk } from './load-files.ts'
import { type Origin, remember } from './origins.ts'
import { Report } from './report.ts'

/** How files are read. */
export interface ParseOptions {
  /** What `${NAME}` stands for; absent = `process.env`. */
  readonly env?: Environment
  /** The folder that relative paths are taken from; absent = the working directory. */
  readonly cwd?: string
  /** Gives the text of a file by its absolute path, and throws when there is none; absent = the disk. */
  readonly readFile?: (path: string) => string
}

/**
 * Reads what describes an app: a text, or `{ file }`, the path of one. `{ text, file }` is a text that is known by a path, which its
 * includes are taken from.
 *
 * `Left` has everything that is wrong, warnings too, in the order of the lines. It never throws on account of what the file holds.
 *
 * @example
 * ```ts
 * import { parseAllora } from 'allora/yaml'
 *
 * const parsed = parseAllora(`
 * version: 1
 * channels:
 *   - id: input
 *   - { id: output, kind: queue }
 * service-activators:
 *   - { id: greet, ref-name: hello, from: input, to: output }
 * `)
 * if (parsed._tag === 'Right') {
 *   console.log(parsed.right.graph.flows[0]?.nodes.map((node) => node.kind)) // => ['inlet', 'handle', 'outlet']
 * }
 * ```
 */
export function parseAllora(
  input: string | { readonly file: string; readonly text?: string },
  options: ParseOptions = {},
): Either<NonEmptyArray<Diagnostic>, AlloraFile> {
  const report = new Report()
  const { env = process.env, cwd = process.cwd(), readFile = readFileFromDisk } = options
  const given = typeof input === 'string' ? { text: input } : input
  const access = { env, cwd, readFile }
  const files = loadFiles(given, access, report)
  const compiled = compileFiles(files, report)
  const [first, ...others] = report.diagnostics
  if (report.failed && first !== undefined) return left([first, ...others])
  return right(described(files, compiled, access, report))
}

function described(files: readonly LoadedFile[], compiled: Compiled, access: FileAccess, report: Report): AlloraFile {
  const { components } = compiled.declarations
  for (const aggregator of components.aggregator) tellUnused(aggregator, report)
  const inbound = components['http-inbound-adapter']
  const outbound = components['http-outbound-adapter']
  const adapters = [...inbound.map(inboundSpec), ...outbound.map(outboundSpec)]
  const file: AlloraFile = deepFreeze({
    version: files[0]!.version,
    graph: compiled.graph,
    adapters,
    aggregators: components.aggregator.map(aggregatorSpec),
    builtIns: Object.fromEntries(compiled.builtIns),
    transports: Object.fromEntries(
      files.flatMap(({ data }) => [...((data['transports'] ?? []) as Iterable<TransportEntry>)].map(transportOf)),
    ),
    warnings: report.diagnostics,
    files: files.flatMap(({ source }) => source.file ?? []),
  })
  const adapterPlaces = new Map([...inbound, ...outbound].map(({ place }, i) => [adapters[i]!.service, place]))
  const { mentions } = compiled
  const { channels } = compiled.declarations
  remember(file, { files, mentions, adapterPlaces, channels, parts: partsOf(compiled), access })
  return file
}

/** Which flow or channel stands where. */
function partsOf({ flowPlaces, declarations: { channels } }: Compiled): Origin['parts'] {
  const places = [
    ...[...flowPlaces].map(([id, { source, start }]) => ({ source, start, part: { kind: 'flow' as const, id } })),
    ...[...channels].map(([id, { place }]) => ({ ...place, part: { kind: 'channel' as const, id } })),
  ]
  const inFiles = Map.groupBy(places, ({ source }) => source)
  return new Map(
    [...inFiles].map(([source, found]) => [source, new Map(found.map(({ start, part }) => [start, part]))]),
  )
}

/** An aggregator that no flow uses. */
function tellUnused({ id, fields, place }: Declared, report: Report): void {
  if (fields['from'] !== undefined) return
  report.warning(place, {
    code: 'ALLORA614',
    message: `No channel leads to aggregator ${JSON.stringify(id)}, so only code can use it.`,
    fix: 'Give it the keys from and to, which Allora ignores, to have it run by itself.',
  })
}

type TransportEntry = readonly [name: string, read: Readonly<Record<string, unknown>>]

const transportOf = ([name, { type, ...options }]: TransportEntry): [string, TransportSpec] => [
  name,
  { type: String(type), options },
]
