/** A direct channel does, operation by operation, what a naive model of it does. */
import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Delivery, Subscription } from '../../src/transport/transport.ts'
import { RUNS, note, opened } from './rig.ts'
import { commandsOf } from './step.ts'

/** What a consumer does with a delivery: settle it at once, later without being waited for, or later while it is waited for. */
type Manner = 'acks' | 'keeps' | 'works' | 'fails'

interface Work {
  readonly handle: number
  readonly id: string
  readonly attempt: number
  readonly manner: Manner
}

interface Later extends Omit<Work, 'manner'> {
  readonly time: number
}

interface ConsumerModel {
  readonly manner: Manner
  paused: boolean
  stopped: boolean
}

class DirectModel {
  readonly counts = { accepted: 0, settled: 0, dead: 0, expired: 0, dropped: 0, inFlight: 0, buffered: 0 }
  readonly results = new Map<number, string>()
  readonly calls: string[] = []
  readonly consumers: ConsumerModel[] = []
  readonly out: Work[] = []
  senders: Later[] = []
  /** Accepted, and waiting for their time or for a consumer that is not paused. */
  later: Later[] = []
  closed = false
  now = 1_000
  private turn = 0

  get present(): ConsumerModel[] {
    return this.consumers.filter(({ stopped }) => !stopped)
  }

  send(handle: number, id: string, timeout: number, delay: number): void {
    const sender = { handle, id, attempt: 1, time: this.now + timeout, delay }
    if (this.closed) this.tell(handle, 'ChannelClosedError')
    else if (this.senders.length === 0 && this.present.some(({ paused }) => !paused)) this.accept(sender, delay)
    else if (this.present.length === 0) this.tell(handle, 'NoSubscriberError')
    else if (timeout === 0) this.tell(handle, 'SendTimeoutError')
    else this.senders.push(sender)
    this.rest()
  }

  consume(manner: Manner): void {
    this.consumers.push({ manner, paused: false, stopped: false })
    this.rest()
  }

  ack(work: Work): void {
    this.out.splice(this.out.indexOf(work), 1)
    this.counts.inFlight--
    this.counts.settled++
    if (work.manner === 'works') this.tell(work.handle, 'sent')
    if (work.manner === 'fails') this.tell(work.handle, 'Error')
    this.rest()
  }

  /** A sender that waits goes on waiting; one that did not was told long ago. */
  nack(work: Work, delay: number): void {
    this.out.splice(this.out.indexOf(work), 1)
    this.counts.inFlight--
    this.counts.buffered++
    this.later.push({ ...work, attempt: work.attempt + 1, time: this.now + delay })
    this.rest()
  }

  advance(milliseconds: number): void {
    for (let left = milliseconds; left > 0; left--) {
      this.now++
      for (const { handle } of this.senders.filter(({ time }) => time === this.now))
        this.tell(handle, 'SendTimeoutError')
      this.senders = this.senders.filter(({ time }) => time !== this.now)
      this.rest()
    }
  }

  close(): void {
    this.closed = true
    for (const { handle } of this.senders) this.tell(handle, 'ChannelClosedError')
    this.senders = []
  }

  rest(): void {
    for (;;) {
      const due = this.later.find(({ time }) => time <= this.now)
      const open = this.present.some(({ paused }) => !paused)
      const [sender] = this.senders
      if (due !== undefined && (open || this.present.length === 0)) {
        this.later.splice(this.later.indexOf(due), 1)
        this.counts.buffered--
        if (open) this.deliver(due)
        else this.drop(due)
      } else if (sender !== undefined && open) {
        this.senders.shift()
        this.accept(sender, (sender as Later & { readonly delay: number }).delay)
      } else if (sender !== undefined && this.present.length === 0) {
        this.senders.shift()
        this.tell(sender.handle, 'NoSubscriberError')
      } else return
    }
  }

  private accept(message: Later, delay: number): void {
    this.counts.accepted++
    if (delay === 0) return this.deliver(message)
    this.counts.buffered++
    this.later.push({ ...message, time: this.now + delay })
  }

  private deliver({ handle, id, attempt }: Later): void {
    const open = this.present.filter(({ paused }) => !paused)
    const consumer = open[this.turn++ % open.length]!
    this.calls.push(`${this.consumers.indexOf(consumer)} ${id}#${attempt}`)
    if (consumer.manner === 'acks') this.counts.settled++
    else this.counts.inFlight++
    if (consumer.manner !== 'acks') this.out.push({ handle, id, attempt, manner: consumer.manner })
    if (consumer.manner === 'acks' || consumer.manner === 'keeps') this.tell(handle, 'sent')
  }

  private drop({ handle }: Later): void {
    this.counts.dropped++
    this.tell(handle, 'NoSubscriberError')
  }

  /** Only the first thing a sender is told counts. */
  private tell(handle: number, result: string): void {
    if (!this.results.has(handle)) this.results.set(handle, result)
  }
}

class RealDirect {
  readonly results = new Map<number, string>()
  readonly calls: string[] = []
  readonly subscriptions: Subscription[] = []
  readonly out = new Map<string, { readonly delivery: Delivery; readonly finish: (failure?: Error) => void }>()
  readonly channel = opened({ kind: 'direct', dispatch: 'roundRobin' })

  consume(manner: Manner): void {
    const name = `${this.subscriptions.length}`
    const subscription = this.channel.port.consume({ name }, (delivery) => {
      this.calls.push(`${name} ${delivery.message.id}#${delivery.attempt}`)
      if (manner === 'acks') return void delivery.ack()
      let finish = (_failure?: Error): void => {}
      const finished = new Promise<void>((resolve, reject) => {
        finish = (failure) => (failure === undefined ? resolve() : reject(failure))
      })
      this.out.set(delivery.message.id, { delivery, finish })
      return manner === 'keeps' ? undefined : finished
    })
    this.subscriptions.push(subscription)
  }
}

const step = commandsOf<DirectModel, RealDirect>(async (model, real) => {
  await real.channel.clock.advance(0)
  assert.deepEqual(Object.fromEntries(real.results), Object.fromEntries(model.results))
  assert.deepEqual(real.calls, model.calls)
  assert.deepEqual({ ...real.channel.port.stats }, model.counts)
})

let ids = 0
const index = fc.nat({ max: 5 })

const sends = fc.tuple(fc.constantFrom(Infinity, Infinity, 0, 10), fc.constantFrom(0, 0, 12)).map(([timeout, delay]) =>
  step(`send(${timeout}, ${delay})`, (model, real) => {
    const handle = ++ids
    void (async () => real.channel.port.send(note(`m${handle}`), { timeout, delay }))().then(
      () => real.results.set(handle, 'sent'),
      (error: Error) => real.results.set(handle, error.name),
    )
    model.send(handle, `m${handle}`, timeout, delay)
  }),
)

const consumes = fc.constantFrom<Manner>('acks', 'keeps', 'works', 'fails').map((manner) =>
  step(`consume(${manner})`, (model, real) => {
    real.consume(manner)
    model.consume(manner)
  }),
)

const settles = fc.tuple(index, fc.constantFrom('ack', 'ack', 'nack', 'nack later')).map(([i, how]) =>
  step(
    `${how}(${i})`,
    (model, real) => {
      const work = model.out[i % model.out.length]!
      const { delivery, finish } = real.out.get(work.id)!
      const delay = how === 'nack later' ? 7 : 0
      assert.equal(how === 'ack' ? delivery.ack() : delivery.nack({ delay }), true)
      finish(work.manner === 'fails' ? new Error('failed') : undefined)
      if (how === 'ack') model.ack(work)
      else model.nack(work, delay)
    },
    (model) => model.out.length > 0,
  ),
)

const changes = fc.tuple(index, fc.constantFrom('pause', 'pause', 'resume', 'stop')).map(([i, change]) =>
  step(
    `${change}(${i})`,
    (model, real) => {
      const at = i % model.consumers.length
      if (change === 'stop') void real.subscriptions[at]!.stop()
      else if (change === 'pause') real.subscriptions[at]!.pause()
      else real.subscriptions[at]!.resume()
      if (change === 'stop') model.consumers[at]!.stopped = true
      else model.consumers[at]!.paused = change === 'pause'
      model.rest()
    },
    (model) => model.consumers.length > 0,
  ),
)

const advances = fc.integer({ min: 1, max: 20 }).map((milliseconds) =>
  step(`advance(${milliseconds})`, async (model, real) => {
    await real.channel.clock.advance(milliseconds)
    model.advance(milliseconds)
  }),
)

const closes = fc.constant(
  step('close()', (model, real) => {
    void real.channel.port.close()
    model.close()
  }),
)

test('C6: a direct channel does what the model does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.commands([sends, sends, sends, consumes, settles, settles, changes, advances, closes], { maxCommands: 40 }),
      async (commands) => {
        ids = 0
        const real = new RealDirect()
        await fc.asyncModelRun(() => ({ model: new DirectModel(), real }), commands)
        await real.channel.transport.close()
        expect(real.channel.clock.pending).toBe(0)
      },
    ),
    RUNS,
  )
})
