/** TypeScript 6 programs over sources that are in no file, with the project's own options and the library files parsed once. */
import { join } from 'node:path'
import ts from 'typescript'

/** The folder of the repository. */
export const root: string = join(import.meta.dirname, '../..')

/** Where virtual files seem to be: imports work as in a file of test/, both `allora` and `../src/...`. */
export const virtualFolder: string = join(root, 'test')

/** A program over virtual files; `files` has them in the order of the names given. */
export interface VirtualProgram {
  readonly program: ts.Program
  readonly files: readonly ts.SourceFile[]
}

const options: ts.CompilerOptions = { ...projectOptions(), declaration: false, isolatedDeclarations: false }
const parsed = new Map<string, ts.SourceFile | undefined>()

/** Makes one program of all sources given by file name. Nothing is checked yet. */
export function virtualProgram(sources: Readonly<Record<string, string>>): VirtualProgram {
  const texts = new Map(Object.entries(sources).map(([name, text]) => [join(virtualFolder, name), text]))
  const disk = ts.createCompilerHost(options)
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => texts.has(path) || disk.fileExists(path),
    readFile: (path) => texts.get(path) ?? disk.readFile(path),
    getSourceFile(path, language) {
      const text = texts.get(path)
      if (text !== undefined) return ts.createSourceFile(path, text, language)
      if (!parsed.has(path)) parsed.set(path, disk.getSourceFile(path, language))
      return parsed.get(path)
    },
  }
  const program = ts.createProgram([...texts.keys()], options, host)
  return { program, files: [...texts.keys()].map((path) => program.getSourceFile(path)!) }
}

/** What the compiler says about one file, in the order of the text. */
export function diagnosticsOf(program: ts.Program, file: ts.SourceFile): readonly ts.Diagnostic[] {
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
}

/** As tsc prints it without the file: `(3,5): error TS2322: Type ...`; lines count after the first `skipLines` ones. */
export function formatDiagnostic(diagnostic: ts.Diagnostic, skipLines = 0): string {
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n').replaceAll(`${root}/`, '')
  const message = `error TS${diagnostic.code}: ${text}`
  if (diagnostic.file === undefined || diagnostic.start === undefined) return message
  const { line, character } = diagnostic.file.getLineAndCharacterOfPosition(diagnostic.start)
  return `(${line + 1 - skipLines},${character + 1}): ${message}`
}

function projectOptions(): ts.CompilerOptions {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path))
  return ts.convertCompilerOptionsFromJson((config.config as { compilerOptions: object }).compilerOptions, root).options
}
