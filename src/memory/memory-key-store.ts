/** Keys in memory: those handled in the order they were, bounded, and those in work with whoever waits for them. */
import type { Clock } from '../transport/clock.ts'
import type { KeyStore } from '../message/key-store.ts'

/** Keys remembered when nothing else is said. */
const CAPACITY = 100_000

/**
 * A {@link KeyStore} in memory. It remembers the last `capacity` keys; an older one counts as new again.
 */
export class MemoryKeyStore implements KeyStore {
  private readonly clock: Clock
  private readonly capacity: number
  /** When each handled key is forgotten. */
  private readonly handled = new Map<string, number>()
  /** Who waits for the end of each key in work. */
  private readonly inWork = new Map<string, ((isNew: boolean) => void)[]>()

  constructor(clock: Clock, capacity: number = CAPACITY) {
    this.clock = clock
    this.capacity = capacity
  }

  reserve(key: string): boolean | Promise<boolean> {
    const waiting = this.inWork.get(key)
    if (waiting !== undefined) return new Promise((resolve) => waiting.push(resolve))
    const until = this.handled.get(key)
    if (until !== undefined && until > this.clock.now()) return false
    this.handled.delete(key)
    this.inWork.set(key, [])
    return true
  }

  commit(key: string, window: number = Infinity): void {
    this.handled.delete(key)
    this.handled.set(key, this.clock.now() + window)
    if (this.handled.size > this.capacity) this.handled.delete(this.handled.keys().next().value!)
    const waiting = this.inWork.get(key) ?? []
    this.inWork.delete(key)
    for (const tell of waiting) tell(false)
  }

  release(key: string): void {
    if (this.handled.delete(key)) return
    const waiting = this.inWork.get(key) ?? []
    const next = waiting.shift()
    if (next === undefined) this.inWork.delete(key)
    else next(true)
  }
}
