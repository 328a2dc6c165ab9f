/** The package as it is published, for what is measured as its users have it. */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** Builds it into a folder, which is to be inside the repository, so that the dependencies of the package are found. */
export function buildInto(folder: string): void {
  mkdirSync(folder, { recursive: true })
  execFileSync(process.execPath, [join(root, 'test/tooling/build.ts'), folder], { cwd: root })
}
