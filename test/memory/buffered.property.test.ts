/** Queues, priority and rendezvous channels do, operation by operation, what the naive model does. */
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { memory } from '../../src/memory/memory.ts'
import { restoreMessage } from '../../src/message/message.ts'
import { type VirtualClock, virtualClock } from '../../src/testing/virtual-clock.ts'
import type { AnyMessage, ChannelPort, Delivery, Subscription, Transport } from '../../src/transport/transport.ts'
import { BufferedModel, type Item, type ModelSpec } from './buffered-model.ts'
import { RUNS, openEnv } from './rig.ts'
import { commandsOf } from './step.ts'

/** The real channel, with what happened to it noted in the words of the model. */
class Real {
  readonly clock: VirtualClock = virtualClock()
  readonly transport: Transport = memory()
  readonly port: ChannelPort
  readonly results = new Map<number, string>()
  readonly calls: string[] = []
  readonly dropped: string[] = []
  readonly expired: string[] = []
  readonly out = new Map<string, Delivery>()
  readonly subscriptions: Subscription[] = []
  readonly controllers = new Map<number, AbortController>()

  constructor(spec: ModelSpec) {
    const { kind, capacity, overflow } = spec
    const env = openEnv({
      clock: this.clock,
      onExpired: (_id, message) => this.expired.push(message.id),
      onDropped: (_id, message, reason) => this.dropped.push(`${reason} ${message.id}`),
    })
    void this.transport.open([{ id: 'c', kind, capacity, overflow }], env)
    this.port = this.transport.port('c')
  }

  /** Starts something, and notes in the end what came of it. */
  start(handle: number, act: (signal: AbortSignal) => unknown): void {
    const controller = new AbortController()
    this.controllers.set(handle, controller)
    void (async () => {
      try {
        this.results.set(handle, this.named(await act(controller.signal)))
      } catch (error) {
        this.results.set(handle, error === controller.signal.reason ? 'aborted' : (error as Error).name)
      }
    })()
  }

  keep(delivery: Delivery): void {
    this.out.set(delivery.message.id, delivery)
  }

  private named(result: unknown): string {
    if (typeof result !== 'object' || result === null) return result === undefined ? 'undefined' : String(result)
    if ('payload' in result) return (result as AnyMessage).id
    const delivery = result as Delivery
    this.keep(delivery)
    return `${delivery.message.id}#${delivery.attempt}`
  }
}

const toMessage = ({ id, priority, correlationId, key, expiresAt }: Item): AnyMessage =>
  restoreMessage({
    id,
    timestamp: 0,
    payload: key,
    headers: {
      ...(priority === 0 ? {} : { priority }),
      ...(correlationId === undefined ? {} : { correlationId }),
      ...(expiresAt === Infinity ? {} : { expiresAt }),
    },
  })

const byKey = ({ payload }: AnyMessage): unknown => payload

const step = commandsOf<BufferedModel, Real>(agree)

async function agree(model: BufferedModel, real: Real): Promise<void> {
  await real.clock.advance(0)
  assert.deepEqual(Object.fromEntries(real.results), Object.fromEntries(model.results))
  assert.deepEqual(real.calls, model.calls)
  assert.deepEqual(real.dropped, model.dropped)
  assert.deepEqual(real.expired, model.expired)
  assert.deepEqual({ ...real.port.stats }, model.counts)
  const { accepted, settled, dead, expired, dropped, inFlight, buffered } = real.port.stats
  assert.equal(settled + dead + expired + dropped + inFlight + buffered, accepted)
}

/** Picks one of the things there are. */
const among = <T>(things: readonly T[], index: number): T => things[index % things.length]!

let ids = 0
const items = (keyed: boolean): fc.Arbitrary<Omit<Item, 'id'>> =>
  fc.record({
    priority: fc.constantFrom(0, 0, 1, -1, 5),
    correlationId: keyed ? fc.constant(undefined) : fc.constantFrom(undefined, undefined, 'x', 'y'),
    key: fc.constantFrom('a', 'b', 'c'),
    expiresAt: fc.constantFrom(Infinity, Infinity, Infinity, 0, 20),
  })

const timeouts = fc.constantFrom(Infinity, Infinity, 0, 10, 25)
const delays = fc.constantFrom(0, 0, 0, 15)

function commands({ keyed, kind }: ModelSpec): fc.Arbitrary<fc.AsyncCommand<BufferedModel, Real>>[] {
  const item = items(keyed)
  const correlation = keyed ? fc.constant(undefined) : fc.constantFrom(undefined, undefined, 'x', 'y')
  const index = fc.nat({ max: 7 })
  const sends = fc
    .tuple(item, timeouts, kind === 'rendezvous' ? fc.constant(0) : delays)
    .map(([parts, timeout, delay]) =>
      step(`send(${JSON.stringify({ ...parts, timeout, delay })})`, (model, real) => {
        const sent = { ...parts, id: `m${++ids}`, expiresAt: model.now + parts.expiresAt }
        const handle = model.nextHandle()
        real.start(handle, async (signal) => {
          await real.port.send(toMessage(sent), { signal, timeout, delay })
          return 'sent'
        })
        model.send(handle, sent, timeout, delay)
      }),
    )
  const tries = item.map((parts) =>
    step(`trySend(${JSON.stringify(parts)})`, (model, real) => {
      const sent = { ...parts, id: `m${++ids}`, expiresAt: model.now + parts.expiresAt }
      const handle = model.nextHandle()
      real.start(handle, () => real.port.trySend(toMessage(sent)))
      model.trySend(handle, sent)
    }),
  )
  const takes = fc.tuple(timeouts, correlation, fc.boolean()).map(([timeout, correlationId, acks]) =>
    step(`${acks ? 'receive' : 'take'}(${timeout}, ${correlationId})`, (model, real) => {
      const handle = model.nextHandle()
      real.start(handle, (signal) => {
        const options = { signal, timeout, ...(correlationId === undefined ? {} : { correlationId }) }
        return acks ? real.port.receive(options) : real.port.take(options)
      })
      model.take(handle, timeout, correlationId, acks)
    }),
  )
  const tryTakes = fc.constant(
    step('tryTake()', (model, real) => {
      const handle = model.nextHandle()
      real.start(handle, () => real.port.tryTake())
      model.take(handle, 0, undefined, false)
    }),
  )
  const waiting = (model: BufferedModel): number[] =>
    [...model.senders, ...model.line, ...model.correlated].flatMap((one) => ('handle' in one ? [one.handle] : []))
  const aborts = index.map((i) =>
    step(
      `abort(${i})`,
      (model, real) => {
        const handle = among(waiting(model), i)
        real.controllers.get(handle)!.abort()
        model.abort(handle)
      },
      (model) => waiting(model).length > 0,
    ),
  )
  const unsettled = (model: BufferedModel): boolean => model.out.length > 0
  const acks = fc.tuple(index, fc.constantFrom('settled', 'settled', 'dead', 'dropped', 'expired')).map(([i, as]) =>
    step(
      `ack(${i}, ${as})`,
      (model, real) => {
        const { id } = among(model.out, i)
        assert.equal(real.out.get(id)!.ack(as), true)
        assert.equal(real.out.get(id)!.nack(), false)
        model.ack(id, as)
      },
      unsettled,
    ),
  )
  const nacks = fc.tuple(index, delays).map(([i, delay]) =>
    step(
      `nack(${i}, ${delay})`,
      (model, real) => {
        const { id } = among(model.out, i)
        const delivery = real.out.get(id)!
        assert.equal(delivery.nack({ delay }), true)
        assert.equal(delivery.ack(), false)
        model.nack(id, delay)
      },
      unsettled,
    ),
  )
  const consumes = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 3 })).map(([settles, credit]) =>
    step(`consume(${settles}, ${credit})`, (model, real) => {
      const name = real.subscriptions.length
      const consumer = (delivery: Delivery): void => {
        real.calls.push(`${name} ${delivery.message.id}#${delivery.attempt}`)
        if (settles) void delivery.ack()
        else real.keep(delivery)
      }
      real.subscriptions.push(
        real.port.consume({ name: `${name}`, credit, ...(keyed ? { orderBy: byKey } : {}) }, consumer),
      )
      model.consume(settles, credit)
    }),
  )
  const consumed = (model: BufferedModel): boolean => model.consumers.length > 0
  const changes = fc
    .tuple(index, fc.constantFrom({ credit: 1 }, { credit: 4 }, { paused: true }, { paused: false }, { stopped: true }))
    .map(([i, change]) =>
      step(
        `change(${i}, ${JSON.stringify(change)})`,
        (model, real) => {
          const at = i % model.consumers.length
          const subscription = real.subscriptions[at]!
          if ('credit' in change) subscription.credit = change.credit!
          else if ('stopped' in change) void subscription.stop()
          else if (change.paused === true) subscription.pause()
          else subscription.resume()
          model.change(at, change)
        },
        consumed,
      ),
    )
  const odd = (id: string): boolean => Number(id.slice(1)) % 2 === 1
  const purges = fc.boolean().map((all) =>
    step(`purge(${all ? 'all' : 'odd'})`, (model, real) => {
      const removed = real.port.purge(({ id }) => all || odd(id)) as readonly AnyMessage[]
      assert.deepEqual(
        removed.map(({ id }) => id),
        model.purge((id) => all || odd(id)),
      )
    }),
  )
  const advances = fc.integer({ min: 1, max: 30 }).map((milliseconds) =>
    step(`advance(${milliseconds})`, async (model, real) => {
      model.advance(milliseconds)
      await real.clock.advance(milliseconds)
    }),
  )
  const closes = fc.constant(
    step('close()', (model, real) => {
      void real.port.close()
      model.close()
    }),
  )
  return [
    sends,
    sends,
    sends,
    tries,
    takes,
    takes,
    tryTakes,
    aborts,
    acks,
    acks,
    nacks,
    consumes,
    changes,
    purges,
    advances,
    closes,
  ]
}

/** What a transport left, as the model says it. */
function leftovers(real: Real): Record<string, string[]> {
  const left: Record<string, string[]> = { buffered: [], delayed: [], unsettled: [] }
  for (const { state, messageId } of real.transport.close() as readonly { state: string; messageId: string }[])
    left[state]!.push(messageId)
  return left
}

const specs: readonly ModelSpec[] = [
  ...(['queue', 'priority'] as const).flatMap((kind) =>
    (['wait', 'reject', 'dropOldest', 'dropNewest'] as const).map((overflow) => ({
      kind,
      overflow,
      capacity: 3,
      keyed: false,
    })),
  ),
  { kind: 'queue', overflow: 'wait', capacity: 6, keyed: true },
  { kind: 'queue', overflow: 'dropOldest', capacity: 4, keyed: true },
  { kind: 'rendezvous', overflow: 'wait', capacity: 0, keyed: false },
]

for (const spec of specs) {
  test(`C1-C13: a ${spec.kind} channel (${spec.overflow}${spec.keyed ? ', order by key' : ''}) does what the model does`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands(spec), { maxCommands: 40 }), async (steps) => {
        let real: Real | undefined
        let model: BufferedModel | undefined
        await fc.asyncModelRun(() => {
          ids = 0
          return { model: (model = new BufferedModel(spec)), real: (real = new Real(spec)) }
        }, steps)
        expect(leftovers(real!)).toEqual(model!.states)
        expect(real!.clock.pending).toBe(0)
      }),
      RUNS,
    )
  })
}
