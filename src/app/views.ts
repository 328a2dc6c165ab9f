/** Ways to look at an app: its diagnostics, its drawings, its data. */
import { quote } from '../errors/describe-value.ts'
import { toAscii as asciiOf } from '../graph/ascii.ts'
import { checkGraph } from '../graph/check.ts'
import type { Diagnostic } from '../graph/diagnostic.ts'
import { toDot as dotOf } from '../graph/dot.ts'
import type { AppGraph } from '../graph/graph.ts'
import { toMermaid as mermaidOf } from '../graph/mermaid.ts'
import type { AnyApp } from './app.ts'
import { type Graphed, appOf, functionsNamedIn, graphOf } from './graph-of.ts'

/**
 * Everything that is wrong with an app, or looks as if it were. An app without errors can be started.
 * Of data alone the functions are not known, so none is said to be missing.
 *
 * @example
 * ```ts
 * import { check, direct, flow, pubsub } from 'allora'
 *
 * const news = flow('news').from(direct('written')).handle((text: string) => text.trim()).to(pubsub('news')).build()
 *
 * const codes = check(news).map((diagnostic) => diagnostic.code) // => ['ALLORA103']
 * ```
 */
export function check(given: Graphed): readonly Diagnostic[] {
  if (!('graph' in given)) return checkData(graphOf(given))
  const app = appOf(given)
  return [
    ...checkGraph(app.graph, new Set([...Object.keys(app.functions), ...app.contracts])),
    ...contradictedSchemas(app),
  ]
}

/** Draws it as a Mermaid flowchart, as Markdown files, GitHub and many editors show them. */
export function toMermaid(given: Graphed): string {
  return mermaidOf(graphOf(given))
}

/** Draws it for Graphviz (`dot -Tsvg`). */
export function toDot(given: Graphed): string {
  return dotOf(graphOf(given))
}

/**
 * Draws it as text, for a terminal or a comment: the steps of each flow from top to bottom, its channels in brackets.
 *
 * @example
 * ```ts
 * import { direct, flow, queue, toAscii } from 'allora'
 *
 * const words = flow('words').from(direct('text').of<string>()).split((text) => text.split(' ')).to(queue('words')).build()
 *
 * console.log(toAscii(words).split('\n').slice(0, 4))
 * // => ['flow words', '  from <- [text, direct]', '  split n1', '  to -> [words, queue]']
 * ```
 */
export function toAscii(given: Graphed): string {
  return asciiOf(graphOf(given))
}

/** Its data as JSON text, which `readApp(JSON.parse(text))` reads. */
export function toJson(given: Graphed): string {
  return JSON.stringify(graphOf(given), null, 2)
}

const checkData = (graph: AppGraph): readonly Diagnostic[] =>
  checkGraph(graph, new Set(graph.flows.flatMap(functionsNamedIn)))

/** ALLORA109: one channel, two schemas. */
function* contradictedSchemas({ flows }: AnyApp): Iterable<Diagnostic> {
  /** By channel: the first flow with a schema, and the first that has another. */
  const known = new Map<string, AnyApp['flows'][number][]>()
  for (const flow of flows) {
    const { graph, schemas } = flow
    for (const [channelId, schema] of Object.entries(schemas)) {
      const before = known.get(channelId) ?? []
      const other = before.find((each) => each.schemas[channelId] !== schema)
      if (before.length === 0 || (before.length === 1 && other !== undefined)) known.set(channelId, [...before, flow])
      if (other === undefined) continue
      yield {
        code: 'ALLORA109',
        severity: 'error',
        flowId: graph.id,
        channelId,
        message: `Channel ${quote(channelId)} has one schema in flow ${quote(other.graph.id)} and another in flow ${quote(graph.id)}.`,
        fix: 'Make its token once and use that everywhere.',
      }
    }
  }
}
