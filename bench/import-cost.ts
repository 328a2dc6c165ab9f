/** What `import 'allora'` costs a process, and the start of a first app: the built package beside an empty program, in turn. */
import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildInto } from './built.ts'
import { median } from './measure.ts'

/** Milliseconds above an empty process, the median over the rounds. */
export interface ProcessCost {
  readonly cpu: number
  readonly wall: number
}

/** What two programs cost. */
export interface ImportCost {
  readonly imports: ProcessCost
  /** The one that builds and starts the hello flow besides. */
  readonly hello: ProcessCost
}

const root = join(import.meta.dirname, '..')
// Inside the repository, so that the dependencies of the package are found.
const folder = join(root, '.cache/bench-import')

const HELLO = `import { app, direct, flow, queue, runtime } from './index.js'
const hello = flow('hello').from(direct('input')).handle((name) => \`Hello, \${name}!\`).to(queue('output')).build()
await runtime(app(hello)).start()
`

/** Builds the package as it is published, and starts processes that import it. */
export function importCost(rounds: number): ImportCost {
  buildInto(folder)
  const empty = script('empty', '')
  const programs = [script('importing', `import './index.js'\n`), script('hello', HELLO)]
  const costs = programs.map((): ProcessCost[] => [])
  // The first round fills the file cache.
  for (let round = -1; round < rounds; round++) {
    const base = spend(empty)
    for (const [i, program] of programs.entries()) {
      const { cpu, wall } = spend(program)
      if (round >= 0) costs[i]!.push({ cpu: cpu - base.cpu, wall: wall - base.wall })
    }
  }
  rmSync(folder, { recursive: true })
  return { imports: medianOf(costs[0]!), hello: medianOf(costs[1]!) }
}

/** A program that prints at its end how long it took, by CPU and by the clock. */
function script(name: string, code: string): string {
  const path = join(folder, `${name}.mjs`)
  const print = 'const { user, system } = process.cpuUsage()\nconsole.log(user + system, performance.now())\n'
  writeFileSync(path, code + print)
  return path
}

function spend(path: string): ProcessCost {
  const printed = execFileSync(process.execPath, [path], { encoding: 'utf8' })
  const [microseconds, wall] = printed.split(' ').map(Number)
  return { cpu: microseconds! / 1_000, wall: wall! }
}

function medianOf(costs: readonly ProcessCost[]): ProcessCost {
  return { cpu: median(costs.map(({ cpu }) => cpu)), wall: median(costs.map(({ wall }) => wall)) }
}
