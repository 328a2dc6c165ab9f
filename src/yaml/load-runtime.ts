/** From a file to a runtime, in one step. */
import { dirname } from 'node:path'
import { isLeft } from 'fp-ts/lib/Either.js'
import type { UntypedFlow } from '../app/app-from-graph.ts'
import type { RuntimeOptions } from '../runtime/runtime-options.ts'
import { type Runtime, runtime } from '../runtime/runtime.ts'
import { type BindOptions, bindFile } from './bind-file.ts'
import { findConfig } from './find-config.ts'
import { InvalidFileError } from './invalid-file-error.ts'
import { loggerOf, readLogging } from './logging.ts'
import { type ParseOptions, parseAllora } from './parse-allora.ts'

/** How a file is found, read, bound and run. */
export interface LoadOptions extends ParseOptions, BindOptions, Omit<RuntimeOptions, 'transports'> {
  /** The arguments of the program, for `--runtime`; absent = `process.argv`. */
  readonly argv?: readonly string[]
}

/**
 * Makes the runtime of a file, which then is to be started. Without a path the file is looked for as Allora does: `--runtime`, the
 * environment's `ALLORA_CONFIG`, `allora.yml` in the working directory, and beside the main module. A `logging.yml` beside the file says
 * what the runtime logs, unless a `logger` is given.
 *
 * @throws InvalidFileError naming everything that is wrong with the file, or that it needs and was not given.
 *
 * @example
 * ```ts
 * import { mkdtempSync, writeFileSync } from 'node:fs'
 * import { tmpdir } from 'node:os'
 * import { join } from 'node:path'
 * import { loadRuntime } from 'allora/yaml'
 *
 * const file = join(mkdtempSync(join(tmpdir(), 'allora-')), 'allora.yml')
 * writeFileSync(file, `
 * version: 1
 * channels:
 *   - id: input
 *   - { id: output, kind: queue }
 * service-activators:
 *   - { ref-name: greet, from: input, to: output }
 * `)
 *
 * await using rt = await loadRuntime(file, { services: { greet: (name: string) => `Hello, ${name}!` } }).start()
 * await rt.send('input', 'World')
 * const reply = await rt.sendUnknown('input', 'again')
 * console.log(rt.metrics().channels['output']?.buffered) // => 2
 * ```
 */
export function loadRuntime(path?: string, options: LoadOptions = {}): Runtime<UntypedFlow> {
  const { argv = process.argv, env = process.env, cwd = process.cwd(), ...rest } = options
  const file = findConfig(path, { argv, env, cwd })
  const parsed = parseAllora({ file }, { ...rest, env, cwd })
  if (isLeft(parsed)) throw new InvalidFileError(parsed.left)
  const bound = bindFile(parsed.right, rest)
  if (isLeft(bound)) throw new InvalidFileError(bound.left)
  const { app, transports } = bound.right
  const { services: _, ...running } = rest
  return runtime(app, { ...running, logger: options.logger ?? loggerFor(file, cwd, options), transports })
}

function loggerFor(file: string, cwd: string, { readFile }: LoadOptions): NonNullable<RuntimeOptions['logger']> {
  const settings = readLogging(dirname(file), cwd, readFile)
  return settings.source === 'default' ? console : loggerOf(settings)
}
