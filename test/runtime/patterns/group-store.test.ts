import { type GroupStore, app, check, direct, flow, memoryGroupStore, queue } from 'allora'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'
import { drained, forbidUnhandledRejections, settled, started } from '../rig.ts'

forbidUnhandledRejections()

const groups = (store: GroupStore, options: { readonly timeout?: number; readonly remember?: number } = {}) =>
  app(
    flow('groups')
      .from(queue('in').of<string>())
      .aggregate({ size: 3, correlateBy: (text) => text[0], store, ...options })
      .to(queue('out', { capacity: 1 }))
      .build(),
  )

/** The same store, each of whose answers comes when the test says. */
function slow(store: GroupStore): GroupStore & { readonly release: () => Promise<void> } {
  const waiting: (() => void)[] = []
  const later = async <T>(work: () => T | Promise<T>): Promise<T> => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return work()
  }
  return {
    load: async (name) => store.load(name),
    add: (name, key, member) => later(() => store.add(name, key, member)),
    end: (name, key) => later(() => store.end(name, key)),
    forget: (name, key) => later(() => store.forget(name, key)),
    remove: (name, key, id) => later(() => store.remove(name, key, id)),
    async release() {
      for (; waiting.length > 0; await settled()) waiting.shift()!()
    },
  }
}

const keysOf = async (store: GroupStore) => {
  const { open, over } = await store.load('groups/n1')
  return {
    open: open.map(({ key, members }) => `${key} ${members.map(({ message }) => message.payload).join()}`),
    over,
  }
}

describe('T6: groups in a store', () => {
  test('T6: a group goes on after a restart, and the stop does not wait for it', async () => {
    const store = memoryGroupStore()
    const first = await started(groups(store, { timeout: 60_000 }))
    for (const text of ['a1', 'b1', 'a2']) await first.rt.send('in', text)
    await settled()
    const report = await first.rt.stop()
    expect(report).toMatchObject({
      drained: true,
      left: [{ state: 'grouped' }, { state: 'grouped' }, { state: 'grouped' }],
    })
    const ids = report.left.map(({ messageId }) => messageId)

    const second = await started(groups(store), { ids: (n) => `later${n}` })
    expect(second.rt.metrics().openGroups).toBe(2)
    await second.rt.send('in', 'a3')
    const out = await second.rt.channel('out').receive()
    expect(out.payload).toEqual(['a1', 'a2', 'a3'])
    expect(out.id.startsWith(ids[0]!)).toBe(true)
    expect(await keysOf(store)).toEqual({ open: ['b b1'], over: ['a'] })
  })

  test('T6: its timeout counts from its first message, whatever happened in between', async () => {
    const store = memoryGroupStore()
    const clock = virtualClock(1_000)
    const begin = () => started(groups(store, { timeout: 100 }), { clock })
    const first = await begin()
    await first.rt.send('in', 'a1')
    await settled()
    await first.rt.stop()
    await clock.advance(60)
    const second = await begin()
    await clock.advance(39)
    expect(second.rt.channel('out').size).toBe(0)
    await second.rt.send('in', 'b1')
    await clock.advance(1)
    expect(drained(second.rt.channel('out'))).toEqual([['a1']])
    await second.rt.stop()
    await clock.advance(1_000)
    const third = await begin()
    await clock.advance(1)
    expect(drained(third.rt.channel('out'))).toEqual([['b1']])
    await third.rt.idle()
    expect(await keysOf(store)).toEqual({ open: [], over: ['a', 'b'] })
  })

  test('T6: a message is kept before its delivery is settled, and its group waits for the store', async () => {
    const store = slow(memoryGroupStore())
    const { rt } = await started(groups(store))
    await rt.send('in', 'a1')
    await settled()
    expect(rt.metrics().channels['in']).toMatchObject({ inFlight: 1, settled: 0 })
    expect(rt.metrics().openGroups).toBe(0)
    await store.release()
    expect(rt.metrics().channels['in']).toMatchObject({ inFlight: 0, settled: 1 })
    expect(rt.metrics().openGroups).toBe(1)
  })

  test('T6: what the store cannot keep fails and is in no group', async () => {
    const memory = memoryGroupStore()
    let full = true
    const store: GroupStore = {
      ...bound(memory),
      add: async (...member) => {
        if (full) throw new Error('disk full')
        return memory.add(...member)
      },
    }
    const { rt } = await started(groups(store))
    await rt.send('in', 'a1')
    await rt.idle()
    expect(rt.deadLetters.list()).toMatchObject([{ nodeId: 'n1', error: { cause: new Error('disk full') } }])
    expect(rt.metrics().openGroups).toBe(0)
    full = false
    await rt.deadLetters.redrive({})
    for (const text of ['a2', 'a3']) await rt.send('in', text)
    expect((await rt.channel('out').receive()).payload).toEqual(['a1', 'a2', 'a3'])
  })

  test('T6: a group is kept until what it became has been accepted further on', async () => {
    const store = memoryGroupStore()
    const { rt } = await started(groups(store))
    for (const text of ['a1', 'a2', 'a3', 'b1', 'b2', 'b3']) await rt.send('in', text)
    await settled()
    expect(await keysOf(store)).toEqual({ open: ['b b1,b2,b3'], over: ['a'] })
    await rt.stop({ timeout: 0 })

    const second = await started(groups(store))
    await settled()
    expect(drained(second.rt.channel('out'))).toEqual([['b1', 'b2', 'b3']])
    await second.rt.idle()
    expect(await keysOf(store)).toEqual({ open: [], over: ['a', 'b'] })
    await second.rt.send('in', 'a4')
    await second.rt.idle()
    expect(second.dropped).toEqual(['late "a4"'])
  })

  test('T6, E6: a group whose message fails for good is in the dead letters and no longer in the store', async () => {
    const store = memoryGroupStore()
    let broken = true
    const failing = app(
      flow('groups')
        .from(queue('in').of<string>())
        .aggregate({ size: 2, correlateBy: (text) => text[0], store })
        .handle((all) => {
          if (broken) throw new Error('broken')
          return all
        })
        .to(queue('out'))
        .build(),
    )
    const first = await started(failing)
    await first.rt.send('in', 'a1')
    await settled()
    await first.rt.stop()
    const { rt } = await started(failing, { ids: (n) => `later${n}` })
    await rt.send('in', 'a2')
    await rt.idle()
    expect(rt.deadLetters.list().map(({ message, channelId }) => [message.payload, channelId])).toEqual([
      ['a1', 'in'],
      ['a2', 'in'],
    ])
    expect(await keysOf(store)).toEqual({ open: [], over: [] })
    broken = false
    await rt.deadLetters.redrive({})
    expect((await rt.channel('out').receive()).payload).toEqual(['a1', 'a2'])
  })

  test('T6: a message for which combine failed leaves its group in the store, too', async () => {
    const store = memoryGroupStore()
    let broken = true
    const { rt } = await started(
      app(
        flow('groups')
          .from(queue('in').of<string>())
          .aggregate({
            size: 2,
            correlateBy: (text) => text[0],
            store,
            combine: (all) => {
              if (broken) throw new Error('broken')
              return all
            },
          })
          .to(queue('out'))
          .build(),
      ),
    )
    for (const text of ['a1', 'a2']) await rt.send('in', text)
    await settled()
    expect(rt.deadLetters.list().map(({ message }) => message.payload)).toEqual(['a2'])
    expect(await keysOf(store)).toEqual({ open: ['a a1'], over: [] })
    broken = false
    await rt.deadLetters.redrive({})
    expect((await rt.channel('out').receive()).payload).toEqual(['a1', 'a2'])
  })

  test('T6: only so many keys are remembered in the store, too', async () => {
    const store = memoryGroupStore()
    const { rt } = await started(groups(store, { remember: 1 }))
    for (const key of ['a', 'b', 'c']) {
      for (const n of [1, 2, 3]) await rt.send('in', `${key}${n}`)
      await rt.channel('out').receive()
      await rt.idle()
    }
    expect(await keysOf(store)).toEqual({ open: [], over: ['c'] })
  })

  test('T6: a store that cannot be read keeps the runtime from starting', async () => {
    const store: GroupStore = { ...bound(memoryGroupStore()), load: () => Promise.reject(new Error('no disk')) }
    await expect(started(groups(store))).rejects.toThrow('no disk')
  })

  test('T6: a store that cannot remove is no failure of the message, and is logged', async () => {
    const lines: string[] = []
    const log = (line: string): void => void lines.push(line)
    const store: GroupStore = {
      ...bound(memoryGroupStore()),
      end: () => {
        throw new Error('no disk')
      },
    }
    const { rt } = await started(groups(store), { logger: { debug: log, info: log, warn: log, error: log } })
    for (const text of ['a1', 'a2', 'a3']) await rt.send('in', text)
    await rt.idle()
    expect(drained(rt.channel('out'))).toHaveLength(1)
    expect(lines).toEqual(['The store of node "n1" of flow "groups" could not end the group a: Error: no disk.'])
  })

  test('T6: while the store is slow, a timeout waits for the message that is being kept', async () => {
    const store = slow(memoryGroupStore())
    const { rt, clock } = await started(groups(store, { timeout: 100 }))
    await rt.send('in', 'a1')
    await settled()
    await store.release()
    await rt.send('in', 'a2')
    await clock.advance(100)
    expect(rt.channel('out').size).toBe(0)
    await store.release()
    await clock.advance(1)
    await store.release()
    expect(drained(rt.channel('out'))).toEqual([['a1', 'a2']])
  })

  test('ALLORA119: a store for the parts of a split that the same flow gathers is of no use', () => {
    const store = memoryGroupStore()
    const start = flow('f').from(direct('in').of<number[]>()).split()
    const warnings = (built: ReturnType<ReturnType<typeof start.aggregate>['build']>) =>
      check(app(built))
        .filter(({ code }) => code === 'ALLORA119')
        .map(({ message }) => message)
    expect(warnings(start.aggregate({ store }).build())).toMatchInlineSnapshot(`
      [
        "The aggregate "n2" of flow "f" has a store, but gathers the parts of the split straight before it, which belong to the message that was split and are not kept.",
      ]
    `)
    const behind = start.through(queue('mid').of<number>()).aggregate({ store, timeout: 1_000 })
    expect(check(app(behind.build()))).toEqual([])
  })

  test('T6: through any restarts and a store of any pace, each group goes on exactly once with all its messages', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c') }, fc.constant('restart')), {
          maxLength: 16,
        }),
        fc.boolean(),
        async (script, isSlow) => {
          const kept = memoryGroupStore()
          const store = isSlow ? slow(kept) : { ...bound(kept), release: async () => undefined }
          const sent: Record<string, string[]> = { a: [], b: [], c: [] }
          const got: (readonly string[])[] = []
          let life = 0
          const begin = () => {
            const prefix = `life${life++}-`
            return started(
              app(
                flow('groups')
                  .from(queue('in').of<string>())
                  .aggregate({ size: 3, correlateBy: (text) => text.slice(0, 2), store })
                  .to(queue('out'))
                  .build(),
              ),
              { ids: (n) => prefix + n },
            )
          }
          let { rt } = await begin()
          for (const act of [...script, 'restart']) {
            if (act === 'restart') {
              await settled()
              await store.release()
              await rt.stop()
              got.push(...drained(rt.channel('out')))
              ;({ rt } = await begin())
            } else {
              const of = sent[act]!
              of.push(`${act}${Math.floor(of.length / 3)}/${of.length}`)
              await rt.send('in', of.at(-1)!)
            }
          }
          await rt.stop()
          const complete = Object.values(sent).flatMap((of) =>
            Array.from({ length: Math.floor(of.length / 3) }, (_, i) => of.slice(3 * i, 3 * i + 3)),
          )
          expect(got.map(String).toSorted()).toEqual(complete.map(String).toSorted())
          const open = Object.values(sent).flatMap((of) => of.slice(of.length - (of.length % 3)))
          const left = (await kept.load('groups/n1')).open.flatMap(({ members }) => members)
          expect(left.map(({ message }) => String(message.payload)).toSorted()).toEqual(open.toSorted())
        },
      ),
      { numRuns: process.env['CI'] === undefined ? 200 : 1_000 },
    )
  })
})

/** The store as an object whose methods can be replaced. */
function bound(store: GroupStore): GroupStore {
  return {
    load: (name) => store.load(name),
    add: (name, key, member) => store.add(name, key, member),
    end: (name, key) => store.end(name, key),
    forget: (name, key) => store.forget(name, key),
    remove: (name, key, id) => store.remove(name, key, id),
  }
}
