/** `allora check`: says what is wrong with an app, without running it. */
import { check } from '../../app/views.ts'
import { quote } from '../../errors/describe-value.ts'
import { type Diagnostic, formatDiagnostic } from '../../graph/diagnostic.ts'
import { InvalidFileError } from '../../yaml/invalid-file-error.ts'
import { toSarif } from '../../yaml/reports.ts'
import { findAppFile } from '../app-file.ts'
import { type Command, textOption } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { type LoadedApp, loadApp } from '../load-app.ts'
import { shownPath } from '../shown-path.ts'
import type { Terminal } from '../terminal.ts'

/** See above. */
export const checkCommand: Command = {
  name: 'check',
  summary: 'say what is wrong with an app, without running it',
  operands: '[file]',
  count: [0, 1],
  options: {
    services: { value: 'file', summary: 'a module that exports more services' },
    sarif: { summary: 'write SARIF 2.1.0, which code scanning and editors show beside the lines' },
  },
  more: ['Exits with 1 when there are errors; warnings alone are no reason. allora explain <code> says more.'],
  async run(invocation) {
    const { terminal, operands } = invocation
    const file = findAppFile(operands[0])
    const { diagnostics } = await examine(() => loadApp(file, textOption(invocation, 'services')))
    const errors = diagnostics.filter(isError).length
    if (invocation.options['sarif'] === true) {
      terminal.raw(toSarif(diagnostics))
      return errors > 0 ? EXIT.problems : EXIT.done
    }
    terminal.tell({ file, diagnostics })
    showDiagnostics(terminal, diagnostics, (text) => terminal.say(text))
    const warnings = diagnostics.length - errors
    const name = shownPath(file)
    terminal.say(
      diagnostics.length === 0
        ? `${name} is fine.`
        : `${name} has ${counted(errors, 'error')} and ${counted(warnings, 'warning')}.`,
    )
    return errors > 0 ? EXIT.problems : EXIT.done
  },
}

/** What reading found and `check` finds, and the services that nobody brings along. */
function diagnosticsOf({ app, services, diagnostics, files }: LoadedApp): readonly Diagnostic[] {
  // A file was checked when it was read, and its diagnostics have places.
  if (files.length > 0) return diagnostics
  const missing = app.contracts.filter((name) => !Object.hasOwn(services, name))
  return [
    ...diagnostics,
    ...check(app),
    ...missing.map((name): Diagnostic => ({
      code: 'ALLORA108',
      severity: 'error',
      message: `No module brings the service ${quote(name)}, which the app only names.`,
      fix: `Export it beside the app in { services }, or name the module that does: --services services.ts.`,
    })),
  ]
}

/** Loads and looks for mistakes. An app that cannot even be read has only those. */
export async function examine(load: () => Promise<LoadedApp>): Promise<Examined> {
  try {
    const loaded = await load()
    const diagnostics = diagnosticsOf(loaded)
    return { diagnostics, loaded: diagnostics.some(isError) ? undefined : loaded }
  } catch (error) {
    if (error instanceof InvalidFileError) return { diagnostics: error.diagnostics, loaded: undefined }
    throw error
  }
}

/** What is wrong with an app; without an error also the app. */
export interface Examined {
  readonly diagnostics: readonly Diagnostic[]
  readonly loaded: LoadedApp | undefined
}

const isError = ({ severity }: Diagnostic): boolean => severity === 'error'

/** Writes diagnostics for people, in colour where there is any. */
export function showDiagnostics(
  terminal: Terminal,
  diagnostics: readonly Diagnostic[],
  write: (text: string) => void,
): void {
  for (const diagnostic of diagnostics) {
    const [first = '', ...rest] = formatDiagnostic(diagnostic).split('\n')
    const look = diagnostic.severity === 'error' ? 'red' : 'yellow'
    write([terminal.paint(look, first), ...rest, ''].join('\n'))
  }
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
