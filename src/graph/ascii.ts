/** Drawings of letters and signs, for a terminal or a comment. */
import { AppIndex } from './app-index.ts'
import { type Drawing, type Figure, drawApp } from './drawing.ts'
import type { Step } from './flow-index.ts'
import type { AppGraph } from './graph.ts'

/**
 * Draws an app as text: the steps of each flow from top to bottom, branches indented, channels in brackets, nothing beyond ASCII but
 * what ids and names hold.
 */
export function toAscii(app: AppGraph): string {
  const drawing = drawApp(app)
  const figures = new Map(
    [...drawing.channels, ...drawing.flows.flatMap((flow) => flow.figures)].map((figure) => [figure.key, figure]),
  )
  return new AppIndex(app).flows
    .map(({ graph, steps }, index) => {
      const keys = new Map(steps.map((step, n) => [step, `f${index}n${n}`]))
      return new FlowText(drawing, figures, keys).lines(plain(graph.id), steps).join('\n')
    })
    .join('\n\n')
    .concat('\n')
}

/** The text of one flow. */
class FlowText {
  private readonly drawing: Drawing
  private readonly figures: ReadonlyMap<string, Figure>
  private readonly keys: ReadonlyMap<Step, string>
  private readonly out: string[] = []
  /** How many edges have come to a node where several meet. */
  private readonly arrived = new Map<Step, number>()
  private readonly drawn = new Set<Step>()

  constructor(drawing: Drawing, figures: ReadonlyMap<string, Figure>, keys: ReadonlyMap<Step, string>) {
    this.drawing = drawing
    this.figures = figures
    this.keys = keys
  }

  lines(title: string, steps: readonly Step[]): readonly string[] {
    this.out.push(`flow ${title}`)
    // What nothing leads to comes first: inlets, error scopes, and nodes that cannot be reached.
    for (const step of steps) if (meeting(step) === 0) this.begin(step)
    // A circle has no beginning; it is an error, but it is drawn.
    for (const step of steps) if (!this.drawn.has(step)) this.begin(step)
    return this.out
  }

  private begin(first: Step): void {
    for (const waiting of this.chain(first, '  ')) {
      if (this.isDue(waiting)) this.begin(waiting)
      else this.refer(waiting, '  ')
    }
  }

  /** Draws from a step on; gives the steps where it met other branches, which are drawn below all of these. */
  private chain(first: Step, indent: string): readonly Step[] {
    const waiting = new Set<Step>()
    for (let step: Step | undefined = first; step !== undefined;) {
      if (this.drawn.has(step)) {
        this.refer(step, indent)
        break
      }
      this.drawn.add(step)
      this.out.push(`${indent}${this.name(step)}${this.channelsOf(step)}`)
      const ways = normalWays(step)
      for (const { port, to } of ways) {
        if (port === undefined) continue
        this.out.push(`${indent}|- ${plain(port.replace(/^(?:case|branch):(?=.)/s, ''))}`)
        for (const met of this.follow(to, `${indent}|    `)) waiting.add(met)
      }
      const straight: Step | undefined = ways.find(({ port }) => port === undefined)?.to
      step = straight
      if (straight !== undefined && this.meets(straight)) {
        waiting.add(straight)
        step = undefined
      }
      // Only where its branches began is a meeting drawn: within one it would look like a part of that.
      if (ways.some(({ port }) => port !== undefined)) step ??= [...waiting].find((met) => this.isDue(met))
      if (step !== undefined) waiting.delete(step)
    }
    return [...waiting]
  }

  private follow(step: Step, indent: string): readonly Step[] {
    return this.meets(step) ? [step] : this.chain(step, indent)
  }

  /** Whether several edges lead to a step that is not drawn yet; counts the one that came here. */
  private meets(step: Step): boolean {
    if (meeting(step) < 2 || this.drawn.has(step)) return false
    this.arrived.set(step, (this.arrived.get(step) ?? 0) + 1)
    return true
  }

  private isDue(step: Step): boolean {
    return !this.drawn.has(step) && this.arrived.get(step) === meeting(step)
  }

  private refer(step: Step, indent: string): void {
    this.out.push(`${indent}-> ${this.name(step)}`)
  }

  private name(step: Step): string {
    const [kind = '', ...details] = this.figures.get(this.keys.get(step)!)!.text
    return [kind, ...details.map(plain)].join(' ').trimEnd()
  }

  /** ` <- [orders, queue]` and ` -> [invoices, queue]`, and where failures go. */
  private channelsOf(step: Step): string {
    const key = this.keys.get(step)!
    const isStep = (other: string): boolean => other.startsWith('f')
    return this.drawing.lines
      .flatMap(({ from, to, label, bothWays = false }) => {
        const sign = bothWays ? '<->' : from === key ? '->' : '<-'
        const other = from === key ? to : to === key ? from : undefined
        if (other === undefined || isStep(other)) return []
        const [id = '', ...what] = this.figures.get(other)!.text
        return [` ${sign} [${[id, ...what].map(plain).join(', ')}]${label === undefined ? '' : ` ${plain(label)}`}`]
      })
      .join('')
  }
}

/** The ways of messages that did not fail. */
function normalWays(step: Step): readonly { readonly port: string | undefined; readonly to: Step }[] {
  return step.ways.flatMap(({ port, to }) => (port === 'error' || to === undefined ? [] : [{ port, to }]))
}

/** How many edges meet at a step. The body of a loop comes back to it, which is no meeting. */
const meeting = (step: Step): number =>
  Math.min(step.arrivals.filter(({ port }) => port !== 'error').length, step.node.kind === 'loop' ? 1 : Infinity)

/** On one line, whatever it holds. */
const plain = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, ' ')
