/** Sends the messages of a soak run from outside, a window of them at a time; some are given up while they are under way. */
import { message } from 'allora'
import { isLeft } from 'fp-ts/lib/Either.js'
import type { Engine } from '../../src/runtime/engine.ts'
import type { Question } from './app.ts'
import type { Chance } from './chance.ts'
import { type Batch, type Item, type Ledger, MOST_PARTS, itemOf } from './ledger.ts'

/** Messages under way at most. */
const WINDOW = 256
/** Messages between two turns of the event loop. */
const BURST = 32

interface Limits {
  readonly timeout?: number
  readonly signal?: AbortSignal
}

/** Sends one message after the other. */
export class Sender {
  private readonly engine: Engine
  private readonly chance: Chance
  private readonly ledger: Ledger
  private readonly ways: readonly ((item: Item, limits: Limits) => Promise<void>)[]
  private underWay = 0
  private wake: (() => void) | undefined = undefined

  constructor(engine: Engine, chance: Chance, ledger: Ledger) {
    this.engine = engine
    this.chance = chance
    this.ledger = ledger
    const { goods, desk, held, batch, question } = this
    this.ways = [goods, goods, desk, desk, desk, held, batch, question]
  }

  /** Begins to send, and resolves when there is room for the next one. */
  async send(n: number): Promise<void> {
    const item = itemOf(n)
    const way = this.chance.pick(this.ways)
    this.underWay++
    void this.follow(n, way(item, this.limits()))
    if (this.underWay >= WINDOW) await new Promise<void>((resolve) => (this.wake = resolve))
    if (n % BURST === 0) await new Promise((resolve) => setImmediate(resolve))
  }

  /** Resolves when all that was sent is through or refused. */
  async done(): Promise<void> {
    while (this.underWay > 0) await new Promise<void>((resolve) => (this.wake = resolve))
  }

  private async follow(n: number, sending: Promise<void>): Promise<void> {
    try {
      await sending
      if (!this.ledger.wasAccepted(n)) this.ledger.object(`The send of message ${n} resolved, and no channel has it.`)
    } catch {
      // Where it is, the events say; that it is somewhere, the ledger.
    }
    this.underWay--
    const { wake } = this
    this.wake = undefined
    wake?.()
  }

  /** Some senders have no patience, others change their mind. */
  private limits(): Limits {
    const { chance, engine } = this
    if (chance.once(0.01)) return { timeout: chance.below(3) }
    if (!chance.once(0.02)) return {}
    const controller = new AbortController()
    engine.clock.schedule(chance.below(4), () => controller.abort(new Error('Changed my mind')))
    return { signal: controller.signal }
  }

  private readonly goods = (item: Item, limits: Limits): Promise<void> => {
    const { chance, engine } = this
    if (chance.once(0.05)) return engine.send('goods', message(item, { priority: chance.below(10) }), limits)
    const expiresAt = engine.clock.now() + chance.below(20)
    return engine.send('goods', chance.once(0.02) ? message(item, { expiresAt }) : item, limits)
  }

  private readonly desk = (item: Item, limits: Limits): Promise<void> => {
    return this.engine.send('desk', item, limits)
  }

  /** The trigger comes before or after the message, or not at all. */
  private readonly held = async (item: Item, limits: Limits): Promise<void> => {
    const { chance, engine } = this
    const trigger = (): Promise<void> => engine.send('go', item).catch(() => {})
    const order = chance.random()
    if (order < 0.3) await trigger()
    await engine.send('held', item, limits)
    if (order > 0.33) await trigger()
  }

  private readonly batch = (item: Item, limits: Limits): Promise<void> => {
    const batch: Batch = { ...item, parts: this.chance.below(MOST_PARTS + 1) }
    this.ledger.expect(batch)
    return this.engine.send('batches', batch, limits)
  }

  private readonly question = async (item: Item, limits: Limits): Promise<void> => {
    const question: Question = { ...item, value: this.chance.below(200) }
    const reply = await this.engine.request('ask', question, limits)
    this.ledger.close(isLeft(reply) ? question : reply.right, isLeft(reply) ? 'replied with a failure' : 'replied')
  }
}
