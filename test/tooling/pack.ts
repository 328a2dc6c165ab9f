/** Packs the library as npm would publish it, from a build in a temporary folder, so that nothing races for dist/. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const root: string = join(import.meta.dirname, '../..')

/** Builds and packs into `folder`; answers the path of the tarball. Throws with the tool's own words when a step fails. */
export function packInto(folder: string): string {
  const source = join(folder, 'package')
  mkdirSync(source, { recursive: true })
  for (const name of ['package.json', 'LICENSE', 'README.md', 'schema', 'src']) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(source, name), { recursive: true })
  }
  run(process.execPath, [join(import.meta.dirname, 'build.ts'), join(source, 'dist')], root)
  run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], source)
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))
  if (tarball === undefined) throw new Error(`npm pack left no tarball in ${folder}`)
  return join(folder, tarball)
}

/** Runs a program to its end and answers what it printed; throws with that output when it fails. */
export function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): string {
  try {
    return execFileSync(program, args, { cwd, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${program} ${args.join(' ')} failed:\n${stdout ?? ''}${stderr ?? ''}`, { cause: error })
  }
}
