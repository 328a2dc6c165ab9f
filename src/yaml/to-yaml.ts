/** Apps as text in the format of version 2. */
import { isDeepStrictEqual } from 'node:util'
import type { NonEmptyArray } from 'fp-ts/lib/NonEmptyArray.js'
import { Document, Scalar, type ToStringOptions, visit } from 'yaml'
import { type Graphed, graphOf } from '../app/graph-of.ts'
import type { AppGraph, ChannelSpec, FlowGraph } from '../graph/graph.ts'
import type { AlloraFile } from './allora-file.ts'
import { type BuiltIns, type Written, type WrittenFlow, sourceOf, stepsOf } from './flow-to-steps.ts'
import { withoutReferences } from './interpolate.ts'
import { originOf } from './origins.ts'
import type { LoadedFile } from './load-files.ts'
import { parseAllora } from './parse-allora.ts'
import { type Rewriting, rewritten } from './rewrite.ts'

/** How an app is written. */
export interface ToYamlOptions {
  /** The file it was made of: whatever has not changed keeps its words and comments. Version 1 stays, if it can say what is new. */
  readonly like?: AlloraFile
}

/**
 * An app as a file of version 2, which `parseAllora` reads to the same graph. An app that came from a file is written as that file says
 * it, in its version, with its comments, its order and its includes; one that is no longer as an included file says it, as one text.
 * Functions are written by their names.
 *
 * @example
 * ```ts
 * import { direct, flow, queue, service } from 'allora'
 * import { toYaml } from 'allora/yaml'
 *
 * const greet = service('greet', (name: string) => `Hello, ${name}!`)
 * const hello = flow('hello').from(direct('input')).handle(greet).to(queue('output')).build()
 *
 * console.log(toYaml(hello).split('\n').slice(-6))
 * // => [
 * //   '  - id: hello',
 * //   '    from: input',
 * //   '    steps:',
 * //   '      - handle: greet',
 * //   '      - to: output',
 * //   '',
 * // ]
 * ```
 */
export function toYaml(given: Graphed | AlloraFile, options: ToYamlOptions = {}): string {
  const [first, ...included] = toYamlFiles(given, options)
  const { files = [] } = originOf(options.like ?? given) ?? originOf(dataOf(given)) ?? {}
  const stay = included.every(({ text }, i) => text === files[i + 1]?.source.text)
  return stay ? first.text : print(written(dataOf(given), options.like?.builtIns))
}

/** A file as text. */
export interface YamlFile {
  /** Its path, as `AlloraFile.files` has it; absent for an app that came from no file. */
  readonly file?: string
  readonly text: string
}

/**
 * As `toYaml`, for an app of several files: the first one, and those that it includes, each with its own comments. New flows and
 * channels are in the first. An app that cannot be written like its files is one text that includes nothing.
 */
export function toYamlFiles(given: Graphed | AlloraFile, options: ToYamlOptions = {}): NonEmptyArray<YamlFile> {
  const graph = dataOf(given)
  const { files: [first, ...others] = [] } = originOf(given) ?? originOf(graph) ?? {}
  if (first !== undefined) return [unchanged(first), ...others.map(unchanged)]
  const fresh = written(graph, options.like?.builtIns)
  const origin = options.like && originOf(options.like)
  if (origin === undefined) return [{ text: print(fresh) }]
  for (const upgrade of [false, true]) {
    const files = likeBefore(graph, fresh, { before: options.like!.graph, origin, upgrade })
    if (files !== undefined) return files
  }
  return [{ ...pathOf(origin.files[0]!), text: print(fresh) }]
}

const dataOf = (given: Graphed | AlloraFile): AppGraph => ('warnings' in given ? given.graph : graphOf(given))
const pathOf = ({ source: { file } }: LoadedFile): { readonly file?: string } => (file === undefined ? {} : { file })
const unchanged = (file: LoadedFile): YamlFile => ({ ...pathOf(file), text: file.source.text })

/** The files as they were, with what has changed; nothing when they do not say the app then. */
function likeBefore(
  after: AppGraph,
  fresh: Written,
  { origin, ...like }: Pick<Rewriting, 'before' | 'origin' | 'upgrade'>,
): NonEmptyArray<YamlFile> | undefined {
  const documents = rewritten({ ...like, origin, after, fresh: documentFor(fresh) })
  const [first, ...others] = documents.map((document, i): YamlFile => {
    const file = origin.files[i]!
    const text = document.toString(AS_WRITTEN)
    return text === file.document.toString(AS_WRITTEN) ? unchanged(file) : { ...pathOf(file), text }
  })
  const texts = new Map(origin.files.map(({ path }, i) => [path, [first!, ...others][i]!.text]))
  const { path } = origin.files[0]!
  const { text } = first!
  const parsed = parseAllora(path === undefined ? text : { file: path, text }, {
    ...origin.access,
    readFile: (file) => texts.get(file) ?? origin.access.readFile(file),
  })
  if (parsed._tag === 'Left' || !isDeepStrictEqual(sorted(parsed.right.graph), sorted(after))) return undefined
  return [first!, ...others]
}

/** Several files say flows and channels in their own order. */
function sorted({ flows, channels = [] }: AppGraph): unknown {
  const byId = <T extends { readonly id: string }>(items: readonly T[]): T[] =>
    items.toSorted((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id)))
  return { flows: byId(flows), channels: byId(channels) }
}

const AS_WRITTEN: ToStringOptions = { lineWidth: 0 }

/** Flows that are as steps make them are written as steps, all others as their graph. */
function written(app: AppGraph, builtIns: BuiltIns = {}): Written {
  const sources = new Map(app.flows.map((flow) => [flow.id, sourceOf(flow)]))
  const steps = new Map(app.flows.map((flow) => [flow, stepsOf(flow, (id) => sources.get(id), builtIns)]))
  const document = documentOf(app, steps)
  const parsed = parseAllora(print(document), { env: {} })
  const read = parsed._tag === 'Right' ? parsed.right.graph.flows : []
  const same = new Map([...steps].map(([flow, how], i) => [flow, isDeepStrictEqual(read[i], flow) ? how : undefined]))
  return [...same].every(([flow, how]) => how === steps.get(flow)) ? document : documentOf(app, same)
}

function documentOf(
  { flows, channels: loose = [] }: AppGraph,
  steps: ReadonlyMap<FlowGraph, WrittenFlow | undefined>,
): Written {
  const declared = new Map<string, ChannelSpec>()
  for (const flow of flows) {
    const how = steps.get(flow)
    if (how === undefined) continue
    for (const spec of flow.channels)
      if (!how.own.has(spec.id)) declared.set(spec.id, { ...spec, ...declared.get(spec.id) })
  }
  // What the app says of a channel is the app's as long as all flows say it themselves.
  const ofApp = new Set(loose.map(({ id }) => id))
  for (const spec of loose) declared.delete(spec.id)
  for (const spec of loose) declared.set(spec.id, spec)
  const document: Written = new Map<string, unknown>([['version', 2]])
  if (declared.size > 0) document.set('channels', [...declared.values()].map(entriesOf))
  if (flows.length > 0)
    document.set(
      'flows',
      flows.map((flow) => flowOf(flow, steps.get(flow), declared, ofApp)),
    )
  return document
}

function flowOf(
  flow: FlowGraph,
  how: WrittenFlow | undefined,
  declared: ReadonlyMap<string, ChannelSpec>,
  ofApp: ReadonlySet<string>,
): Written {
  const { id, channels, nodes, edges } = flow
  if (how === undefined)
    return new Map<string, unknown>([
      ['id', id],
      ['graph', { channels, nodes, edges }],
    ])
  const own = channels.filter(
    (spec) => ofApp.has(spec.id) || (!how.own.has(spec.id) && !isDeepStrictEqual(spec, declared.get(spec.id))),
  )
  return new Map<string, unknown>([
    ['id', id],
    ['from', how.from],
    ...(own.length > 0 ? [['channels', own.map(entriesOf)] as const] : []),
    ...(how.steps.length > 0 ? [['steps', how.steps] as const] : []),
  ])
}

const entriesOf = (spec: ChannelSpec): Written => new Map(Object.entries(spec))

/** Whether a text is safe in any file: nothing that a terminal obeys, no half of a character, no line that could be folded. */
const isPlain = (text: string): boolean => text.isWellFormed() && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}\p{Cn}]/u.test(text)

function print(written: Written): string {
  return documentFor(written).toString(AS_WRITTEN)
}

function documentFor(written: Written): Document {
  const document = new Document(written)
  visit(document, {
    Scalar(key, scalar) {
      if (typeof scalar.value !== 'string') return
      if (!isPlain(scalar.value)) scalar.type = Scalar.QUOTE_DOUBLE
      if (key !== 'key') scalar.value = withoutReferences(scalar.value)
    },
  })
  return document
}
