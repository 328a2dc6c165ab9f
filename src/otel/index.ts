/** Traces and metrics of a runtime by OpenTelemetry. */
export { openTelemetry } from './open-telemetry.ts'
export type { OpenTelemetryOptions } from './open-telemetry.ts'
