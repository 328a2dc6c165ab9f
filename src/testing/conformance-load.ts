/** Conformance: many producers and consumers, many messages, and races (C3, C10). */
import assert from 'node:assert/strict'
import type { ChannelKind } from '../graph/graph.ts'
import type { AnyMessage, Delivery, Subscription } from '../transport/transport.ts'
import { BUFFERED, type CaseDefinition, POLLABLE, type Rig, type Watched, seeded, watch } from './conformance-rig.ts'

const ALL: readonly ChannelKind[] = ['direct', 'queue', 'priority', 'rendezvous', 'pubsub']

const PRODUCERS = 50
const CONSUMERS = 50
const MESSAGES = 5_000
const MANY = 1_000_000
const SEEDS = 1_000

/** Bytes by which the heap may grow while a million messages pass; one kept byte a message would be half of it. */
const HEAP_NOISE = 48 * 2 ** 20

/** What one seed does to a channel. */
interface Race {
  readonly rig: Rig
  readonly random: () => number
  readonly waits: Watched<unknown>[]
  readonly subscriptions: Subscription[]
  readonly kept: Delivery[]
  readonly delivered: Set<string>
  readonly sent: { readonly message: AnyMessage; readonly sending: Watched<void> }[]
}

const MOVES: readonly ((race: Race) => void)[] = [
  ({ rig, waits, sent }) => {
    const message = rig.message()
    const sending = watch(() => rig.port.send(message))
    sent.push({ message, sending })
    waits.push(sending)
  },
  ({ rig, random, delivered, kept, subscriptions }) => {
    if (rig.kind === 'direct' && subscriptions.length > 0) return
    const consumer = (delivery: Delivery): void => {
      delivered.add(delivery.message.id)
      const move = random()
      if (move < 0.6) void delivery.ack()
      else if (move < 0.7 && delivery.attempt < 5) void delivery.nack()
      else kept.push(delivery)
    }
    subscriptions.push(rig.consume(consumer, { credit: 1 + Math.floor(random() * 3) }))
  },
  ({ kept, random }) => {
    const [delivery] = kept.splice(Math.floor(random() * kept.length), 1)
    void delivery?.ack()
  },
  ({ subscriptions }) => void subscriptions.pop()?.stop(),
  ({ rig, waits, delivered, random }) => {
    if (rig.kind === 'direct' || rig.kind === 'pubsub') return
    const signal = random() < 0.5 ? AbortSignal.abort() : undefined
    waits.push(
      watch(async () => {
        const message = await rig.port.receive(signal === undefined ? {} : { signal })
        if (message !== undefined) delivered.add(message.id)
      }),
    )
  },
  ({ rig, random }) => {
    if (random() < 0.2) void rig.port.close()
  },
]

/** One race: whatever it does, nothing hangs, nothing is lost, nothing rejects unheard. */
async function race(rig: Rig, seed: number): Promise<void> {
  const random = seeded(seed)
  const current: Race = { rig, random, waits: [], subscriptions: [], kept: [], delivered: new Set(), sent: [] }
  await rig.start({ capacity: 2 })
  for (let i = 0; i < 30; i++) {
    MOVES[Math.floor(random() * MOVES.length)]!(current)
    for (let hops = Math.floor(random() * 4); hops > 0; hops--) await Promise.resolve()
  }
  const givenUp = new Set(rig.dropped.map((dropped) => dropped.split(' ')[1]))
  const left = new Set((await rig.stop()).map(({ messageId }) => messageId))
  rig.checkTimers()
  for (const delivery of current.kept) void delivery.ack()
  await rig.until(`every wait has ended (seed ${seed})`, () => current.waits.every(({ state }) => state !== 'pending'))
  for (const { message, sending } of current.sent) {
    const known = current.delivered.has(message.id) || left.has(message.id) || givenUp.has(message.id)
    assert.ok(sending.state === 'rejected' || known, `Message ${message.id} was accepted and is lost (seed ${seed}).`)
  }
  rig.dropped.length = 0
}

/** The cases of load. */
export const LOAD: readonly CaseDefinition[] = [
  {
    rule: 'C10',
    name: '50 producers and 50 consumers lose nothing and invent nothing',
    kinds: POLLABLE,
    spec: { capacity: 100 },
    run: async (rig) => {
      const perProducer = Math.ceil(rig.load(MESSAGES) / PRODUCERS)
      const total = perProducer * PRODUCERS
      const got: unknown[] = []
      for (let i = 0; i < CONSUMERS; i++) {
        rig.consume(
          async (delivery) => {
            got.push(delivery.message.payload)
            if (got.length % 7 === 0) await Promise.resolve()
            await delivery.ack()
          },
          { name: `consumer ${i}`, credit: 1 + (i % 3) },
        )
      }
      const producers = Array.from({ length: PRODUCERS }, async (_, producer) => {
        for (let i = 0; i < perProducer; i++) await rig.send(producer * perProducer + i)
      })
      await rig.outcome(
        'all producers are through',
        watch(() => Promise.all(producers)),
      )
      await rig.until('all are settled', () => rig.port.stats.settled === total)
      assert.equal(got.length, total)
      assert.equal(new Set(got).size, total)
    },
  },
  {
    rule: 'C4',
    name: 'a bounded channel keeps memory flat while a million messages pass',
    kinds: BUFFERED,
    needs: ['bounded'],
    run: async (rig) => {
      const total = rig.load(MANY)
      const collect = globalThis.gc ?? ((): void => {})
      const heap = (): number => {
        collect()
        return process.memoryUsage().heapUsed
      }
      let before = 0
      for (let i = 0; i < total; i++) {
        if (i === Math.floor(total / 10)) before = heap()
        // A send waits only when there is no room, which there always is here; to await it would cost more than the send.
        const sending = rig.port.send(rig.message(i))
        if (sending !== undefined) await sending
        const receiving = rig.port.receive()
        const received = receiving instanceof Promise ? await receiving : receiving
        if (received!.payload !== i) assert.fail(`Message ${i} came as ${String(received!.payload)}.`)
      }
      const growth = heap() - before
      assert.ok(growth < HEAP_NOISE, `The heap grew by ${Math.round(growth / 2 ** 20)} MiB.`)
      assert.equal(rig.port.stats.settled, total)
    },
  },
  {
    rule: 'C5',
    name: '1,000 races of subscribe, send, stop and close neither hang nor lose',
    kinds: ALL,
    run: async (rig) => {
      await rig.stop()
      for (let seed = 1; seed <= rig.load(SEEDS); seed++) {
        await race(rig, seed)
        await rig.factory.dispose?.()
      }
    },
  },
]
