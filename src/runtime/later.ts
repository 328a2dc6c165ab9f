/** The code of the runtime that only some apps need. It is loaded by the start of such an app, see `loading.ts`. */

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

export const CHECK: Later<typeof import('./refuse-invalid.ts')> = new Later(() => import('./refuse-invalid.ts'))
export const RESILIENCE: Later<typeof import('./resilience/resilient.ts')> = new Later(
  () => import('./resilience/resilient.ts'),
)
export const CREDIT: Later<typeof import('./resilience/credit-lender.ts')> = new Later(
  () => import('./resilience/credit-lender.ts'),
)
export const SOURCES: Later<typeof import('./source-runner.ts')> = new Later(() => import('./source-runner.ts'))
export const COUNTING: Later<typeof import('./instrument.ts')> = new Later(() => import('./instrument.ts'))
export const WATCHING: Later<typeof import('./watching.ts')> = new Later(() => import('./watching.ts'))
export const WATCHED_PORTS: Later<typeof import('./watched-port.ts')> = new Later(() => import('./watched-port.ts'))
