/** The handler that answers what operations ask: `/metrics`, `/health/live` and `/health/ready`. */
import type { Control } from '../runtime/control.ts'
import type { RuntimeEvents } from '../runtime/events.ts'
import type { MetricsSnapshot } from '../runtime/metrics.ts'
import { healthOf } from './health.ts'
import { prometheusText } from './prometheus-text.ts'

/** What is looked at of a runtime. */
export interface Monitored {
  readonly state: string
  readonly control: Pick<Control, 'flows'>
  /** Counts and latencies, taken now. */
  metrics(): MetricsSnapshot
  /** Listens to the circuit breakers; gives the function that stops listening. */
  on(event: 'circuit', listener: (event: RuntimeEvents['circuit']) => void): () => void
}

/** How requests are taken. */
export interface MonitoringOptions {
  /** What paths begin with, such as `/ops`; absent = nothing. */
  readonly path?: string
}

/**
 * Makes a handler of web-standard requests for any server that takes one. Make it before the runtime starts: it listens to the circuit
 * breakers from then on.
 *
 * - `GET /metrics`: all counts, for Prometheus.
 * - `GET /health/live`: 200 until the runtime has stopped, then 503.
 * - `GET /health/ready`: 200 while the runtime takes messages and every source of a flow that runs is open, otherwise 503; the body is a
 *   {@link Health}, with what is degraded.
 *
 * @example
 * ```ts
 * import { app, direct, flow, runtime } from 'allora'
 * import { monitoring } from 'allora/monitoring'
 *
 * const rt = runtime(app(flow('orders').from(direct('orders')).log().build()))
 * const answer = monitoring(rt)
 * await rt.start()
 *
 * const ready = await answer(new Request('http://localhost/health/ready'))
 * await ready.json() // => { status: 'up', runtime: 'running', flows: {}, circuits: {} }
 * await rt.stop()
 * answer(new Request('http://localhost/health/live')).status // => 503
 * ```
 */
export function monitoring(rt: Monitored, { path = '' }: MonitoringOptions = {}): (request: Request) => Response {
  const circuits = new Map<string, string>()
  rt.on('circuit', ({ flowId, nodeId, state }) => {
    if (state === 'closed') circuits.delete(`${flowId}/${nodeId}`)
    else circuits.set(`${flowId}/${nodeId}`, state)
  })
  const answers: ReadonlyMap<string, () => Response> = new Map([
    [`${path}/metrics`, () => text(prometheusText(rt.metrics()))],
    [`${path}/health/live`, () => liveness(rt)],
    [`${path}/health/ready`, () => readiness(rt, circuits)],
  ])
  return ({ method, url }) => {
    const answer = answers.get(new URL(url).pathname)
    if (answer === undefined) return json({ error: `Ask for ${[...answers.keys()].join(', ')}.` }, 404)
    if (method === 'GET') return answer()
    if (method === 'HEAD') return withoutBody(answer())
    return json({ error: 'Ask with GET.' }, 405, { allow: 'GET, HEAD' })
  }
}

const liveness = ({ state }: Monitored): Response =>
  state === 'stopped' ? json({ status: 'down', runtime: state }, 503) : json({ status: 'up', runtime: state }, 200)

function readiness(rt: Monitored, circuits: ReadonlyMap<string, string>): Response {
  const health = healthOf(rt, circuits)
  return json(health, health.status === 'down' ? 503 : 200)
}

const NO_STORE = { 'cache-control': 'no-store' }

const text = (body: string): Response =>
  new Response(body, { headers: { ...NO_STORE, 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } })

const json = (body: object, status: number, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { ...NO_STORE, 'content-type': 'application/json', ...headers },
  })

const withoutBody = ({ status, headers }: Response): Response => new Response(null, { status, headers })
