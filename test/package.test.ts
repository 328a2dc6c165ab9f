/** What npm would publish works for a user: installed without the network, imported by plain Node, typed for TypeScript. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { packInto, run } from './tooling/pack.ts'
import { root } from './tooling/virtual-program.ts'

const hello = `
import { app, direct, flow, queue, runtime } from 'allora'
import * as testing from 'allora/testing'

const hello = flow('hello')
  .from(direct('input'))
  .handle((name: string) => \`Hello, \${name}!\`)
  .to(queue('output'))
  .build()

await using rt = await runtime(app(hello)).start()
await rt.send('input', 'World')
const reply = await rt.channel('output').receive()
const text: string = reply.payload
console.log(text, Object.keys(testing).length > 0)
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
}, 30_000)

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
  expect(run(process.execPath, ['hello.ts'], folder).trim()).toBe('Hello, World! true')
}, 30_000)
