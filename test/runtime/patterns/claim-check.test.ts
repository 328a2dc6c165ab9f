/** The claim check (T13). */
import {
  type ClaimStore,
  type ClaimTicket,
  type Claimed,
  app,
  direct,
  flow,
  memoryClaimStore,
  message,
  queue,
} from 'allora'
import fc from 'fast-check'
import { right } from 'fp-ts/lib/Either.js'
import { expect, expectTypeOf, test } from 'vitest'
import { expectAccounts, forbidUnhandledRejections, started } from '../rig.ts'

interface Book {
  readonly pages: readonly string[]
}

forbidUnhandledRejections()

const books = direct('books').of<Book>()

test('T13: the payload stays in the store and its ticket travels, also through a channel', async () => {
  const store = memoryClaimStore()
  const shelved = queue('shelved').of<ClaimTicket<Book>>()
  const chain = flow('f')
    .from(books)
    .claimCheckIn({ store })
    .tap(queue('seen'))
    .through(shelved)
    .claimCheckOut({ store })
  chain.transform((book) => expectTypeOf(book).toEqualTypeOf<Book>())
  const { rt } = await started(app(chain.build()))
  expect(await rt.request('books', { pages: ['a'] })).toEqual(right({ pages: ['a'] }))
  expect(rt.channel('seen').tryReceive()?.payload).toEqual({ claim: 'm1' })
})

test('T13: every value can be checked in, also undefined', async () => {
  const store = memoryClaimStore()
  const { rt } = await started(
    app(flow('f').from(direct('any').of<unknown>()).claimCheckIn({ store }).claimCheckOut({ store }).build()),
  )
  expect(await rt.request('any', undefined)).toEqual(right(undefined))
})

test('T13: whatever is checked in comes out the same, and nothing stays behind where it is removed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.anything(), { maxLength: 10 }), fc.boolean(), async (payloads, remove) => {
      const kept = new Map<string, Claimed>()
      const store: ClaimStore = {
        put: async (claim, payload) => void kept.set(claim, { payload }),
        get: (claim) => kept.get(claim),
        remove: (claim) => void kept.delete(claim),
      }
      const around = flow('f')
        .from(direct('any').of<unknown>())
        .claimCheckIn({ store })
        .through(queue('tickets'), { concurrency: 3 })
        .claimCheckOut({ store, remove })
        .build()
      const { rt } = await started(app(around))
      const replies = await Promise.all(payloads.map((payload) => rt.request('any', message(payload))))
      expect(replies).toEqual(payloads.map((payload) => right(payload)))
      expect(kept.size).toBe(remove ? 0 : payloads.length)
      expectAccounts(rt)
    }),
    { numRuns: process.env['CI'] === undefined ? 200 : 1_000 },
  )
})

test('T13: an unknown reference is a named error, and nothing is lost', async () => {
  const store = memoryClaimStore()
  const tickets = direct('tickets').of<ClaimTicket<Book>>()
  const { rt } = await started(app(flow('f').from(tickets).claimCheckOut({ store }).build()))
  await expect(rt.send('tickets', { claim: 'gone' })).rejects.toThrow(
    'There is no payload for claim "gone" in the store. Give claimCheckIn and claimCheckOut the same store, and keep payloads as long as their messages travel.',
  )
  await store.put('gone', { pages: [] })
  expect((await rt.deadLetters.redrive({})).redriven).toHaveLength(1)
  await store.remove('gone')
  expect(await store.get('gone')).toBeUndefined()
  // @ts-expect-error a book is no ticket
  flow('g').from(books).claimCheckOut({ store }).build()
})

test('T13: with remove the payload is forgotten once the flow has handled the message, and stays when that failed', async () => {
  const store = memoryClaimStore()
  let broken = true
  const sell = (book: Book): Book => {
    if (broken) throw new Error('not yet')
    return book
  }
  const { rt } = await started(
    app(flow('f').from(books).claimCheckIn({ store }).claimCheckOut({ store, remove: true }).handle(sell).build()),
  )
  await expect(rt.send('books', { pages: ['a'] })).rejects.toThrow('not yet')
  expect(await store.get('m1')).toEqual({ payload: { pages: ['a'] } })
  broken = false
  await rt.deadLetters.redrive({})
  expect(await store.get('m1')).toBeUndefined()
})

test('T13: a store that cannot remove is told to the log, and the message is handled', async () => {
  const lines: string[] = []
  const line = (text: string): void => void lines.push(text)
  const store = { ...memoryClaimStore(), remove: () => Promise.reject(new Error('no disk')) }
  const { rt } = await started(
    app(flow('f').from(books).claimCheckIn({ store }).claimCheckOut({ store, remove: true }).build()),
    { logger: { debug: line, info: line, warn: line, error: line } },
  )
  await rt.send('books', { pages: ['a'] })
  await rt.idle()
  expect(lines).toEqual(['The store of node "n2" of flow "f" could not remove the claim "m1": Error: no disk.'])
  expect(rt.metrics().channels['books']).toMatchObject({ accepted: 1, settled: 1 })
})

test('T13: a store in memory that is full takes no more, and loses nothing', async () => {
  const store = memoryClaimStore({ capacity: 1 })
  const { rt } = await started(app(flow('f').from(books).claimCheckIn({ store }).to(queue('tickets')).build()))
  await rt.send('books', { pages: ['a'] })
  await expect(rt.send('books', { pages: ['b'] })).rejects.toThrow('it keeps 1 payloads at most')
  expect(rt.deadLetters.size).toBe(1)
  await store.put('m1', { pages: ['a', 'again'] })
  await store.remove('m1')
  await rt.deadLetters.redrive({})
  expect(rt.channel('tickets').size).toBe(2)
})
