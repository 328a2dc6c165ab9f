/** A group of messages that an aggregator gathers, and the message it becomes. */
import { type HeadersInit, NO_HEADERS, type Sequence } from '../../message/headers.ts'
import { hashName } from '../../message/identity.ts'
import type { MessageRecord } from '../../message/message.ts'
import type { Timer } from '../../transport/clock.ts'
import type { Frame, FrameSource } from '../frame.ts'
import type { OpenGroup } from '../open-group.ts'
import type { Step } from '../step.ts'
import { withHeaders } from '../frame.ts'
import type { SplitScope } from './split-scope.ts'

/** An open group. */
export class Group implements OpenGroup {
  readonly key: unknown
  /** The split whose parts it gathers; absent when it gathers across messages. */
  readonly scope: SplitScope | undefined
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
  private readonly seen = new Set<string>()

  constructor(key: unknown, scope: SplitScope | undefined, source: FrameSource, nodeId: string) {
    this.key = key
    this.nodeId = nodeId
    this.scope = scope
    this.source = source
  }

  /** Whether neither the message nor its place in the sequence is there already. Within its split a part cannot come twice. */
  lacks(frame: Frame): boolean {
    return this.scope !== undefined || !this.seen.has(placeIn(frame.message))
  }

  /** Takes a message in. */
  add(frame: Frame): void {
    this.members.push(frame.message)
    if (this.scope !== undefined) return
    this.seen.add(placeIn(frame.message))
    this.cameFrom.push(frame.origins)
    this.within.push(frame.gathered)
  }

  /** Gives back the message that came last, if it is this one. */
  takeBack(frame: Frame): void {
    if (this.members.at(-1) !== frame.message) return
    this.members.pop()
    this.seen.delete(placeIn(frame.message))
    this.cameFrom.pop()
    this.within.pop()
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
  }

  /** Where replies to its messages go. */
  get returnAddresses(): ReadonlySet<string> {
    return new Set(this.members.flatMap(({ rawHeaders }) => rawHeaders.replyTo ?? []))
  }

  get payloads(): readonly unknown[] {
    return this.members.map((member) => member.payload)
  }

  /** What the group becomes. Its id depends on the split, or else the first member, on the aggregator and on the key alone. */
  become(payload: unknown, headers: HeadersInit | undefined, step: Step): MessageRecord {
    const base = this.scope?.message ?? this.members[0]!
    const { replyTo } = this
    const merged = replyTo === undefined ? this.mergedHeaders() : withHeaders(this.mergedHeaders(), { replyTo })
    return base.derive(
      payload,
      headers === undefined ? merged : withHeaders(merged, headers),
      step.high,
      step.low,
      hashName(String(this.key)).low,
    )
  }

  /** What it became has failed for good, so its members may come again and are not late. */
  forget(): void {
    for (const group of this.within) group?.forget()
    this.forgotten?.()
  }

  /** Headers equal in all members; the sequence and correlation of the split give way to those around it. */
  private mergedHeaders(): HeadersInit {
    const { scope, members } = this
    const first = members[0]
    if (first === undefined) return scope!.message.rawHeaders
    const merged: Record<string, unknown> = commonHeaders(members)
    delete merged['causationId']
    const sequence = commonSplit(members)
    if (sequence === undefined) return merged
    const around = scope === undefined ? outside(sequence) : placeOf(scope.message.rawHeaders)
    delete merged['sequence']
    delete merged['correlationId']
    return withHeaders(merged, around)
  }
}

/** What tells a message from the others of its group. */
function placeIn({ id, rawHeaders: { sequence } }: MessageRecord): string {
  return sequence === undefined ? id : `${sequence.correlationId}/${sequence.number}`
}

function commonHeaders(members: readonly MessageRecord[]): Record<string, unknown> {
  const merged: Record<string, unknown> = Object.assign({}, members[0]!.rawHeaders)
  for (const { rawHeaders } of members) {
    for (const name in merged) if (!Object.is(rawHeaders[name], merged[name])) delete merged[name]
  }
  return merged
}

/** The sequence of the first member, when all members are parts of the same split. */
function commonSplit(members: readonly MessageRecord[]): Sequence | undefined {
  const first = members[0]!.rawHeaders.sequence
  const same = members.every((member) => member.rawHeaders.sequence?.correlationId === first?.correlationId)
  return same ? first : undefined
}

/** What the split message itself had, as far as its parts tell when they come from elsewhere. */
const outside = ({ outer }: Sequence): HeadersInit =>
  outer === undefined ? NO_HEADERS : { correlationId: outer.correlationId, sequence: outer }

/** The headers that place a message among others. */
function placeOf({ correlationId, sequence }: HeadersInit): HeadersInit {
  return {
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(sequence === undefined ? {} : { sequence }),
  }
}
