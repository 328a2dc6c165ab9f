/** The books of a soak run: every message that a channel accepted has exactly one fate, and none has one that was never accepted. */
import type { DropReason } from 'allora'

/** A message by its number. `check` is a checksum of the number, so that a mixed-up payload is seen. */
export interface Item {
  readonly n: number
  readonly check: number
}
/** An item of several parts, or of none. */
export interface Batch extends Item {
  readonly parts: number
}
/** A part of a batch, from 0. */
export interface Part extends Item {
  readonly part: number
}

/** How a message ends. */
export type Fate =
  | 'delivered'
  | 'replied'
  | 'replied with a failure'
  | 'error channel'
  | 'dead'
  | `dropped (${DropReason})`

const checksum = (n: number): number => Math.imul(n ^ 0x5bd1e995, 0x9e3779b1) >>> 0

/** Makes an item. */
export const itemOf = (n: number): Item => ({ n, check: checksum(n) })

/** Parts of a batch at most: the fates of a message are the bits of a byte. */
export const MOST_PARTS = 7
const WHOLE = 1 << MOST_PARTS

/** Keeps a byte for each message, so that a million fit into a megabyte. */
export class Ledger {
  /** Messages by their fates; of a batch its parts count. */
  readonly fates: Map<Fate, number> = new Map()
  /** What does not add up, in sentences; the first ones only. */
  readonly objections: string[] = []
  /** What has been noted so far. */
  entries = 0
  private objected = 0
  /** The parts that are to come, or {@link WHOLE}. */
  private readonly expected: Uint8Array
  private readonly settled: Uint8Array
  private readonly accepted: Uint8Array

  constructor(messages: number) {
    this.expected = new Uint8Array(messages).fill(WHOLE)
    this.settled = new Uint8Array(messages)
    this.accepted = new Uint8Array(messages)
  }

  /** Notes of how many parts a message will be. */
  expect(batch: Batch): void {
    this.expected[batch.n] = bitsOf(batch)
  }

  /** Notes that a channel took a message. */
  accept(payload: unknown): void {
    this.entries++
    for (const { n } of itemsIn(payload)) this.accepted[n] = 1
  }

  /** The first items of the run, each time from the first one on that no channel has accepted yet. */
  unaccepted(end: number): Iterable<Item> {
    const from = (): number => {
      const first = this.accepted.subarray(0, end).indexOf(0)
      return first < 0 ? end : first
    }
    return {
      *[Symbol.iterator]() {
        for (let n = from(); n < end; n++) yield itemOf(n)
      },
    }
  }

  wasAccepted(n: number): boolean {
    return this.accepted[n] === 1
  }

  /** Notes how a message, or whatever is in this payload, has ended. */
  close(payload: unknown, fate: Fate): void {
    const items = itemsIn(payload)
    this.entries++
    if (items.length === 0) this.object(`A message without a number was ${fate}: ${JSON.stringify(payload)}.`)
    for (const item of items) this.closeOne(item, fate)
  }

  /** Whether a message has its fate. */
  isClosed(payload: unknown): boolean {
    return itemsIn(payload).every((item) => (this.settled[item.n]! & bitsOf(item)) !== 0)
  }

  /** A dead letter goes its way again: it will have another fate. */
  reopen(payload: unknown): void {
    for (const item of itemsIn(payload)) {
      this.settled[item.n]! &= ~bitsOf(item)
      this.count('dead', -1)
    }
  }

  object(sentence: string): void {
    if (++this.objected <= 20) this.objections.push(sentence)
    else if (this.objected === 21) this.objections.push('There are more objections than these.')
  }

  /** Looks at every message once all is quiet; gives how many channels refused, so that their senders still have them. */
  audit(): number {
    let refused = 0
    for (let n = 0; n < this.expected.length; n++) {
      const due = this.accepted[n] === 1 ? this.expected[n]! : 0
      if (this.accepted[n] === 0) refused++
      if (this.settled[n] === due) continue
      this.object(
        due === 0
          ? `Message ${n} has a fate, and no channel ever accepted it.`
          : `Message ${n} was accepted and is lost: of its parts ${bits(due)} only ${bits(this.settled[n]!)} have a fate.`,
      )
    }
    return refused
  }

  private closeOne(item: Item, fate: Fate): void {
    const { n, check } = item
    const mark = bitsOf(item)
    if (check !== checksum(n)) return this.object(`Message ${n} was ${fate} with the checksum ${check}, not its own.`)
    if ((this.expected[n]! & mark) !== mark) this.object(`Message ${n} was ${fate}, and was never sent.`)
    if ((this.settled[n]! & mark) !== 0) this.object(`Message ${n} was ${fate}, after it had a fate already.`)
    this.settled[n]! |= mark
    this.count(fate, 1)
  }

  private count(fate: Fate, by: number): void {
    this.fates.set(fate, (this.fates.get(fate) ?? 0) + by)
  }
}

/** The items that a payload stands for: one, those of a group, or the one an error message is about. */
function itemsIn(payload: unknown): readonly Item[] {
  if (Array.isArray(payload)) return payload.flatMap(itemsIn)
  if (typeof payload !== 'object' || payload === null) return []
  if ('original' in payload) return itemsIn((payload.original as { readonly payload: unknown }).payload)
  return 'n' in payload ? [payload as Item] : []
}

function bitsOf(item: Item | Batch | Part): number {
  if ('part' in item) return 1 << item.part
  return 'parts' in item && item.parts > 0 ? (1 << item.parts) - 1 : WHOLE
}

const bits = (mask: number): string => mask.toString(2).padStart(MOST_PARTS + 1, '0')
