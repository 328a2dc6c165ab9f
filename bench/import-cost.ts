/** What `import 'allora'` costs a process: the built package beside an empty program, in turn. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { median } from './measure.ts'

/** Milliseconds above an empty process, the median over the rounds. */
export interface ImportCost {
  readonly cpu: number
  readonly wall: number
}

const root = join(import.meta.dirname, '..')
// Inside the repository, so that the dependencies of the package are found.
const folder = join(root, '.cache/bench-import')

/** Builds the package as it is published, and starts processes that import it. */
export function importCost(rounds: number): ImportCost {
  mkdirSync(folder, { recursive: true })
  execFileSync(process.execPath, [join(root, 'test/tooling/build.ts'), folder], { cwd: root })
  const empty = script('empty', '')
  const importing = script('importing', `import './index.js'\n`)
  const cpu: number[] = []
  const wall: number[] = []
  // The first round fills the file cache.
  for (let round = -1; round < rounds; round++) {
    const base = spend(empty)
    const full = spend(importing)
    if (round < 0) continue
    cpu.push(full.cpu - base.cpu)
    wall.push(full.wall - base.wall)
  }
  rmSync(folder, { recursive: true })
  return { cpu: median(cpu), wall: median(wall) }
}

/** A program that prints at its end how long it took, by CPU and by the clock. */
function script(name: string, imports: string): string {
  const path = join(folder, `${name}.mjs`)
  const print = 'const { user, system } = process.cpuUsage()\nconsole.log(user + system, performance.now())\n'
  writeFileSync(path, imports + print)
  return path
}

function spend(path: string): ImportCost {
  const printed = execFileSync(process.execPath, [path], { encoding: 'utf8' })
  const [microseconds, wall] = printed.split(' ').map(Number)
  return { cpu: microseconds! / 1_000, wall: wall! }
}
