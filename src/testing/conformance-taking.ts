/** Conformance: taking messages (C1, C3, C13). */
import assert from 'node:assert/strict'
import type { AnyMessage, Delivery } from '../transport/transport.ts'
import { BUFFERED, type CaseDefinition, POLLABLE, type Rig, watch } from './conformance-rig.ts'

const payloadOf = (taken: Delivery | undefined): unknown => taken?.message.payload

const receiveCorrelated = (
  rig: Rig,
  correlationId: string,
  timeout?: number,
): AnyMessage | undefined | Promise<AnyMessage | undefined> =>
  rig.port.receive({ correlationId, ...(timeout === undefined ? {} : { timeout }) })

/** The cases of taking. */
export const TAKING: readonly CaseDefinition[] = [
  {
    rule: 'C1',
    name: 'take gives the message that was sent',
    kinds: POLLABLE,
    run: async (rig) => {
      const offered = rig.offer('a')
      const taken = await rig.port.take()
      await rig.outcome('the send of a message that was taken', offered)
      assert.equal(payloadOf(taken), 'a')
      assert.equal(taken!.attempt, 1)
      assert.equal(await taken!.ack(), true)
    },
  },
  {
    rule: 'C1',
    name: 'take waits for a message that is sent later',
    kinds: POLLABLE,
    run: async (rig) => {
      const taking = watch(() => rig.port.take())
      await rig.quiet()
      assert.equal(taking.state, 'pending')
      await rig.send('a')
      const taken = await rig.outcome('a waiting take', taking)
      assert.equal(payloadOf(taken), 'a')
      await taken!.ack()
    },
  },
  {
    rule: 'C1',
    name: 'a timeout of 0 gives undefined at once, a longer one after that time, and nothing is lost',
    kinds: POLLABLE,
    run: async (rig) => {
      assert.equal(await rig.port.take({ timeout: 0 }), undefined)
      assert.equal(await rig.port.receive({ timeout: 0 }), undefined)
      const taking = watch(() => rig.port.take({ timeout: 100 }))
      await rig.elapse(50)
      assert.equal(taking.state, 'pending')
      await rig.elapse(51)
      assert.equal(await rig.outcome('a take with a timeout', taking), undefined)
      const offered = rig.offer('late')
      assert.equal((await rig.port.receive())!.payload, 'late')
      await rig.outcome('a send after a take that timed out', offered)
    },
  },
  {
    rule: 'C1',
    name: 'an aborted take rejects with the reason and loses nothing',
    kinds: POLLABLE,
    run: async (rig) => {
      const controller = new AbortController()
      const taking = watch(() => rig.port.take({ signal: controller.signal }))
      await rig.quiet()
      const reason = new Error('I have changed my mind.')
      controller.abort(reason)
      await assert.rejects(rig.outcome('an aborted take', taking), reason)
      const offered = rig.offer('a')
      assert.equal((await rig.port.receive())!.payload, 'a')
      await rig.outcome('a send after an aborted take', offered)
      await assert.rejects(async () => rig.port.take({ signal: controller.signal }), reason)
      await assert.rejects(async () => rig.port.receive({ signal: controller.signal }), reason)
    },
  },
  {
    rule: 'C1',
    name: 'receive is take and ack in one',
    kinds: POLLABLE,
    run: async (rig) => {
      const receiving = watch(() => rig.port.receive())
      await rig.quiet()
      await rig.send('a')
      assert.equal((await rig.outcome('a waiting receive', receiving))!.payload, 'a')
      await rig.until('the message is settled', () => rig.port.stats.settled === 1)
      assert.equal(rig.port.stats.inFlight, 0)
    },
  },
  {
    rule: 'C2',
    name: 'trySend and tryTake answer at once',
    kinds: POLLABLE,
    needs: ['synchronous'],
    run: async (rig) => {
      assert.equal(rig.port.tryTake(), undefined)
      if (rig.kind === 'rendezvous') {
        assert.equal(rig.port.trySend(rig.message()), false)
        const offered = rig.offer('a')
        assert.equal(payloadOf(rig.port.tryTake()), 'a')
        await rig.outcome('a send whose message was taken', offered)
      } else {
        assert.equal(rig.port.trySend(rig.message('a')), true)
        const taken = rig.port.tryTake()
        assert.equal(payloadOf(taken), 'a')
        assert.equal(taken!.ack(), true)
      }
    },
  },
  {
    rule: 'C3',
    name: 'waiting takers are served in their order, and one that gives up disturbs nobody',
    kinds: POLLABLE,
    needs: ['total order'],
    run: async (rig) => {
      const controller = new AbortController()
      const first = watch(() => rig.port.receive())
      const second = watch(() => rig.port.receive({ signal: controller.signal }))
      const third = watch(() => rig.port.receive())
      await rig.quiet()
      controller.abort(new Error('No longer.'))
      await rig.send('a')
      await rig.send('b')
      assert.equal((await rig.outcome('the first taker', first))!.payload, 'a')
      assert.equal((await rig.outcome('the third taker', third))!.payload, 'b')
      await assert.rejects(rig.outcome('the taker that gave up', second), /No longer/)
    },
  },
  {
    rule: 'C13',
    name: 'a correlated take gets its message only, and the others keep their order',
    kinds: BUFFERED,
    needs: ['correlation', 'total order'],
    run: async (rig) => {
      for (const [payload, correlationId] of [
        ['a', 'x'],
        ['b', 'y'],
        ['c', undefined],
        ['d', 'y'],
        ['e', 'x'],
      ]) {
        await rig.send(payload, correlationId === undefined ? {} : { correlationId })
      }
      assert.equal(await receiveCorrelated(rig, 'z', 0), undefined)
      assert.equal((await receiveCorrelated(rig, 'y'))!.payload, 'b')
      assert.equal((await receiveCorrelated(rig, 'y'))!.payload, 'd')
      assert.equal(await receiveCorrelated(rig, 'y', 0), undefined)
      assert.deepEqual(await rig.drain(), ['a', 'c', 'e'])
    },
  },
  {
    rule: 'C13',
    name: 'a waiting correlated take comes before plain ones for its own message, and for no other',
    kinds: POLLABLE,
    needs: ['correlation'],
    run: async (rig) => {
      const plain = watch(() => rig.port.receive())
      const other = watch(() => receiveCorrelated(rig, 'y'))
      const mine = watch(() => receiveCorrelated(rig, 'x'))
      await rig.quiet()
      await rig.send('for x', { correlationId: 'x' })
      assert.equal((await rig.outcome('the correlated take', mine))!.payload, 'for x')
      assert.equal(plain.state, 'pending')
      assert.equal(other.state, 'pending')
      await rig.send('for anybody')
      assert.equal((await rig.outcome('the plain take', plain))!.payload, 'for anybody')
      await rig.send('for y', { correlationId: 'y' })
      assert.equal((await rig.outcome('the other correlated take', other))!.payload, 'for y')
    },
  },
  {
    rule: 'C13',
    name: 'a correlated take finds a message that came back, and gives up when told to',
    kinds: BUFFERED,
    needs: ['correlation'],
    run: async (rig) => {
      await rig.send('a', { correlationId: 'x' })
      const first = await rig.port.take({ correlationId: 'x' })
      const again = watch(() => rig.port.take({ correlationId: 'x' }))
      const late = watch(() => rig.port.take({ correlationId: 'x', timeout: 50 }))
      await rig.quiet()
      await first!.nack()
      const second = await rig.outcome('a take of a message that came back', again)
      assert.equal(second!.attempt, 2)
      await second!.ack()
      await rig.elapse(51)
      assert.equal(await rig.outcome('a correlated take with a timeout', late), undefined)
    },
  },
]
