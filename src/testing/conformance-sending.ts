/** Conformance: sending, room and overflow (C2, C3, C4). */
import assert from 'node:assert/strict'
import { BUFFERED, type CaseDefinition, POLLABLE, type Rig, refuses, watch } from './conformance-rig.ts'

/** Fills a channel with a capacity of 2; one without a buffer is full as it is. */
async function fill(rig: Rig): Promise<void> {
  if (rig.kind === 'rendezvous') return
  await rig.send('first')
  await rig.send('second')
}

const FILLED: Readonly<Record<string, readonly unknown[]>> = {
  queue: ['first', 'second'],
  priority: ['first', 'second'],
  rendezvous: [],
}

/** The cases of sending. */
export const SENDING: readonly CaseDefinition[] = [
  {
    rule: 'C2',
    name: 'capacity n makes the n+1-th send wait until a message is taken',
    kinds: BUFFERED,
    needs: ['bounded'],
    spec: { capacity: 2 },
    run: async (rig) => {
      await fill(rig)
      const third = rig.offer('third')
      await rig.quiet()
      assert.equal(third.state, 'pending')
      assert.equal(rig.port.stats.buffered, 2)
      assert.equal((await rig.port.receive())!.payload, 'first')
      await rig.outcome('a send that waited for room', third)
      assert.deepEqual(await rig.drain(), ['second', 'third'])
    },
  },
  {
    rule: 'C2',
    name: 'a send that times out is refused and leaves no trace',
    kinds: POLLABLE,
    needs: ['bounded'],
    spec: { capacity: 2 },
    run: async (rig) => {
      await fill(rig)
      await refuses(() => rig.port.send(rig.message(), { timeout: 0 }), 'SendTimeoutError', '"c"')
      const late = watch(() => rig.port.send(rig.message(), { timeout: 100 }))
      await rig.elapse(50)
      assert.equal(late.state, 'pending')
      await rig.elapse(51)
      await refuses(() => rig.outcome('a send with a timeout', late), 'SendTimeoutError', '"c"', '100 ms')
      assert.deepEqual(await rig.drain(), FILLED[rig.kind])
      assert.equal(rig.port.stats.accepted, FILLED[rig.kind]!.length)
    },
  },
  {
    rule: 'C2',
    name: 'an aborted send rejects with the reason and leaves no trace',
    kinds: POLLABLE,
    needs: ['bounded'],
    spec: { capacity: 2 },
    run: async (rig) => {
      await fill(rig)
      const controller = new AbortController()
      const { signal } = controller
      const sending = watch(() => rig.port.send(rig.message(), { signal }))
      await rig.quiet()
      const reason = new Error('I have changed my mind.')
      controller.abort(reason)
      await assert.rejects(rig.outcome('an aborted send', sending), reason)
      assert.deepEqual(await rig.drain(), FILLED[rig.kind])
      await assert.rejects(async () => rig.port.send(rig.message(), { signal }), reason)
      assert.equal(rig.port.stats.accepted, FILLED[rig.kind]!.length)
    },
  },
  {
    rule: 'C3',
    name: 'waiting senders are served in their order, and one that gives up disturbs nobody',
    kinds: POLLABLE,
    needs: ['bounded', 'total order'],
    spec: { capacity: 1 },
    run: async (rig) => {
      if (rig.kind !== 'rendezvous') await rig.send(0)
      const controller = new AbortController()
      const senders = [1, 2, 3, 4].map((payload) =>
        watch(() => rig.port.send(rig.message(payload), payload === 2 ? { signal: controller.signal } : {})),
      )
      await rig.quiet()
      controller.abort(new Error('No longer.'))
      assert.deepEqual(await rig.drain(), rig.kind === 'rendezvous' ? [1, 3, 4] : [0, 1, 3, 4])
      await assert.rejects(rig.outcome('the sender that gave up', senders[1]!), /No longer/)
      for (const sender of senders.filter((_, i) => i !== 1)) await rig.outcome('a waiting sender', sender)
    },
  },
  {
    rule: 'C4',
    name: 'a capacity that is no whole number from 1 on is refused, and 0 points to rendezvous',
    kinds: ['queue', 'priority', 'pubsub'],
    needs: ['bounded'],
    run: async (rig) => {
      for (const capacity of [0, -1, 1.5, NaN]) {
        await rig.stop()
        await refuses(
          () => rig.start({ capacity }),
          'InvalidOptionError',
          '"c"',
          String(capacity),
          ...(capacity === 0 ? ['rendezvous'] : []),
        )
      }
    },
  },
  {
    rule: 'C4',
    name: `overflow 'reject' refuses`,
    kinds: BUFFERED,
    needs: ['bounded'],
    spec: { capacity: 2, overflow: 'reject' },
    run: async (rig) => {
      await fill(rig)
      await refuses(() => rig.port.send(rig.message()), 'ChannelFullError', '"c"', '2')
      assert.deepEqual(await rig.drain(), ['first', 'second'])
      assert.equal(rig.port.stats.accepted, 2)
    },
  },
  {
    rule: 'C4',
    name: `overflow 'dropOldest' gives up the oldest, counted and told`,
    kinds: BUFFERED,
    needs: ['bounded'],
    spec: { capacity: 2, overflow: 'dropOldest' },
    run: async (rig) => {
      await fill(rig)
      await rig.send('third')
      assert.deepEqual(await rig.drain(), ['second', 'third'])
      assert.equal(rig.port.stats.dropped, 1)
      assert.deepEqual(rig.dropped, ['overflow m1'])
    },
  },
  {
    rule: 'C4',
    name: `overflow 'dropNewest' gives up the new one, counted and told`,
    kinds: BUFFERED,
    needs: ['bounded'],
    spec: { capacity: 2, overflow: 'dropNewest' },
    run: async (rig) => {
      await fill(rig)
      await rig.send('third')
      assert.deepEqual(await rig.drain(), ['first', 'second'])
      assert.equal(rig.port.stats.dropped, 1)
      assert.deepEqual(rig.dropped, ['overflow m3'])
    },
  },
  {
    rule: 'C4',
    name: 'purge removes what it is asked to, gives it back, counts it and makes room',
    kinds: BUFFERED,
    run: async (rig) => {
      for (const payload of [1, 2, 3, 4]) await rig.send(payload)
      const odd = await rig.port.purge(({ payload }) => (payload as number) % 2 === 1)
      assert.deepEqual(
        odd.map(({ payload }) => payload),
        [1, 3],
      )
      assert.equal(rig.port.stats.dropped, 2)
      assert.equal(rig.port.stats.buffered, 2)
      assert.deepEqual(rig.dropped, ['purged m1', 'purged m3'])
      assert.deepEqual(
        (await rig.port.purge()).map(({ payload }) => payload),
        [2, 4],
      )
      assert.deepEqual(await rig.port.purge(), [])
      assert.equal(await rig.port.take({ timeout: 0 }), undefined)
    },
  },
  {
    rule: 'C4',
    name: 'purge lets waiting senders in, and leaves everything as it was when the predicate throws',
    kinds: BUFFERED,
    needs: ['bounded'],
    spec: { capacity: 2 },
    run: async (rig) => {
      await fill(rig)
      const third = rig.offer('third')
      await assert.rejects(async () => {
        await rig.port.purge(({ payload }) => {
          if (payload === 'second') throw new Error('Which one?')
          return true
        })
      }, /Which one/)
      assert.equal(rig.port.stats.buffered, 2)
      await rig.port.purge()
      await rig.outcome('a send that waited for room', third)
      assert.deepEqual(await rig.drain(), ['third'])
    },
  },
]
