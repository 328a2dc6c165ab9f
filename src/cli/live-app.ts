/** An app that runs and can be replaced while it does. Who controls it sees one runtime, whatever is behind it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { ChannelClosedError } from '../errors/channel-errors.ts'
import type { Controlled } from '../control/controlled.ts'
import type { ChannelSendOptions, PollableChannel, ReceiveOptions } from '../runtime/channel.ts'
import type { Control } from '../runtime/control.ts'
import type { DeadLetter, DeadLetters } from '../runtime/dead-letters.ts'
import { Engine } from '../runtime/engine.ts'
import type { RuntimeEvents } from '../runtime/events.ts'
import type { MetricsSnapshot } from '../runtime/metrics.ts'
import type { LeftMessage, StopReport } from '../runtime/stop-report.ts'
import { KeptGroups } from './kept-groups.ts'
import { type KeptMessage, holding, keptChannels, takeOut } from './kept-messages.ts'
import type { LoadedApp } from './load-app.ts'

/** Milliseconds that work in flight has before a reload goes on without it. */
const RELOAD_TIMEOUT = 10_000
/** Milliseconds between two looks at channels that work in flight may be filling. */
const LOOK_AGAIN = 20

interface Listener {
  readonly attach: (engine: Engine) => () => void
  detach: () => void
}

/** What a reload did. */
export interface ReloadReport {
  /** Messages that went over, those in open groups included. */
  readonly kept: number
  /** Messages whose channel is gone or full now: they are kept for the next reload. */
  readonly homeless: readonly KeptMessage[]
  /** Messages of open groups whose aggregator is gone: they too are kept for the next reload. */
  readonly ungrouped: readonly LeftMessage[]
  /** Messages that could not go over, since they were in work for too long. */
  readonly left: readonly LeftMessage[]
}

/** See above. */
export class LiveApp implements Controlled {
  private loaded: LoadedApp
  private engine: Engine
  /** Settles when the start or a reload is over; senders and receivers wait for it. */
  private ready: Promise<unknown> = Promise.resolve()
  private homeless: KeptMessage[] = []
  private readonly groups: KeptGroups | undefined
  /** What is being replaced. */
  private leaving: Engine | undefined
  private readonly listeners = new Set<Listener>()
  private stopping: Promise<StopReport> | undefined
  private readonly end = Promise.withResolvers<StopReport>()
  /** Settles when the app has been stopped, by whomever. */
  readonly stopped: Promise<StopReport> = this.end.promise

  /** @param options Whether it may be reloaded: open groups then live in a store that outlives them. */
  constructor(loaded: LoadedApp, { reloads = false }: { readonly reloads?: boolean } = {}) {
    this.loaded = loaded
    this.groups = reloads ? new KeptGroups() : undefined
    this.engine = this.engineOf(loaded, [], [])
  }

  get state(): string {
    return this.engine.state
  }

  get deadLetters(): DeadLetters {
    return this.engine.deadLetters
  }

  get control(): Control {
    return this.engine.control
  }

  async start(): Promise<void> {
    const start = this.engine.start()
    this.ready = start.catch(() => undefined)
    await start
  }

  /** Replaces the app. When the new one cannot start, the old one goes on and the promise rejects. */
  async reload(next: LoadedApp): Promise<ReloadReport> {
    // Missing services are found out before anything is stopped.
    this.engineOf(next, [], [])
    const change = this.change(next)
    this.ready = change.catch(() => undefined)
    return change
  }

  /** Waits for a reload that is under way. A second call with a timeout brings the end forward. */
  stop(options: { readonly timeout?: number } = {}): Promise<StopReport> {
    if (this.stopping === undefined) {
      this.stopping = this.halt(options)
      this.end.resolve(this.stopping)
    } else if (options.timeout !== undefined) void this.engine.stop(options)
    return this.stopping
  }

  async sendUnknown(id: string, payload: unknown, options?: ChannelSendOptions): Promise<void> {
    await this.ready
    return this.engine.sendUnknown(id, payload, options)
  }

  /** A channel whose `take` survives a reload. */
  channel(id: string): object {
    const handle: object = this.engine.channel(id)
    if (!('take' in handle)) return handle
    const take = async (options: ReceiveOptions): Promise<unknown> => {
      for (;;) {
        await this.ready
        const current = this.engine.channel(id) as unknown as PollableChannel<unknown>
        try {
          return await current.take(options)
        } catch (error) {
          await this.ready
          const replaced = (this.engine.channel(id) as object) !== current
          if (!(error instanceof ChannelClosedError && replaced)) throw error
        }
      }
    }
    return { take }
  }

  on<K extends keyof RuntimeEvents>(event: K, listener: (event: RuntimeEvents[K]) => void): () => void {
    const attach = (engine: Engine): (() => void) =>
      engine.on(event, (told) => {
        // What a reload takes out of a channel is not dropped, so nobody is told that it was.
        const moved = 'reason' in told && told.reason === 'purged' && engine === this.leaving
        if (!moved) listener(told)
      })
    const entry: Listener = { attach, detach: attach(this.engine) }
    this.listeners.add(entry)
    return () => {
      entry.detach()
      this.listeners.delete(entry)
    }
  }

  metrics(): MetricsSnapshot {
    return this.engine.metrics()
  }

  private async halt(options: { readonly timeout?: number }): Promise<StopReport> {
    await this.ready
    const report = await this.engine.stop(options)
    return { ...report, left: [...report.left, ...this.homeless.map(leftOver), ...(await this.ungrouped())] }
  }

  private async ungrouped(): Promise<readonly LeftMessage[]> {
    return (await this.groups?.homeless()) ?? []
  }

  private engineOf(
    { app, services, transports, logger }: LoadedApp,
    kept: readonly KeptMessage[],
    letters: readonly DeadLetter[],
  ): Engine {
    return new Engine(this.groups?.keeping(app) ?? app, {
      services,
      transports: { default: holding(app.graph, kept, (message) => this.homeless.push(message)), ...transports },
      deadLetters: { letters },
      ...(logger !== undefined && { logger }),
    })
  }

  private async change(next: LoadedApp): Promise<ReloadReport> {
    const { loaded: before, engine: old } = this
    this.leaving = old
    const kept = [...this.homeless, ...(await this.quieten())]
    const letters = old.deadLetters.list()
    const { left } = await old.stop({ timeout: 0 })
    const grouped = left.filter((each) => this.groups?.has(each) === true)
    try {
      await this.begin(next, kept, letters)
    } catch (error) {
      await this.begin(before, kept, letters)
      throw error
    }
    const { homeless } = this
    const ungrouped = await this.ungrouped()
    const lost = left.filter((each) => !grouped.includes(each))
    const all = kept.length + grouped.length
    return { kept: Math.max(0, all - homeless.length - ungrouped.length), homeless, ungrouped, left: lost }
  }

  private async begin(loaded: LoadedApp, kept: readonly KeptMessage[], letters: readonly DeadLetter[]): Promise<void> {
    this.homeless = []
    this.leaving = undefined
    this.loaded = loaded
    this.engine = this.engineOf(loaded, kept, letters)
    for (const entry of this.listeners) entry.detach = entry.attach(this.engine)
    await this.engine.start()
  }

  /** Lets the work in flight end while no more is begun, and takes out what waits. */
  private async quieten(): Promise<readonly KeptMessage[]> {
    const { engine, loaded } = this
    const channels = 'default' in loaded.transports ? [] : keptChannels(loaded.app.graph)
    for (const flow of engine.control.flows()) {
      const buffered = flow.channels.every((id) =>
        ['queue', 'priority', 'rendezvous'].includes(engine.channel(id).kind),
      )
      // A flow that reads from a direct channel is part of its senders' work, and must go on for that to end.
      if (buffered || flow.sources.length > 0) engine.control.pause(flow.id)
    }
    const kept: KeptMessage[] = []
    // What waits is taken out again and again: work in flight may need the room to end.
    for (const deadline = Date.now() + RELOAD_TIMEOUT; ; await sleep(LOOK_AGAIN)) {
      const quiet = engine.isDrained()
      const taken = await takeOut(engine, channels)
      kept.push(...taken)
      if ((quiet && taken.length === 0) || Date.now() > deadline) return kept
    }
  }
}

const leftOver = ({ channelId, message }: KeptMessage): LeftMessage => ({
  messageId: message.id,
  channelId,
  state: 'buffered',
  age: Date.now() - message.timestamp,
})
