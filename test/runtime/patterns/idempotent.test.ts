/** The idempotent receiver (T12). */
import { type KeyStore, MemoryKeyStore, app, direct, flow, queue } from 'allora'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'
import { deferred, drained, expectAccounts, forbidUnhandledRejections, settled, started } from '../rig.ts'

forbidUnhandledRejections()

const runs = process.env['CI'] === undefined ? 100 : 1_000
const input = queue('in').of<string>()

describe('T12: idempotent', () => {
  test('T12: the same key passes once; what came before is counted, or sent to a channel', async () => {
    const once = flow('f')
      .from(input)
      .idempotent({ key: (word) => word.toLowerCase() })
      .to(queue('out'))
      .build()
    const { rt, dropped } = await started(app(once))
    for (const word of ['a', 'b', 'A']) await rt.send('in', word)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual(['a', 'b'])
    expect(dropped).toEqual(['duplicate "A"'])

    const discarding = flow('f')
      .from(input)
      .idempotent({ key: (word) => word, discardTo: queue('again') })
      .to(queue('out'))
      .build()
    const { rt: other } = await started(app(discarding))
    for (const word of ['a', 'a']) await other.send('in', word)
    await other.idle()
    expect(drained(other.channel('again'))).toEqual(['a'])
  })

  test.each<[what: string, key: (id: unknown) => unknown, said: string]>([
    ['undefined', () => undefined, 'The function of key must give text or a number, but it gave undefined'],
    ['null', () => null, 'it gave null'],
    ['no number', () => NaN, 'it gave the number NaN'],
    ['true', (id) => id === 'a', 'it gave the boolean true'],
    ['an object', (id) => ({ id }), 'it gave an object'],
    ['a promise', async (id) => id, 'The function of key must give its answer at once, but it gave a promise'],
    ['a promise that rejects', () => Promise.reject(new Error('no')), 'it gave a promise'],
  ])('T12: a message whose key is %s fails, and is no duplicate of another', async (_, key, said) => {
    const once = flow('f')
      .from(input)
      .idempotent({ key: key as never })
      .to(queue('out'))
      .build()
    const { rt, dropped } = await started(app(once))
    for (const word of ['a', 'a']) await rt.send('in', word)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([])
    expect(dropped).toEqual([])
    expect(rt.deadLetters.list().map(({ nodeId }) => nodeId)).toEqual(['n1', 'n1'])
    expect(rt.deadLetters.list()[0]!.error.message).toContain(said)
  })

  test('T12: a text and a number are two keys', async () => {
    const once = flow('f')
      .from(queue('in').of<string | number>())
      .idempotent({ key: (id) => id })
      .to(queue('out'))
      .build()
    const { rt, dropped } = await started(app(once))
    for (const id of [1, '1', '#1', 1, '1']) await rt.send('in', id)
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual([1, '1', '#1'])
    expect(dropped).toEqual(['duplicate 1', 'duplicate "1"'])
  })

  test.each([undefined, Promise.resolve('yes'), {}])(
    'T12: a store that does not say whether a key is new is told so, and the message is kept',
    async (verdict) => {
      const store = { reserve: () => verdict, commit() {}, release() {} } as unknown as KeyStore
      const { rt } = await started(
        app(
          flow('f')
            .from(input)
            .idempotent({ key: (word) => word, store })
            .build(),
        ),
      )
      await rt.send('in', 'a')
      await rt.idle()
      expect(rt.deadLetters.list()[0]!.error).toMatchObject({
        nodeId: 'n1',
        cause: { code: 'ALLORA304' },
        message: expect.stringContaining(
          'The reserve of the store must give true or false, or a promise of it, but it gave ',
        ) as unknown,
      })
    },
  )

  test('T12: a key is committed on success and released on failure', async () => {
    let broken = true
    const fragile = flow('f')
      .from(direct('in').of<string>())
      .idempotent({ key: (word) => word })
      .handle((word) => {
        if (broken) throw new Error('broken')
        return word
      })
      .to(queue('out'))
      .build()
    const { rt } = await started(app(fragile))
    await expect(rt.send('in', 'a')).rejects.toThrow('broken')
    broken = false
    await rt.send('in', 'a')
    await rt.send('in', 'a')
    expect(drained(rt.channel('out'))).toEqual(['a'])
  })

  test('T12: whoever has the key of a message in work waits for its end', async () => {
    const first = deferred<string>()
    const calls: string[] = []
    const slow = flow('f')
      .from(input, { concurrency: 3 })
      .idempotent({ key: () => 'one key' })
      .handle((word) => {
        calls.push(word)
        return word === 'a' ? first.promise : word
      })
      .to(queue('out'))
      .build()
    const { rt, dropped } = await started(app(slow))
    for (const word of ['a', 'b', 'c']) await rt.send('in', word)
    await settled()
    expect(calls).toEqual(['a'])
    first.reject(new Error('a failed'))
    await rt.idle()
    expect(calls).toEqual(['a', 'b'])
    expect(dropped).toEqual(['duplicate "c"'])
  })

  test('T12: a key is forgotten after the window, or when there are too many', async () => {
    const once = flow('f')
      .from(input)
      .idempotent({ key: (word) => word, window: 1_000 })
      .to(queue('out'))
      .build()
    const { rt, clock } = await started(app(once))
    await rt.send('in', 'a')
    await clock.advance(999)
    await rt.send('in', 'a')
    await clock.advance(1)
    await rt.send('in', 'a')
    await rt.idle()
    expect(drained(rt.channel('out'))).toEqual(['a', 'a'])

    const store = new MemoryKeyStore(virtualClock(), 1)
    for (const key of ['a', 'b']) {
      expect(store.reserve(key)).toBe(true)
      store.commit(key)
    }
    expect([store.reserve('b'), store.reserve('a')]).toEqual([false, true])
  })

  test.each(['commit', 'release'] as const)(
    'T12: a store that fails to %s is told to the log, and the message ends',
    async (what) => {
      for (const fail of [() => Promise.reject(new Error('no disk')), throwing]) {
        const lines: string[] = []
        const line = (text: string): void => void lines.push(text)
        const store: KeyStore = { reserve: () => true, commit() {}, release() {}, [what]: fail }
        const { rt } = await started(
          app(
            flow('f')
              .from(queue('in').of<string>())
              .idempotent({ key: (text) => text, store })
              .filter(() => what === 'commit', { reject: 'error' })
              .build(),
          ),
          { logger: { debug: line, info: line, warn: line, error: line } },
        )
        await rt.send('in', 'a')
        await rt.idle()
        expect(lines).toEqual([
          `The store of node "n1" of flow "f" could not ${what} the key "f/n1/a": Error: no disk.`,
        ])
        expect(rt.metrics().channels['in']).toMatchObject({ [what === 'commit' ? 'settled' : 'dead']: 1, inFlight: 0 })
      }
    },
  )

  test('T12: each key is handled exactly once, however handlers fail and interleave', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.record({ key: fc.nat(3), fails: fc.boolean() }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (scheduler, sends, concurrency) => {
          const handled: number[] = []
          const fragile = flow('f')
            .from(queue('in').of<{ key: number; fails: boolean }>(), { concurrency })
            .idempotent({ key: ({ key }) => key })
            .handle(async ({ key, fails }) => {
              await scheduler.schedule(Promise.resolve(), `handle ${key}`)
              if (fails) throw new Error('as arranged')
              handled.push(key)
              expectAccounts(rt)
            })
            .build()
          const { rt } = await started(app(fragile))
          for (const it of sends) await rt.send('in', it)
          const idle = rt.idle()
          await scheduler.waitFor(idle)
          const succeeding = new Set(sends.filter(({ fails }) => !fails).map(({ key }) => key))
          expect(handled).toHaveLength(succeeding.size)
          expect(new Set(handled)).toEqual(succeeding)
        },
      ),
      { numRuns: runs },
    )
  })
})

const throwing = (): never => {
  throw new Error('no disk')
}
