/** Where the configuration is: Allora's places, in Allora's order. */
import { statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** What the search looks at. */
export interface Surroundings {
  /** The arguments of the program, as in `process.argv`. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
}

/** The name of the file, where only a folder is known. */
const NAME = 'allora.yml'

/**
 * The path of the configuration: the one given; that of `--runtime`; that of `ALLORA_CONFIG`; `allora.yml` in the working directory; the
 * one beside the main module. A folder stands for the `allora.yml` in it, except for a path that is given.
 */
export function findConfig(path: string | undefined, { argv, env, cwd }: Surroundings): string {
  if (path !== undefined) return resolve(cwd, path)
  const named = runtimeArgument(argv) ?? env['ALLORA_CONFIG']
  if (named !== undefined && named !== '') {
    const place = resolve(cwd, named)
    return isFolder(place) ? join(place, NAME) : place
  }
  const here = join(cwd, NAME)
  const main = argv[1] === undefined ? here : join(dirname(resolve(cwd, argv[1])), NAME)
  return !isFile(here) && isFile(main) ? main : here
}

/** The value of the first `--runtime path` or `--runtime=path`. */
function runtimeArgument(argv: readonly string[]): string | undefined {
  const at = argv.findIndex((argument) => argument === '--runtime' || argument.startsWith('--runtime='))
  if (at < 0) return undefined
  return argv[at] === '--runtime' ? argv[at + 1] : argv[at]!.slice('--runtime='.length)
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true
