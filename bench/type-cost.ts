/**
 * What programs cost the type checker, with TypeScript 6 and 7: instantiations, which are exact, and seconds, which are not. They see
 * Allora's types as they are published, since to check its sources takes much longer than any program.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildInto } from './built.ts'
import { type TypeProgram, typePrograms } from './type-programs.ts'

/** One program with one compiler, less its imports alone. */
export interface TypeCost {
  readonly name: string
  readonly library: string
  readonly compiler: string
  readonly instantiations: number
  /** Seconds of checking. */
  readonly seconds: number
}

const root = join(import.meta.dirname, '..')
const peers = join(import.meta.dirname, 'peers')
const compilers = { 'TypeScript 6': 'typescript', 'TypeScript 7': 'typescript-7' }

/** Where the types of Allora are for the time of the measurement. */
const published = join(root, '.cache/type-cost-allora')

/** Checks all programs whose library is there. */
export function typeCosts(withPeers: boolean): TypeCost[] {
  buildInto(published)
  try {
    return costs(withPeers)
  } finally {
    rmSync(published, { recursive: true })
  }
}

function costs(withPeers: boolean): TypeCost[] {
  const programs = typePrograms.filter(({ library }) => withPeers || library === 'allora')
  return Object.entries(compilers).flatMap(([compiler, folder]) =>
    programs.map((program) => ({ name: program.name, library: program.library, compiler, ...cost(program, folder) })),
  )
}

function cost(
  { library, imports, source }: TypeProgram,
  compiler: string,
): Omit<TypeCost, 'name' | 'library' | 'compiler'> {
  // Where imports of the library are found.
  const folder = join(
    library === 'allora' ? root : peers,
    library === 'allora' ? '.cache/type-cost' : 'node_modules/.cache/type-cost',
  )
  mkdirSync(folder, { recursive: true })
  const base = quickest(() => check(folder, compiler, `${imports}\n`))
  const whole = quickest(() => check(folder, compiler, `${imports}\n${source}\n`))
  rmSync(folder, { recursive: true })
  return {
    instantiations: whole.instantiations - base.instantiations,
    seconds: Math.max(0, whole.seconds - base.seconds),
  }
}

/** The quickest of five, as others on the machine can only make it slower. */
function quickest(run: () => Checked): Checked {
  return [run(), run(), run(), run(), run()].reduce((best, next) => (next.seconds < best.seconds ? next : best))
}

interface Checked {
  readonly instantiations: number
  readonly seconds: number
}

/** @throws Error with the compiler's words when the program does not compile. */
function check(folder: string, compiler: string, source: string): Checked {
  writeFileSync(join(folder, 'program.ts'), source)
  const paths = { allora: [join(published, 'index.d.ts')] }
  const compilerOptions = {
    customConditions: [],
    paths,
    noEmit: true,
    declaration: false,
    isolatedDeclarations: false,
    noUnusedLocals: false,
  }
  // Not `include`, which leaves out what is in node_modules.
  const options = { extends: join(root, 'tsconfig.json'), compilerOptions, files: ['program.ts'], include: [] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
  const tsc = join(root, 'node_modules', compiler, 'bin/tsc')
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', folder, '--extendedDiagnostics'], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`The program for the type checker does not compile:\n${stdout.slice(0, 2_000)}`)
  return { instantiations: diagnostic(stdout, 'Instantiations'), seconds: diagnostic(stdout, 'Check time') }
}

const diagnostic = (printed: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(printed)![1])
