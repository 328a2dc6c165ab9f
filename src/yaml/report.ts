/** What is gathered while files are read: every problem, with its place in a file. */
import type { Diagnostic } from '../graph/diagnostic.ts'
import type { DiagnosticCode } from '../graph/diagnostic-codes.ts'
import { type Place, pathOf } from './datum.ts'

/** Diagnostics kept; of more, only their number. */
const MOST = 100

/** The sentences of a diagnostic, and what it is about. */
export interface Finding extends Pick<Diagnostic, 'flowId' | 'nodeId' | 'channelId'> {
  readonly code: DiagnosticCode
  readonly message: string
  readonly fix: string
}

/** Gathers diagnostics. */
export class Report {
  private readonly found: Diagnostic[] = []
  private errors = 0
  private left = 0

  /** Whether anything is wrong that keeps the file from being used. */
  get failed(): boolean {
    return this.errors > 0
  }

  error(place: Place | undefined, finding: Finding): void {
    this.add(place, { severity: 'error', ...finding })
  }

  warning(place: Place | undefined, finding: Finding): void {
    this.add(place, { severity: 'warning', ...finding })
  }

  add(place: Place | undefined, diagnostic: Diagnostic): void {
    if (diagnostic.severity === 'error') this.errors++
    if (this.found.length >= MOST && diagnostic.severity === 'warning') return
    if (this.found.length >= MOST) this.left++
    else this.found.push(place === undefined ? diagnostic : { ...diagnostic, ...whereabouts(place) })
  }

  /** All that was found, in the order of the files and lines. */
  get diagnostics(): readonly Diagnostic[] {
    const sorted = this.found
      .map((diagnostic, index) => ({ diagnostic, index }))
      .toSorted((a, b) => inFile(a.diagnostic, b.diagnostic) || a.index - b.index)
      .map(({ diagnostic }) => diagnostic)
    const last = sorted.at(-1)
    if (this.left === 0 || last === undefined) return sorted
    return [...sorted.slice(0, -1), { ...last, message: `${last.message} There are ${this.left} more problems.` }]
  }
}

const whereabouts = (place: Place): Partial<Diagnostic> => ({
  position: place.source.position(place.start, place.end),
  path: pathOf(place),
  frame: place.source.frame(place.start, place.end),
})

function inFile({ position: a }: Diagnostic, { position: b }: Diagnostic): number {
  if (a === undefined || b === undefined || a.file !== b.file) return 0
  return a.line - b.line || a.column - b.column
}
