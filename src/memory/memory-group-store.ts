/** Groups in memory, to be shared by runtimes that follow one another. */
import type { GroupStore, StoredGroups, StoredMember } from '../message/group-store.ts'

/**
 * A {@link GroupStore} in memory: its groups outlive a runtime, but not the process. For tests, and as a model for others.
 *
 * @example
 * ```ts
 * import { app, flow, memoryGroupStore, queue, runtime } from 'allora'
 *
 * const store = memoryGroupStore()
 * const pairs = flow('pairs')
 *   .from(queue('letters').of<string>())
 *   .aggregate({ size: 2, correlateBy: () => 'all', store })
 *   .to(queue('pairs'))
 *   .build()
 *
 * const first = await runtime(app(pairs)).start()
 * await first.send('letters', 'a')
 * await first.stop()
 *
 * await using second = await runtime(app(pairs)).start()
 * await second.send('letters', 'b')
 * const { payload } = await second.channel('pairs').receive()
 * payload // => ['a', 'b']
 * ```
 */
export function memoryGroupStore(): GroupStore {
  return new MemoryGroupStore()
}

/** What is kept for one aggregator: members by their ids in groups by their keys, each in the order they came. */
interface Kept {
  readonly open: Map<string, Map<string, StoredMember>>
  readonly over: Set<string>
}

class MemoryGroupStore implements GroupStore {
  private readonly aggregators = new Map<string, Kept>()

  load(aggregator: string): StoredGroups {
    const { open, over } = this.keptFor(aggregator)
    return {
      open: [...open].map(([key, members]) => ({ key, members: [...members.values()] })),
      over: [...over],
    }
  }

  add(aggregator: string, key: string, member: StoredMember): void {
    const { open } = this.keptFor(aggregator)
    const members = open.get(key) ?? new Map<string, StoredMember>()
    if (!members.has(member.message.id)) members.set(member.message.id, member)
    open.set(key, members)
  }

  remove(aggregator: string, key: string, messageId: string): void {
    const { open } = this.keptFor(aggregator)
    const members = open.get(key)
    members?.delete(messageId)
    if (members?.size === 0) open.delete(key)
  }

  end(aggregator: string, key: string): void {
    const { open, over } = this.keptFor(aggregator)
    open.delete(key)
    over.add(key)
  }

  forget(aggregator: string, key: string): void {
    const { open, over } = this.keptFor(aggregator)
    open.delete(key)
    over.delete(key)
  }

  private keptFor(aggregator: string): Kept {
    const kept = this.aggregators.get(aggregator) ?? { open: new Map(), over: new Set() }
    this.aggregators.set(aggregator, kept)
    return kept
  }
}
