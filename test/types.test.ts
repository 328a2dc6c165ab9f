/** The type tests: what test files state with `expectTypeOf` and `@ts-expect-error` is true for the TypeScript 6 compiler. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { diagnosticsOf, formatDiagnostic, virtualFolder, virtualProgram } from './tooling/virtual-program.ts'

const names = globSync('**/*.test.ts', { cwd: virtualFolder }).sort()
const { program, files } = virtualProgram(
  Object.fromEntries(names.map((name) => [name, readFileSync(join(virtualFolder, name), 'utf8')])),
)

test.each(names.map((name, i) => [name, files[i]!] as const))('%s', { timeout: 30_000 }, (_, file) => {
  expect(diagnosticsOf(program, file).map((diagnostic) => formatDiagnostic(diagnostic))).toEqual([])
})
