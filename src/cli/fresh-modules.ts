/** Modules that can be loaded again after a change, with all the modules of the app that they import. */
// As a whole: Node before 22.15 has no registerHooks, and an import by this name would fail every command.
import nodeModule from 'node:module'
import { fileURLToPath } from 'node:url'
import { AppFileError } from '../errors/control-errors.ts'

/** The library itself: loaded once, so that all apps share it. */
const LIBRARY = new URL('../', import.meta.url).href

let generation = 0
const loaded = new Set<string>()

/** From now on, {@link newGeneration} makes modules new. Node caches them for ever otherwise. */
export function watchModules(): void {
  if (!('registerHooks' in nodeModule)) {
    throw new AppFileError(`--watch needs Node 22.15 or newer, but this is ${process.version}. Run without --watch.`)
  }
  nodeModule.registerHooks({
    resolve(specifier, context, nextResolve) {
      const resolved = nextResolve(specifier, context)
      const { url } = resolved
      if (!url.startsWith('file:') || url.includes('/node_modules/') || url.startsWith(LIBRARY)) return resolved
      const bare = url.replace(/\?.*$/, '')
      loaded.add(fileURLToPath(bare))
      return { ...resolved, url: `${bare}?generation=${generation}` }
    },
  })
}

/** What is imported from now on is read from its files again. */
export function newGeneration(): void {
  generation++
  loaded.clear()
}

/** The files of the modules that this generation has loaded. */
export function loadedFiles(): readonly string[] {
  return [...loaded]
}
