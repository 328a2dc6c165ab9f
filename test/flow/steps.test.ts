import * as E from 'fp-ts/lib/Either.js'
import * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { flow } from '../../src/flow/builder.ts'
import { type ChannelToken, type SentTo, direct, queue } from '../../src/flow/channel-token.ts'
import type { FlowDef, OneWay } from '../../src/flow/flow-def.ts'
import type { Flow } from '../../src/flow/flow.ts'
import { contract, service } from '../../src/flow/service.ts'
import type { Needs, Provides } from '../../src/flow/service.ts'
import type { Exchange } from '../../src/message/exchange.ts'
import { message } from '../../src/message/message.ts'
import {
  Declined,
  type Invoice,
  type Line,
  type Order,
  type OrderEvent,
  type OutOfStock,
  edgesOf,
  events,
  invoices,
  nodesOf,
  orders,
  toInvoice,
} from './samples.ts'

type Orders = ChannelToken<'direct', 'orders', Order>
const start = flow('f').from(orders)
const nodeAfter = (chain: { build(): { readonly graph: { readonly nodes: readonly object[] } } }): object =>
  chain.build().graph.nodes[1]!

describe('from', () => {
  test('takes id, concurrency and order', () => {
    const byTenant = (order: Order): string => order.id
    const built = flow('f').from(orders, { id: 'in', concurrency: 4, orderBy: byTenant }).build()
    expect(built.graph.nodes[0]).toEqual({
      id: 'in',
      kind: 'inlet',
      channel: 'orders',
      concurrency: 4,
      orderBy: 'f/in.orderBy',
    })
    expect(built.functions).toEqual({ 'f/in.orderBy': byTenant })
  })

  test('an untyped channel takes the payload of the first function', () => {
    const open = flow().from(direct('in'))
    expectTypeOf(open.handle(toInvoice)).toEqualTypeOf<
      Flow<ChannelToken<'direct', 'in', Order>, Invoice, {}, never, ChannelToken<'direct', 'in', Order>>
    >()
    expectTypeOf(open.transform(toInvoice)).toEqualTypeOf<
      Flow<ChannelToken<'direct', 'in', Order>, Invoice, {}, never, ChannelToken<'direct', 'in', Order>>
    >()
    expectTypeOf(open.filter((order: Order) => order.total > 0)).toEqualTypeOf<
      Flow<ChannelToken<'direct', 'in', Order>, Order, {}, never, ChannelToken<'direct', 'in', Order>>
    >()
    expectTypeOf(open.split(async (order: Order) => order.lines)).toEqualTypeOf<
      Flow<ChannelToken<'direct', 'in', Order>, Line, {}, never, ChannelToken<'direct', 'in', Order>>
    >()
    expectTypeOf(open.handle((payload) => payload)).toEqualTypeOf<
      Flow<ChannelToken<'direct', 'in', unknown>, unknown, {}, never, ChannelToken<'direct', 'in', unknown>>
    >()
  })

  test('an untyped channel that nothing is known of carries unknown, never any', () => {
    const bridge = flow().from(direct('in')).tap(queue('log')).to(queue('out')).build()
    expectTypeOf(bridge).toEqualTypeOf<
      FlowDef<
        ChannelToken<'direct', 'in', unknown>,
        OneWay,
        never,
        ChannelToken<'direct', 'in', unknown> | SentTo<'queue', 'log', unknown> | SentTo<'queue', 'out', unknown>
      >
    >()
  })
})

describe('T1: transform and handle', () => {
  test('a handler gets the payload and the exchange', () => {
    start.handle((order, exchange) => {
      expectTypeOf(order).toEqualTypeOf<Order>()
      expectTypeOf(exchange).toEqualTypeOf<Exchange<Order, {}>>()
    })
  })

  test('a result may be plain, Promise, Either, Task, TaskEither or a union of them; its failures add up', () => {
    type Result<P, E> = Flow<Orders, P, {}, E, Orders>
    expectTypeOf(start.handle(() => 1)).toEqualTypeOf<Result<number, never>>()
    expectTypeOf(start.handle(async () => 1)).toEqualTypeOf<Result<number, never>>()
    expectTypeOf(start.handle((): PromiseLike<number> => Promise.resolve(1))).toEqualTypeOf<Result<number, never>>()
    expectTypeOf(start.handle(() => T.of(1))).toEqualTypeOf<Result<number, never>>()
    expectTypeOf(start.handle((): E.Either<Declined, number> => E.right(1))).toEqualTypeOf<Result<number, Declined>>()
    expectTypeOf(start.handle((): TE.TaskEither<Declined, number> => TE.right(1))).toEqualTypeOf<
      Result<number, Declined>
    >()
    expectTypeOf(start.handle(async (): Promise<E.Either<Declined, number>> => E.right(1))).toEqualTypeOf<
      Result<number, Declined>
    >()
    expectTypeOf(
      start.handle((order) => (order.total > 0 ? E.right(order.total) : E.left(new Declined()))),
    ).toEqualTypeOf<Result<number, Declined>>()
    expectTypeOf(start.handle((order) => (order.total > 0 ? 'plain' : Promise.resolve(1)))).toEqualTypeOf<
      Result<'plain' | number, never>
    >()
    expectTypeOf(
      start
        .handle((): E.Either<Declined, Order> => E.left(new Declined()))
        .transform((): TE.TaskEither<OutOfStock, string> => TE.right('')),
    ).toEqualTypeOf<Result<string, Declined | OutOfStock>>()
  })

  test('M4: undefined, null and void are payloads', () => {
    expectTypeOf(start.handle(() => undefined)).toEqualTypeOf<Flow<Orders, undefined, {}, never, Orders>>()
    expectTypeOf(start.handle(() => null)).toEqualTypeOf<Flow<Orders, null, {}, never, Orders>>()
    expectTypeOf(start.handle(() => {})).toEqualTypeOf<Flow<Orders, void, {}, never, Orders>>()
  })

  test('what a handler gives as any stays its own affair: no failure is made of it', () => {
    expectTypeOf(start.handle((order) => JSON.parse(order.id)).build()).toEqualTypeOf<
      FlowDef<Orders, any, never, Orders>
    >()
    expectTypeOf(start.handle((order): unknown => order)).toEqualTypeOf<Flow<Orders, unknown, {}, never, Orders>>()
  })

  test('M3: a returned draft sets its headers; a returned message gives its payload and headers', () => {
    expectTypeOf(start.handle(() => message('a', { tenant: 'x' }))).toEqualTypeOf<
      Flow<Orders, string, { readonly tenant: 'x' }, never, Orders>
    >()
    expectTypeOf(start.handle(async () => E.right(message('a', { tenant: 'x' })))).toEqualTypeOf<
      Flow<Orders, string, { readonly tenant: 'x' }, never, Orders>
    >()
    start
      .setHeader('tenant', () => 1)
      .handle((order) => message(order, { tenant: 'x' }))
      .handle((order, { message: { headers } }) => {
        expectTypeOf(order).toEqualTypeOf<Order>()
        expectTypeOf(headers.tenant).toEqualTypeOf<'x'>()
      })
    start
      .handle((order) => (order.total > 0 ? message(order, { tenant: 'x' }) : order))
      .handle((_, exchange) => {
        // @ts-expect-error only one of the ways sets the header
        return exchange.message.headers.tenant
      })
    expectTypeOf(start.setHeader('tenant', () => 'x').handle((_, exchange) => exchange.message)).toExtend<
      Flow<Orders, Order, { readonly tenant: string }, never, Orders>
    >()
  })

  test('a lambda is named by its node, a service by its own name', () => {
    const built = start
      .transform(toInvoice)
      .handle(
        service('book', (invoice: Invoice) => invoice.amount),
        { id: 'booking' },
      )
      .build()
    expect(built.graph.nodes.slice(1, 3)).toEqual([
      { id: 'n1', kind: 'transform', service: 'f/n1' },
      { id: 'booking', kind: 'handle', service: 'book' },
    ])
    expect(Object.keys(built.functions)).toEqual(['f/n1', 'book'])
  })
})

describe('services and contracts', () => {
  const book = (invoice: Invoice): number => invoice.amount

  test('a service is the very function in the side table', () => {
    const built = flow('f')
      .from(invoices)
      .handle(service('book', book))
      .transform(service('twice', (n: number) => 2 * n))
      .build()
    expect(built.functions['book']).toBe(book)
    expectTypeOf(built).toEqualTypeOf<
      FlowDef<
        typeof invoices,
        number,
        never,
        typeof invoices | Provides<'book', (invoice: Invoice) => number> | Provides<'twice', (n: number) => number>
      >
    >()
  })

  test('a service can be called outside of flows', () => {
    expect(service('book', book)({ orderId: 'a', amount: 7 })).toBe(7)
  })

  test('a contract has no function: its name is with the contracts, its signature in the type', () => {
    const audit = contract<Order, Promise<string>>()('audit')
    const built = flow('f').from(orders).handle(audit).build()
    expectTypeOf(built).toEqualTypeOf<FlowDef<Orders, string, never, Orders | Needs<'audit', Order, Promise<string>>>>()
    expect(built).toMatchObject({
      functions: {},
      contracts: ['audit'],
      graph: { nodes: [{}, { service: 'audit' }, {}] },
    })
  })

  test('every operator that calls a function takes a contract', () => {
    const built = flow('f')
      .from(orders)
      .filter(contract<Order, boolean>()('isPaid'))
      .split(contract<Order, readonly Line[]>()('linesOf'))
      .setHeader('sku', contract<Line, string>()('skuOf'))
      .routeBy(contract<Line, 'few' | 'many'>()('howMany'), {
        few: (few) => few,
        many: (many) => many.transform(contract<Line, number>()('weigh')),
      })
      .onError(contract<unknown, string>()('mend'))
      .build()
    expectTypeOf<
      typeof built extends FlowDef<Orders, unknown, never, infer R>
        ? Extract<R, { readonly needs: string }>['needs']
        : never
    >().toEqualTypeOf<'isPaid' | 'linesOf' | 'skuOf' | 'howMany' | 'weigh' | 'mend'>()
    expect(built.contracts).toEqual(['isPaid', 'linesOf', 'skuOf', 'howMany', 'weigh', 'mend'])
  })

  test('a service of the same name is what a contract asks for', () => {
    const asked = flow('f').from(invoices).transform(contract<Invoice, Invoice>()('check')).tap(queue('log'))
    const check = (invoice: Invoice): Invoice => invoice
    expect(asked.handle(service('check', check)).build()).toMatchObject({ contracts: [], functions: { check } })
    expect(
      flow('f').from(invoices).handle(service('check', check)).handle(contract<Invoice, Invoice>()('check')).build(),
    ).toMatchObject({ contracts: [], functions: { check } })
    expect(asked.handle(contract<Invoice, Invoice>()('check')).build().contracts).toEqual(['check'])
  })
})

describe('T2: filter', () => {
  test('a type guard narrows, written or inferred', () => {
    const guarded = flow()
      .from(events)
      .filter((event) => event.kind === 'created')
    expectTypeOf(guarded.transform((event) => event.order)).toExtend<
      Flow<typeof events, Order, {}, never, typeof events>
    >()
    const isPaid = (event: OrderEvent): event is Extract<OrderEvent, { kind: 'paid' }> => event.kind === 'paid'
    expectTypeOf(
      flow()
        .from(events)
        .filter(isPaid)
        .transform((event) => event.amount),
    ).toExtend<Flow<typeof events, number, {}, never, typeof events>>()
  })

  test('a predicate may be asynchronous and fail', () => {
    expectTypeOf(start.filter(async (order) => order.total > 0)).toEqualTypeOf<Flow<Orders, Order, {}, never, Orders>>()
    expectTypeOf(start.filter((order) => (order.total > 0 ? E.right(true) : E.left(new Declined())))).toEqualTypeOf<
      Flow<Orders, Order, {}, Declined, Orders>
    >()
  })

  test('what is rejected goes to a channel, fails, or is dropped', () => {
    const isLarge = (order: Order): boolean => order.total > 100
    expectTypeOf(start.filter(isLarge, { discardTo: queue('small') })).toEqualTypeOf<
      Flow<Orders, Order, {}, never, Orders | SentTo<'queue', 'small', Order>>
    >()
    expect(nodeAfter(start.filter(isLarge, { id: 'large', discardTo: queue('small') }))).toEqual({
      id: 'large',
      kind: 'filter',
      service: 'f/large',
      discardTo: 'small',
    })
    expect(nodeAfter(start.filter(isLarge, { reject: 'error' }))).toEqual({
      id: 'n1',
      kind: 'filter',
      service: 'f/n1',
      reject: 'error',
    })
  })
})

describe('T5: split', () => {
  test('the payload itself or a function gives the parts', () => {
    const lists = flow('f').from(direct('lists').of<readonly string[] | Set<number>>())
    expectTypeOf(lists.split().build()).toExtend<
      FlowDef<ChannelToken<'direct', 'lists', readonly string[] | Set<number>>, string | number, never, unknown>
    >()
    expect(nodeAfter(lists.split())).toEqual({ id: 'n1', kind: 'split' })
    expect(nodeAfter(lists.split({ id: 'each' }))).toEqual({ id: 'each', kind: 'split' })
    expect(nodeAfter(start.split((order) => order.lines, { id: 'lines' }))).toEqual({
      id: 'lines',
      kind: 'split',
      service: 'f/lines',
    })
  })

  test('the parts of any are unknown', () => {
    expectTypeOf(start.handle((order) => JSON.parse(order.id)).split()).toEqualTypeOf<
      Flow<Orders, unknown, {}, never, Orders>
    >()
    expectTypeOf(start.split((order) => JSON.parse(order.id))).toEqualTypeOf<Flow<Orders, unknown, {}, never, Orders>>()
  })

  test('parts may come later, one by one, or not at all', () => {
    expectTypeOf(start.split(async (order) => order.lines)).toEqualTypeOf<Flow<Orders, Line, {}, never, Orders>>()
    expectTypeOf(
      start.split(async function* (order) {
        yield order.total
      }),
    ).toEqualTypeOf<Flow<Orders, number, {}, never, Orders>>()
    expectTypeOf(start.split((order) => new Map([[order.id, order.total]]))).toEqualTypeOf<
      Flow<Orders, [string, number], {}, never, Orders>
    >()
    expectTypeOf(
      start.split((order) => (order.total > 0 ? E.right(order.lines) : E.left(new Declined()))),
    ).toEqualTypeOf<Flow<Orders, Line, {}, Declined, Orders>>()
  })
})

describe('T6: aggregate', () => {
  const lines = start.setHeader('tenant', () => 'a').split((order) => order.lines)

  test('gives the list of payloads, or what combine makes of it', () => {
    expectTypeOf(lines.aggregate()).toEqualTypeOf<
      Flow<Orders, readonly Line[], { readonly tenant?: string }, never, Orders>
    >()
    expectTypeOf(lines.aggregate({ combine: (group) => group.length })).toEqualTypeOf<
      Flow<Orders, number, { readonly tenant?: string }, never, Orders>
    >()
    expectTypeOf(
      lines.aggregate({ combine: async (group): Promise<E.Either<Declined, number>> => E.right(group.length) }),
    ).toEqualTypeOf<Flow<Orders, number, { readonly tenant?: string }, Declined, Orders>>()
  })

  test('keeps every option', () => {
    const correlateBy = (line: Line, exchange: Exchange<Line, { readonly tenant: string }>): string =>
      exchange.message.headers.tenant + line.sku
    const when = (group: readonly Line[]): boolean => group.length > 3
    const combine = (group: readonly Line[]): number => group.length
    const built = lines
      .aggregate({
        correlateBy,
        size: 5,
        when,
        timeout: 1000,
        onTimeout: 'deadLetter',
        combine,
        maxGroups: 7,
        remember: 0,
        discardTo: queue('late'),
        id: 'sum',
      })
      .build()
    expectTypeOf(built).toEqualTypeOf<FlowDef<Orders, number, never, Orders | SentTo<'queue', 'late', Line>>>()
    expect(built.graph.nodes[3]).toEqual({
      id: 'sum',
      kind: 'aggregate',
      correlateBy: 'f/sum.correlateBy',
      size: 5,
      when: 'f/sum.when',
      timeout: 1000,
      onTimeout: 'deadLetter',
      combine: 'f/sum.combine',
      maxGroups: 7,
      remember: 0,
      discardTo: 'late',
    })
    expect(built.functions).toMatchObject({
      'f/sum.correlateBy': correlateBy,
      'f/sum.when': when,
      'f/sum.combine': combine,
    })
    expect(nodeAfter(start.aggregate())).toEqual({ id: 'n1', kind: 'aggregate' })
  })
})

describe('T9: setHeader', () => {
  test('headers accumulate, and a later one takes the place of an earlier', () => {
    start
      .setHeader('tenant', () => 'a')
      .setHeader('count', async () => 1)
      .setHeader('tenant', (): E.Either<Declined, Date> => E.right(new Date()))
      .handle((_, { message: { headers } }) => {
        expectTypeOf(headers.tenant).toEqualTypeOf<Date>()
        expectTypeOf(headers.count).toEqualTypeOf<number>()
        expectTypeOf(headers.priority).toEqualTypeOf<number | undefined>()
      })
    start
      .setHeader('priority', () => 5)
      .handle((_, { message: { headers } }) => expectTypeOf(headers.priority).toEqualTypeOf<number>())
    expect(nodeAfter(start.setHeader('tenant', () => 'a', { id: 'who' }))).toEqual({
      id: 'who',
      kind: 'setHeader',
      header: 'tenant',
      service: 'f/who',
    })
  })

  test('M2: a known header takes its own type only', () => {
    // @ts-expect-error the priority header is a number
    expectTypeOf(start.setHeader('priority', () => 'high')).not.toBeAny()
    // @ts-expect-error also when it comes later
    expectTypeOf(start.setHeader('expiresAt', async () => new Date())).not.toBeAny()
  })

  test('a computed name says nothing about the headers', () => {
    const name: string = 'name'
    expectTypeOf(start.setHeader(name, () => 1)).toEqualTypeOf<Flow<Orders, Order, {}, never, Orders>>()
  })
})

describe('channels on the way', () => {
  test('T10: tap copies and goes on', () => {
    const tapped = start.tap(queue('log'), { id: 'copy' })
    expectTypeOf(tapped).toEqualTypeOf<Flow<Orders, Order, {}, never, Orders | SentTo<'queue', 'log', Order>>>()
    expect(nodeAfter(tapped)).toEqual({ id: 'copy', kind: 'tap', channel: 'log' })
  })

  test('through goes on as the consumer of a channel, with the payload of that channel and no headers for sure', () => {
    const wide = queue('wide').of<Order | Invoice>()
    const through = start
      .setHeader('tenant', () => 'a')
      .through(wide, { concurrency: 2, orderBy: (payload) => payload, id: 'hop' })
    expectTypeOf(through).toEqualTypeOf<
      Flow<Orders, Order | Invoice, { readonly tenant?: string }, never, Orders | typeof wide>
    >()
    expect(through.build().graph.nodes[2]).toEqual({
      id: 'hop',
      kind: 'through',
      channel: 'wide',
      concurrency: 2,
      orderBy: 'f/hop.orderBy',
    })
    expectTypeOf(start.through(queue('q'))).toEqualTypeOf<
      Flow<Orders, Order, {}, never, Orders | ChannelToken<'queue', 'q', Order>>
    >()
  })

  test('to and toEach end a flow', () => {
    expect(nodesOf(start.handle(toInvoice).to(invoices, { id: 'out' }).build())).toEqual([
      'n0 inlet',
      'n1 handle',
      'out outlet',
    ])
    const each = start
      .toEach([queue('a'), queue('b').of<Order | Invoice>()], { onFailure: 'continue', id: 'all' })
      .build()
    expectTypeOf(each).toEqualTypeOf<
      FlowDef<Orders, OneWay, never, Orders | SentTo<'queue', 'a', Order> | ChannelToken<'queue', 'b', Order | Invoice>>
    >()
    expect(each.graph.nodes[1]).toEqual({ id: 'all', kind: 'recipients', channels: ['a', 'b'], onFailure: 'continue' })
  })
})

describe('T14: call', () => {
  const price = flow('price')
    .from(direct('price').of<Order>())
    .handle((order) => (order.total > 0 ? E.right(order.total) : E.left(new Declined())))
    .build()

  test('joins types and errors, and keeps the flow it calls', () => {
    const total = start.call(price, { timeout: 500, id: 'ask' }).build()
    expectTypeOf(total).toEqualTypeOf<
      FlowDef<Orders, number, Declined, Orders | ChannelToken<'direct', 'price', Order>>
    >()
    expect(total.graph.nodes[1]).toEqual({ id: 'ask', kind: 'call', flow: 'price', channel: 'price', timeout: 500 })
    expect(total.graph.channels.map(({ id }) => id)).toEqual(['orders', 'price'])
    expect(total.calls).toEqual([price])
  })

  test('a flow that replies void is a confirmation to wait for', () => {
    const save = flow('save')
      .from(direct('save').of<Order>())
      .handle(() => {})
      .build()
    expectTypeOf(start.call(save)).toEqualTypeOf<
      Flow<Orders, void, {}, never, Orders | ChannelToken<'direct', 'save', Order>>
    >()
  })
})

test('the edges of a plain chain lead from each node to the next', () => {
  expect(edgesOf(start.handle(toInvoice).tap(queue('log')).to(invoices).build())).toEqual([
    'n0 -> n1',
    'n1 -> n2',
    'n2 -> n3',
  ])
})
