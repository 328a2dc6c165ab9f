/** The scope of a split: what its parts share, and the groups they fed, which end with it. */
import type { HeadersInit } from '../../message/headers.ts'
import type { MessageRecord } from '../../message/message.ts'
import { retain } from '../../message/retain.ts'
import type { Frame } from '../frame.ts'
import type { Step } from '../step.ts'
import type { Aggregator } from './aggregator.ts'
import type { SplitGroup } from './split-group.ts'

/**
 * Groups that complete by the split itself live here, not in their aggregator: when the split ends, they are complete, even if
 * a filter took some parts or the number of parts was not known before; when a part fails, they go with the original message.
 */
export class SplitScope {
  /** The one whose message was split. */
  readonly frame: Frame
  /** The message that was split. */
  readonly message: MessageRecord
  /** The scope the split message was itself a part of. */
  readonly outer: SplitScope | undefined
  /** Parts that were dropped. */
  dropped = 0
  /** Whether no part has come to an aggregator. */
  isUnfed = true
  /** The open group, while there has been one at a time, as in most splits. */
  private only: SplitGroup | undefined = undefined
  /** All open groups, since there were two. */
  private groups: Map<Aggregator, Map<unknown, SplitGroup>> | undefined = undefined

  /** The splitter's. */
  private readonly step: Step

  constructor(frame: Frame, message: MessageRecord, outer: SplitScope | undefined, step: Step) {
    this.frame = frame
    this.message = message
    this.outer = outer
    this.step = step
  }

  /** The message of a part. */
  part(payload: unknown, headers: HeadersInit, number: number): MessageRecord {
    return this.message.derive(payload, headers, this.step.place, number)
  }

  /** The open group of a key. */
  groupOf(aggregator: Aggregator, key: unknown): SplitGroup | undefined {
    const { only } = this
    if (only === undefined) return this.groups?.get(aggregator)?.get(key)
    return only.aggregator === aggregator && isSameKey(only.key, key) ? only : undefined
  }

  open(group: SplitGroup): void {
    this.isUnfed = false
    if (this.only === undefined && this.groups === undefined) {
      this.only = group
      return
    }
    if (this.only !== undefined) this.keep(this.only)
    this.only = undefined
    this.keep(group)
  }

  close(group: SplitGroup): void {
    if (this.only === group) this.only = undefined
    else this.groups?.get(group.aggregator)?.delete(group.key)
  }

  /** The next group that is still open. Combining one closes it. */
  nextOpen(): SplitGroup | undefined {
    if (this.only !== undefined || this.groups === undefined) return this.only
    for (const groups of this.groups.values()) {
      for (const group of groups.values()) return group
    }
    return undefined
  }

  private keep(group: SplitGroup): void {
    this.groups ??= new Map()
    let groups = this.groups.get(group.aggregator)
    if (groups === undefined) this.groups.set(group.aggregator, (groups = new Map()))
    groups.set(group.key, group)
  }

  static {
    retain(new SplitScope(undefined as never, undefined as never, undefined, undefined as never))
  }
}

/** As a map compares keys. */
const isSameKey = (a: unknown, b: unknown): boolean => a === b || (Number.isNaN(a) && Number.isNaN(b))
