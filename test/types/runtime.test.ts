/** The types of the runtime's face: what an app's flows say, the compiler knows of its channels, requests and services. Programs in `expectTypeOf(() => ...)` only compile. */
import {
  app,
  appFromGraph,
  contract,
  direct,
  flow,
  message,
  priority,
  pubsub,
  queue,
  rendezvous,
  runtime,
} from 'allora'
import type {
  Channel,
  Delivery,
  DirectChannel,
  ErrorMessage,
  Message,
  PriorityChannel,
  PubSubChannel,
  QueueChannel,
  RendezvousChannel,
  Runtime,
} from 'allora'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expectTypeOf, test } from 'vitest'
import { Declined, type Invoice, type Order, invoices, orders, toInvoice } from '../flow/samples.ts'

const billing = flow('billing').from(orders).handle(toInvoice).to(invoices).build()
const price = flow('price')
  .from(direct('price').of<Order>())
  .handle((order) => (order.total > 0 ? E.right(order.total) : E.left(new Declined())))
  .build()
const rt = runtime(app(billing, price))

describe('channels', () => {
  test('are known by their literal id, with kind and payload', () => {
    expectTypeOf(() => {
      const kinds = flow('kinds')
        .from(direct('a'))
        .handle((order: Order) => order)
        .tap(queue('b'))
        .tap(priority('c'))
        .tap(rendezvous('d'))
        .to(pubsub('e'))
        .build()
      const all = runtime(app(kinds))
      expectTypeOf(all.channel('a')).toEqualTypeOf<DirectChannel<Order>>()
      expectTypeOf(all.channel('b')).toEqualTypeOf<QueueChannel<Order>>()
      expectTypeOf(all.channel('c')).toEqualTypeOf<PriorityChannel<Order>>()
      expectTypeOf(all.channel('d')).toEqualTypeOf<RendezvousChannel<Order>>()
      expectTypeOf(all.channel('e')).toEqualTypeOf<PubSubChannel<Order>>()
    }).toBeFunction()
  })

  test('that several flows only send to carry the union', () => {
    expectTypeOf(() => {
      const a = flow('a').from(orders).to(queue('log')).build()
      const b = flow('b').from(invoices).to(queue('log')).build()
      expectTypeOf(runtime(app(a, b)).channel('log')).toEqualTypeOf<QueueChannel<Order | Invoice>>()
      const errors = flow('c')
        .from(direct('c').of<Order>())
        .handle((): E.Either<Declined, Order> => E.left(new Declined()))
        .errorsTo(queue('log'))
        .build()
      expectTypeOf(runtime(app(a, errors)).channel('log')).toEqualTypeOf<QueueChannel<Order | ErrorMessage<Declined>>>()
    }).toBeFunction()
  })

  test('with a computed id are found by any text of its type', () => {
    expectTypeOf(() => {
      const shards = flow('shards')
        .from(queue(`shard-${1 as number}` as const).of<Order>())
        .build()
      expectTypeOf(runtime(app(shards)).channel('shard-7')).toEqualTypeOf<QueueChannel<Order>>()
      const named = flow('named')
        .from(queue(String(1)).of<Order>())
        .to(invoices.of<Order>())
        .build()
      expectTypeOf(runtime(app(named)).channel('whatever')).toEqualTypeOf<QueueChannel<Order>>()
    }).toBeFunction()
  })

  test('take payloads, drafts and messages of their type, and no others', () => {
    expectTypeOf(() => {
      const channel = {} as QueueChannel<Order>
      void channel.send({} as Order)
      void channel.send(message({} as Order, { tenant: 'a' }), { timeout: 5 })
      channel.trySend({} as Message<Order>)
      // @ts-expect-error an invoice is no order
      void channel.send({} as Invoice)
      // @ts-expect-error nor in a message
      void channel.send({} as Message<Invoice>)
      // @ts-expect-error what only looks like a message is a payload of another type
      void channel.send({ id: '1', timestamp: 0, payload: {} as Order, headers: {} })
    }).toBeFunction()
  })

  test('give messages for sure only when they wait as long as it takes', () => {
    expectTypeOf(() => {
      const channel = {} as QueueChannel<Order>
      expectTypeOf(channel.receive()).toEqualTypeOf<Promise<Message<Order>>>()
      expectTypeOf(channel.receive({ signal: AbortSignal.abort() })).toEqualTypeOf<Promise<Message<Order>>>()
      expectTypeOf(channel.receive({ correlationId: 'c' })).toEqualTypeOf<Promise<Message<Order>>>()
      expectTypeOf(channel.receive({ correlationId: 'c', timeout: 0 })).toEqualTypeOf<
        Promise<Message<Order> | undefined>
      >()
      expectTypeOf(channel.receive({ timeout: 5 })).toEqualTypeOf<Promise<Message<Order> | undefined>>()
      expectTypeOf(channel.take()).toEqualTypeOf<Promise<Delivery<Order>>>()
      expectTypeOf(channel.take({ timeout: 5 })).toEqualTypeOf<Promise<Delivery<Order> | undefined>>()
      expectTypeOf(channel.tryReceive()).toEqualTypeOf<Message<Order> | undefined>()
      expectTypeOf(channel[Symbol.asyncIterator]().next()).resolves.toExtend<IteratorResult<Message<Order>>>()
    }).toBeFunction()
  })

  test('are contravariant in what they take, invariant in what they also give', () => {
    expectTypeOf(() => {
      expectTypeOf<Channel<Order | Invoice>>().toExtend<Channel<Order>>()
      expectTypeOf<Channel<Order>>().not.toExtend<Channel<Order | Invoice>>()
      expectTypeOf<DirectChannel<Order>>().not.toExtend<Channel<Order | Invoice>>()
      expectTypeOf<QueueChannel<Order | Invoice>>().not.toExtend<QueueChannel<Order>>()
      expectTypeOf<QueueChannel<Order>>().not.toExtend<QueueChannel<Order | Invoice>>()
    }).toBeFunction()
  })
})

describe('G1: requests', () => {
  test('give the reply or the typed failure of the flow that reads the channel', () => {
    expectTypeOf(() => {
      expectTypeOf(rt.request('price', {} as Order, { timeout: 5 })).toEqualTypeOf<
        Promise<E.Either<Declined, number>>
      >()
      // @ts-expect-error a price is asked for an order
      void rt.request('price', {} as Invoice)
    }).toBeFunction()
  })

  test('go where something replies, be it nothing but a confirmation', () => {
    expectTypeOf(() => {
      const save = flow('save')
        .from(direct('save').of<Order>())
        .handle(() => {})
        .build()
      const saving = runtime(app(save, billing))
      expectTypeOf(saving.request('save', {} as Order)).toEqualTypeOf<Promise<E.Either<never, void>>>()
      // @ts-expect-error billing sends its invoices on
      void saving.request('orders', {} as Order)
    }).toBeFunction()
  })

  test('also to a flow that always fails, or replies what nobody knows', () => {
    expectTypeOf(() => {
      const failing = flow('failing')
        .from(direct('failing').of<Order>())
        .handle(() => E.left(new Declined()))
        .build()
      const unknown = flow('unknown')
        .from(direct('unknown').of<Order>())
        .handle((order): unknown => order)
        .build()
      const both = runtime(app(failing, unknown))
      expectTypeOf(both.request('failing', {} as Order)).toEqualTypeOf<Promise<E.Either<Declined, never>>>()
      expectTypeOf(both.request('unknown', {} as Order)).toEqualTypeOf<Promise<E.Either<never, unknown>>>()
    }).toBeFunction()
  })
})

describe('L1: services', () => {
  const audited = flow('audited')
    .from(orders)
    .handle(contract<Order, string>()('audit'))
    .handle(contract<string, E.Either<Declined, number>>()('rate'))
    .build()
  const both = app(audited)

  test('are asked for exactly when there are contracts', () => {
    expectTypeOf(() => {
      expectTypeOf(runtime(app(billing))).toEqualTypeOf<Runtime<typeof billing>>()
      expectTypeOf(runtime(app(billing), { history: true })).toEqualTypeOf<Runtime<typeof billing>>()
      // @ts-expect-error audit and rate are missing
      expectTypeOf(runtime(both)).not.toBeAny()
      // @ts-expect-error rate is missing
      expectTypeOf(runtime(both, { services: { audit: () => 'ok' } })).not.toBeAny()
      expectTypeOf(runtime(both, { services: { audit: () => 'ok', rate: () => E.right(1) } })).toEqualTypeOf<
        Runtime<typeof audited>
      >()
    }).toBeFunction()
  })

  test('may give the result of their contract in any form a handler may', () => {
    expectTypeOf(() => {
      const rate = (): E.Either<Declined, number> => E.left(new Declined())
      runtime(both, { services: { audit: async () => 'ok', rate } })
      runtime(both, { services: { audit: () => async () => 'ok', rate: async () => rate() } })
      runtime(both, { services: { audit: () => E.right('ok'), rate: () => TE.fromEither(rate()) } })
      runtime(both, { services: { audit: (order, exchange) => order.id + exchange.attempt, rate: () => 1 } })
      // @ts-expect-error the contract says Declined
      runtime(both, { services: { audit: () => 'ok', rate: () => E.left('late') } })
    }).toBeFunction()
  })
})

test('an app from data has loose types, but no any', () => {
  expectTypeOf(() => {
    const loose = runtime(appFromGraph([]))
    void loose.send('any id', { any: 'payload' })
    expectTypeOf(loose.request('any id', 1)).toEqualTypeOf<Promise<E.Either<unknown, unknown>>>()
    const channel = loose.channel('any id')
    expectTypeOf(channel.kind).toEqualTypeOf<'direct' | 'queue' | 'priority' | 'rendezvous' | 'pubsub'>()
    if (channel.kind === 'queue') expectTypeOf(channel).toEqualTypeOf<QueueChannel<unknown>>()
  }).toBeFunction()
})

test('L4: events have their own types', () => {
  expectTypeOf(() => {
    rt.on('dropped', (event) => expectTypeOf(event.reason).not.toBeAny())
    rt.on('dead', (letter) => expectTypeOf(letter.attempts).toEqualTypeOf<number>())
  }).toBeFunction()
})
