/**
 * Finds the examples of the documentation, checks their types in one program, and turns them into modules that assert what they say.
 *
 * An example is a code block fenced with ```ts in README.md, in docs/*.md or in a TSDoc comment of src/. The rest of
 * the fence says what is done with it:
 *
 * - ts          must compile, and is run as a module.
 * - ts no-run   must compile.
 * - ts error    must not compile; the text of each line `// error: text` must be in the compiler's words.
 *
 * In an example that is run, a comment `// => value` behind a statement, or on the line below it, asserts a value by
 * deep equality: of the expression, of the variable declared, or of the argument if the statement is `console.log(x)`.
 * A long value goes on in lines that start with `//` and two spaces, or with `//` and a closing bracket.
 *
 *     const total = 1 + 2 // => 3
 *     console.log({ total, paid: false })
 *     // => {
 *     //   total: 3, paid: false,
 *     // }
 */
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { diagnosticsOf, formatDiagnostic, root, virtualProgram } from './virtual-program.ts'

/** One example; `line` is the place of its first line of code in `file`, counted from 1. */
export interface DocBlock {
  readonly file: string
  readonly line: number
  readonly mode: 'run' | 'no-run' | 'error'
  readonly source: string
}

const MODES: Readonly<Record<string, DocBlock['mode']>> = { '': 'run', 'no-run': 'no-run', error: 'error' }
const MODULES: string = join(root, '.cache/doc-blocks')

/** Stands below each module, where it moves no line; a function so that it is known above. */
const EXPECT_DOC = `import * as vitest from 'vitest'
function expectDoc(actual, expected) {
  vitest.expect(actual).toEqual(expected)
  return actual
}
`

/** All examples of the documentation, by file and line. */
export function docBlocks(): DocBlock[] {
  const files = ['README.md', 'docs/*.md', 'src/**/*.ts'].flatMap((pattern) => globSync(pattern, { cwd: root }).sort())
  return files.flatMap((file) => {
    const text = readFileSync(join(root, file), 'utf8')
    return blocksIn(file, file.endsWith('.md') ? text : commentsOf(file, text))
  })
}

/** The examples of one Markdown text. */
export function blocksIn(file: string, markdown: string): DocBlock[] {
  const lines = markdown.split('\n')
  const blocks: DocBlock[] = []
  for (let i = 0; i < lines.length; i++) {
    const fence = /^(?<indent> *)(?<ticks>`{3,})(?<language>\w*) *(?<info>.*)$/.exec(lines[i]!)?.groups
    if (fence === undefined) continue
    const end = lines.findIndex((line, at) => at > i && line.trim() === fence['ticks'])
    if (end < 0) throw new Error(`${file}:${i + 1}: this code block is not closed.`)
    if (fence['language'] === 'ts') {
      const mode = MODES[fence['info']!.trim()]
      if (mode === undefined) throw new Error(`${file}:${i + 1}: expected ts, ts no-run or ts error behind the fence.`)
      const source = lines.slice(i + 1, end).map((line) => line.slice(fence['indent']!.length))
      blocks.push({ file, line: i + 2, mode, source: source.join('\n') })
    }
    i = end
  }
  return blocks
}

/** What is wrong with the types of each example, in the order given: `[]` for one that is as it should be. */
export function objections(blocks: readonly DocBlock[]): string[][] {
  const { program, files } = virtualProgram(Object.fromEntries(blocks.map(({ source }, i) => [`doc-${i}.ts`, source])))
  return blocks.map(({ mode, line, source }, i) => {
    const found = diagnosticsOf(program, files[i]!).map((diagnostic) => formatDiagnostic(diagnostic, 1 - line))
    if (mode !== 'error') return found
    if (found.length === 0) return ['This example should not compile, but it does.']
    const words = found.join('\n')
    const expected = [...source.matchAll(/\/\/ error: (.+)/g)].map(([, text]) => text!.trim())
    return expected.filter((text) => !words.includes(text)).map((text) => `Expected "${text}" in:\n${words}`)
  })
}

/** Writes an example with its assertions as a module that git ignores, lines numbered as in the document; answers its path. */
export function writeModule(block: DocBlock): string {
  const path = join(MODULES, `${block.file.replaceAll('/', '-')}-${block.line}.ts`)
  mkdirSync(MODULES, { recursive: true })
  writeFileSync(path, `${'\n'.repeat(block.line - 1)}${withAssertions(block)}\n${EXPECT_DOC}`)
  return path
}

/** The source of an example in which each statement with a `// => value` comment asserts that value. */
export function withAssertions({ file, line, source }: DocBlock): string {
  const inserts: [at: number, text: string][] = []
  let asserted = 0
  const visit = (node: ts.Node): void => {
    const subject = subjectOf(node)
    const value = subject === undefined ? undefined : valueBehind(source, node.end)
    if (subject !== undefined && value !== undefined) {
      asserted++
      if (!isExpression(value))
        throw new Error(`${file}:${line}: the value behind \`// => ${value}\` is no expression.`)
      if (ts.isVariableStatement(node)) inserts.push([node.end, `; expectDoc(${subject.getText()}, (${value}))`])
      else inserts.push([subject.getStart(), 'expectDoc('], [subject.end, `, (${value}))`])
    }
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('doc.ts', source, ts.ScriptTarget.Latest, true))

  if (asserted !== source.split('// =>').length - 1) {
    throw new Error(`${file}:${line}: a comment \`// =>\` of this example is not behind a statement.`)
  }
  inserts.sort(([a], [b]) => b - a)
  return inserts.reduce((text, [at, insert]) => text.slice(0, at) + insert + text.slice(at), source)
}

/** What a `// => value` comment behind this node speaks about. */
function subjectOf(node: ts.Node): ts.Node | undefined {
  if (ts.isVariableStatement(node)) return node.declarationList.declarations[0]?.name
  if (!ts.isExpressionStatement(node)) return undefined
  const { expression } = node
  const isLog = ts.isCallExpression(expression) && expression.expression.getText() === 'console.log'
  return isLog && expression.arguments.length === 1 ? expression.arguments[0] : expression
}

function valueBehind(source: string, end: number): string | undefined {
  const comment = /^[ \t]*\n?[ \t]*\/\/ =>(.*(?:\n[ \t]*\/\/(?: {2}| ?[\])}]).*)*)/.exec(source.slice(end))
  return comment?.[1]?.replaceAll(/\n[ \t]*\/\//g, ' ').trim()
}

function isExpression(text: string): boolean {
  return ts.transpileModule(`(${text})`, { reportDiagnostics: true }).diagnostics?.length === 0
}

/** The TSDoc comments of a source as Markdown, each line where it was. */
function commentsOf(file: string, text: string): string {
  const lines: string[] = text.split('\n').map(() => '')
  for (const comment of text.matchAll(/^[ \t]*\/\*\*\s[\s\S]*?\*\//gm)) {
    const first = text.slice(0, comment.index).split('\n').length - 1
    const body = comment[0].split('\n').map((line) => line.replace(/^[ \t]*(\/\*\*|\*\/|\*) ?/, ''))
    body.forEach((line, i) => (lines[first + i] = line))
    const bare = body.findIndex((line, i) => line.startsWith('@example') && !/^\s*```/.test(body[i + 1] ?? ''))
    if (bare >= 0) throw new Error(`${file}:${first + bare + 1}: the line after @example must open a \`\`\`ts block.`)
  }
  return lines.join('\n')
}
