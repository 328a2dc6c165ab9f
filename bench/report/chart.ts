/** The chart of a run: one panel for each workload, one line for each contender, costs on a logarithmic scale that all panels share. */
import { ALLORA } from '../contender.ts'
import type { Results } from '../results.ts'
import { type Group, type Line, groupsOf, shown } from './contenders.ts'

const PANEL = { width: 470, gap: 44, head: 52, line: 21, foot: 30, label: 124, value: 40, values: 4 }
const MARGIN = { side: 24, top: 92, bottom: 40 }
const TICKS = [1, 2, 5, 10, 20, 50, 100]

/** From slightly below the hand-written code to the dearest. */
const SCALE = { from: 0.8, to: 150 }

/** Draws the chart, as SVG that follows the reader's light or dark mode. */
export function chart(results: Results): string {
  const groups = groupsOf(results)
  const columns = balance(groups)
  const width = 2 * MARGIN.side + 2 * PANEL.width + PANEL.gap
  const height = MARGIN.top + Math.max(...columns.map(heightOf)) + MARGIN.bottom
  const panels = columns.flatMap((column, i) => placed(column, MARGIN.side + i * (PANEL.width + PANEL.gap)))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
<title id="title">CPU time of each contender as a multiple of hand-written code, by workload</title>
<style>${STYLE}</style>
<rect class="page" width="${width}" height="${height}" rx="10"/>
<text class="title" x="${MARGIN.side}" y="38">CPU time beside hand-written code</text>
<text class="note" x="${MARGIN.side}" y="60">1 is hand-written JavaScript that does the same. Left is cheaper; the scale is logarithmic. Several dots are the sizes above the</text>
<text class="note" x="${MARGIN.side}" y="76">numbers, the first one hollow. The dashed line is what Allora is to reach.</text>
${panels.join('\n')}
<text class="note" x="${MARGIN.side}" y="${height - 18}">${escaped(results.machine)}</text>
</svg>
`
}

/** Puts each group below the column that is shorter so far. */
function balance(groups: readonly Group[]): readonly Group[][] {
  const columns: Group[][] = [[], []]
  for (const group of groups) columns.toSorted((a, b) => heightOf(a) - heightOf(b))[0]!.push(group)
  return columns
}

const heightOf = (groups: readonly Group[]): number => groups.reduce((sum, group) => sum + panelHeight(group), 0)

const panelHeight = ({ lines }: Group): number => PANEL.head + lines.length * PANEL.line + PANEL.foot

function placed(groups: readonly Group[], x: number): string[] {
  let y = MARGIN.top
  return groups.map((group) => {
    const drawn = `<g transform="translate(${x} ${y})">${panel(group)}</g>`
    y += panelHeight(group)
    return drawn
  })
}

function panel(group: Group): string {
  const { name, title, variants, lines } = group
  const bottom = PANEL.head + lines.length * PANEL.line
  const targets = [...new Set(variants.map(({ target }) => target))]
  return [
    `<text class="panel" y="24"><tspan class="id">${name}</tspan> ${escaped(title)}</text>`,
    ...variants.map(({ variant }, i) => value(variant ?? '', i, variants.length, PANEL.head - 13, 'size')),
    ...TICKS.map((tick) => axisLine(tick, bottom)),
    ...targets.map(
      (target) => `<line class="target" x1="${at(target)}" x2="${at(target)}" y1="${PANEL.head - 8}" y2="${bottom}"/>`,
    ),
    ...lines.map((line, i) => contenderLine(line, PANEL.head + i * PANEL.line + PANEL.line / 2)),
  ].join('\n')
}

function axisLine(tick: number, bottom: number): string {
  const x = at(tick)
  const kind = tick === 1 ? 'limit' : 'grid'
  return `<line class="${kind}" x1="${x}" x2="${x}" y1="${PANEL.head - 8}" y2="${bottom}"/><text class="tick" x="${x}" y="${PANEL.head - 13}">${tick}</text>`
}

function contenderLine({ contender, ratios }: Line, y: number): string {
  const kind = contender === ALLORA ? 'own' : 'peer'
  const known = ratios.filter((ratio) => ratio !== undefined)
  const reach = `<line class="reach" x1="${at(Math.min(...known, 1))}" x2="${at(Math.max(...known))}" y1="${y}" y2="${y}"/>`
  const several = ratios.length > 1
  const dots = ratios.map((ratio, i) =>
    ratio === undefined
      ? ''
      : `<circle class="${several && i === 0 ? 'first' : 'dot'}" cx="${at(ratio)}" cy="${y}" r="${several ? 4 : 5}"/>`,
  )
  const values = ratios.map((ratio, i) =>
    value(ratio === undefined ? '-' : shown(ratio), i, ratios.length, y + 4, 'value'),
  )
  return `<g class="${kind}"><text class="name" x="${PANEL.label - 10}" y="${y + 4}">${escaped(contender)}</text>${reach}${dots.toReversed().join('')}${values.join('')}</g>`
}

/** A text in the column of a variant, right of the dots. */
function value(text: string, variant: number, variants: number, y: number, kind: string): string {
  const x = PANEL.width - (variants - 1 - variant) * PANEL.value
  return text === '' ? '' : `<text class="${kind}" x="${x}" y="${y}">${text}</text>`
}

/** Where a ratio is in a panel. */
function at(ratio: number): number {
  const share = Math.log(Math.min(SCALE.to, Math.max(SCALE.from, ratio)) / SCALE.from) / Math.log(SCALE.to / SCALE.from)
  return Math.round((PANEL.label + share * (PANEL.width - PANEL.label - PANEL.values * PANEL.value)) * 10) / 10
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

const STYLE = `
:root { --page: #ffffff; --ink: #1c2430; --soft: #5b6675; --grid: #e4e8ee; --peer: #8a97a8; --own: #c2410c; --limit: #1c2430; --target: #0f766e }
@media (prefers-color-scheme: dark) {
  :root { --page: #0f141b; --ink: #e6ebf2; --soft: #9aa6b5; --grid: #27303c; --peer: #76859a; --own: #fb923c; --limit: #e6ebf2; --target: #2dd4bf }
}
text { font: 12px system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif; fill: var(--ink) }
.page { fill: var(--page) }
.title { font-size: 20px; font-weight: 650 }
.note { fill: var(--soft) }
.panel { font-size: 13px; font-weight: 600 }
.id { fill: var(--soft) }
.grid { stroke: var(--grid) }
.limit { stroke: var(--limit); stroke-width: 1.5 }
.target { stroke: var(--target); stroke-dasharray: 3 3 }
.tick { font-size: 10px; fill: var(--soft); text-anchor: middle }
.name { text-anchor: end }
.value { text-anchor: end; font-variant-numeric: tabular-nums }
.size { font-size: 10px; fill: var(--soft); text-anchor: end }
.peer .name, .peer .value { fill: var(--soft) }
.own .name, .own .value { fill: var(--own); font-weight: 700 }
.reach { stroke: var(--peer); stroke-width: 2; opacity: .45 }
.own .reach { stroke: var(--own); opacity: .7 }
.dot { fill: var(--peer); stroke: var(--page); stroke-width: 1 }
.first { fill: var(--page); stroke: var(--peer); stroke-width: 2 }
.own .dot { fill: var(--own) }
.own .first { stroke: var(--own) }
`
