/** Drawings in the language of Mermaid, as Markdown files, GitHub and many editors show them. */
import { type Figure, type Line, type Outline, type Tone, drawApp } from './drawing.ts'
import type { AppGraph } from './graph.ts'

/**
 * Draws an app as a Mermaid flowchart: a subgraph for each flow, channels between them in a shape of their kind, error scopes,
 * discards and taps dotted.
 *
 * Ids and names may hold anything: what Mermaid would take for syntax is escaped.
 */
export function toMermaid(app: AppGraph): string {
  const { channels, flows, lines } = drawApp(app)
  return [
    'flowchart LR',
    ...TONES.map(([tone, style]) => `  classDef ${tone} ${style}`),
    ...channels.map((figure) => `  ${figureText(figure)}`),
    ...flows.flatMap(({ key, title, figures }) => [
      `  subgraph ${key}[${quoted([title])}]`,
      ...figures.map((figure) => `    ${figureText(figure)}`),
      '  end',
    ]),
    ...lines.map((line) => `  ${lineText(line)}`),
    '',
  ].join('\n')
}

const TONES: readonly (readonly [Tone, string])[] = Object.entries({
  channel: 'fill:#e3effb,stroke:#4a78a8,color:#12304d',
  unknown: 'fill:#fff,stroke:#c0392b,color:#c0392b,stroke-dasharray:4 3',
  step: 'fill:#fff,stroke:#666,color:#222',
  failure: 'fill:#fdecea,stroke:#c0392b,color:#611a15',
} satisfies Record<Tone, string>) as [Tone, string][]

const BRACKETS: Readonly<Record<Outline, readonly [string, string]>> = {
  pill: ['([', '])'],
  cylinder: ['[(', ')]'],
  hexagon: ['{{', '}}'],
  parallelogram: ['[/', '/]'],
  box: ['[', ']'],
  rounded: ['(', ')'],
  circle: ['((', '))'],
  diamond: ['{', '}'],
  widening: ['[/', '\\]'],
  narrowing: ['[\\', '/]'],
  framed: ['[[', ']]'],
}

function figureText({ key, outline, tone, text }: Figure): string {
  const [open, close] = BRACKETS[outline]
  return `${key}${open}${quoted(text)}${close}:::${tone}`
}

function lineText({ from, to, label, dotted = false, bothWays = false }: Line): string {
  const arrow = `${bothWays ? '<' : ''}${dotted ? '-.->' : '-->'}`
  return `${from} ${arrow}${label === undefined ? '' : `|${quoted([label])}|`} ${to}`
}

/** Letters, digits and a few signs stay; everything else becomes the entity of its code point, so no text can end the quotes or be markup. */
function quoted(lines: readonly string[]): string {
  const safe = lines.map((line) => unread(line).replace(/[^\p{L}\p{N} _.,:/()+-]/gu, (sign) => `#${codeOf(sign)};`))
  // Mermaid takes empty quotes for a mistake.
  return `"${safe.join('<br/>') || '#160;'}"`
}

/** Also behind entities Mermaid reads `\n` as a line break, `$$` as a formula and `:fa-` as an icon: a word joiner, which nobody sees, parts them. */
const unread = (line: string): string => line.replace(/[\\$]|:(?=fa-)/g, '$&\u2060')

/** A surrogate without its pair is no character: it is drawn as the replacement character. */
function codeOf(sign: string): number {
  const code = sign.codePointAt(0)!
  return code >= 0xd800 && code <= 0xdfff ? 0xfffd : code
}
