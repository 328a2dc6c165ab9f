/** Apps as text in the format of version 2. */
import { isDeepStrictEqual } from 'node:util'
import { Document, Scalar, visit } from 'yaml'
import { type Graphed, graphOf } from '../app/graph-of.ts'
import type { AppGraph, ChannelSpec, FlowGraph } from '../graph/graph.ts'
import type { AlloraFile } from './allora-file.ts'
import { type Written, type WrittenFlow, sourceOf, stepsOf } from './flow-to-steps.ts'
import { withoutReferences } from './interpolate.ts'
import { originOf } from './origins.ts'
import { parseAllora } from './parse-allora.ts'
import { rewritten } from './rewrite.ts'

/** How an app is written. */
export interface ToYamlOptions {
  /** The file it was made of: flows and channels that are still the same keep their words and comments. */
  readonly like?: AlloraFile
}

/**
 * An app as a file of version 2, which `parseAllora` reads to the same graph. An app that came from a file is written as that file says
 * it, with its comments and its order. Functions are written by their names.
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
  const graph = 'warnings' in given ? given.graph : graphOf(given)
  const [first] = (originOf(given) ?? originOf(graph))?.files ?? []
  if (first !== undefined) return first.source.text
  const fresh = written(graph)
  return (options.like === undefined ? undefined : likeBefore(graph, fresh, options.like)) ?? print(fresh)
}

/** The file as it was, with what has changed; nothing when it has parts that are no flows, or more than one file. */
function likeBefore(after: AppGraph, fresh: Written, like: AlloraFile): string | undefined {
  const { files: [first, second] = [] } = originOf(like) ?? {}
  if (first?.version !== 2 || second !== undefined) return undefined
  const text = rewritten({ before: like.graph, after, document: first.document, fresh: documentFor(fresh) }).toString({
    lineWidth: 0,
  })
  const parsed = parseAllora(text)
  return parsed._tag === 'Right' && isDeepStrictEqual(parsed.right.graph, after) ? text : undefined
}

/** Flows that are as steps make them are written as steps, all others as their graph. */
function written(app: AppGraph): Written {
  const sources = new Map(app.flows.map((flow) => [flow.id, sourceOf(flow)]))
  const steps = new Map(app.flows.map((flow) => [flow, stepsOf(flow, (id) => sources.get(id))]))
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
  for (const spec of loose) declared.set(spec.id, { ...spec, ...declared.get(spec.id) })
  const document: Written = new Map<string, unknown>([['version', 2]])
  if (declared.size > 0) document.set('channels', [...declared.values()].map(entriesOf))
  if (flows.length > 0)
    document.set(
      'flows',
      flows.map((flow) => flowOf(flow, steps.get(flow), declared)),
    )
  return document
}

function flowOf(flow: FlowGraph, how: WrittenFlow | undefined, declared: ReadonlyMap<string, ChannelSpec>): Written {
  const { id, channels, nodes, edges } = flow
  if (how === undefined)
    return new Map<string, unknown>([
      ['id', id],
      ['graph', { channels, nodes, edges }],
    ])
  const own = channels.filter((spec) => !how.own.has(spec.id) && !isDeepStrictEqual(spec, declared.get(spec.id)))
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
  return documentFor(written).toString({ lineWidth: 0 })
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
