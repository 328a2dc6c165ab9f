/** A group of messages that an aggregator gathers across messages, and the message it becomes. */
import { type HeadersInit, withHeaders } from '../../message/headers.ts'
import { hashName } from '../../message/identity.ts'
import type { MessageRecord } from '../../message/message.ts'
import type { Timer } from '../../transport/clock.ts'
import { type Ending, endAll } from '../fate.ts'
import type { Frame, FrameSource } from '../frame.ts'
import type { OpenGroup } from '../open-group.ts'
import type { Step } from '../step.ts'
import { mergedHeaders } from './merged-headers.ts'

/** An open group. */
export class Group implements OpenGroup {
  readonly key: unknown
  /** It belongs to no split: those have groups of their own. */
  readonly scope = undefined
  readonly source: FrameSource
  /** The aggregator's node. */
  readonly nodeId: string
  readonly members: MessageRecord[] = []
  timer: Timer | undefined = undefined
  /** It is being combined: what arrives now is late. */
  closing = false
  /** Where the reply to all goes who asked with one of its messages; set when it has become one. */
  replyTo: string | undefined = undefined
  /** Called when what it became has failed for good. */
  forgotten: (() => void) | undefined = undefined
  /** Called when an error channel has what it became. */
  parked: (() => void) | undefined = undefined
  kept = false
  /** When its first message came, before this runtime; absent = now. */
  openedAt: number | undefined = undefined
  /** Groups that became members of this one. */
  private readonly within: (Group | undefined)[] = []
  /** What each member was when it entered its flow: one message, or those of a group. */
  private readonly cameFrom: Iterable<MessageRecord>[] = []
  /** Who waits to know what becomes of each member. */
  private readonly settlings: (readonly Ending[])[] = []
  private readonly seen = new Set<string>()

  constructor(key: unknown, source: FrameSource, nodeId: string) {
    this.key = key
    this.nodeId = nodeId
    this.source = source
  }

  /** Whether neither the message nor its place in the sequence is there already. */
  lacks(frame: Frame): boolean {
    return !this.seen.has(placeIn(frame.message))
  }

  /** Takes a message in. */
  add(frame: Frame): void {
    this.members.push(frame.message)
    this.seen.add(placeIn(frame.message))
    this.cameFrom.push(frame.origins)
    this.within.push(frame.gathered)
    this.settlings.push(frame.handOverAll())
  }

  /** Gives back the message that came last, if it is this one. */
  takeBack(frame: Frame): void {
    if (this.members.at(-1) !== frame.message) return
    this.members.pop()
    this.seen.delete(placeIn(frame.message))
    this.cameFrom.pop()
    this.within.pop()
    frame.takeOver(this.settlings.pop()!)
  }

  /** The messages its members were, as they entered their flow. */
  get origins(): Set<MessageRecord> {
    return new Set(this.cameFrom.flatMap((origins) => [...origins]))
  }

  /** Takes in a message that was kept, as it was when it came. */
  restore(member: MessageRecord, origins: readonly MessageRecord[]): void {
    this.members.push(member)
    this.seen.add(placeIn(member))
    this.cameFrom.push(origins)
    this.within.push(undefined)
    this.settlings.push([])
  }

  /** What was taken over with its members. */
  handOver(): readonly Ending[] {
    return this.settlings.splice(0).flat()
  }

  /** It is over, and became nothing. */
  settle(succeeded: boolean): void | Promise<void> {
    return endAll(this.handOver(), succeeded)
  }

  /** In a store its messages are as good as handled. */
  abandon(): void | Promise<void> {
    if (!this.kept) return this.settle(false)
  }

  /** Where replies to its messages go. */
  get returnAddresses(): ReadonlySet<string> {
    return new Set(this.members.flatMap(({ rawHeaders }) => rawHeaders.replyTo ?? []))
  }

  get memberHeaders(): readonly HeadersInit[] {
    return this.members.map(({ rawHeaders }) => rawHeaders)
  }

  get payloads(): readonly unknown[] {
    return this.members.map((member) => member.payload)
  }

  /** What the group becomes. Its id depends on the first member, on the aggregator and on the key alone. */
  become(payload: unknown, headers: HeadersInit | undefined, step: Step): MessageRecord {
    const { replyTo } = this
    const common = mergedHeaders(this.memberHeaders, undefined)
    const merged = replyTo === undefined ? common : withHeaders(common, { replyTo })
    return this.members[0]!.derive(
      payload,
      headers === undefined ? merged : withHeaders(merged, headers),
      step.place,
      hashName(String(this.key)).low,
    )
  }

  /** What it became has failed for good, so its members may come again and are not late. */
  forget(): void {
    for (const group of this.within) group?.forget()
    this.forgotten?.()
  }
}

/** What tells a message from the others of its group. */
function placeIn({ id, rawHeaders: { sequence } }: MessageRecord): string {
  return sequence === undefined ? id : `${sequence.correlationId}/${sequence.number}`
}
