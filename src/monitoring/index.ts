/** What operations ask a runtime for: its metrics as Prometheus reads them, and whether it is alive and ready. */
export { monitoring } from './monitoring.ts'
export type { MonitoringOptions, Monitored } from './monitoring.ts'
export { prometheusText } from './prometheus-text.ts'
export type { Health } from './health.ts'
