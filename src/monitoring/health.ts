/** Whether a runtime is ready for work, and what it lacks. */
import type { FlowStatus } from '../runtime/control.ts'
import type { Monitored } from './monitoring.ts'

/** What `/health/ready` says. */
export interface Health {
  /** `up`: all is well; `degraded`: it works, but not everything does; `down`: it takes no messages. */
  readonly status: 'up' | 'degraded' | 'down'
  /** Where the runtime is in its life. */
  readonly runtime: string
  /** Flows that do not run, and sources that are not open, with their states. Empty = all do. */
  readonly flows: Readonly<Record<string, string>>
  /** Circuit breakers that are not closed, by node. Empty = all are. */
  readonly circuits: Readonly<Record<string, string>>
}

/** Looks at a runtime now. A flow that somebody stopped on purpose is no failure; a source that failed is. */
export function healthOf({ state, control }: Monitored, circuits: ReadonlyMap<string, string>): Health {
  const flows = state === 'running' ? control.flows() : []
  const idle = flows.filter((flow) => flow.state !== 'running')
  const failed = flows.flatMap((flow) => (flow.state === 'running' ? sourcesNotOpen(flow) : []))
  const isDown = state !== 'running' || failed.length > 0
  const isWhole = idle.length === 0 && circuits.size === 0
  return {
    status: isDown ? 'down' : isWhole ? 'up' : 'degraded',
    runtime: state,
    flows: Object.fromEntries([...idle.map((flow) => [flow.id, flow.state]), ...failed]),
    circuits: Object.fromEntries(circuits),
  }
}

/** One that has ended has given all it had. */
function sourcesNotOpen({ id, sources }: FlowStatus): (readonly [string, string])[] {
  return sources.flatMap(({ nodeId, state }) =>
    state === 'open' || state === 'ended' ? [] : [[`${id}/${nodeId}`, state] as const],
  )
}
