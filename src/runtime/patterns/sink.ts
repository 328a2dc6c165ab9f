/** `to(sink)`: the message leaves the app. */
import type { Exchange } from '../../message/exchange.ts'
import type { Sink } from '../../flow/sink.ts'
import { END, type Step } from '../step.ts'
import { calling } from './calling.ts'

/** The end of a flow is the adapter's to reach: it gets payload and exchange, and what it fails with goes to the scopes. */
export function sink(step: Step, write: Function): void {
  calling(step, write, () => END)
}

/** What such a step calls. */
export function writing(adapter: Sink<unknown, unknown>): (payload: unknown, exchange: Exchange<unknown>) => unknown {
  return (payload, exchange) => adapter.write(payload, exchange)
}
