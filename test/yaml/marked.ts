/** Texts with a mark where a diagnostic is expected. */
import type { Diagnostic } from '../../src/graph/diagnostic.ts'
import { type ParseOptions, parseAllora } from '../../src/yaml/parse-allora.ts'

const MARK = '▸'

/** A text without its mark, and the line and column where the mark was. */
export function unmarked(text: string): { readonly text: string; readonly place: string } {
  const before = text.slice(0, text.indexOf(MARK)).split('\n')
  return { text: text.replace(MARK, ''), place: `${before.length}:${before.at(-1)!.length + 1}` }
}

/** What is found in a text: errors if there are any, or else warnings. */
export function found(text: string, options?: ParseOptions): readonly Diagnostic[] {
  const parsed = parseAllora(text, { env: {}, ...options })
  return parsed._tag === 'Left' ? parsed.left : parsed.right.warnings
}

/** Diagnostics as code, severity and place. */
export function places(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ code, severity, position }) => `${severity} ${code} ${position?.line}:${position?.column}`)
}
