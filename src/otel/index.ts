/** Traces and metrics of a runtime by OpenTelemetry. */
export { tracedFetch, tracedHandler } from './http.ts'
export type { Fetch, HttpTracing, WebHandler } from './http.ts'
export { openTelemetry } from './open-telemetry.ts'
export type { OpenTelemetryOptions } from './open-telemetry.ts'
