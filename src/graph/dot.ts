/** Drawings in the language of Graphviz. */
import { type Figure, type Line, type Outline, type Tone, drawApp } from './drawing.ts'
import type { AppGraph } from './graph.ts'

/**
 * Draws an app for Graphviz (`dot -Tsvg`): a cluster for each flow, channels between them in a shape of their kind, error scopes,
 * discards and taps dotted.
 *
 * Ids and names may hold anything: what DOT would take for syntax is escaped.
 */
export function toDot(app: AppGraph): string {
  const { channels, flows, lines } = drawApp(app)
  return [
    'digraph {',
    '  rankdir=LR',
    '  node [fontname="Helvetica", fontsize=11, style=filled]',
    '  edge [fontname="Helvetica", fontsize=9]',
    ...channels.map((figure) => `  ${figureText(figure)}`),
    ...flows.flatMap(({ key, title, figures }) => [
      `  subgraph cluster_${key} {`,
      `    label=${quoted([title])}`,
      '    style=rounded',
      ...figures.map((figure) => `    ${figureText(figure)}`),
      '  }',
    ]),
    ...lines.map((line) => `  ${lineText(line)}`),
    '}',
    '',
  ].join('\n')
}

const TONES: Readonly<Record<Tone, string>> = {
  channel: 'fillcolor="#e3effb", color="#4a78a8"',
  unknown: 'fillcolor="#ffffff", color="#c0392b", style="filled,dashed"',
  step: 'fillcolor="#ffffff", color="#666666"',
  failure: 'fillcolor="#fdecea", color="#c0392b"',
}

const SHAPES: Readonly<Record<Outline, string>> = {
  pill: 'shape=box, style="filled,rounded"',
  cylinder: 'shape=cylinder',
  hexagon: 'shape=hexagon',
  parallelogram: 'shape=parallelogram',
  box: 'shape=box',
  rounded: 'shape=box, style="filled,rounded"',
  circle: 'shape=circle',
  diamond: 'shape=diamond',
  widening: 'shape=trapezium',
  narrowing: 'shape=invtrapezium',
  framed: 'shape=box, peripheries=2',
}

function figureText({ key, outline, tone, text }: Figure): string {
  return `${key} [label=${quoted(text)}, ${SHAPES[outline]}, ${TONES[tone]}]`
}

function lineText({ from, to, label, dotted = false, bothWays = false }: Line): string {
  const attributes = [
    ...(label === undefined ? [] : [`label=${quoted([label])}`]),
    ...(dotted ? ['style=dotted'] : []),
    ...(bothWays ? ['dir=both'] : []),
  ]
  return `${from} -> ${to}${attributes.length === 0 ? '' : ` [${attributes.join(', ')}]`}`
}

/**
 * Quotes and backslashes are escaped; what DOT and XML cannot hold is drawn as a space (line breaks) or the replacement character;
 * `&` must not begin an entity.
 */
function quoted(lines: readonly string[]): string {
  const safe = lines.map((line) =>
    line
      .replace(/[\r\n\t]+/g, ' ')
      .replace(/\p{Cc}|\p{Cs}|\p{Cn}/gu, '\uFFFD')
      .replaceAll('&', '&amp;')
      .replace(/["\\]/g, '\\$&'),
  )
  return `"${safe.join('\\n')}"`
}
