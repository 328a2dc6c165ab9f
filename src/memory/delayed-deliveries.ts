/** Deliveries that wait for their time, each with a timer. */
import type { Clock, Timer } from '../transport/clock.ts'
import type { MemoryDelivery } from './memory-delivery.ts'

/** Whose they are. */
export interface DelayOwner<D extends MemoryDelivery> {
  /** Takes one whose time has come. */
  due(delivery: D): void
}

/** Holds them, and gives each to its owner when its time has come. */
export class DelayedDeliveries<D extends MemoryDelivery> {
  /** There once something was delayed. */
  private timers: Map<D, Timer> | undefined = undefined
  private readonly clock: Clock
  private cancelled = false
  private readonly owner: DelayOwner<D>

  constructor(clock: Clock, owner: DelayOwner<D>) {
    this.clock = clock
    this.owner = owner
  }

  add(delivery: D, delay: number): void {
    const timers = (this.timers ??= new Map<D, Timer>())
    const elapsed = (): void => {
      timers.delete(delivery)
      this.owner.due(delivery)
    }
    timers.set(delivery, this.cancelled ? NEVER : this.clock.schedule(delay, elapsed))
  }

  remove(delivery: D): void {
    this.timers?.get(delivery)?.cancel()
    this.timers?.delete(delivery)
  }

  /** Stops all timers, also of deliveries that are still to come, and leaves them where they are. */
  cancel(): void {
    this.cancelled = true
    for (const timer of this.timers?.values() ?? []) timer.cancel()
  }

  /** In the order in which they were added. */
  toArray(): D[] {
    return [...(this.timers?.keys() ?? [])]
  }
}

const NEVER: Timer = { cancel: () => {} }
