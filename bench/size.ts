/**
 * `npm run check:size`: what the library adds to a bundle, minified and compressed, without its dependencies. Fails when a bundle is over
 * its budget in `budget.json`; `--by-file` tells what it is made of.
 */
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { readBudget } from './budget.ts'

const root = join(import.meta.dirname, '..')

/** A program to bundle. */
interface Entry {
  readonly name: string
  readonly source: string
}

/** What it became. */
interface Bundle {
  readonly bytes: number
  readonly gzip: number
  /** Bytes that each file of src/ is left with after tree-shaking, before minification. */
  readonly files: readonly { readonly file: string; readonly bytes: number }[]
}

const entries: readonly Entry[] = [
  { name: 'hello', source: `export { app, direct, flow, queue, runtime } from '${root}/src/index.ts'` },
  { name: '.', source: `export * from '${root}/src/index.ts'` },
  { name: './http', source: `export * from '${root}/src/http/index.ts'` },
  { name: './logging', source: `export * from '${root}/src/logging/index.ts'` },
  { name: './monitoring', source: `export * from '${root}/src/monitoring/index.ts'` },
  { name: './otel', source: `export * from '${root}/src/otel/index.ts'` },
  { name: './testing', source: `export * from '${root}/src/testing/index.ts'` },
]

const { size: budgets } = readBudget()
for (const entry of entries) {
  const { bytes, gzip, files } = await bundle(entry)
  const budget = budgets[entry.name] ?? 0
  console.log(`${entry.name}: ${gzip} bytes compressed of ${budget}, ${bytes} minified, ${files.length} files`)
  if (process.argv.includes('--by-file')) for (const { file, bytes: own } of files) console.log(`  ${own}\t${file}`)
  if (gzip <= budget) continue
  console.error(
    `The bundle "${entry.name}" has ${gzip} bytes, ${gzip - budget} more than its budget. ` +
      'See what it is made of with `node bench/size.ts --by-file`; if it has to be so, raise the budget in bench/budget.json.',
  )
  process.exitCode = 1
}

/** Bundles in memory, with everything that is not of this package left out. */
async function bundle({ source }: Entry): Promise<Bundle> {
  const built = await rolldown({
    input: 'entry',
    external: (id) => id !== 'entry' && !id.startsWith('.') && !id.startsWith('/'),
    plugins: [
      {
        name: 'entry',
        resolveId: (id) => (id === 'entry' ? id : undefined),
        load: (id) => (id === 'entry' ? source : undefined),
      },
    ],
  })
  const { output } = await built.generate({ format: 'esm', minify: true })
  await built.close()
  const code = output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('')
  const modules = output.flatMap((chunk) => (chunk.type === 'chunk' ? Object.entries(chunk.modules) : []))
  const files = modules
    .map(([path, { renderedLength }]) => ({ file: relative(root, path), bytes: renderedLength }))
    .filter(({ file, bytes }) => file.startsWith('src/') && bytes > 0)
    .toSorted((a, b) => b.bytes - a.bytes)
  return { bytes: Buffer.byteLength(code), gzip: gzipSync(code, { level: 9 }).length, files }
}
