/**
 * `npm run build [-- folder]`: what npm publishes, by default in dist/. Types as tsc emits them; code in few files, because for Node each
 * file is more work than what is in it.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type PluginContext, rolldown } from 'rolldown'
import manifest from '../../package.json' with { type: 'json' }

const root = join(import.meta.dirname, '../..')
const folder = resolve(process.argv[2] ?? join(root, 'dist'))

const tsc = join(root, 'node_modules/typescript/bin/tsc')
const types = ['-p', join(root, 'tsconfig.build.json'), '--emitDeclarationOnly', '--outDir', folder]
execFileSync(process.execPath, [tsc, ...types], { cwd: root, stdio: 'inherit' })

/** Packages of which the code in use comes along: some lines, where Node would read a dozen files. Their types stay theirs. */
const INLINED = ['fp-ts', 'ts-pattern']

/** Modules by what imports them. What a file has an `import()` of is not among its imports. */
let all: ReadonlySet<string> = new Set()
let core: ReadonlySet<string> = new Set()
let check: ReadonlySet<string> = new Set()

const bundle = await rolldown({
  input: Object.fromEntries(entries().map((name) => [name, join(root, 'src', `${name}.ts`)])),
  external: (id) => !id.startsWith('.') && !id.startsWith('/') && !INLINED.includes(id.split('/')[0]!),
  platform: 'node',
  // The same as ECMAScript modules, of which what is not used is left out.
  resolve: { alias: { 'fp-ts/lib': join(root, 'node_modules/fp-ts/es6') } },
  plugins: [
    {
      name: 'import-graph',
      buildEnd() {
        all = importedBy(this, 'index.ts')
        core = importedBy(this, 'flow/builder.ts', 'app/app.ts', 'runtime/runtime.ts')
        check = importedBy(this, 'runtime/refuse-invalid.ts')
      },
    },
  ],
})
await bundle.write({
  dir: folder,
  format: 'esm',
  comments: false,
  sourcemap: true,
  sourcemapExcludeSources: true,
  chunkFileNames: 'chunks/[name].js',
  codeSplitting: {
    // What `import 'allora'` loads, in files that a bundler takes or leaves as a whole: what every app needs, the check, which it
    // can leave to the start, and the rest. What the start of an app may load besides has a file for each part.
    groups: [
      { name: 'base', priority: 4, test: (id) => all.has(id) && isBase(id) },
      { name: 'core', priority: 3, test: (id) => all.has(id) && isCore(id) },
      { name: 'check', priority: 2, test: (id) => check.has(id) },
      { name: 'more', priority: 1, test: (id) => all.has(id) && id !== source('index.ts') },
    ],
  },
})
await bundle.close()
writeFileSync(join(folder, 'licenses.txt'), INLINED.map(licenseOf).join('\n'))

/** `testing/index` for `./dist/testing/index.js`. */
function entries(): string[] {
  const exported = Object.values(manifest.exports).flatMap((file) => (typeof file === 'string' ? [] : [file.default]))
  return [...exported, ...Object.values(manifest.bin)].map((file) => file.replace('./dist/', '').replace('.js', ''))
}

/** What adapters and clients of a running app need of it, and the check. */
function isBase(id: string): boolean {
  return /\/src\/(errors|message|transport)\//.test(id) || (check.has(id) && core.has(id))
}

/** What every app needs, and what is public of the stages it is in: parts that are loaded later need that, too. */
function isCore(id: string): boolean {
  return core.has(id) || /\/src\/(memory|runtime)\//.test(id)
}

function source(file: string): string {
  return join(root, 'src', file)
}

/** Files of `src/` and all that is loaded with them. */
function importedBy(context: PluginContext, ...files: readonly string[]): ReadonlySet<string> {
  const found = new Set(files.map(source))
  // A set goes on with what is added while it is iterated.
  for (const id of found) for (const imported of context.getModuleInfo(id)?.importedIds ?? []) found.add(imported)
  return found
}

function licenseOf(name: string): string {
  return `Parts of ${name}:\n\n${readFileSync(join(root, 'node_modules', name, 'LICENSE'), 'utf8')}`
}
