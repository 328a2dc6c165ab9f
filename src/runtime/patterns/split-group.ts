/** A group of the parts of one split, and the message they become. */
import { type HeadersInit, withHeaders } from '../../message/headers.ts'
import { hashName } from '../../message/identity.ts'
import type { MessageRecord } from '../../message/message.ts'
import { retain } from '../../message/retain.ts'
import { type Ending, NO_ENDINGS, endAll } from '../fate.ts'
import type { Frame } from '../frame.ts'
import type { Step } from '../step.ts'
import type { Aggregator } from './aggregator.ts'
import { mergedHeaders } from './merged-headers.ts'
import type { SplitScope } from './split-scope.ts'

/**
 * An open group that ends with its split at the latest. So it needs no timer and no origins, and within its split a part cannot come
 * twice: payloads and headers are all there is to keep.
 */
export class SplitGroup {
  readonly key: unknown
  readonly scope: SplitScope
  readonly aggregator: Aggregator
  /** The part that came first; absent in the group of none. */
  first: Frame | undefined = undefined
  /** It is being combined: what arrives now is late. */
  closing = false
  private readonly gathered: unknown[] = []
  /** Who waits to know what becomes of the parts; there if anybody does. */
  private settlings: Ending[] | undefined = undefined
  readonly memberHeaders: HeadersInit[] = []

  constructor(key: unknown, scope: SplitScope, aggregator: Aggregator) {
    this.key = key
    this.scope = scope
    this.aggregator = aggregator
  }

  get size(): number {
    return this.gathered.length
  }

  /** In a list of the caller's own. */
  get payloads(): readonly unknown[] {
    return this.gathered.slice()
  }

  /** Most groups are, and the group of none: their key tells them from no other. */
  private get isOfWholeSplit(): boolean {
    return this.first === undefined || this.key === this.first.headers.sequence?.correlationId
  }

  /** Takes a part in. */
  add(frame: Frame): void {
    this.first ??= frame
    this.gathered.push(frame.payload)
    this.memberHeaders.push(frame.headers)
    const settlings = frame.handOver()
    if (settlings !== NO_ENDINGS) this.takeOver(settlings)
  }

  private takeOver(settlings: readonly Ending[]): void {
    if (this.settlings === undefined) {
      this.settlings = []
      // Should the split end before the group has become a message, it has failed.
      this.scope.frame.whenEnded(() => endAll(this.handOver(), false))
    }
    for (const then of settlings) this.settlings.push(then)
  }

  /** What was taken over with the parts. */
  handOver(): readonly Ending[] {
    const { settlings = NO_ENDINGS } = this
    this.settlings = undefined
    return settlings
  }

  /** What the group becomes. Its id depends on the split, on the aggregator and on the key alone. */
  become(payload: unknown, headers: HeadersInit | undefined, step: Step): MessageRecord {
    const { message } = this.scope
    const merged = this.size === 0 ? message.rawHeaders : mergedHeaders(this.memberHeaders, message.rawHeaders)
    const number = this.isOfWholeSplit ? 0 : hashName(String(this.key)).low
    return message.derive(payload, headers === undefined ? merged : withHeaders(merged, headers), step.place, number)
  }

  static {
    retain(new SplitGroup(undefined, undefined as never, undefined as never))
  }
}
