/** `allora check`: says what is wrong with an app, without running it. */
import { relative } from 'node:path'
import { check } from '../../app/views.ts'
import { quote } from '../../errors/describe-value.ts'
import { type Diagnostic, formatDiagnostic } from '../../graph/diagnostic.ts'
import { findAppFile } from '../app-file.ts'
import { type Command, textOption } from '../command.ts'
import { EXIT } from '../exit-code.ts'
import { type LoadedApp, loadApp } from '../load-app.ts'
import type { Terminal } from '../terminal.ts'

/** See above. */
export const checkCommand: Command = {
  name: 'check',
  summary: 'say what is wrong with an app, without running it',
  operands: '[file]',
  count: [0, 1],
  options: { services: { value: 'file', summary: 'a module that exports more services' } },
  more: ['Exits with 1 when there are errors; warnings alone are no reason. allora explain <code> says more.'],
  async run(invocation) {
    const { terminal, operands } = invocation
    const file = findAppFile(operands[0])
    const diagnostics = diagnosticsOf(await loadApp(file, textOption(invocation, 'services')))
    terminal.tell({ file, diagnostics })
    showDiagnostics(terminal, diagnostics, (text) => terminal.say(text))
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length
    const warnings = diagnostics.length - errors
    const name = relative('', file)
    terminal.say(
      diagnostics.length === 0
        ? `${name} is fine.`
        : `${name} has ${counted(errors, 'error')} and ${counted(warnings, 'warning')}.`,
    )
    return errors > 0 ? EXIT.problems : EXIT.done
  },
}

/** What `check` finds, and the services that nobody brings along. */
export function diagnosticsOf({ app, services }: LoadedApp): readonly Diagnostic[] {
  const missing = app.contracts.filter((name) => !Object.hasOwn(services, name))
  return [
    ...check(app),
    ...missing.map((name): Diagnostic => ({
      code: 'ALLORA108',
      severity: 'error',
      message: `No module brings the service ${quote(name)}, which the app only names.`,
      fix: `Export it beside the app in { services }, or name the module that does: --services services.ts.`,
    })),
  ]
}

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
