/** What the cases of the conformance suite hold in their hands: an open transport, a clock, and ways to wait without guessing. */
import assert from 'node:assert/strict'
import { ChannelClosedError } from '../errors/channel-errors.ts'
import type { ChannelKind, ChannelSpec } from '../graph/graph.ts'
import { restoreMessage } from '../message/message.ts'
import { systemClock } from '../transport/clock.ts'
import type {
  AnyMessage,
  ChannelPort,
  ConsumeOptions,
  Consumer,
  Leftover,
  Subscription,
  Transport,
  TransportCapabilities,
  TransportEnv,
} from '../transport/transport.ts'
import type { ConformanceFactory } from './conformance.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

/** A case before it is known which transport it runs against. It makes one case for each of its kinds. */
export interface CaseDefinition {
  readonly rule: string
  readonly name: string
  readonly kinds: readonly ChannelKind[]
  /** Capabilities without which it does not apply. */
  readonly needs?: readonly CapabilityNeed[]
  /** Options of the channel `c` besides its kind. */
  readonly spec?: Partial<ChannelSpec>
  run(rig: Rig): Promise<void>
}

/** A capability, or that messages keep their order in a channel as a whole. */
export type CapabilityNeed = Exclude<keyof TransportCapabilities, 'order'> | 'total order' | 'reopen'

/** The kinds that keep a message until somebody takes it. */
export const POLLABLE: readonly ChannelKind[] = ['queue', 'priority', 'rendezvous']

/** Those of them with a buffer. */
export const BUFFERED: readonly ChannelKind[] = ['queue', 'priority']

/** A promise with what has become of it so far. */
export interface Watched<T> {
  readonly promise: Promise<T>
  readonly state: 'pending' | 'fulfilled' | 'rejected'
}

const ROUNDS = 2_000

/** See the head of this file. */
export class Rig {
  readonly kind: ChannelKind
  readonly factory: ConformanceFactory
  readonly capabilities: TransportCapabilities
  readonly expired: AnyMessage[] = []
  /** `reason id` of each message given up. */
  readonly dropped: string[] = []
  /** Set to have `onExpired` throw. */
  expiryFails = false
  transport!: Transport
  readonly env: TransportEnv
  private readonly virtual: VirtualClock | undefined
  private readonly ports: ChannelPort[] = []
  private sent = 0
  private open = false

  constructor(kind: ChannelKind, factory: ConformanceFactory, capabilities: TransportCapabilities) {
    this.kind = kind
    this.factory = factory
    this.capabilities = capabilities
    this.virtual = factory.clock === 'virtual' ? virtualClock(1_000_000) : undefined
    this.env = {
      clock: this.virtual ?? systemClock,
      random: seeded(1),
      functions: {},
      onExpired: (_channelId, message) => {
        if (this.expiryFails) throw new Error('The dead-letter channel is full.')
        this.expired.push(message)
      },
      onDropped: (_channelId, message, reason) => this.dropped.push(`${reason} ${message.id}`),
    }
  }

  /** Opens a fresh transport with the channel `c`, and others. */
  async start(spec: Partial<ChannelSpec> = {}, ...others: ChannelSpec[]): Promise<void> {
    await this.startWith(await this.factory.create(), spec, ...others)
  }

  /** The same with a given transport. */
  async startWith(transport: Transport, spec: Partial<ChannelSpec> = {}, ...others: ChannelSpec[]): Promise<void> {
    const specs = [{ ...spec, id: 'c', kind: this.kind }, ...others]
    this.transport = transport
    await transport.open(specs, this.env)
    this.open = true
    this.ports.splice(0, Infinity, ...specs.map(({ id }) => transport.port(id)))
  }

  get port(): ChannelPort {
    return this.ports[0]!
  }

  get now(): number {
    return this.env.clock.now()
  }

  /** Closes the transport, which must leave every count right. */
  async stop(): Promise<readonly Leftover[]> {
    if (!this.open) return []
    this.open = false
    const left = await this.transport.close()
    for (const { spec, stats } of this.ports) {
      const { accepted, settled, dead, expired, dropped, inFlight, buffered } = stats
      const sum = settled + dead + expired + dropped + inFlight + buffered
      assert.equal(
        accepted,
        sum,
        `C10: channel "${spec.id}" accepted ${accepted} messages but accounts for ${sum}: ${JSON.stringify({ ...stats })}`,
      )
    }
    return left
  }

  /** To be called after `stop`. */
  checkTimers(): void {
    if (this.virtual !== undefined) assert.equal(this.virtual.pending, 0, 'Timers are left after close().')
  }

  /** Releases everything, whatever has happened before. */
  async abandon(): Promise<void> {
    if (this.open) await this.transport.close()
    this.open = false
    await this.factory.dispose?.()
  }

  /** A message with an id of its own. */
  message(payload: unknown = null, headers: { readonly [name: string]: unknown } = {}): AnyMessage {
    return restoreMessage({ id: `m${++this.sent}`, timestamp: this.now, payload, headers })
  }

  /** Sends a message and waits until it is accepted. Not for `rendezvous`, where somebody must be there. */
  async send(payload: unknown = null, headers: { readonly [name: string]: unknown } = {}): Promise<AnyMessage> {
    const message = this.message(payload, headers)
    await this.port.send(message)
    return message
  }

  /** Starts to send without waiting, so that the same lines serve channels with and without a buffer. */
  offer(payload: unknown = null, headers: { readonly [name: string]: unknown } = {}): Watched<void> {
    const message = this.message(payload, headers)
    return watch(() => this.port.send(message))
  }

  /** Takes and acknowledges until nothing comes any more, and gives the payloads. */
  async drain(port: ChannelPort = this.port): Promise<unknown[]> {
    const payloads: unknown[] = []
    for (let next = await this.next(port); next !== undefined; next = await this.next(port)) payloads.push(next.payload)
    return payloads
  }

  private async next(port: ChannelPort): Promise<AnyMessage | undefined> {
    try {
      return await port.receive({ timeout: this.virtual === undefined ? 300 : 0 })
    } catch (error) {
      if (error instanceof ChannelClosedError) return undefined
      throw error
    }
  }

  consume(consumer: Consumer, options: Partial<ConsumeOptions> = {}): Subscription {
    return this.port.consume({ name: 'a consumer', ...options }, consumer)
  }

  /** Lets time pass. */
  async elapse(milliseconds: number): Promise<void> {
    if (this.virtual !== undefined) await this.virtual.advance(milliseconds)
    else await sleep(milliseconds)
  }

  /** Lets happen what happens by itself: for cases in which something must not happen. */
  async quiet(): Promise<void> {
    await this.elapse(this.virtual === undefined ? 100 : 0)
  }

  /** Waits until something is true. */
  async until(what: string, condition: () => boolean): Promise<void> {
    for (let round = 0; !condition(); round++) {
      assert.ok(round < ROUNDS, `Waited in vain: ${what}.`)
      // A transport that polls needs time to pass; one that does not is through before.
      await this.elapse(this.virtual === undefined ? 5 : round < 50 ? 0 : 1)
    }
  }

  /** What a watched promise gives; a hang is a failure. */
  async outcome<T>(what: string, watched: Watched<T>): Promise<T> {
    await this.until(what, () => watched.state !== 'pending')
    return watched.promise
  }

  /** So many of something heavy, as the factory says how much its transport is to be given. */
  load(count: number): number {
    return Math.max(2, Math.round(count * (this.factory.load ?? 1)))
  }
}

/** Starts something that may throw at once, and watches what becomes of it. */
export function watch<T>(act: () => T | Promise<T>): Watched<T> {
  const promise = (async () => act())()
  const watched: { promise: Promise<T>; state: Watched<T>['state'] } = { promise, state: 'pending' }
  promise.then(
    () => (watched.state = 'fulfilled'),
    () => (watched.state = 'rejected'),
  )
  return watched
}

/** Checks that a promise rejects with an error of this name, and that the sentence names what it must. */
export async function refuses(act: () => unknown, name: string, ...words: string[]): Promise<void> {
  await assert.rejects(
    async () => act(),
    (error: Error) => {
      assert.equal(error.name, name, `Expected ${name}, but came ${error.name}: ${error.message}`)
      for (const word of words) assert.ok(error.message.includes(word), `"${error.message}" does not say "${word}".`)
      return true
    },
  )
}

/** Random numbers from 0 to below 1 that are the same again for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let word = Math.imul(state ^ (state >>> 15), 1 | state)
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word
    return ((word ^ (word >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds)
  })
}
