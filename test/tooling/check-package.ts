/** `npm run check:package`: what npm would publish is well formed (publint) and its types resolve for ESM users (attw). */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packInto, run } from './pack.ts'

const folder = mkdtempSync(join(tmpdir(), 'allora-check-'))
try {
  const tarball = packInto(folder)
  run('publint', ['run', '--strict', tarball], folder)
  run('attw', ['--profile', 'esm-only', '--no-color', tarball], folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
