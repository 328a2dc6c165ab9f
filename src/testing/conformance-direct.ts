/** Conformance: direct channels. */
import assert from 'node:assert/strict'
import type { ChannelKind } from '../graph/graph.ts'
import type { Delivery } from '../transport/transport.ts'
import { type CaseDefinition, refuses, watch } from './conformance-rig.ts'

const DIRECTLY: readonly ChannelKind[] = ['direct']

/** The cases of `direct`. */
export const DIRECT: readonly CaseDefinition[] = [
  {
    rule: 'C6',
    name: 'send resolves when the message is handled',
    kinds: DIRECTLY,
    run: async (rig) => {
      let finish = (): void => {}
      rig.consume(async (delivery) => {
        await new Promise<void>((resolve) => (finish = resolve))
        await delivery.ack()
      })
      const sending = rig.offer('a')
      await rig.quiet()
      assert.equal(sending.state, 'pending')
      assert.equal(rig.port.stats.inFlight, 1)
      finish()
      await rig.outcome('a send whose message was handled', sending)
      assert.equal(rig.port.stats.settled, 1)
    },
  },
  {
    rule: 'E1',
    name: 'the sender is told what the consumer throws or rejects with',
    kinds: DIRECTLY,
    run: async (rig) => {
      const [thrown, rejected] = [new Error('thrown'), new Error('rejected')]
      rig.consume((delivery) => {
        void delivery.ack('dead')
        if (delivery.message.payload === 'throw') throw thrown
        return Promise.reject(rejected)
      })
      await assert.rejects(async () => rig.port.send(rig.message('throw')), thrown)
      await assert.rejects(async () => rig.port.send(rig.message('reject')), rejected)
      assert.equal(rig.port.stats.dead, 2)
    },
  },
  {
    rule: 'C6',
    name: 'a consumer is called in the stack of the sender, also from within itself',
    kinds: DIRECTLY,
    needs: ['synchronous'],
    run: (rig) => {
      const got: unknown[] = []
      rig.consume((delivery) => {
        const depth = delivery.message.payload as number
        if (depth < 3) assert.equal(rig.port.send(rig.message(depth + 1)), undefined)
        got.push(depth)
        void delivery.ack()
      })
      assert.equal(rig.port.send(rig.message(0)), undefined)
      assert.deepEqual(got, [3, 2, 1, 0])
      return Promise.resolve()
    },
  },
  {
    rule: 'C2',
    name: 'trySend hands over to a consumer that is there, and what that one fails with is its own',
    kinds: DIRECTLY,
    needs: ['synchronous'],
    run: async (rig) => {
      assert.equal(rig.port.trySend(rig.message()), false)
      rig.consume((delivery) => {
        void delivery.ack()
        if (delivery.message.payload === 'throw') throw new Error('thrown')
        return Promise.reject(new Error('rejected'))
      })
      assert.equal(rig.port.trySend(rig.message('throw')), true)
      assert.equal(rig.port.trySend(rig.message('reject')), true)
      await rig.quiet()
      assert.equal(rig.port.stats.settled, 2)
    },
  },
  {
    rule: 'E2',
    name: 'without a consumer a send is refused, and nothing is accepted',
    kinds: DIRECTLY,
    run: async (rig) => {
      await refuses(() => rig.port.send(rig.message()), 'NoSubscriberError', '"c"')
      await rig.consume((delivery) => void delivery.ack()).stop()
      await refuses(() => rig.port.send(rig.message()), 'NoSubscriberError', '"c"')
      assert.equal(rig.port.stats.accepted, 0)
    },
  },
  {
    rule: 'E2',
    name: 'a second consumer is refused, unless the first has stopped',
    kinds: DIRECTLY,
    run: async (rig) => {
      const first = rig.consume((delivery) => void delivery.ack(), { name: 'the first' })
      await refuses(
        () => rig.consume(() => {}, { name: 'the second' }),
        'DoubleConsumerError',
        '"c"',
        'the first',
        'the second',
        'dispatch',
      )
      await first.stop()
      rig.consume((delivery) => void delivery.ack())
      await rig.send()
      assert.equal(rig.port.stats.settled, 1)
    },
  },
  {
    rule: 'C8',
    name: `dispatch 'roundRobin' goes from one consumer to the next, past those that are paused`,
    kinds: DIRECTLY,
    spec: { dispatch: 'roundRobin' },
    run: async (rig) => {
      const got: string[] = []
      const [, b] = ['a', 'b', 'c'].map((name) =>
        rig.consume((delivery) => {
          got.push(name)
          void delivery.ack()
        }),
      )
      for (let i = 0; i < 6; i++) await rig.send()
      assert.deepEqual(got, ['a', 'b', 'c', 'a', 'b', 'c'])
      b!.pause()
      got.length = 0
      for (let i = 0; i < 4; i++) await rig.send()
      assert.equal(got.filter((name) => name === 'b').length, 0)
      assert.equal(got.filter((name) => name === 'a').length, 2)
    },
  },
  {
    rule: 'E1',
    name: `dispatch 'failover' goes to the next consumer when one fails without having settled`,
    kinds: DIRECTLY,
    spec: { dispatch: 'failover' },
    run: async (rig) => {
      const got: [string, number][] = []
      const failing = (name: string, fail: () => Promise<void>) =>
        rig.consume((delivery) => {
          got.push([name, delivery.attempt])
          return fail()
        })
      failing('throws', () => {
        throw new Error('thrown')
      })
      failing('rejects', () => Promise.reject(new Error('rejected')))
      const last = rig.consume((delivery) => {
        got.push(['works', delivery.attempt])
        void delivery.ack()
      })
      await rig.send()
      assert.deepEqual(got, [
        ['throws', 1],
        ['rejects', 2],
        ['works', 3],
      ])
      assert.equal(rig.port.stats.settled, 1)
      await last.stop()
      await assert.rejects(
        async () => rig.port.send(rig.message()),
        (error) => {
          const { errors } = error as AggregateError
          assert.deepEqual(
            errors.map(({ message }: Error) => message),
            ['thrown', 'rejected'],
          )
          return true
        },
      )
    },
  },
  {
    rule: 'C6',
    name: 'a message that is given back comes again while its sender waits, and the last result counts',
    kinds: DIRECTLY,
    run: async (rig) => {
      const attempts: number[] = []
      rig.consume(async (delivery) => {
        attempts.push(delivery.attempt)
        if (delivery.attempt === 1) {
          await delivery.nack()
          throw new Error('not yet')
        }
        if (delivery.attempt === 2) return void (await delivery.nack({ delay: 200 }))
        await delivery.ack()
        if (delivery.message.payload === 'bad') throw new Error('never')
      })
      const good = rig.offer('good')
      await rig.until('the second attempt', () => attempts.length === 2)
      assert.equal(good.state, 'pending')
      await rig.elapse(201)
      await rig.outcome('the send', good)
      assert.deepEqual(attempts, [1, 2, 3])
      const bad = rig.offer('bad')
      await rig.until('the second attempt', () => attempts.length === 5)
      await rig.elapse(201)
      await assert.rejects(rig.outcome('the send', bad), /never/)
    },
  },
  {
    rule: 'C6',
    name: 'a delivery carries the signal of its sender',
    kinds: DIRECTLY,
    run: async (rig) => {
      const { signal } = new AbortController()
      const signals: unknown[] = []
      rig.consume((delivery) => {
        signals.push(delivery.signal)
        void delivery.ack()
      })
      await rig.port.send(rig.message(), { signal })
      await rig.send()
      assert.deepEqual(signals, [signal, undefined])
      const reason = new Error('Too late.')
      await assert.rejects(async () => rig.port.send(rig.message(), { signal: AbortSignal.abort(reason) }), reason)
    },
  },
  {
    rule: 'L6',
    name: 'while its consumer is paused senders wait, and no longer than they want to',
    kinds: DIRECTLY,
    run: async (rig) => {
      const got: unknown[] = []
      const consumer = rig.consume((delivery) => {
        got.push(delivery.message.payload)
        void delivery.ack()
      })
      consumer.pause()
      const patient = rig.offer('patient')
      const hasty = watch(() => rig.port.send(rig.message('hasty'), { timeout: 100 }))
      await refuses(() => rig.port.send(rig.message(), { timeout: 0 }), 'SendTimeoutError', '"c"', 'paused')
      await rig.elapse(101)
      await refuses(() => rig.outcome('a send with a timeout', hasty), 'SendTimeoutError', '"c"', 'paused')
      assert.equal(patient.state, 'pending')
      consumer.resume()
      await rig.outcome('a send to a resumed consumer', patient)
      assert.deepEqual(got, ['patient'])
      consumer.pause()
      const abandoned = rig.offer()
      await rig.quiet()
      await consumer.stop()
      await refuses(() => rig.outcome('a send to a stopped consumer', abandoned), 'NoSubscriberError', '"c"')
    },
  },
  {
    rule: 'C4',
    name: 'there is nothing to take from it',
    kinds: ['direct', 'pubsub'],
    run: async (rig) => {
      for (const act of [
        () => rig.port.take(),
        () => rig.port.receive(),
        () => rig.port.tryTake(),
        () => rig.port.purge(),
      ]) {
        await refuses(act, 'UnsupportedError', '"c"', rig.kind)
      }
    },
  },
  {
    rule: 'L2',
    name: 'close() of the transport names what is in work, and tells the senders of what is delayed',
    kinds: DIRECTLY,
    needs: ['delay'],
    run: async (rig) => {
      const deliveries: Delivery[] = []
      rig.consume((delivery) => void deliveries.push(delivery))
      await rig.send('unsettled')
      await rig.send('delayed')
      await deliveries[1]!.nack({ delay: 60_000 })
      const later = watch(() => rig.port.send(rig.message('later'), { delay: 60_000 }))
      await rig.quiet()
      assert.equal(rig.port.stats.buffered, 2)
      const left = await rig.stop()
      assert.deepEqual(
        new Set(left.map(({ messageId, state }) => `${messageId} ${state}`)),
        new Set(['m1 unsettled', 'm2 delayed', 'm3 delayed']),
      )
      await refuses(() => rig.outcome('the send of a delayed message', later), 'ChannelClosedError', '"c"')
    },
  },
]
