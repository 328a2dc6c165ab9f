/** What `check` has to say about an app: sentences with a stable code, a place and a fix. */
import { quote } from '../errors/describe-value.ts'
import { DIAGNOSTIC_CODES, type DiagnosticCode } from './diagnostic-codes.ts'

/** A place in a source file. */
export interface SourcePosition {
  readonly file?: string
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
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
  /** Where the flow was written, when it was read from a file. */
  readonly position?: SourcePosition
}

/** A diagnostic as a block of lines to read: title and code, place, sentence, fix. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { code, severity, message, fix } = diagnostic
  const lines = [`${severity} ${code}: ${DIAGNOSTIC_CODES[code].title}`, ...placeOf(diagnostic), `  ${message}`, `  Fix: ${fix}`]
  return lines.join('\n')
}

function placeOf({ flowId, nodeId, channelId, position }: Diagnostic): string[] {
  const ids = Object.entries({ flow: flowId, node: nodeId, channel: channelId }).flatMap(([what, id]) => (id === undefined ? [] : [`${what} ${quote(id)}`]))
  const file = position && `${position.file === undefined ? 'line ' : `${position.file}:`}${position.line}:${position.column}`
  const parts = [...ids, ...(file === undefined ? [] : [file])]
  return parts.length === 0 ? [] : [`  at ${parts.join(', ')}`]
}
