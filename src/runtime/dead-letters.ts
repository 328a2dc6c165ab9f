/** The dead letters of a runtime: every message that failed for good, with what is needed to mend and replay it. */
import { DeadLettersFullError, type FlowError } from '../errors/handling-errors.ts'
import type { AlloraError } from '../errors/allora-error.ts'
import { UnknownDeadLetterError } from '../errors/lifecycle-errors.ts'
import type { HistoryEntry } from '../message/exchange.ts'
import { lasting } from '../message/message.ts'
import type { AnyMessage } from '../transport/transport.ts'

/** Why a message is a dead letter. */
export type DeadReason = 'failed' | 'invalid' | 'expired' | 'group-timeout'

/** A message that failed for good (Dead Letter Channel). */
export interface DeadLetter {
  /** The message's id. */
  readonly id: string
  /** As it entered the flow. */
  readonly message: AnyMessage
  /** As it entered the node that failed; absent for a part of a split, for a group, and where no node or an `onError` failed. */
  readonly failed?: AnyMessage
  readonly reason: DeadReason
  readonly error: FlowError | AlloraError
  /** The channel it was taken from. */
  readonly channelId: string
  /** Absent when it expired before it was known which flow would take it. */
  readonly flowId?: string
  readonly nodeId?: string
  /** Deliveries that failed. */
  readonly attempts: number
  /** Milliseconds since 1970. */
  readonly firstFailedAt: number
  readonly lastFailedAt: number
  readonly history: readonly HistoryEntry[]
}

/** Which letters `list` and `redrive` mean; every field given must match. */
export interface DeadLetterFilter {
  readonly id?: string
  readonly flowId?: string
  readonly nodeId?: string
  readonly channelId?: string
  readonly reason?: DeadReason
}

/** How `redrive` goes about it. */
export interface RedriveOptions {
  /** Only says what it would do; absent = false. */
  readonly dryRun?: boolean
  /**
   * Where the message begins again; absent = `'start'`: it is sent to its channel, or, where that is a pubsub channel, given to the flow
   * that failed and to no other subscriber. `'node'`: as it entered the node that failed, without the steps before it.
   */
  readonly from?: 'start' | 'node'
}

/** What a `redrive` did, or would do. */
export interface RedriveReport {
  /** Sent again and no longer dead letters. */
  readonly redriven: readonly DeadLetter[]
  /** Could not be sent; still dead letters. */
  readonly refused: readonly { readonly letter: DeadLetter; readonly error: unknown }[]
}

/** Lists, shows, removes and replays dead letters (rule E6). */
export interface DeadLetters {
  readonly size: number
  /** Oldest first. */
  list(filter?: DeadLetterFilter): readonly DeadLetter[]
  /** @throws UnknownDeadLetterError when there is none of this id. */
  show(id: string): DeadLetter
  /** Removes letters for good and gives them back. */
  remove(filter: DeadLetterFilter): readonly DeadLetter[]
  /**
   * Has messages handled again, one after the other. They expire no more. One that cannot go again, with a `RedriveError` or because its
   * channel refuses it, stays a dead letter.
   *
   * @example
   * ```ts
   * import { app, flow, pubsub, runtime } from 'allora'
   *
   * let open = false
   * const shop = flow('shop')
   *   .from(pubsub('orders').of<string>())
   *   .handle(() => {
   *     if (!open) throw new Error('closed')
   *   })
   *   .build()
   *
   * await using rt = await runtime(app(shop)).start()
   * await rt.send('orders', 'bread')
   * open = true
   * const { redriven } = await rt.deadLetters.redrive({ flowId: 'shop' }, { from: 'node' })
   * redriven.length // => 1
   * ```
   */
  redrive(filter: DeadLetterFilter, options?: RedriveOptions): Promise<RedriveReport>
}

/** What a new letter is made of. */
export type Death = Omit<DeadLetter, 'id' | 'firstFailedAt' | 'lastFailedAt'>

/** Finds how a letter goes again, or throws. */
type WayAgain = (letter: DeadLetter, from: RedriveOptions['from']) => () => void | Promise<void>

/** Dead letters in memory, in the order they came. */
export class MemoryDeadLetters implements DeadLetters {
  private readonly letters = new Map<string, DeadLetter>()
  /** What was sent again, by the message: should it fail once more, its failures are known. */
  private readonly redriven = new WeakMap<AnyMessage, DeadLetter>()
  private readonly capacity: number
  private readonly wayAgain: WayAgain

  constructor(capacity: number, letters: readonly DeadLetter[], wayAgain: WayAgain) {
    this.capacity = capacity
    for (const letter of letters) this.keep(letter)
    this.wayAgain = wayAgain
  }

  get size(): number {
    return this.letters.size
  }

  /** Takes all of them, or throws `DeadLettersFullError`. One for the same message and flow joins the earlier one. */
  take(deaths: readonly Death[], at: number): readonly DeadLetter[] {
    const letters = deaths.map((death): DeadLetter => ({
      id: death.message.id,
      ...death,
      firstFailedAt: at,
      lastFailedAt: at,
    }))
    const more = letters.filter((letter) => !this.letters.has(keyOf(letter))).length
    if (this.letters.size + more > this.capacity) {
      throw new DeadLettersFullError(
        `The dead letters are full (${this.capacity}), so the message stays where it was. Redrive or remove some, or give the runtime { deadLetters: { capacity } }.`,
        { cause: deaths[0]!.error },
      )
    }
    return letters.map((letter) => this.keep(joined(this.earlier(letter), letter)))
  }

  list(filter: DeadLetterFilter = {}): readonly DeadLetter[] {
    return [...this.letters.values()].filter((letter) => matches(letter, filter))
  }

  show(id: string): DeadLetter {
    const letter = this.list({ id })[0]
    if (letter === undefined) {
      throw new UnknownDeadLetterError(
        `There is no dead letter of message "${id}". \`deadLetters.list()\` shows those there are.`,
        { messageId: id },
      )
    }
    return letter
  }

  remove(filter: DeadLetterFilter): readonly DeadLetter[] {
    const removed = this.list(filter)
    for (const letter of removed) this.letters.delete(keyOf(letter))
    return removed
  }

  async redrive(filter: DeadLetterFilter, { dryRun, from }: RedriveOptions = {}): Promise<RedriveReport> {
    const redriven: DeadLetter[] = []
    const refused: { letter: DeadLetter; error: unknown }[] = []
    for (const letter of this.list(filter)) {
      try {
        const again = lastingLetter(letter)
        const goAgain = this.wayAgain(again, from)
        if (dryRun !== true && !(await this.sent(letter, again.message, goAgain))) continue
        redriven.push(letter)
      } catch (error) {
        refused.push({ letter: this.letters.get(keyOf(letter)) ?? this.keep(letter), error })
      }
    }
    return { redriven, refused }
  }

  /** Out before it goes in again: should it fail once more, it comes back as a letter of its own accord. False when it is out already. */
  private async sent(letter: DeadLetter, message: AnyMessage, goAgain: () => void | Promise<void>): Promise<boolean> {
    if (!this.letters.delete(keyOf(letter))) return false
    this.redriven.set(message, letter)
    await goAgain()
    return true
  }

  /** The letter that the same message was in the same flow before. */
  private earlier(letter: DeadLetter): DeadLetter | undefined {
    const earlier = this.letters.get(keyOf(letter)) ?? this.redriven.get(letter.message)
    return earlier !== undefined && keyOf(earlier) === keyOf(letter) ? earlier : undefined
  }

  private keep(letter: DeadLetter): DeadLetter {
    this.letters.set(keyOf(letter), Object.freeze(letter))
    return letter
  }
}

/** The letter with messages that do not expire: whoever redrives them wants them handled. */
function lastingLetter(letter: DeadLetter): DeadLetter {
  const { message, failed } = letter
  return { ...letter, message: lasting(message), ...(failed === undefined ? {} : { failed: lasting(failed) }) }
}

function joined(earlier: DeadLetter | undefined, later: DeadLetter): DeadLetter {
  if (earlier === undefined) return later
  return { ...later, firstFailedAt: earlier.firstFailedAt, attempts: earlier.attempts + later.attempts }
}

/** One message can die in several flows: each subscriber of a pubsub channel is one. */
const keyOf = (letter: DeadLetter): string => JSON.stringify([letter.id, letter.channelId, letter.flowId])

const matches = (letter: DeadLetter, filter: DeadLetterFilter): boolean =>
  (filter.id === undefined || letter.id === filter.id) &&
  (filter.flowId === undefined || letter.flowId === filter.flowId) &&
  (filter.nodeId === undefined || letter.nodeId === filter.nodeId) &&
  (filter.channelId === undefined || letter.channelId === filter.channelId) &&
  (filter.reason === undefined || letter.reason === filter.reason)
