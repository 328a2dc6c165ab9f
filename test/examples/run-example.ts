/** Runs an example as its own process, as a reader would, and gives what it prints; rejects when it fails or warns. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const folder = join(import.meta.dirname, '../../examples')

export async function run(example: string): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    '--conditions=allora-source',
    join(folder, example),
  ])
  if (stderr !== '') throw new Error(`${example} wrote to stderr:\n${stderr}`)
  return stdout
}
