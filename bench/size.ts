/**
 * `npm run check:size`: what the library adds to a bundle, minified and compressed, without its dependencies: what is loaded with the
 * bundle, and what only the start of an app loads. Fails when one is over its budget in `budget.json`; `--by-file` tells what it is made of.
 * Of the hello flow it also tells how much of that is run by a program that sends one message and stops: the least it could be.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { Profiler } from 'node:inspector'
import { Session } from 'node:inspector/promises'
import { registerHooks } from 'node:module'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type OutputChunk, rolldown } from 'rolldown'
import { readBudget } from './budget.ts'

const root = join(import.meta.dirname, '..')
// Inside the repository, so that the dependencies of the package are found.
const folder = join(root, '.cache/bench-size')

/** A program to bundle. */
interface Entry {
  readonly name: string
  readonly source: string
}

const entries: readonly Entry[] = [
  { name: '.', source: `export * from '${root}/src/index.ts'` },
  { name: './http', source: `export * from '${root}/src/http/index.ts'` },
  { name: './logging', source: `export * from '${root}/src/logging/index.ts'` },
  { name: './monitoring', source: `export * from '${root}/src/monitoring/index.ts'` },
  { name: './otel', source: `export * from '${root}/src/otel/index.ts'` },
  { name: './testing', source: `export * from '${root}/src/testing/index.ts'` },
]

const hello: Entry = {
  name: 'hello',
  source: `
    import { app, direct, flow, queue, runtime } from '${root}/src/index.ts'
    const hello = flow('hello').from(direct('input')).handle((name) => 'Hello, ' + name).to(queue('output')).build()
    const rt = runtime(app(hello))
    globalThis.runHello = async () => {
      await rt.start()
      await rt.send('input', 'World')
      await rt.channel('output').receive()
      await rt.stop()
    }`,
}

const { size: budgets } = readBudget()

const chunks = await bundle(hello)
const withHello = loadedWith(chunks)
compare('hello', withHello)
const { loaded, run } = await runHello(chunks)
compare(
  'hello, started',
  loaded.filter((chunk) => !withHello.includes(chunk)),
)
console.log(`hello, run: ${compressed(run)} bytes compressed, ${Buffer.byteLength(run)} minified, of both`)
for (const entry of entries) {
  const all = await bundle(entry)
  const atOnce = loadedWith(all)
  const later = all.filter((chunk) => !atOnce.includes(chunk))
  compare(entry.name, atOnce)
  if (later.length > 0) compare(`${entry.name}, later`, later)
}

/** Bundles in memory, with everything that is not of this package left out. */
async function bundle({ source }: Entry): Promise<readonly OutputChunk[]> {
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
  return output.filter((chunk) => chunk.type === 'chunk')
}

/** The entry and what it imports; what is left is there for `import()`. */
function loadedWith(all: readonly OutputChunk[]): readonly OutputChunk[] {
  const names = new Set(['entry.js'])
  // A set goes on with what is added while it is iterated.
  for (const name of names)
    for (const more of all.find(({ fileName }) => fileName === name)?.imports ?? []) names.add(more)
  return all.filter(({ fileName }) => names.has(fileName))
}

/** Runs the app of a bundle, and sees what it loads, and which functions it calls. */
async function runHello(
  all: readonly OutputChunk[],
): Promise<{ readonly loaded: readonly OutputChunk[]; readonly run: string }> {
  mkdirSync(folder, { recursive: true })
  for (const { fileName, code } of all) writeFileSync(join(folder, fileName), code)
  const loaded = new Set<string>()
  const hooks = registerHooks({
    load(url, context, next) {
      loaded.add(url)
      return next(url, context)
    },
  })
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.startPreciseCoverage', { callCount: true })
  await import(pathToFileURL(join(folder, 'entry.js')).href)
  await (globalThis as unknown as Record<'runHello', () => Promise<void>>).runHello()
  const { result } = await session.post('Profiler.takePreciseCoverage')
  session.disconnect()
  hooks.deregister()
  rmSync(folder, { recursive: true })
  const urlOf = ({ fileName }: OutputChunk): string => pathToFileURL(join(folder, fileName)).href
  return {
    loaded: all.filter((chunk) => loaded.has(urlOf(chunk))),
    run: all
      .map((chunk) => called(chunk.code, result.find(({ url }) => url === urlOf(chunk))?.functions ?? []))
      .join(''),
  }
}

/** The code without the functions that were not called; of a file that was not loaded nothing is left. */
function called(code: string, functions: readonly Profiler.FunctionCoverage[]): string {
  const isCalled = new Uint8Array(code.length)
  // Those within others come after them.
  for (const { ranges } of functions)
    for (const { startOffset, endOffset, count } of ranges) isCalled.fill(count > 0 ? 1 : 0, startOffset, endOffset)
  let kept = ''
  for (let i = 0; i < code.length; i++) if (isCalled[i] === 1) kept += code[i]
  return kept
}

function compressed(code: string): number {
  return gzipSync(code, { level: 9 }).length
}

function compare(name: string, loaded: readonly OutputChunk[]): void {
  const code = loaded.map((chunk) => chunk.code).join('')
  const gzip = compressed(code)
  const budget = budgets[name] ?? 0
  const files = filesOf(loaded)
  console.log(
    `${name}: ${gzip} bytes compressed of ${budget}, ${Buffer.byteLength(code)} minified, ${files.length} files`,
  )
  if (process.argv.includes('--by-file')) for (const { file, bytes } of files) console.log(`  ${bytes}\t${file}`)
  if (gzip <= budget) return
  console.error(
    `The bundle "${name}" has ${gzip} bytes, ${gzip - budget} more than its budget. ` +
      'See what it is made of with `node bench/size.ts --by-file`; if it has to be so, raise the budget in bench/budget.json.',
  )
  process.exitCode = 1
}

/** Bytes that each file of src/ is left with after tree-shaking, before minification. */
function filesOf(loaded: readonly OutputChunk[]): { readonly file: string; readonly bytes: number }[] {
  return loaded
    .flatMap(({ modules }) => Object.entries(modules))
    .map(([path, { renderedLength }]) => ({ file: relative(root, path), bytes: renderedLength }))
    .filter(({ file, bytes }) => file.startsWith('src/') && bytes > 0)
    .toSorted((a, b) => b.bytes - a.bytes)
}
