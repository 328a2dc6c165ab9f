/** The keys of groups that are over, so that what comes late is told from what begins a new group (rule T6). */
import type { GroupKeeper } from './group-keeper.ts'

/** Remembers the last so many, in the store too where there is one. */
export class EndedGroups {
  /** The oldest first. */
  private readonly keys = new Set<unknown>()
  /** Those whose messages the store still has, since what they became has not come through yet. */
  private readonly unsettled = new Set<unknown>()
  private readonly most: number
  private readonly keeper: GroupKeeper | undefined

  constructor(most: number, keeper: GroupKeeper | undefined) {
    this.most = most
    this.keeper = keeper
  }

  has(key: unknown): boolean {
    return this.keys.has(key)
  }

  /** A group is over. The store keeps it until that is {@link settle}d. */
  add(key: unknown): void {
    if (this.keeper !== undefined) this.unsettled.add(key)
    this.remember(key)
  }

  /** A key that the store remembers. */
  remember(key: unknown): void {
    this.keys.add(key)
    if (this.keys.size <= this.most) return
    const oldest = this.keys.values().next().value
    this.keys.delete(oldest)
    if (!this.unsettled.has(oldest)) void this.keeper?.forget(oldest)
  }

  /** What the group became is somewhere else now: the store need not have its messages any more. */
  settle(key: unknown): void | Promise<void> {
    this.unsettled.delete(key)
    return this.keys.has(key) ? this.keeper?.end(key) : this.keeper?.forget(key)
  }

  /** What the group became has failed for good: its messages may come again. */
  forget(key: unknown): void {
    this.keys.delete(key)
    void this.settle(key)
  }
}
