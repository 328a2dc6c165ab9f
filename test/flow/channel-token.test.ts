import { describe, expect, expectTypeOf, test } from 'vitest'
import * as v from 'valibot'
import { z } from 'zod'
import { InvalidOptionError } from '../../src/errors/channel-errors.ts'
import { ChannelConflictError, DuplicateServiceError, InvalidNameError } from '../../src/errors/flow-errors.ts'
import { flow } from '../../src/flow/builder.ts'
import { type ChannelToken, direct, priority, pubsub, queue, rendezvous } from '../../src/flow/channel-token.ts'
import { type Order, orders } from './samples.ts'

describe('a token', () => {
  test('keeps kind, literal id and options as data', () => {
    expectTypeOf(direct('a')).toEqualTypeOf<ChannelToken<'direct', 'a', unknown>>()
    expectTypeOf(queue('a', { capacity: 1 }).of<Order>()).toEqualTypeOf<ChannelToken<'queue', 'a', Order>>()
    expect(
      [
        direct('a', { dispatch: 'failover' }),
        queue('b', { capacity: 5, overflow: 'dropOldest', transport: 'jobs' }),
        priority('c', { capacity: Infinity }),
        rendezvous('d'),
        pubsub('e', { await: 'handled', minSubscribers: 0 }),
      ].map(({ kind, id, spec }) => ({ kind, id, spec })),
    ).toEqual([
      { kind: 'direct', id: 'a', spec: { id: 'a', kind: 'direct', dispatch: 'failover' } },
      {
        kind: 'queue',
        id: 'b',
        spec: { id: 'b', kind: 'queue', capacity: 5, overflow: 'dropOldest', transport: 'jobs' },
      },
      { kind: 'priority', id: 'c', spec: { id: 'c', kind: 'priority', capacity: 'unbounded' } },
      { kind: 'rendezvous', id: 'd', spec: { id: 'd', kind: 'rendezvous' } },
      { kind: 'pubsub', id: 'e', spec: { id: 'e', kind: 'pubsub', await: 'handled', minSubscribers: 0 } },
    ])
  })

  test('keeps a computed id as the type it has', () => {
    const shard: number = 3
    const name: string = `shard-${shard}`
    expectTypeOf(queue(name)).toEqualTypeOf<ChannelToken<'queue', string, unknown>>()
    expectTypeOf(queue(`shard-${shard}` as const)).toEqualTypeOf<ChannelToken<'queue', `shard-${number}`, unknown>>()
  })

  test('is frozen, and the same channel after `of`', () => {
    const token = queue('a', { capacity: 3 })
    expect([token, token.spec].every(Object.isFrozen)).toBe(true)
    expect(token.of<Order>()).toBe(token)
  })

  test('takes its payload from any Standard Schema: what the schema makes, not what it takes', () => {
    expectTypeOf(queue('a').of(z.object({ at: z.string().transform((text) => new Date(text)) }))).toEqualTypeOf<
      ChannelToken<'queue', 'a', { at: Date }>
    >()
    expectTypeOf(queue('a').of(v.object({ n: v.number() }))).toEqualTypeOf<ChannelToken<'queue', 'a', { n: number }>>()
    const schema = z.string()
    const token = queue('a').of(schema)
    expect(token.schema).toBe(schema)
    expect(flow('f').from(token).build().schemas).toEqual({ a: schema })
  })

  test('C4: a capacity is a whole number from 1, or Infinity; 0 points to rendezvous', () => {
    expect(() => queue('jobs', { capacity: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[InvalidOptionError: The capacity of channel "jobs" must be a whole number from 1, or Infinity, but it is 0. A channel that holds nothing is rendezvous('jobs').]`,
    )
    for (const capacity of [-1, 1.5, NaN, '5' as never])
      expect(() => priority('jobs', { capacity })).toThrow(InvalidOptionError)
    expect(() => queue('jobs', { capacity: -1 })).toThrowErrorMatchingInlineSnapshot(
      `[InvalidOptionError: The capacity of channel "jobs" must be a whole number from 1, or Infinity, but it is -1. Leave it out for 1,024, or write Infinity for no bound.]`,
    )
    expect(() => pubsub('news', { minSubscribers: -1 })).toThrowErrorMatchingInlineSnapshot(
      `[InvalidOptionError: The option minSubscribers of channel "news" must be a whole number from 0, but it is -1. Leave it out for 0.]`,
    )
  })

  test('needs an id', () => {
    expect(() => direct('')).toThrow(InvalidNameError)
    expect(() => direct(undefined as never)).toThrowErrorMatchingInlineSnapshot(
      `[InvalidNameError: A direct channel needs an id: a string that is not empty, but it got undefined. Write direct('orders').]`,
    )
  })
})

describe('a priority channel', () => {
  const byTotal = (): number => 0

  test('has its comparator in the side table', () => {
    const urgent = priority('urgent', { compare: byTotal }).of<Order>()
    expect(urgent.spec).toEqual({ id: 'urgent', kind: 'priority', compare: 'channel:urgent.compare' })
    expect(flow('f').from(orders).to(urgent).build().functions).toEqual({ 'channel:urgent.compare': byTotal })
  })

  test('has one comparator', () => {
    expect(() =>
      flow('f')
        .from(priority('p', { compare: byTotal }).of<Order>())
        .to(priority('p', { compare: () => 0 })),
    ).toThrow(DuplicateServiceError)
  })
})

describe('one channel in several places of a flow', () => {
  test('gathers the options it is given', () => {
    const twice = flow('f')
      .from(orders)
      .tap(queue('log'))
      .tap(queue('log', { capacity: 5 }))
      .tap(queue('log'))
      .build()
    expect(twice.graph.channels).toEqual([
      { id: 'orders', kind: 'direct' },
      { id: 'log', kind: 'queue', capacity: 5 },
    ])
  })

  test('has one kind, one value for each option, and one schema', () => {
    const start = flow('f').from(orders)
    expect(() =>
      start.tap(queue('log', { capacity: 5 })).tap(queue('log', { capacity: 6 })),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ChannelConflictError: Channel "log" has the capacity 5 in one place and 6 in another. Make its token once and use that everywhere.]`,
    )
    expect(() => start.tap(direct('log')).tap(queue('log'))).toThrow(ChannelConflictError)
    expect(() =>
      start.tap(queue('log').of(z.unknown())).tap(queue('log').of(z.unknown())),
    ).toThrowErrorMatchingInlineSnapshot(
      `[ChannelConflictError: Channel "log" has two different schemas. Make its token once and use that everywhere.]`,
    )
  })

  test('may have a name that every object has', () => {
    const odd = flow('f').from(direct('constructor').of<Order>()).tap(queue('__proto__')).to(queue('toString')).build()
    expect(odd.graph.channels.map((channel) => channel.id)).toEqual(['constructor', '__proto__', 'toString'])
  })
})
