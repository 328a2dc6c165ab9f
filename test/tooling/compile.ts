/** Type-checks source snippets, to state in a test which programs do not compile and what the compiler says about them. */
import { diagnosticsOf, formatDiagnostic, virtualProgram } from './virtual-program.ts'

/** What {@link compileSnippets} can be told. */
export interface CompileOptions {
  /** Put before every snippet, such as its imports; it must compile. Lines are counted without it. */
  readonly prelude?: string
}

/**
 * Checks all snippets in one program and answers, by name, what the compiler said: `[]` when a snippet compiles.
 *
 * Every snippet is a module of its own. A message reads as tsc prints it, without the path:
 * `(2,7): error TS2322: Type 'string' is not assignable to type 'number'.`
 *
 * @throws Error when the prelude does not compile.
 */
export function compileSnippets<Name extends string>(
  snippets: Readonly<Record<Name, string>>,
  { prelude = '' }: CompileOptions = {},
): Record<Name, string[]> {
  const names = Object.keys(snippets) as Name[]
  const head = prelude === '' ? '' : `${prelude}\n`
  const headLines = head.split('\n').length - 1
  const sources = Object.fromEntries(names.map((name, i) => [`snippet-${i}.ts`, head + snippets[name]]))
  const { program, files } = virtualProgram(sources)
  const results = names.map((name, i) => {
    const diagnostics = diagnosticsOf(program, files[i]!)
    const broken = diagnostics.find(({ start }) => start !== undefined && start < head.length)
    if (broken !== undefined) throw new Error(`The prelude does not compile: ${formatDiagnostic(broken)}`)
    return [name, diagnostics.map((diagnostic) => formatDiagnostic(diagnostic, headLines))] as const
  })
  return Object.fromEntries(results) as Record<Name, string[]>
}
