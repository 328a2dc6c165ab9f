/** The error of files that cannot be used: code `ALLORA616`. */
import { AlloraError } from '../errors/allora-error.ts'
import { type Diagnostic, formatDiagnostic } from '../graph/diagnostic.ts'

/** `ALLORA616`: a file cannot be run. `diagnostics` has everything that is wrong with it. */
export class InvalidFileError extends AlloraError {
  readonly code = 'ALLORA616'
  readonly diagnostics: readonly Diagnostic[]

  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length
    const what = errors === 1 ? 'an error' : `${errors} errors`
    super(`The file has ${what} and cannot be run:\n\n${diagnostics.map(formatDiagnostic).join('\n\n')}`)
    this.diagnostics = diagnostics
  }
}
