/** Measures what a source costs the type checker, in type instantiations: exact and the same on every machine. */
import ts from 'typescript'
import { diagnosticsOf, formatDiagnostic, virtualProgram } from './virtual-program.ts'

/**
 * Type instantiations that checking `source` takes, less those of its import statements alone.
 *
 * @throws Error when the source does not compile: the cost of a wrong program means nothing.
 */
export function instantiations(source: string): number {
  const imports = importsOf(source)
  let base = baselines.get(imports)
  if (base === undefined) baselines.set(imports, (base = count(imports)))
  return count(source) - base
}

/** What import statements alone cost; the same for all sources that begin with them. */
const baselines = new Map<string, number>()

function count(source: string): number {
  const { program, files } = virtualProgram({ 'type-cost.ts': source })
  const [error] = diagnosticsOf(program, files[0]!)
  if (error !== undefined) throw new Error(`The measured source does not compile: ${formatDiagnostic(error)}`)
  // Not in the public types of TypeScript 6, but what `tsc --extendedDiagnostics` prints.
  return (program as ts.Program & { getInstantiationCount(): number }).getInstantiationCount()
}

function importsOf(source: string): string {
  const file = ts.createSourceFile('type-cost.ts', source, ts.ScriptTarget.Latest)
  const imports = file.statements.filter((statement) => ts.isImportDeclaration(statement))
  return imports.map((statement) => statement.getText(file)).join('\n')
}
