/** What steps do once it is known what became of a message (T6, T7, T12, T13): also of one that went into a group. */
import {
  type ClaimStore,
  type ClaimTicket,
  type Claimed,
  type KeyStore,
  MemoryKeyStore,
  type Runtime,
  app,
  flow,
  memoryGroupStore,
  message,
  queue,
} from 'allora'
import { describe, expect, test } from 'vitest'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'
import { deferred, drained, forbidUnhandledRejections, settled, started } from '../rig.ts'

forbidUnhandledRejections()

const input = queue('in').of<string>()
const output = queue('out').of<unknown>()

/** Fails while the switch is on. */
function fragile() {
  const state = { broken: true }
  const handle = <T>(payload: T): T => {
    if (state.broken) throw new Error('broken')
    return payload
  }
  return { state, handle }
}

/** Turns the switch off and has the dead letters handled again. */
async function mend(rt: Pick<Runtime<never>, 'deadLetters' | 'idle'>, state: { broken: boolean }): Promise<void> {
  state.broken = false
  await rt.deadLetters.redrive({})
  await rt.idle()
}

/** A store whose claims can be counted. */
function countedClaims() {
  const kept = new Map<string, Claimed>()
  const store: ClaimStore = {
    put: async (claim, payload) => void kept.set(claim, { payload }),
    get: (claim) => kept.get(claim),
    remove: (claim) => void kept.delete(claim),
  }
  return { kept, store }
}

/** As claimCheckIn makes them. */
const ticketFor = (claim: string): ClaimTicket<string> => ({ claim })

const sequence = (number: number) => ({ sequence: { correlationId: 's', number } })

describe('T12: a key counts as handled while its message is in a group, and as new again when that fails', () => {
  test('T12: parts of a split that are aggregated', async () => {
    const { state, handle } = fragile()
    const gathering = flow('f')
      .from(queue('in').of<string[]>())
      .split()
      .idempotent({ key: (word) => word })
      .aggregate()
      .handle(handle)
      .to(output)
      .build()
    const { rt, dropped } = await started(app(gathering))
    await rt.send('in', ['a', 'b'])
    await rt.idle()
    await mend(rt, state)
    expect(drained(rt.channel('out'))).toEqual([['a', 'b']])
    expect(dropped).toEqual([])
    // Now they have been handled.
    await rt.send('in', ['a', 'b', 'c'])
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([['c']])
    expect(dropped).toEqual(['duplicate "a"', 'duplicate "b"'])
  })

  test('T12: a part whose sibling fails before their group is complete', async () => {
    const { state, handle } = fragile()
    const gathering = flow('f')
      .from(queue('in').of<string[]>())
      .split()
      .idempotent({ key: (word) => word })
      .transform((word) => (word === 'b' ? handle(word) : word))
      .aggregate()
      .to(output)
      .build()
    const { rt } = await started(app(gathering))
    await rt.send('in', ['a', 'b'])
    await rt.idle()
    await mend(rt, state)
    expect(drained(rt.channel('out'))).toEqual([['a', 'b']])
  })

  test('T12: messages of a group across messages; a duplicate is dropped at once, and keeps nobody waiting', async () => {
    const { state, handle } = fragile()
    const pairs = flow('f')
      .from(input)
      .idempotent({ key: (word) => word })
      .aggregate({ size: 2, correlateBy: () => 'pair', remember: 0 })
      .handle(handle)
      .to(output)
      .build()
    const { rt, dropped } = await started(app(pairs))
    for (const word of ['a', 'a', 'b']) await rt.send('in', word)
    await rt.idle()
    expect(dropped).toEqual(['duplicate "a"'])
    expect(rt.deadLetters.list().map((letter) => letter.message.payload)).toEqual(['a', 'b'])
    await mend(rt, state)
    expect(drained(rt.channel('out'))).toEqual([['a', 'b']])
    await rt.send('in', 'b')
    await rt.idle()
    expect(dropped).toEqual(['duplicate "a"', 'duplicate "b"'])
  })

  test('T12: a group of groups', async () => {
    const { state, handle } = fragile()
    const quads = flow('f')
      .from(input)
      .idempotent({ key: (word) => word })
      .aggregate({ size: 2, correlateBy: () => 'pair', remember: 0 })
      .aggregate({ size: 2, correlateBy: () => 'quad', remember: 0 })
      .handle(handle)
      .to(output)
      .build()
    const { rt } = await started(app(quads))
    for (const word of ['a', 'b', 'c', 'd']) await rt.send('in', word)
    await rt.idle()
    await mend(rt, state)
    expect(drained(rt.channel('out'))).toEqual([
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ])
  })

  test('T12: a message that a failing combine gives back', async () => {
    const { state, handle } = fragile()
    const pairs = flow('f')
      .from(input)
      .idempotent({ key: (word) => word })
      .aggregate({ size: 2, correlateBy: () => 'pair', combine: (words) => handle(words.join('+')) })
      .to(output)
      .build()
    const { rt } = await started(app(pairs))
    for (const word of ['a', 'b']) await rt.send('in', word)
    await settled()
    expect(rt.deadLetters.list().map((letter) => letter.message.payload)).toEqual(['b'])
    await mend(rt, state)
    expect(drained(rt.channel('out'))).toEqual(['a+b'])
  })

  test('T12: a group that its timeout makes dead letters of; one that it discards has been handled', async () => {
    const grouped = (onTimeout: 'deadLetter' | 'discard') =>
      flow('f')
        .from(input)
        .idempotent({ key: (word) => word })
        .aggregate({ size: 2, correlateBy: () => 'pair', timeout: 20, onTimeout, remember: 0 })
        .to(output)
        .build()
    const { rt, clock, dropped } = await started(app(grouped('deadLetter')))
    await rt.send('in', 'a')
    await settled()
    await clock.advance(20)
    await rt.deadLetters.redrive({})
    await rt.send('in', 'b')
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([['a', 'b']])
    expect(dropped).toEqual([])

    const other = await started(app(grouped('discard')))
    await other.rt.send('in', 'a')
    await settled()
    await other.clock.advance(20)
    await other.rt.send('in', 'a')
    await other.rt.idle()
    expect(other.dropped).toEqual(['group-discarded "a"', 'duplicate "a"'])
  })

  test('T12: messages that were put into order', async () => {
    const { state, handle } = fragile()
    const ordered = flow('f')
      .from(input)
      .idempotent({ key: (word) => word })
      .resequence({ timeout: 100, onTimeout: 'discard' })
      .handle(handle)
      .to(output)
      .build()
    const { rt, dropped } = await started(app(ordered))
    await rt.send('in', message('b', sequence(2)))
    await rt.send('in', message('a', sequence(1)))
    await rt.idle()
    expect(rt.deadLetters.size).toBe(2)
    await mend(rt, state)
    expect(new Set(drained(rt.channel('out')))).toEqual(new Set(['a', 'b']))
    expect(dropped).toEqual([])
  })

  test('T7: a number whose message fails in a group may come again', async () => {
    const { state, handle } = fragile()
    const ordered = flow('f')
      .from(input)
      .resequence({ timeout: 100, onTimeout: 'discard' })
      .aggregate({ size: 2, correlateBy: () => 'pair', remember: 0 })
      .handle(handle)
      .to(output)
      .build()
    const { rt } = await started(app(ordered))
    await rt.send('in', message('b', sequence(2)))
    await rt.send('in', message('a', sequence(1)))
    await rt.idle()
    await mend(rt, state)
    expect(drained(rt.channel('out'))).toEqual([['a', 'b']])
  })
})

describe('T12: who waits for a whole message waits for all that its parts go into', () => {
  interface Batch {
    readonly id: string
    readonly items: readonly number[]
  }
  const batches = queue('in').of<Batch>()
  const keyed = () =>
    flow('f')
      .from(batches)
      .idempotent({ key: ({ id }) => id })
      .split(({ items }) => items)

  test('T12: a group across messages', async () => {
    const { state, handle } = fragile()
    const four = keyed()
      .aggregate({ correlateBy: () => 'all', size: 4, remember: 0 })
      .handle(handle)
      .to(output)
      .build()
    const { rt, dropped } = await started(app(four))
    await rt.send('in', { id: 'a', items: [1, 2] })
    await rt.send('in', { id: 'b', items: [3, 4] })
    await rt.idle()
    expect(rt.deadLetters.size).toBe(2)
    await mend(rt, state)
    expect(drained(rt.channel('out'))).toEqual([[1, 2, 3, 4]])
    await rt.send('in', { id: 'a', items: [1, 2] })
    await rt.idle()
    expect(dropped).toEqual([expect.stringContaining('duplicate')])
  })

  test('T12: two groups, one of which fails; and a group of groups that a stop leaves', async () => {
    const { state, handle } = fragile()
    const store = new MemoryKeyStore(virtualClock())
    const pairs = () =>
      flow('f')
        .from(batches)
        .idempotent({ key: ({ id }) => id, store })
        .split(({ items }) => items)
        .aggregate()
        .aggregate({ correlateBy: (items) => items.length, size: 2, remember: 0 })
        .handle(handle)
        .to(output)
        .build()
    const first = await started(app(pairs()))
    for (const id of ['a', 'b']) await first.rt.send('in', { id, items: [1, 2] })
    await first.rt.idle()
    await first.rt.send('in', { id: 'c', items: [1] })
    await settled()
    state.broken = false
    await first.rt.deadLetters.redrive({})
    await settled()
    expect(drained(first.rt.channel('out'))).toHaveLength(1)
    await first.rt.stop({ timeout: 0 })
    const second = await started(app(pairs()))
    for (const id of ['a', 'c', 'd']) await second.rt.send('in', { id, items: [1] })
    await second.rt.idle()
    expect(drained(second.rt.channel('out'))).toEqual([[[1], [1]]])
    expect(second.dropped).toEqual([expect.stringContaining('"a"')])
  })

  test('T12: parts that are put into order', async () => {
    const { state, handle } = fragile()
    const ordered = keyed()
      .setHeader('sequence', (number, { message: { headers } }) => ({
        correlationId: headers.correlationId!,
        number: 4 - number,
      }))
      .resequence({ timeout: 60_000, onTimeout: 'discard' })
      .handle(handle)
      .to(output)
      .build()
    const { rt, dropped } = await started(app(ordered))
    await rt.send('in', { id: 'a', items: [1, 2, 3] })
    await rt.idle()
    const { size } = rt.deadLetters
    await mend(rt, state)
    expect(dropped.filter((drop) => drop.includes('"id"'))).toEqual([])
    expect([size, drained(rt.channel('out'))]).toEqual([1, [1, 2, 3]])
  })

  test('T12: a branch of a scatter-gather, when another one fails', async () => {
    const { state, handle } = fragile()
    const asking = flow('f')
      .from(input)
      .scatterGather(
        { a: (branch) => branch.idempotent({ key: (word) => word }), b: (branch) => branch.handle(handle) },
        { timeout: 1_000, onFailure: 'fail' },
      )
      .to(output)
      .build()
    const { rt } = await started(app(asking))
    await rt.send('in', 'x')
    await rt.idle()
    await mend(rt, state)
    expect(drained(rt.channel('out'))).toEqual([{ a: 'x', b: 'x' }])
  })

  test('T12: a group that fails after the time of its keys frees nobody else’s', async () => {
    const second = deferred()
    const seen: number[] = []
    const boom = (): never => {
      throw new Error('boom')
    }
    const windowed = flow('f')
      .from(queue('in').of<number>(), { concurrency: 5 })
      .idempotent({ key: () => 'k', window: 50 })
      .handle(async (n) => {
        seen.push(n)
        if (n === 2) await second.promise
        return n
      })
      .filter((n) => n === 1)
      .aggregate({ timeout: 150, size: 9, correlateBy: () => 'all', combine: boom })
      .to(output)
      .build()
    const { rt, clock } = await started(app(windowed))
    await rt.send('in', 1)
    await clock.advance(80)
    await rt.send('in', 2)
    await clock.advance(80)
    await rt.send('in', 3)
    await settled()
    expect(seen).toEqual([1, 2])
    second.resolve()
    await rt.idle()
    expect(seen).toEqual([1, 2])
  })
})

describe('T12: a stop makes keys new again whose messages are left in groups', () => {
  const waiting = (store: KeyStore) =>
    app(
      flow('f')
        .from(input)
        .idempotent({ key: (word) => word, store })
        .aggregate({ size: 3, correlateBy: () => 'three' })
        .to(output)
        .build(),
      flow('g')
        .from(queue('numbered').of<string>())
        .idempotent({ key: (word) => word, store })
        .resequence({ timeout: 60_000, onTimeout: 'emit' })
        .to(output)
        .build(),
    )

  test('T12: in the store that outlives the runtime', async () => {
    const store = new MemoryKeyStore(virtualClock())
    const first = await started(waiting(store))
    await first.rt.send('in', 'a')
    await first.rt.send('numbered', message('b', sequence(2)))
    await settled()
    const { left } = await first.rt.stop({ timeout: 0 })
    expect(left.map(({ state }) => state)).toEqual(['grouped', 'grouped'])
    const second = await started(waiting(store))
    for (const word of ['a', 'b', 'c']) await second.rt.send('in', word)
    await second.rt.idle()
    expect(drained(second.rt.channel('out'))).toEqual([['a', 'b', 'c']])
  })

  test('T12: but not of those that a group store keeps', async () => {
    const keys = new MemoryKeyStore(virtualClock())
    const groups = memoryGroupStore()
    const three = () =>
      app(
        flow('f')
          .from(input)
          .idempotent({ key: (word) => word, store: keys })
          .aggregate({ size: 3, correlateBy: () => 'three', store: groups })
          .to(output)
          .build(),
      )
    const first = await started(three())
    await first.rt.send('in', 'a')
    await settled()
    await first.rt.stop({ timeout: 0 })
    const second = await started(three())
    for (const word of ['a', 'b', 'c']) await second.rt.send('in', word)
    await second.rt.idle()
    expect(drained(second.rt.channel('out'))).toEqual([['a', 'b', 'c']])
    expect(second.dropped).toEqual(['duplicate "a"'])
  })

  test('T12: a store that does not answer keeps the stop waiting for a second', async () => {
    const mute: KeyStore = { reserve: () => true, commit: () => undefined, release: () => new Promise(() => {}) }
    const { rt, clock } = await started(waiting(mute))
    await rt.send('in', 'a')
    await settled()
    let stopped = false
    const stopping = rt.stop({ timeout: 0 }).then(() => (stopped = true))
    await settled()
    expect(stopped).toBe(false)
    await clock.advance(1_000)
    await stopping
  })
})

describe('T13: a claim is removed when nobody will ask for it again', () => {
  const tickets = queue('tickets').of<ClaimTicket<string>>()
  const shelved = queue('shelved').of<ClaimTicket<string>>()

  test('T13: not while its message is in a group, nor when that fails', async () => {
    const { kept, store } = countedClaims()
    const { state, handle } = fragile()
    const shelve = flow('shelve').from(input).claimCheckIn({ store }).to(shelved).build()
    const pair = flow('pair')
      .from(shelved)
      .claimCheckOut({ store, remove: true })
      .aggregate({ size: 2, correlateBy: () => 'pair', remember: 0 })
      .handle(handle)
      .to(output)
      .build()
    const { rt } = await started(app(shelve, pair))
    await rt.send('in', 'a')
    await settled()
    expect(kept.size).toBe(1)
    await rt.send('in', 'b')
    await rt.idle()
    expect(kept.size).toBe(2)
    await mend(rt, state)
    expect(drained(rt.channel('out'))).toEqual([['a', 'b']])
    expect(kept.size).toBe(0)
  })

  test.each(['aggregated', 'sent on'] as const)(
    'T13: not before the whole message is handled, its parts %s',
    async (end) => {
      const { kept, store } = countedClaims()
      const { state, handle } = fragile()
      for (const claim of ['a', 'b']) await store.put(claim, claim)
      const parts = flow('f')
        .from(queue('in').of<ClaimTicket<string>[]>())
        .split()
        .claimCheckOut({ store, remove: true })
        .transform((payload) => (payload === 'b' ? handle(payload) : payload))
      const { rt } = await started(
        app(end === 'aggregated' ? parts.aggregate().to(output).build() : parts.to(output).build()),
      )
      await rt.send('in', ['a', 'b'].map(ticketFor))
      await rt.idle()
      expect(kept.size).toBe(2)
      state.broken = false
      await rt.deadLetters.redrive({})
      await rt.idle()
      expect(drained(rt.channel('out'))).toEqual(end === 'aggregated' ? [['a', 'b']] : ['a', 'a', 'b'])
      expect(kept.size).toBe(0)
    },
  )

  test('T13: not before a group across messages that a part went into', async () => {
    const { kept, store } = countedClaims()
    const { state, handle } = fragile()
    for (const claim of ['a', 'b']) await store.put(claim, claim)
    const four = flow('f')
      .from(queue('in').of<ClaimTicket<string>[]>())
      .split()
      .claimCheckOut({ store, remove: true })
      .aggregate({ correlateBy: () => 'all', size: 2, remember: 0 })
      .handle(handle)
      .to(output)
      .build()
    const { rt } = await started(app(four))
    for (const claim of ['a', 'b']) await rt.send('in', [ticketFor(claim)])
    await rt.idle()
    expect(kept.size).toBe(2)
    await mend(rt, state)
    expect(drained(rt.channel('out'))).toEqual([['a', 'b']])
    expect(kept.size).toBe(0)
  })

  test('T13: not before the other branches of a scatter-gather have replied', async () => {
    const { kept, store } = countedClaims()
    const { state, handle } = fragile()
    await store.put('a', 'payload')
    const asking = flow('f')
      .from(tickets)
      .scatterGather(
        {
          payload: (branch) => branch.claimCheckOut({ store, remove: true }),
          other: (branch) => branch.handle(handle),
        },
        { timeout: 1_000, onFailure: 'fail' },
      )
      .to(output)
      .build()
    const { rt } = await started(app(asking))
    await rt.send('tickets', ticketFor('a'))
    await rt.idle()
    expect(kept.size).toBe(1)
    await mend(rt, state)
    expect(drained(rt.channel('out'))).toEqual([{ payload: 'payload', other: { claim: 'a' } }])
    expect(kept.size).toBe(0)
  })
})
