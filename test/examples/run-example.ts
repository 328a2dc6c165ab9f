/** Runs the examples. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Runtime, UntypedFlow } from 'allora'
import { loadRuntime } from 'allora/yaml'
import { onTestFinished } from 'vitest'
import { weigh } from '../../examples/http-inbound/services.ts'
import { pack } from '../../examples/http-outbound/services.ts'

const folder = join(import.meta.dirname, '../../examples')

/** Runs an example as its own process, as a reader would, and gives what it prints; rejects when it fails or warns. */
export async function run(example: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--conditions=allora-source',
    join(folder, example),
  ])
  if (stderr !== '') throw new Error(`${example} wrote to stderr:\n${stderr}`)
  return stdout
}

/** Runs one that is a file with HTTP adapters, as it is but for the port. */
export async function running(example: string, port: number): Promise<Runtime<UntypedFlow>> {
  const readFile = (path: string): string => readFileSync(path, 'utf8').replaceAll('18080', String(port))
  const rt = await loadRuntime(join(folder, example, 'allora.yml'), {
    services: { pack, weigh },
    readFile,
  }).start()
  onTestFinished(async () => void (await rt.stop()))
  return rt
}
