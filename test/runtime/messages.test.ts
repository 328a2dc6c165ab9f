import { app, direct, flow, message, queue, runtime } from 'allora'
import type { Message } from 'allora'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidHeaderError } from '../../src/errors/channel-errors.ts'
import { ROOT, hashName, idText, mix, prefixedIds } from '../../src/message/identity.ts'
import { MessageRecord, restoreMessage } from '../../src/message/message.ts'
import { drained, forbidUnhandledRejections, recorded, settled, started } from './rig.ts'

forbidUnhandledRejections()
const numRuns = process.env['CI'] ? 1000 : 200

/** The longest a derived id may be beyond its root's. */
const DERIVED = 15

test('M1: a message from outside has a fresh id, the same again under the same id source', async () => {
  const ids = async (): Promise<string[]> => {
    const { rt } = await started(app(flow().from(direct('in').of<number>()).to(queue('out')).build()))
    for (let i = 0; i < 100; i++) await rt.send('in', i)
    return rt
      .channel('out')
      .purge()
      .then((messages) => messages.map(({ id }) => id))
  }
  const first = await ids()
  expect(first[0]).toBe('m1')
  expect(first).toEqual(Array.from({ length: 100 }, (_, i) => `m${i + 1}`))
  expect(await ids()).toEqual(first)
})

test('M1: without an id source, ids are unique across runtimes too', async () => {
  const f = flow().from(direct('in').of<number>()).to(queue('out')).build()
  const ids: string[] = []
  for (let i = 0; i < 3; i++) {
    await using rt = await runtime(app(f)).start()
    for (let n = 0; n < 100; n++) await rt.send('in', n)
    ids.push(...(await rt.channel('out').purge()).map(({ id }) => id))
  }
  expect(new Set(ids).size).toBe(300)
  expect(ids.every((id) => id.length < 24)).toBe(true)
})

test('M1: the default ids come from the random source alone', () => {
  const random = (): number => 0.5
  expect(prefixedIds(random)(7)).toBe(prefixedIds(random)(7))
  expect(prefixedIds(random)(7)).not.toBe(prefixedIds(random)(8))
  expect(prefixedIds(() => 0.25)(7)).not.toBe(prefixedIds(random)(7))
})

test('M1: redelivery makes the same ids again, one for each node and part', async () => {
  let broken = true
  const { rt } = await started(
    app(
      flow('parts')
        .from(queue('in').of<readonly number[]>())
        .split()
        .transform((n) => n * 10)
        .tap(queue('seen').of<number>())
        .handle((n) => {
          if (broken && n === 30) throw new Error('not yet')
          return n
        })
        .to(queue('out').of<number>())
        .build(),
    ),
  )
  const taken = async (): Promise<{ seen: string[]; out: string[] }> => ({
    seen: (await rt.channel('seen').purge()).map(({ id }) => id),
    out: (await rt.channel('out').purge()).map(({ id }) => id),
  })
  await rt.send('in', [1, 2, 3])
  await rt.idle()
  const failing = await taken()
  broken = false
  await rt.deadLetters.redrive({})
  await rt.idle()
  const whole = await taken()

  expect(whole.seen).toHaveLength(3)
  expect(failing.seen).toEqual(whole.seen)
  expect(failing.out).toEqual(whole.out.slice(0, 2))
  expect(new Set([...whole.seen, ...whole.out]).size).toBe(6)
  // Each half of the derivation tells the parts apart by itself.
  for (const [from, to] of [
    [3, 10],
    [10, 17],
  ])
    expect(new Set([...whole.seen, ...whole.out].map((id) => id.slice(from, to))).size).toBe(6)
  expect([...whole.seen, ...whole.out].every((id) => id.startsWith('m1~') && id.length <= 'm1'.length + DERIVED)).toBe(
    true,
  )
})

test('M1: derived ids of different places differ, and never grow', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ maxLength: 20 }), { minLength: 2, maxLength: 20 }),
      fc.nat(50),
      (names, parts) => {
        const root = new MessageRecord(null, {}, 0, 'root', 0)
        const places = names.map(hashName)
        const ids = places.flatMap((place) =>
          Array.from({ length: parts + 1 }, (_, n) => root.derive(null, {}, place, n).id),
        )
        expect(new Set(ids).size).toBe(names.length * (parts + 1))

        const deep = places.reduce<MessageRecord>((from, place) => from.derive(null, {}, place), root)
        expect(deep.id.length).toBe('root'.length + DERIVED)
        expect(idText('root', ROOT.high, ROOT.low)).toBe('root')
        expect(mix(0, 1)).not.toBe(mix(1, 0))
      },
    ),
    { numRuns },
  )
})

test('M1: the id of a restored message is the one it had, and ids derived from it never grow either', () => {
  fc.assert(
    fc.property(
      fc.string({ maxLength: 20 }),
      fc.array(fc.string({ maxLength: 9 }), { maxLength: 10 }),
      (root, nodes) => {
        for (const id of [`${root}~zzzzzzzzzzzzzz`, `${root}~00000000000000`]) {
          expect(restoreMessage({ id, timestamp: 0, payload: null }).id).toBe(id)
        }
        let hop: Message<unknown> = restoreMessage({ id: root, timestamp: 0, payload: null })
        expect(hop.id).toBe(root)
        const near = nodes.reduce<Message<unknown>>((from, node) => derived(from, node), hop)
        for (const node of nodes) {
          const made = derived(hop, node)
          hop = restoreMessage({ id: made.id, timestamp: 0, payload: null })
          expect(hop.id).toBe(made.id)
        }
        expect(hop.id).toBe(near.id)
        expect(hop.id.length).toBeLessThanOrEqual(root.length + DERIVED)
      },
    ),
    { numRuns },
  )

  function derived(from: Message<unknown>, node: string): Message<unknown> {
    return (from as MessageRecord).derive(null, {}, hashName(node))
  }
})

test('M1: what a message was made of can be collected', async () => {
  const { rt } = await started(
    app(
      flow()
        .from(direct('in').of<{ readonly big: readonly number[] }>())
        .transform(({ big }) => big.length)
        .split((length) => [length, length])
        .setHeader('seen', () => true)
        .aggregate()
        .to(queue('out'))
        .build(),
    ),
  )
  const payload = await (async () => {
    const big = { big: Array.from({ length: 100_000 }, () => 1) }
    await rt.send('in', big)
    return new WeakRef(big)
  })()
  const kept = rt.channel('out').tryReceive()
  await settled()
  globalThis.gc!()
  expect(kept?.payload).toEqual([100_000, 100_000])
  expect(kept?.headers.causationId).toBeTypeOf('string')
  expect(payload.deref()).toBeUndefined()
})

test('M1: timestamps are those of the clock at the entrance, kept along the way', async () => {
  const { rt, clock } = await started(
    app(
      flow()
        .from(queue('in').of<number>())
        .transform((n) => n + 1)
        .through(queue('later').of<number>())
        .to(queue('out'))
        .build(),
    ),
  )
  const sentAt = clock.now()
  await rt.send('in', 1, { delay: 500 })
  await clock.advance(500)
  await rt.idle()
  expect(rt.channel('out').tryReceive()).toMatchObject({ payload: 2, timestamp: sentAt })
})

test('M1: headers are never mutated, neither by the library nor through the object they were given in', async () => {
  const { rt } = await started(
    app(
      flow()
        .from(direct('in').of<number>())
        .setHeader('colour', () => 'red')
        .to(queue('out'))
        .build(),
    ),
  )
  const accepted = recorded(rt, 'accepted')
  const given = { colour: 'blue', tenant: 'a' }
  await rt.send('in', message(1, given))
  given.tenant = 'b'
  expect(accepted.map(({ channelId, message: { headers } }) => [channelId, headers])).toEqual([
    ['in', { colour: 'blue', tenant: 'a' }],
    ['out', { colour: 'red', tenant: 'a', causationId: 'm1' }],
  ])
})

test('M2: causationId is the id of the message it was made from, at every node', async () => {
  const seen: Message<unknown>[] = []
  const note = (n: number, { message: it }: { readonly message: Message<unknown> }): number => (seen.push(it), n + 1)
  const { rt } = await started(
    app(
      flow().from(direct('in').of<number>()).transform(note).transform(note).transform(note).to(queue('out')).build(),
    ),
  )
  await rt.send('in', 1)
  const chain = [...seen, rt.channel('out').tryReceive()!]
  expect(chain[0]).toMatchObject({ id: 'm1', headers: {} })
  for (let i = 1; i < chain.length; i++) expect(chain[i]!.headers.causationId).toBe(chain[i - 1]!.id)
  expect(new Set(chain.map(({ id }) => id)).size).toBe(4)
})

test('M2: the first handler behind an async one sees the same message as behind a plain one', async () => {
  const seen: Message<unknown>[] = []
  const chain = (id: string, first: (n: number) => number | Promise<number>) =>
    flow('same')
      .from(direct(id).of<number>())
      .handle(first, { id: 'first' })
      .handle((n, exchange) => (seen.push(exchange.message), n))
      .build()
  for (const first of [(n: number): number => n, async (n: number): Promise<number> => n]) {
    const { rt } = await started(app(chain('in', first)))
    await rt.send('in', 1)
  }
  expect(JSON.stringify(seen[0])).toBe(JSON.stringify(seen[1]))
})

test('M2: a known header of a wrong type is refused by name', () => {
  expect(() => message(1, { priority: 'high' as never })).toThrow(InvalidHeaderError)
  expect(() => message(1, { priority: 'high' as never })).toThrowErrorMatchingInlineSnapshot(
    `[InvalidHeaderError: Header "priority" must be a number, but it is the string "high". Set it to a number or leave it out.]`,
  )
  expect(() => message(1, { sequence: 'first' as never })).toThrow('it is the string "first"')
  expect(() => message(1, { sequence: { number: 1 } as never })).toThrowErrorMatchingInlineSnapshot(
    `[InvalidHeaderError: Header "sequence" must be a sequence ({ correlationId, number, size?, outer? }), but it is an object. Set it to such an object or leave it out.]`,
  )
  for (const wrong of [Number.NaN, null, [], {}, 'x', true])
    expect(() => message(1, { expiresAt: wrong as never })).toThrow('"expiresAt" must be a number')
  expect(() => restoreMessage({ id: 'a', timestamp: 0, payload: 1, headers: { correlationId: 7 } })).toThrow(
    '"correlationId" must be a string',
  )
  const outer = { correlationId: 'a', number: 1 }
  expect(message(1, { sequence: { correlationId: 'b', number: 1, size: 2, outer } }).headers.sequence.outer).toEqual(
    outer,
  )
  expect(() => message(1, { sequence: { correlationId: 'b', number: 1, outer: { number: 1 } } as never })).toThrow(
    InvalidHeaderError,
  )
  expect(message(1, { anything: Number.NaN }).headers).toEqual({ anything: Number.NaN })
})

test('M2: setHeader refuses a known header of a wrong type at run time, too', async () => {
  const { rt } = await started(
    app(
      flow('urgent')
        .from(direct('in').of<string>())
        .setHeader('priority', (text) => text as never)
        .to(queue('out'))
        .build(),
    ),
  )
  await expect(rt.send('in', 'high')).rejects.toThrowErrorMatchingInlineSnapshot(
    `[FlowError: Flow "urgent" failed at node "n1" (setHeader): Header "priority" must be a number, but it is the string "high". Set it to a number or leave it out. The message is a dead letter: mend the cause and call rt.deadLetters.redrive({ id: "m1" }).]`,
  )
  expect(rt.channel('out').size).toBe(0)
})

test('M3: a plain value keeps the headers; message() sets those it names and keeps the others', async () => {
  const { rt } = await started(
    app(
      flow()
        .from(direct('in').of<number>())
        .handle((n) => n + 1)
        .tap(queue('plain').of<number>())
        .handle((n) => message(n * 2, { tenant: 'b', added: true }))
        .to(queue('out').of<number>())
        .build(),
    ),
  )
  await rt.send('in', message(1, { tenant: 'a', priority: 3 }))
  expect(rt.channel('plain').tryReceive()).toMatchObject({ payload: 2, headers: { tenant: 'a', priority: 3 } })
  const { headers, payload } = rt.channel('out').tryReceive()!
  expect(payload).toBe(4)
  expect(headers).toMatchObject({ tenant: 'b', priority: 3, added: true })
})

test('M3: a filter that accepts passes the very same message on', async () => {
  const { rt } = await started(
    app(
      flow()
        .from(direct('in').of<number>())
        .filter((n) => n > 0)
        .filter(async (n) => n > 1)
        .to(queue('out'))
        .build(),
    ),
  )
  const accepted = recorded(rt, 'accepted')
  await rt.send('in', 2)
  expect(rt.channel('out').tryReceive()).toBe(accepted[0]!.message)
})

test('M4: undefined and null are values', async () => {
  const { rt } = await started(
    app(
      flow()
        .from(direct('in').of<number>())
        .handle((n) => (n > 0 ? undefined : null))
        .handle(async (nothing) => nothing)
        .to(queue('out'))
        .build(),
    ),
  )
  await rt.send('in', 1)
  await rt.send('in', 0)
  expect(drained(rt.channel('out'))).toEqual([undefined, null])
  await rt.send('in', message(undefined as never))
  expect(rt.channel('out').size).toBe(1)
})

test('M5: a received message can be sent on: a fresh message with its headers, made from it', async () => {
  const { rt } = await started(app(flow().from(direct('in').of<number>()).to(queue('out').of<number>()).build()))
  await rt.send('in', message(1, { tenant: 'a' }))
  const received = await rt.channel('out').receive()
  await rt.channel('out').send(received)
  expect(await rt.channel('out').receive()).toMatchObject({
    id: 'm2',
    payload: 1,
    headers: { tenant: 'a', causationId: 'm1' },
  })
  expect(received.headers).toEqual({ tenant: 'a' })
})

test('M5: a message reads as plain data', async () => {
  const { rt, clock } = await started(
    app(
      flow()
        .from(direct('in').of<number>())
        .transform((n) => n)
        .to(queue('out'))
        .build(),
    ),
  )
  await rt.send('in', message(1, { tenant: 'a' }))
  const made = rt.channel('out').tryReceive()!
  expect(JSON.parse(JSON.stringify(made))).toEqual({
    id: made.id,
    timestamp: clock.now(),
    payload: 1,
    headers: { tenant: 'a', causationId: 'm1' },
  })
  expect(inspect(made)).toBe(`Message ${inspect(JSON.parse(JSON.stringify(made)))}`)
})
