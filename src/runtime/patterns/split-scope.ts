/** The scope of a split: what its parts share, and the groups they fed, which end with it. */
import type { MessageRecord } from '../../message/message.ts'
import type { Aggregator } from './aggregator.ts'
import type { Group } from './group.ts'

/**
 * Groups that complete by the split itself live here, not in their aggregator: when the split ends, they are complete, even if
 * a filter took some parts or the number of parts was not known before; when a part fails, they go with the original message.
 */
export class SplitScope {
  /** The message that was split. */
  readonly message: MessageRecord
  /** The scope the split message was itself a part of. */
  readonly outer: SplitScope | undefined
  /** Parts that were dropped. */
  dropped = 0
  private fed: Map<Aggregator, Map<unknown, Group>> | undefined = undefined

  constructor(message: MessageRecord, outer: SplitScope | undefined) {
    this.message = message
    this.outer = outer
  }

  /** Whether no part has come to an aggregator. */
  get isUnfed(): boolean {
    return this.fed === undefined
  }

  groupsOf(aggregator: Aggregator): Map<unknown, Group> {
    this.fed ??= new Map()
    let groups = this.fed.get(aggregator)
    if (groups === undefined) this.fed.set(aggregator, (groups = new Map()))
    return groups
  }

  /** The next group that is still open, with its aggregator. Combining one removes it. */
  nextOpen(): readonly [Aggregator, Group] | undefined {
    if (this.fed === undefined) return undefined
    for (const [aggregator, groups] of this.fed) {
      for (const group of groups.values()) return [aggregator, group]
    }
    return undefined
  }
}
