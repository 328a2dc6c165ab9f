/** What npm would publish works for a user: installed without the network, imported by plain Node, typed for TypeScript. */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { packInto, run } from '../tooling/pack.ts'
import { root } from '../tooling/virtual-program.ts'

const hello = `
import { app, direct, flow, queue, runtime } from 'allora'
import * as testing from 'allora/testing'
import { parseAllora, toYaml } from 'allora/yaml'

const hello = flow('hello')
  .from(direct('input'))
  .handle((name: string) => \`Hello, \${name}!\`)
  .to(queue('output'))
  .build()

await using rt = await runtime(app(hello)).start()
await rt.send('input', 'World')
const reply = await rt.channel('output').receive()
const text: string = reply.payload
const read = parseAllora(toYaml(hello.graph))
console.log(text, Object.keys(testing).length > 0, read._tag)
`

const folder = mkdtempSync(join(tmpdir(), 'allora-package-'))

beforeAll(() => {
  const tarball = packInto(join(folder, 'packed'))
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'user', private: true, type: 'module' }))
  writeFileSync(join(folder, 'hello.ts'), hello)
  // The dependencies come from this repository: the versions are those that the package asks for, so npm looks no further.
  const dependencies = [...Object.keys(manifest.dependencies), '@types/node'].map((name) =>
    join(root, 'node_modules', name),
  )
  run('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball, ...dependencies], folder)
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('a user type-checks and runs the first flow', () => {
  const strict = [
    '--strict',
    '--target',
    'es2023',
    '--lib',
    'es2023,esnext.disposable',
    '--module',
    'nodenext',
    '--types',
    'node',
  ]
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...strict, '--noEmit', 'hello.ts'], folder)
  expect(run(process.execPath, ['hello.ts'], folder).trim()).toBe('Hello, World! true Right')
}, 120_000)

test('a user writes an app with allora init in an empty folder, and runs, asks and stops it', async () => {
  const bin = join(folder, 'node_modules/.bin/allora')
  const empty = join(folder, 'empty')
  mkdirSync(empty)
  const env = { ...process.env, XDG_RUNTIME_DIR: mkdtempSync(join(folder, 'r-')) }
  const allora = (...args: string[]): string => run(bin, args, empty, env)
  expect(allora('init')).toContain('Wrote package.json and app.ts.')
  expect(allora('check')).toBe('app.ts is fine.\n')
  const app = spawn(bin, ['run'], { cwd: empty, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => app.once('close', resolve))
  await new Promise((resolve) => app.stderr.once('data', resolve))
  expect(allora('send', 'names', '"World"')).toBe('Sent to names.\n')
  expect(allora('receive', 'greetings')).toBe('Hello, World!\n')
  expect(allora('stop')).toContain('Stopped. All work in flight has ended.')
  expect(await ended).toBe(0)
}, 120_000)

test.each([
  ['hello-yaml', 'Hello, World!'],
  ['shop', 'parcels: parcel A1'],
])(
  'the example %s runs in a folder of its own',
  (name, output) => {
    cpSync(join(root, 'examples', name), join(folder, name), { recursive: true })
    cpSync(join(root, 'examples', `${name}.ts`), join(folder, `${name}.ts`))
    expect(run(process.execPath, [`${name}.ts`], folder)).toContain(output)
  },
  120_000,
)

test('the schemas for editors are there', () => {
  const script =
    "console.log(Object.keys((await import('allora/schema/allora-2.json', { with: { type: 'json' } })).default))"
  expect(run(process.execPath, ['--input-type=module', '-e', script], folder)).toContain('$schema')
})
