/** Loads what a command is about: a YAML file with its services, or a module that exports an app. */
import type { AnyApp } from '../app/app.ts'
import type { Diagnostic } from '../graph/diagnostic.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Transport } from '../transport/transport.ts'
import type { AnyFunction } from '../flow/service.ts'
import { isYaml } from './app-file.ts'
import { loadModule } from './load-module.ts'
import { loggerBeside } from './logger-beside.ts'

/** An app with what it is run with. */
export interface LoadedApp {
  readonly app: AnyApp
  readonly services: Readonly<Record<string, AnyFunction>>
  readonly transports: Readonly<Record<string, Transport>>
  /** What reading it found. One with an error cannot be run, only drawn. */
  readonly diagnostics: readonly Diagnostic[]
  /** The files it was read from that are no modules. */
  readonly files: readonly string[]
  /** Where `log` steps write; absent = `console`. */
  readonly logger?: Logger
}

/** Loads the app of a file, with the services that another module exports, and with the logger that is described beside it. */
export async function loadApp(file: string, servicesFile?: string): Promise<LoadedApp> {
  const loaded = await (isYaml(file) ? yamlApp(file, servicesFile) : loadModule(file, servicesFile))
  const beside = await loggerBeside(file)
  if (beside === undefined) return loaded
  return { ...loaded, logger: beside.logger, diagnostics: [...loaded.diagnostics, ...beside.mistakes] }
}

async function yamlApp(file: string, servicesFile: string | undefined): Promise<LoadedApp> {
  // Loaded when it is needed: commands answer sooner without it.
  const { loadYaml } = await import('./load-yaml.ts')
  return loadYaml(file, servicesFile)
}
