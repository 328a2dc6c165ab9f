/** The code of the runtime that only some apps need. It is loaded by the start of such an app, see `loading.ts`. */
import type * as Interceptors from '../transport/interceptors.ts'
import type * as Counting from './instrument.ts'
import type * as KeyOrder from './key-order.ts'
import type * as Check from './refuse-invalid.ts'
import type * as Credit from './resilience/credit-lender.ts'
import type * as Resilience from './resilience/resilient.ts'
import type * as Sources from './source-runner.ts'
import type * as WatchedPorts from './watched-port.ts'
import type * as Watching from './watching.ts'

/** A module that is loaded once, and is there from then on. */
export class Later<out M extends object> {
  private readonly bring: () => Promise<M>
  private module: M | undefined = undefined

  constructor(bring: () => Promise<M>) {
    this.bring = bring
  }

  get isHere(): boolean {
    return this.module !== undefined
  }

  /** For the code of an app whose start has loaded it. */
  get here(): M {
    return this.module!
  }

  async load(): Promise<void> {
    this.module = await this.bring()
  }
}

// Those of kinds of nodes are in `behaviour.ts`.
export const CHECK: Later<typeof Check> = new Later(() => import('./refuse-invalid.ts'))
export const RESILIENCE: Later<typeof Resilience> = new Later(() => import('./resilience/resilient.ts'))
export const KEY_ORDER: Later<typeof KeyOrder> = new Later(() => import('./key-order.ts'))
export const CREDIT: Later<typeof Credit> = new Later(() => import('./resilience/credit-lender.ts'))
export const SOURCES: Later<typeof Sources> = new Later(() => import('./source-runner.ts'))
export const COUNTING: Later<typeof Counting> = new Later(() => import('./instrument.ts'))
export const WATCHING: Later<typeof Watching> = new Later(() => import('./watching.ts'))
export const WATCHED_PORTS: Later<typeof WatchedPorts> = new Later(() => import('./watched-port.ts'))
export const INTERCEPTORS: Later<typeof Interceptors> = new Later(() => import('../transport/interceptors.ts'))
