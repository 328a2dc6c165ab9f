/** The frame: one message on its way through one flow. It is the exchange that handlers see, and the state the steps change. */
import type { Exchange, HistoryEntry } from '../message/exchange.ts'
import type { Failure } from '../message/failure.ts'
import { type HeadersInit, NO_HEADERS } from '../message/headers.ts'
import { MessageRecord } from '../message/message.ts'
import { retain } from '../message/retain.ts'
import type { FlowError } from '../errors/handling-errors.ts'
import type { Delivery, SendOptions } from '../transport/transport.ts'
import { type Ending, Fate, NO_ENDINGS, endAll } from './fate.ts'
import type { AnyGroup } from './patterns/aggregator.ts'
import type { Group } from './patterns/group.ts'
import type { SplitScope } from './patterns/split-scope.ts'
import type { CreditLender } from './resilience/credit-lender.ts'
import type { Step } from './step.ts'

/** What a frame needs of the runtime it runs in. */
export interface FrameHost {
  /** Aborted at the stop deadline. */
  readonly signal: AbortSignal
  /** What every send of a step is told: to give up when the runtime aborts. */
  readonly sendOptions: SendOptions
}

/** Where a frame's message was taken from. */
export interface FrameSource {
  readonly flowId: string
  readonly channelId: string
  /** A direct channel: the sender still has the message until it is handled. */
  readonly handsOver: boolean
  /** Lends the places of its messages while they wait; absent where no step retries or waits for a trigger, and where the sender holds the message. */
  readonly lender?: CreditLender
}

/** Where the place of a frame is, if it has one that may be lent. */
type Place = Pick<FrameSource, 'lender'>

const NO_PLACE: Place = {}

const NO_HISTORY: readonly HistoryEntry[] = Object.freeze([])

/** What few messages have with them, so that the others need no room for it. */
class Baggage {
  gathered: Group | undefined = undefined
  group: AnyGroup | undefined = undefined
  failure: Failure<unknown> | undefined = undefined
  error: FlowError | undefined = undefined
  endings: Ending[] | undefined = undefined
  fate: Fate | undefined = undefined
  parent: Frame | undefined = undefined
  /** Whether it answers its parent. */
  isBranch = false
  place: Place | undefined = undefined
  notes: Map<string, unknown> | undefined = undefined
  passed: HistoryEntry[] | undefined = undefined

  /** What goes on with a message that another frame takes further. */
  shared(): Baggage {
    const copy = new Baggage()
    copy.gathered = this.gathered
    copy.place = this.place
    copy.notes = this.notes
    if (this.passed !== undefined) copy.passed = [...this.passed]
    return copy
  }
}

/**
 * One class, one shape, no closures: the hot loop makes one of these per message. Steps replace `payload` and `headers` through
 * {@link become}; the message object itself is made only when somebody reads it or sends it.
 */
export class Frame implements Exchange<unknown, HeadersInit> {
  payload: unknown
  /** Never mutated, only replaced. */
  headers: HeadersInit
  /** The message as it entered the flow. */
  readonly entry: MessageRecord
  /** The delivery it came with, settled by whoever launched the frame; absent while the channel needs none, and for groups that a timer emits. */
  delivery: Delivery | undefined
  readonly host: FrameHost
  readonly source: FrameSource
  /** The innermost split this frame is a part of. */
  split: SplitScope | undefined
  /** What the step that suspended waits for. */
  pending: PromiseLike<unknown> | undefined = undefined
  /** What it waits for is its last work: after that it has ended. */
  leaving = false
  /** The step the frame is suspended in. */
  at: Step | undefined = undefined
  /** Where the derivation of the present message starts: the entry, a part, or a group. Absent in a part whose message nobody has asked for. */
  private base: MessageRecord | undefined
  /** The split it began as a part of, which it may have left since, and its number there. */
  private cutFrom: SplitScope | undefined = undefined
  private number = 0
  /** The step that made the present payload, and the one before it; absent for a message as it came. */
  private maker: Step | undefined = undefined
  private lastMaker: Step | undefined = undefined
  /** The message that equals the present state, once it was asked for. */
  private current: MessageRecord | undefined
  private baggage: Baggage | undefined = undefined

  constructor(host: FrameHost, entry: MessageRecord, delivery: Delivery | undefined, source: FrameSource) {
    this.host = host
    this.source = source
    this.entry = entry
    this.delivery = delivery
    this.payload = entry.payload
    this.headers = entry.rawHeaders
    this.current = this.base = entry
    this.split = undefined
  }

  /** Takes a payload that a step made, and keeps the headers. */
  carry(payload: unknown, maker: Step): void {
    this.payload = payload
    this.lastMaker = this.maker
    this.maker = maker
    this.current = undefined
  }

  /** Takes what a step made. */
  become(payload: unknown, headers: HeadersInit, maker: Step): void {
    this.headers = headers
    this.carry(payload, maker)
  }

  /** A frame that goes on from a message made by another, such as a group. It shares entry, delivery, notes and history. */
  spawn(message: MessageRecord, split: SplitScope | undefined): Frame {
    const frame = new Frame(this.host, this.entry, this.delivery, this.source)
    this.share(frame, message)
    frame.split = split
    frame.extra.parent = this
    return frame
  }

  /** A frame that goes on from a part of its message. */
  part(payload: unknown, headers: HeadersInit, split: SplitScope, number: number): Frame {
    const frame = new Frame(this.host, this.entry, this.delivery, this.source)
    frame.payload = payload
    frame.headers = headers
    frame.split = frame.cutFrom = split
    frame.number = number
    frame.current = frame.base = undefined
    this.shareNotes(frame)
    return frame
  }

  /** The same message without its delivery and its split, to go on when both have ended. It decides what becomes of the message. */
  detach(): Frame {
    const frame = new Frame(this.host, this.entry, undefined, this.source)
    this.share(frame, this.message)
    frame.takeOver(this.handOverAll())
    frame.lender = undefined
    return frame
  }

  /** A frame that answers this one, and has been in vain should this one fail. */
  branch(message: MessageRecord): Frame {
    const frame = this.spawn(message, undefined)
    frame.extra.isBranch = true
    return frame
  }

  /** The frame of the whole message: that of the split it is a part of, or of the step that sent it through a branch. */
  get whole(): Frame {
    return this.parent?.whole ?? this
  }

  private get parent(): Frame | undefined {
    return this.cutFrom?.frame ?? this.baggage?.parent
  }

  /** Goes on as another message. */
  rebase(message: MessageRecord): void {
    this.payload = message.payload
    this.headers = message.rawHeaders
    this.current = this.base = message
    this.maker = this.lastMaker = undefined
  }

  /** The message as it is now; the very one that came in while nothing has changed it. */
  get message(): MessageRecord {
    if (this.maker === undefined) return (this.current ??= this.beginning)
    return (this.current ??= this.beginning.madeAt(this.payload, this.headers, this.maker.place, this.lastMaker?.place))
  }

  /** The messages it stands for, as they entered the flow. */
  get origins(): Iterable<MessageRecord> {
    return this.gathered?.origins ?? [this.entry]
  }

  get correlationId(): string {
    return this.headers.correlationId ?? this.entry.id
  }

  get attempt(): number {
    return this.delivery?.attempt ?? 1
  }

  get signal(): AbortSignal {
    const own = this.delivery?.signal
    return own === undefined || own === this.host.signal ? this.host.signal : AbortSignal.any([own, this.host.signal])
  }

  /** What its sends are told. */
  get sendOptions(): SendOptions {
    const own = this.delivery?.signal
    return own === undefined || own === this.host.signal ? this.host.sendOptions : { signal: this.signal }
  }

  get properties(): Map<string, unknown> {
    return (this.extra.notes ??= new Map())
  }

  get history(): readonly HistoryEntry[] {
    return this.baggage?.passed ?? NO_HISTORY
  }

  /** The group across messages that it goes on for. */
  get gathered(): Group | undefined {
    return this.baggage?.gathered
  }

  set gathered(group: Group | undefined) {
    if (group !== this.gathered) this.extra.gathered = group
  }

  /** Lends its place in the consumer's credit while it waits for another message (`resilience/lent.ts`); absent where it has none to lend. */
  get lender(): CreditLender | undefined {
    return (this.baggage?.place ?? (this.delivery === undefined ? NO_PLACE : this.source)).lender
  }

  /** It works in a place of this one, which is another frame's: `undefined` = in none that may be lent. */
  set lender(lender: CreditLender | undefined) {
    if (lender !== this.lender) this.extra.place = lender === undefined ? NO_PLACE : { lender }
  }

  /** A complete group on its way into its aggregator, to be combined there. */
  get group(): AnyGroup | undefined {
    return this.baggage?.group
  }

  set group(group: AnyGroup | undefined) {
    if (group !== this.group) this.extra.group = group
  }

  /** The failure that an error scope is about to take, and the error that tells of it. */
  get failure(): Failure<unknown> | undefined {
    return this.baggage?.failure
  }

  get error(): FlowError | undefined {
    return this.baggage?.error
  }

  fail(failure: Failure<unknown> | undefined, error: FlowError): void {
    this.extra.failure = failure
    this.extra.error = error
  }

  /** An error scope has taken the failure. */
  recovered(): void {
    if (this.baggage !== undefined) this.baggage.failure = this.baggage.error = undefined
  }

  /** Has `then` called when the frame has ended, one way or the other. */
  whenEnded(then: Ending): void {
    ;(this.extra.endings ??= []).push(then)
  }

  /**
   * Has `then` called when it is known what becomes of the message: at the end of the frame, or of all that takes it further. In a branch
   * it is called once more, with false, should the whole message fail after the branch has ended.
   */
  whenSettled(then: Ending): void {
    this.fate.wait(then)
  }

  /** Those who wait for that, when something else takes the message further that ends before the whole of it. */
  handOver(): readonly Ending[] {
    return this.baggage?.fate?.handOver() ?? NO_ENDINGS
  }

  /** The same where the whole may have ended long before, as in a group across messages. Those who wait for the whole wait for that, too. */
  handOverAll(): readonly Ending[] {
    const settlings = [...this.handOver()]
    for (let whole = this.parent; whole !== undefined; whole = whole.parent) settlings.push(whole.fate.postpone())
    return settlings
  }

  takeOver(settlings: readonly Ending[]): void {
    for (const then of settlings) this.whenSettled(then)
  }

  /** Calls those who wait for the end, the last first. */
  ended(succeeded: boolean): void | Promise<void> {
    const { baggage } = this
    if (baggage === undefined || (baggage.endings ?? baggage.fate) === undefined) return
    const { endings, fate } = baggage
    baggage.endings = undefined
    const ending = endings === undefined ? undefined : endAll(endings, succeeded)
    const settling = fate?.end(succeeded)
    return ending === undefined ? settling : ending.then(() => settling)
  }

  /** Notes that the message passed a node. */
  remember(entry: HistoryEntry): void {
    ;(this.extra.passed ??= []).push(entry)
  }

  private share(frame: Frame, message: MessageRecord): void {
    frame.rebase(message)
    this.shareNotes(frame)
  }

  private shareNotes(frame: Frame): void {
    const { baggage } = this
    if (baggage !== undefined) frame.baggage = baggage.shared()
  }

  private get fate(): Fate {
    const { extra } = this
    return (extra.fate ??= new Fate(extra.isBranch ? extra.parent!.fate : undefined))
  }

  private get extra(): Baggage {
    return (this.baggage ??= new Baggage())
  }

  /** Most parts are changed and gathered again before anybody looks at their message. */
  private get beginning(): MessageRecord {
    return (this.base ??= this.cutFrom!.part(this.payload, this.headers, this.number))
  }

  static {
    const nothing = undefined as never
    retain(new Frame(nothing, new MessageRecord(undefined, NO_HEADERS, 0, '', 0), undefined, nothing))
  }
}
