/** Loads an app from a YAML file, with the services of a module beside it. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isLeft } from 'fp-ts/lib/Either.js'
import { appFromGraph } from '../app/app-from-graph.ts'
import type { Transport } from '../transport/transport.ts'
import { type BindOptions, bindFile } from '../yaml/bind-file.ts'
import { InvalidFileError } from '../yaml/invalid-file-error.ts'
import { parseAllora } from '../yaml/parse-allora.ts'
import { type Exports, importModule, objectIn, servicesIn } from './exports.ts'
import type { LoadedApp } from './load-app.ts'

/** Of these, the first that is beside the file has its services. */
const SERVICES = ['services.ts', 'services.mts', 'services.js', 'services.mjs']

/**
 * See above. Rejects with `InvalidFileError` when the file cannot be understood. Names that nothing stands for are diagnostics:
 * the app can still be drawn.
 */
export async function loadYaml(file: string, servicesFile?: string): Promise<LoadedApp> {
  const parsed = parseAllora({ file })
  if (isLeft(parsed)) throw new InvalidFileError(parsed.left)
  const { graph, warnings, files } = parsed.right
  const module = servicesFile ?? SERVICES.map((name) => join(dirname(file), name)).find((path) => existsSync(path))
  const exports = module === undefined ? {} : await importModule(module)
  const bound = bindFile(parsed.right, bindingsIn(exports))
  const rest = { services: {}, files }
  if (isLeft(bound)) {
    return { app: appFromGraph(graph), transports: {}, diagnostics: [...warnings, ...bound.left], ...rest }
  }
  return { ...bound.right, diagnostics: warnings, ...rest }
}

function bindingsIn(exports: Exports): BindOptions {
  return {
    services: servicesIn(exports),
    adapters: objectIn(exports, 'adapters'),
    transports: objectIn<Transport>(exports, 'transports'),
    transportTypes: objectIn(exports, 'transportTypes') as NonNullable<BindOptions['transportTypes']>,
  }
}
