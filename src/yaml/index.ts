/** Files in the format of Allora and its successor: `allora/yaml`. */

export { parseAllora } from './parse-allora.ts'
export type { ParseOptions } from './parse-allora.ts'
export { loadRuntime } from './load-runtime.ts'
export type { LoadOptions } from './load-runtime.ts'
export { bindFile } from './bind-file.ts'
export type { AdapterFactories, BindOptions, BoundFile } from './bind-file.ts'
export { toYaml, toYamlFiles } from './to-yaml.ts'
export type { ToYamlOptions, YamlFile } from './to-yaml.ts'
export { alloraSchema } from './json-schema.ts'
export type { JsonSchema, SchemaNames } from './json-schema.ts'
export { toJsonReport, toSarif } from './reports.ts'
export { readLogging, loggerOf } from './logging.ts'
export type { LoggingSettings } from './logging.ts'
export { InvalidFileError } from './invalid-file-error.ts'
export type {
  AggregatorSpec,
  AlloraFile,
  BuiltInAdapter,
  HttpAdapter,
  HttpInboundSpec,
  HttpOutboundSpec,
  TransportSpec,
} from './allora-file.ts'
export type { Environment } from './interpolate.ts'
