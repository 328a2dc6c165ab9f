/** What happens to the app of a soak run meanwhile: flows pause and stop, change their concurrency, channels are purged, dead letters redriven. */
import type { Engine } from '../../src/runtime/engine.ts'
import { ASIDE } from './app.ts'
import type { Chance } from './chance.ts'
import type { Item, Ledger } from './ledger.ts'

/** Dead letters that are looked after together. */
const LETTERS = 1_000

/** Disturbs an app. */
export class Disturbance {
  /** How often each was done. */
  readonly counts: Record<string, number> = {}
  private readonly engine: Engine
  private readonly chance: Chance
  private readonly ledger: Ledger
  private readonly flows: readonly string[]
  private readonly disturbed = new Set<string>()
  private readonly running = new Set<Promise<void>>()
  private tending = false

  constructor(engine: Engine, chance: Chance, ledger: Ledger) {
    this.engine = engine
    this.chance = chance
    this.ledger = ledger
    this.flows = engine.control.flows().map(({ id }) => id)
  }

  /** Does one of them. */
  strike(): void {
    const { chance } = this
    const flow = chance.pick(this.flows)
    if (this.engine.deadLetters.size > LETTERS && !this.tending) this.begin('tend dead letters', () => this.tend())
    else if (chance.once(0.05)) this.begin('purge', () => this.purge())
    else if (!this.disturbed.has(flow)) this.begin(...this.toFlow(flow))
  }

  /** Resolves when all that was begun is over. */
  async end(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running)
  }

  private begin(what: string, act: () => Promise<void>): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
    const running = act()
      .catch((error: unknown) => this.ledger.object(`"${what}" failed: ${String(error)}`))
      .then(() => void this.running.delete(running))
    this.running.add(running)
  }

  private toFlow(flow: string): [string, () => Promise<void>] {
    const { control } = this.engine
    const act = async (begin: () => unknown, end: () => unknown): Promise<void> => {
      this.disturbed.add(flow)
      await begin()
      await this.sleep(1 + this.chance.below(5))
      await end()
      this.disturbed.delete(flow)
    }
    switch (this.chance.below(3)) {
      case 0:
        return [
          'pause a flow',
          () =>
            act(
              () => control.pause(flow),
              () => control.resume(flow),
            ),
        ]
      case 1:
        return [
          'stop a flow',
          () =>
            act(
              () => control.stop(flow),
              () => control.start(flow),
            ),
        ]
      default:
        return [
          'change a concurrency',
          () =>
            act(
              () => control.concurrency(flow, 1),
              () => control.concurrency(flow, 1 + this.chance.below(32)),
            ),
        ]
    }
  }

  private async purge(): Promise<void> {
    await this.engine.channelOf('seen').port.purge()
    await this.engine.channelOf('goods').port.purge(({ payload }) => (payload as Item).n % 7 === 0)
  }

  /** Redrives the dead letters of one flow, and removes the others. */
  private async tend(): Promise<void> {
    const { deadLetters } = this.engine
    this.tending = true
    const { flowId } = this.chance.pick(deadLetters.list().filter((letter) => letter.flowId !== undefined))
    const letters = deadLetters.list({ flowId: flowId! }).filter(({ channelId }) => !ASIDE.has(channelId))
    for (const other of deadLetters.list()) if (other.flowId !== flowId) deadLetters.remove(other)
    for (const { message } of letters) this.ledger.reopen(message.payload)
    const { refused } = await deadLetters.redrive({ flowId: flowId! })
    for (const { letter } of refused)
      if (!ASIDE.has(letter.channelId) && !this.ledger.isClosed(letter.message.payload))
        this.ledger.close(letter.message.payload, 'dead')
    this.tending = false
  }

  private sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.engine.clock.schedule(milliseconds, resolve))
  }
}
