/** What is wrong with an app or a file: sentences with a stable code, a place and a fix. */
import { DIAGNOSTIC_TITLES, type DiagnosticCode } from './diagnostic-titles.ts'

/** A place in a source file. */
export interface SourcePosition {
  readonly file?: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
  /** Where it ends, the character after it, when it is a range. */
  readonly end?: { readonly line: number; readonly column: number }
}

/** One finding. The parts of its place that do not apply are absent. */
export interface Diagnostic {
  readonly code: DiagnosticCode
  /** An app with an `error` does not start; a `warning` may be meant as it is. */
  readonly severity: 'error' | 'warning'
  readonly flowId?: string
  readonly nodeId?: string
  readonly channelId?: string
  /** A sentence that says what is wrong. */
  readonly message: string
  /** A sentence that says how to mend it. */
  readonly fix: string
  /** Where it was written, when it was read from a file. */
  readonly position?: SourcePosition
  /** Where in the data of a file: `channels[2].id`. */
  readonly path?: string
  /** The lines around the position, with a mark below it. */
  readonly frame?: string
}

/** A diagnostic as lines to read: what it is and where, the sentence, the lines of the file, the fix. */
export function formatDiagnostic({ code, severity, message, fix, position, path, frame }: Diagnostic): string {
  const file = position?.file === undefined ? 'line ' : `${position.file}:`
  const where = position === undefined ? '' : ` (${file}${position.line}:${position.column})`
  return [
    `${severity} ${code} ${DIAGNOSTIC_TITLES[code]}${where}`,
    `  ${message}`,
    ...(path === undefined || path === '' ? [] : [`  At: ${path}`]),
    ...(frame === undefined ? [] : ['', frame.replace(/^/gm, '    '), '']),
    `  Fix: ${fix}`,
  ].join('\n')
}
