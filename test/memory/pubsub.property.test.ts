/** A pubsub channel does, operation by operation, what a naive model of it does. */
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Delivery, Subscription, TakeAtOnce } from '../../src/transport/transport.ts'
import { RUNS, note, opened } from './rig.ts'
import { commandsOf } from './step.ts'

interface Copy {
  readonly id: string
  readonly attempt: number
  readonly place: number
}

/** A subscriber: its backlog in order, what it has in work, and what comes again later. */
interface Subscriber {
  readonly calls: string[]
  readonly acks: boolean
  readonly credit: number
  backlog: Copy[]
  out: Copy[]
  delayed: { readonly copy: Copy; readonly time: number }[]
  paused: boolean
  stopped: boolean
}

interface Waiting {
  readonly handle: number
  readonly id: string
  readonly time: number
}

type Overflow = 'wait' | 'reject' | 'dropOldest' | 'dropNewest'

const CAPACITY = 2

const sizeOf = ({ backlog, delayed }: Subscriber): number => backlog.length + delayed.length

class PubsubModel {
  readonly overflow: Overflow
  readonly counts = { accepted: 0, settled: 0, dead: 0, expired: 0, dropped: 0, inFlight: 0, buffered: 0 }
  readonly results = new Map<number, string>()
  readonly dropped: string[] = []
  readonly subscribers: Subscriber[] = []
  senders: Waiting[] = []
  closed = false
  now = 1_000
  private place = 0

  constructor(overflow: Overflow) {
    this.overflow = overflow
  }

  get present(): Subscriber[] {
    return this.subscribers.filter(({ stopped }) => !stopped)
  }

  send(handle: number, id: string, timeout: number): void {
    if (this.closed) this.results.set(handle, 'ChannelClosedError')
    else if (this.senders.length === 0 && this.hasRoom()) this.accept(handle, id)
    else if (this.overflow === 'reject') this.results.set(handle, 'ChannelFullError')
    else if (timeout === 0) this.results.set(handle, 'SendTimeoutError')
    else this.senders.push({ handle, id, time: this.now + timeout })
    this.rest()
  }

  subscribe(acks: boolean, credit: number): void {
    this.subscribers.push({ calls: [], acks, credit, backlog: [], out: [], delayed: [], paused: false, stopped: false })
    this.rest()
  }

  ack({ out }: Subscriber, copy: Copy): void {
    out.splice(out.indexOf(copy), 1)
    this.counts.inFlight--
    this.counts.settled++
    this.rest()
  }

  nack(subscriber: Subscriber, copy: Copy, delay: number): void {
    const again = { ...copy, attempt: copy.attempt + 1 }
    subscriber.out.splice(subscriber.out.indexOf(copy), 1)
    this.counts.inFlight--
    this.counts.buffered++
    if (subscriber.stopped) this.drop(copy.id, 'no-subscriber')
    else if (delay > 0) subscriber.delayed.push({ copy: again, time: this.now + delay })
    else subscriber.backlog.push(again)
    this.rest()
  }

  stop(subscriber: Subscriber): void {
    if (subscriber.stopped) return
    subscriber.stopped = true
    for (const { id } of this.inOrder(subscriber)) this.drop(id, 'no-subscriber')
    for (const { copy } of subscriber.delayed) this.drop(copy.id, 'no-subscriber')
    subscriber.backlog = []
    subscriber.delayed = []
    this.rest()
  }

  close(): void {
    this.closed = true
    for (const { handle } of this.senders) this.results.set(handle, 'ChannelClosedError')
    this.senders = []
  }

  advance(milliseconds: number): void {
    for (let left = milliseconds; left > 0; left--) {
      this.now++
      for (const { handle } of this.senders.filter(({ time }) => time === this.now))
        this.results.set(handle, 'SendTimeoutError')
      this.senders = this.senders.filter(({ time }) => time !== this.now)
      for (const subscriber of this.subscribers) {
        subscriber.backlog.push(...subscriber.delayed.filter(({ time }) => time === this.now).map(({ copy }) => copy))
        subscriber.delayed = subscriber.delayed.filter(({ time }) => time !== this.now)
      }
      this.rest()
    }
  }

  rest(): void {
    for (;;) {
      const subscriber = this.present.find(
        (one) => !one.paused && one.out.length < one.credit && one.backlog.length > 0,
      )
      const [sender] = this.senders
      if (subscriber !== undefined) this.deliver(subscriber)
      else if (sender !== undefined && this.hasRoom()) {
        this.senders.shift()
        this.accept(sender.handle, sender.id)
      } else return
    }
  }

  private hasRoom(): boolean {
    return this.overflow.startsWith('drop') || this.present.every((subscriber) => sizeOf(subscriber) < CAPACITY)
  }

  private accept(handle: number, id: string): void {
    this.results.set(handle, 'sent')
    const copies = Math.max(1, this.present.length)
    this.counts.accepted += copies
    this.counts.buffered += copies
    if (this.present.length === 0) this.drop(id, 'no-subscriber')
    const place = this.place++
    for (const subscriber of this.present) {
      const full = sizeOf(subscriber) >= CAPACITY
      if (full && this.overflow === 'dropNewest') this.drop(id, 'overflow')
      else subscriber.backlog.push({ id, attempt: 1, place })
      if (full && this.overflow === 'dropOldest') {
        const [oldest] = this.inOrder(subscriber)
        this.drop(oldest!.id, 'overflow')
        subscriber.backlog = subscriber.backlog.filter((copy) => copy !== oldest)
      }
    }
  }

  private deliver(subscriber: Subscriber): void {
    const [copy] = this.inOrder(subscriber)
    subscriber.backlog = subscriber.backlog.filter((other) => other !== copy)
    subscriber.calls.push(`${copy!.id}#${copy!.attempt}`)
    this.counts.buffered--
    if (subscriber.acks) {
      this.counts.settled++
    } else {
      this.counts.inFlight++
      subscriber.out.push(copy!)
    }
  }

  private inOrder({ backlog }: Subscriber): Copy[] {
    return backlog.toSorted((a, b) => a.place - b.place)
  }

  private drop(id: string, reason: string): void {
    this.counts.buffered--
    this.counts.dropped++
    this.dropped.push(`${reason} ${id}`)
  }
}

class RealPubsub {
  readonly results = new Map<number, string>()
  readonly dropped: string[] = []
  readonly calls: string[][] = []
  readonly subscriptions: Subscription[] = []
  readonly out = new Map<string, Delivery>()
  readonly channel: ReturnType<typeof opened>

  constructor(overflow: Overflow) {
    const onDropped = (_id: string, message: { readonly id: string }, reason: string): void => {
      this.dropped.push(`${reason} ${message.id}`)
    }
    this.channel = opened({ kind: 'pubsub', capacity: CAPACITY, overflow }, { onDropped })
  }

  subscribe(acks: boolean, credit: number): void {
    const index = this.calls.length
    this.calls.push([])
    const subscription = this.channel.port.consume({ name: `${index}`, credit }, (delivery) => {
      this.calls[index]!.push(`${delivery.message.id}#${delivery.attempt}`)
      if (acks) void delivery.ack()
      else this.out.set(`${index} ${delivery.message.id}`, delivery)
    })
    this.subscriptions.push(subscription)
  }
}

let ids = 0

const step = commandsOf<PubsubModel, RealPubsub>(async (model, real) => {
  await real.channel.clock.advance(0)
  assert.deepEqual(Object.fromEntries(real.results), Object.fromEntries(model.results))
  assert.deepEqual(
    real.calls,
    model.subscribers.map(({ calls }) => calls),
  )
  assert.deepEqual(real.dropped.toSorted(), model.dropped.toSorted())
  assert.deepEqual({ ...real.channel.port.stats }, model.counts)
})

const index = fc.nat({ max: 5 })
const working = (model: PubsubModel): Subscriber[] => model.subscribers.filter(({ out }) => out.length > 0)

/** The delivery that a subscriber of the model has in work, on both sides. */
function picked(
  model: PubsubModel,
  real: RealPubsub,
  i: number,
): { readonly subscriber: Subscriber; readonly copy: Copy; readonly delivery: Delivery } {
  const subscriber = working(model)[i % working(model).length]!
  const copy = subscriber.out[i % subscriber.out.length]!
  const delivery = real.out.get(`${model.subscribers.indexOf(subscriber)} ${copy.id}`)!
  return { subscriber, copy, delivery }
}

const steps: fc.Arbitrary<fc.AsyncCommand<PubsubModel, RealPubsub>>[] = [
  fc.constantFrom(Infinity, Infinity, 0, 10).map((timeout) =>
    step(`send(${timeout})`, (model, real) => {
      const id = `m${++ids}`
      const handle = ids
      void (async () => real.channel.port.send(note(id), { timeout }))().then(
        () => real.results.set(handle, 'sent'),
        (error: Error) => real.results.set(handle, error.name),
      )
      model.send(handle, id, timeout)
    }),
  ),
  fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 2 })).map(([acks, credit]) =>
    step(`subscribe(${acks}, ${credit})`, (model, real) => {
      real.subscribe(acks, credit)
      model.subscribe(acks, credit)
    }),
  ),
  index.map((i) =>
    step(
      `ack(${i})`,
      (model, real) => {
        const { subscriber, copy, delivery } = picked(model, real, i)
        assert.equal(delivery.ack(), true)
        model.ack(subscriber, copy)
      },
      (model) => working(model).length > 0,
    ),
  ),
  fc.tuple(index, fc.constantFrom(0, 0, 15)).map(([i, delay]) =>
    step(
      `nack(${i}, ${delay})`,
      (model, real) => {
        const { subscriber, copy, delivery } = picked(model, real, i)
        assert.equal(delivery.nack({ delay }), true)
        model.nack(subscriber, copy, delay)
      },
      (model) => working(model).length > 0,
    ),
  ),
  fc.tuple(index, fc.constantFrom('pause', 'pause', 'resume', 'stop')).map(([i, change]) =>
    step(
      `${change}(${i})`,
      (model, real) => {
        const at = i % model.subscribers.length
        const subscriber = model.subscribers[at]!
        if (change === 'stop') {
          void real.subscriptions[at]!.stop()
          return model.stop(subscriber)
        }
        if (change === 'pause') real.subscriptions[at]!.pause()
        else real.subscriptions[at]!.resume()
        subscriber.paused = change === 'pause'
        model.rest()
      },
      (model) => model.subscribers.length > 0,
    ),
  ),
  fc.integer({ min: 1, max: 20 }).map((milliseconds) =>
    step(`advance(${milliseconds})`, async (model, real) => {
      await real.channel.clock.advance(milliseconds)
      model.advance(milliseconds)
    }),
  ),
  fc.constant(
    step('close()', (model, real) => {
      void real.channel.port.close()
      model.close()
    }),
  ),
]

for (const overflow of ['wait', 'reject', 'dropOldest', 'dropNewest'] as const) {
  test(`C1-C10: a pubsub channel (${overflow}) does what the model does`, async () => {
    const sending = steps[0]!
    await fc.assert(
      fc.asyncProperty(fc.commands([sending, sending, ...steps], { maxCommands: 40 }), async (commands) => {
        ids = 0
        const real = new RealPubsub(overflow)
        await fc.asyncModelRun(() => ({ model: new PubsubModel(overflow), real }), commands)
        await real.channel.transport.close()
        expect(real.channel.clock.pending).toBe(0)
      }),
      RUNS,
    )
  })
}

/** What a subscriber does with a message, besides to note it. */
interface Habit {
  /** It has no need of deliveries. */
  readonly quick: boolean
  /** It takes its time, and settles when all messages are there. */
  readonly slow: boolean
  /** How many it publishes itself for each that it gets, as long as there are not too many, after it has let another subscriber join. */
  readonly publishes: number
  readonly joins: boolean
}

test('C8: every subscriber gets the messages in one order, whoever publishes them and when', async () => {
  const habit = fc.record<Habit>({
    quick: fc.boolean(),
    slow: fc.boolean(),
    publishes: fc.nat(2),
    joins: fc.boolean(),
  })
  const scripts = fc.array(habit, { minLength: 1, maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(scripts, fc.constantFrom('accepted', 'handled'), async (habits, awaited) => {
      const { port, clock } = opened({ kind: 'pubsub', await: awaited })
      const got: string[][] = []
      let sent = 0
      const send = (): void => {
        const sending = port.send(note(String(++sent)))
        void sending?.catch(() => undefined)
      }
      const join = ({ quick, slow, publishes, joins }: Habit): void => {
        const mine: string[] = []
        got.push(mine)
        const take = (id: string): void => {
          mine.push(id)
          if (joins && got.length < 6) join({ quick, slow, publishes: 0, joins: false })
          for (let i = 0; i < publishes && sent < 12; i++) send()
        }
        const later = (delivery: Delivery): void => void Promise.resolve().then(() => delivery.ack())
        const options = { name: `${got.length}`, credit: 1 }
        const atOnce: TakeAtOnce = ({ id }) => (take(id), slow ? later : undefined)
        port.consume(quick ? { ...options, atOnce, forgets: true } : options, (delivery) => {
          take(delivery.message.id)
          if (slow) later(delivery)
          else void delivery.ack()
        })
      }
      habits.forEach(join)
      for (let i = 0; i < 3; i++) {
        send()
        await clock.advance(1)
      }
      const [first, ...others] = got
      // Who joins meanwhile gets the end of it.
      for (const other of others) expect(other).toEqual(first!.slice(first!.length - other.length))
    }),
    RUNS,
  )
})
