/** What is gathered while files are read: every problem, with its place in a file. */
import type { Diagnostic } from '../graph/diagnostic.ts'
import type { DiagnosticCode } from '../graph/diagnostic-titles.ts'
import { type Place, pathOf } from './datum.ts'

/** Diagnostics of each severity that are kept; of more, only their number. */
const MOST = 100

/** The sentences of a diagnostic, and what it is about. */
export interface Finding extends Pick<Diagnostic, 'flowId' | 'nodeId' | 'channelId'> {
  readonly code: DiagnosticCode
  readonly message: string
  readonly fix: string
}

/** Gathers diagnostics. */
export class Report {
  private readonly found = { error: [] as Diagnostic[], warning: [] as Diagnostic[] }
  private readonly left = { error: 0, warning: 0 }

  /** Whether anything is wrong that keeps the file from being used. */
  get failed(): boolean {
    return this.found.error.length > 0
  }

  /** A finding that takes time to word is given as a function: it is not asked once there are enough. */
  error(place: Place | undefined, finding: Finding | (() => Finding)): void {
    this.tell(place, 'error', finding)
  }

  warning(place: Place | undefined, finding: Finding | (() => Finding)): void {
    this.tell(place, 'warning', finding)
  }

  add(place: Place | undefined, diagnostic: Diagnostic): void {
    const { severity, ...finding } = diagnostic
    this.tell(place, severity, finding)
  }

  private tell(place: Place | undefined, severity: Diagnostic['severity'], finding: Finding | (() => Finding)): void {
    const found = this.found[severity]
    if (found.length >= MOST) {
      this.left[severity]++
      return
    }
    const told = typeof finding === 'function' ? finding() : finding
    found.push(...this.placed(found, { severity, ...told }, place))
  }

  /** With its place; nothing when it was told of that place already: what is written once may be looked at for every flow that names it. */
  private placed(found: readonly Diagnostic[], told: Diagnostic, place: Place | undefined): readonly Diagnostic[] {
    if (place === undefined) return [told]
    const { source, start, end } = place
    const here = { ...told, position: source.position(start, end) }
    if (found.some((other) => isSame(other, here))) return []
    return [{ ...here, path: pathOf(place), frame: source.frame(start, end) }]
  }

  /** All that was found, in the order of the files and lines. */
  get diagnostics(): readonly Diagnostic[] {
    return [...counted(this.found.error, this.left.error), ...counted(this.found.warning, this.left.warning)]
      .map((diagnostic, index) => ({ diagnostic, index }))
      .toSorted((a, b) => inFile(a.diagnostic, b.diagnostic) || a.index - b.index)
      .map(({ diagnostic }) => diagnostic)
  }
}

/** The last one says how many more there are. */
function counted(found: readonly Diagnostic[], left: number): readonly Diagnostic[] {
  const last = found.at(-1)
  if (left === 0 || last === undefined) return found
  return [...found.slice(0, -1), { ...last, message: `${last.message} There are ${left} more.` }]
}

const isSame = (a: Diagnostic, b: Diagnostic): boolean =>
  a.code === b.code &&
  a.message === b.message &&
  a.position !== undefined &&
  a.position.file === b.position?.file &&
  inFile(a, b) === 0

function inFile({ position: a }: Diagnostic, { position: b }: Diagnostic): number {
  if (a === undefined || b === undefined || a.file !== b.file) return 0
  return a.line - b.line || a.column - b.column
}
