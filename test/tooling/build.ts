/**
 * `npm run build [-- folder]`: what npm publishes, by default in dist/. Types as tsc emits them; code with one file for each entry of the
 * package and one for what they share, because Node takes four times as long to import the same in 170 files.
 */
import { execFileSync } from 'node:child_process'
import { join, resolve } from 'node:path'
import { rolldown } from 'rolldown'
import manifest from '../../package.json' with { type: 'json' }

const root = join(import.meta.dirname, '../..')
const folder = resolve(process.argv[2] ?? join(root, 'dist'))

const tsc = join(root, 'node_modules/typescript/bin/tsc')
const types = ['-p', join(root, 'tsconfig.build.json'), '--emitDeclarationOnly', '--outDir', folder]
execFileSync(process.execPath, [tsc, ...types], { cwd: root, stdio: 'inherit' })

const bundle = await rolldown({
  input: Object.fromEntries(entries().map((name) => [name, join(root, 'src', `${name}.ts`)])),
  external: (id) => !id.startsWith('.') && !id.startsWith('/'),
  platform: 'node',
})
await bundle.write({
  dir: folder,
  format: 'esm',
  sourcemap: true,
  sourcemapExcludeSources: true,
  chunkFileNames: 'chunks/[name].js',
})
await bundle.close()

/** `testing/index` for `./dist/testing/index.js`. */
function entries(): string[] {
  const exported = Object.values(manifest.exports).flatMap((file) => (typeof file === 'string' ? [] : [file.default]))
  return [...exported, ...Object.values(manifest.bin)].map((file) => file.replace('./dist/', '').replace('.js', ''))
}
