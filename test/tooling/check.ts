/** `npm run check`: runs every `check:*` script of package.json, prints what the failed ones said, and their names last. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const root: string = join(import.meta.dirname, '../..')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const failed: string[] = []

for (const [name, command] of Object.entries(scripts)) {
  if (!name.startsWith('check:')) continue
  const started = performance.now()
  // npm has put node_modules/.bin on the path, so the command runs as it stands, without the start-up time of npm.
  const result = spawnSync(command, { cwd: root, shell: true, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (result.status === 0) {
    console.log(`ok      ${name} (${seconds} s)`)
  } else {
    failed.push(name)
    console.log(`FAILED  ${name} (${seconds} s): ${command}\n${result.stdout}${result.stderr}`)
  }
}

if (failed.length > 0) {
  console.log(`\nFailed: ${failed.join(', ')}. One step again: npm run ${failed[0]}`)
  process.exitCode = 1
} else {
  console.log('\nEvery check passed.')
}
