/** Diagnostics for other programs: as JSON, and as SARIF for code scanning and editors. */
import type { Diagnostic } from '../graph/diagnostic.ts'
import { DIAGNOSTIC_CODES } from '../graph/diagnostic-codes.ts'
import type { DiagnosticCode } from '../graph/diagnostic-titles.ts'

/** Diagnostics as JSON text: `{ "diagnostics": [...] }`. */
export function toJsonReport(diagnostics: readonly Diagnostic[]): string {
  return JSON.stringify({ diagnostics }, null, 2)
}

/**
 * Diagnostics as SARIF 2.1.0, which GitHub and editors show beside the lines.
 *
 * @example
 * ```ts
 * import { parseAllora, toSarif } from 'allora/yaml'
 *
 * const parsed = parseAllora({ file: 'allora.yml', text: 'version: 3' })
 * const { runs } = JSON.parse(toSarif(parsed._tag === 'Left' ? parsed.left : parsed.right.warnings))
 * console.log(runs[0].results[0].ruleId) // => 'ALLORA605'
 * ```
 */
export function toSarif(diagnostics: readonly Diagnostic[]): string {
  const codes = [...new Set(diagnostics.map(({ code }) => code))]
  const driver = { name: 'allora', rules: codes.map(ruleOf) }
  return JSON.stringify(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [{ tool: { driver }, columnKind: 'utf16CodeUnits', results: diagnostics.map(resultOf) }],
    },
    null,
    2,
  )
}

const ruleOf = (code: DiagnosticCode): object => ({
  id: code,
  shortDescription: { text: DIAGNOSTIC_CODES[code].title },
  fullDescription: { text: DIAGNOSTIC_CODES[code].explanation },
})

const resultOf = ({ code, severity, message, fix, position, path }: Diagnostic): object => ({
  ruleId: code,
  level: severity,
  message: { text: `${message} ${fix}` },
  ...(position !== undefined && {
    locations: [
      {
        physicalLocation: {
          ...(position.file !== undefined && { artifactLocation: { uri: encodeURI(position.file) } }),
          region: {
            startLine: position.line,
            startColumn: position.column,
            ...(position.end !== undefined && { endLine: position.end.line, endColumn: position.end.column }),
          },
        },
        ...(path !== undefined && path !== '' && { logicalLocations: [{ fullyQualifiedName: path }] }),
      },
    ],
  }),
})
