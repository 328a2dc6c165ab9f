/** Finds the peers: every file of `peers/` is one, if its packages are installed. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Peer } from './contender.ts'
import { allora } from './workloads.ts'

const folder = join(import.meta.dirname, 'peers')

/** Whether `npm ci --prefix bench/peers` has been run. */
export const peersInstalled = (): boolean => existsSync(join(folder, 'node_modules'))

/** The names of the files in `peers/`, which peers are asked for by. */
export const peerFiles = (): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .map((name) => name.slice(0, -3))

/** Allora, or the peer in a file of `peers/`. */
export async function contenderNamed(name: string): Promise<Peer> {
  if (name === allora.name) return allora
  const module = (await import(join(folder, `${name}.ts`))) as { readonly peer: Peer }
  return module.peer
}

/** The version of a peer's package. */
export function versionOf({ package: name }: Peer): string {
  if (name === undefined) return process.version
  const path = join(folder, 'node_modules', name, 'package.json')
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version
}
