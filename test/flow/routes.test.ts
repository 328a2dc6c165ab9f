import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { flow } from '../../src/flow/builder.ts'
import { type ChannelToken, type SentTo, direct, queue } from '../../src/flow/channel-token.ts'
import type { FlowDef, OneWay } from '../../src/flow/flow-def.ts'
import type { Flow, SealedFlow } from '../../src/flow/flow.ts'
import {
  Declined,
  type Order,
  type OrderEvent,
  edgesOf,
  events,
  invoices,
  nodesOf,
  orders,
  toInvoice,
} from './samples.ts'

type Events = typeof events
const start = flow('f').from(events)

describe('T3: route by a property', () => {
  test('each branch has its payload; those that go on meet in a join with the union of their types', () => {
    const joined = start.route('kind', {
      created: (branch) =>
        branch
          .transform((event) => event.order)
          .transform(toInvoice)
          .to(invoices),
      cancelled: (branch) => branch.handle((event) => event.orderId),
      paid: (branch) => branch.handle((event) => (event.amount > 0 ? E.right(event.amount) : E.left(new Declined()))),
    })
    expectTypeOf(joined).toEqualTypeOf<Flow<Events, string | number, {}, Declined, Events | typeof invoices>>()
    const built = joined.tap(queue('log')).build()
    expect(nodesOf(built)).toEqual([
      'n0 inlet',
      'n1 route',
      'n2 transform',
      'n3 transform',
      'n4 outlet',
      'n5 handle',
      'n6 handle',
      'n7 join',
      'n8 tap',
      'n9 reply',
    ])
    expect(built.graph.nodes[1]).toEqual({
      id: 'n1',
      kind: 'route',
      by: { key: 'kind' },
      cases: ['created', 'cancelled', 'paid'],
    })
    expect(edgesOf(built)).toEqual([
      'n0 -> n1',
      'n1 case:created-> n2',
      'n2 -> n3',
      'n3 -> n4',
      'n1 case:cancelled-> n5',
      'n1 case:paid-> n6',
      'n5 -> n7',
      'n6 -> n7',
      'n7 -> n8',
      'n8 -> n9',
    ])
  })

  test('a route of which no branch goes on ends the flow', () => {
    const sealed = start.route('kind', {
      created: (branch) => branch.to(queue('a')),
      cancelled: (branch) => branch.to(queue('a')),
      paid: (branch) => branch.toEach([queue('b')]),
    })
    expectTypeOf(sealed).toExtend<SealedFlow<Events, never, unknown>>()
    expectTypeOf(sealed.build()).toExtend<FlowDef<Events, OneWay, never, unknown>>()
    expect(nodesOf(sealed.build())).toEqual(['n0 inlet', 'n1 route', 'n2 outlet', 'n3 outlet', 'n4 recipients'])
  })

  test('a branch may be empty: its edge leads from the route to the join', () => {
    const built = flow('f')
      .from(orders)
      .routeBy((order) => (order.total > 9 ? 'large' : 'small'), {
        large: (large) => large.handle(() => 'x'),
        small: (small) => small,
      })
      .build()
    expect(edgesOf(built)).toEqual(['n0 -> n1', 'n1 case:large-> n2', 'n2 -> n3', 'n1 case:small-> n3', 'n3 -> n4'])
  })

  test('with otherwise not every value needs a branch, and its branch has the rest', () => {
    const built = start
      .route(
        'kind',
        { paid: (branch) => branch.transform((event) => event.amount) },
        {
          id: 'by-kind',
          otherwise: (branch) => {
            branch.handle((event) => expectTypeOf(event).toEqualTypeOf<Exclude<OrderEvent, { kind: 'paid' }>>())
            return branch.transform((event) => event.kind)
          },
        },
      )
      .build()
    expectTypeOf(built).toEqualTypeOf<FlowDef<Events, number | 'created' | 'cancelled', never, Events>>()
    expect(built.graph.nodes[1]).toEqual({
      id: 'by-kind',
      kind: 'route',
      by: { key: 'kind' },
      cases: ['paid'],
      otherwise: true,
    })
    expect(edgesOf(built)).toContain('by-kind otherwise-> n3')
    expect(built.graph.nodes.map((node) => node.id)).toEqual(['n0', 'by-kind', 'n2', 'n3', 'n4', 'n5'])
  })

  test('branches keep the headers from before and add their own', () => {
    flow('f')
      .from(orders)
      .setHeader('tenant', () => 'a')
      .routeBy((order) => (order.total > 9 ? 'large' : 'small'), {
        large: (large) => large.setHeader('size', () => 'L' as const),
        small: (small) => small.setHeader('size', () => 'S' as const),
      })
      .handle((_, { message: { headers } }) => {
        expectTypeOf(headers.tenant).toEqualTypeOf<string>()
        expectTypeOf(headers.size).toEqualTypeOf<'L' | 'S'>()
      })
  })

  test('routes nest, and each branch has its own join', () => {
    const built = start
      .route('kind', {
        created: (outer) =>
          outer.routeBy(async (event) => (event.order.total > 9 ? ('large' as const) : ('small' as const)), {
            large: (inner) => inner.transform(() => 'large'),
            small: (inner) => inner.transform(() => 'small'),
          }),
        cancelled: (outer) => outer.to(queue('cancelled')),
        paid: (outer) => outer.transform(() => 'paid'),
      })
      .build()
    expectTypeOf(built).toEqualTypeOf<
      FlowDef<Events, string, never, Events | SentTo<'queue', 'cancelled', Extract<OrderEvent, { kind: 'cancelled' }>>>
    >()
    expect(edgesOf(built)).toEqual([
      'n0 -> n1',
      'n1 case:created-> n2',
      'n2 case:large-> n3',
      'n2 case:small-> n4',
      'n3 -> n5',
      'n4 -> n5',
      'n1 case:cancelled-> n6',
      'n1 case:paid-> n7',
      'n5 -> n8',
      'n7 -> n8',
      'n8 -> n9',
    ])
  })
})

describe('T3: routeBy a selector', () => {
  test('may be asynchronous and may fail', () => {
    const routed = flow('f')
      .from(orders)
      .routeBy(
        async (order) =>
          order.total > 9
            ? E.right('large' as const)
            : order.total > 0
              ? E.right('small' as const)
              : E.left(new Declined()),
        {
          large: (large) => large,
          small: (small) => small,
        },
      )
    expectTypeOf(routed).toEqualTypeOf<Flow<typeof orders, Order, {}, Declined, typeof orders>>()
  })

  test('its function is named by the node', () => {
    const size = (order: Order): 'large' | 'small' => (order.total > 9 ? 'large' : 'small')
    const built = flow('f')
      .from(orders)
      .routeBy(
        size,
        { large: (large) => large.to(queue('large')) },
        { otherwise: (rest) => rest.to(queue('rest')), id: 'size' },
      )
      .build()
    expect(built.graph.nodes[1]).toEqual({
      id: 'size',
      kind: 'route',
      by: { service: 'f/size' },
      cases: ['large'],
      otherwise: true,
    })
    expect(built.functions).toEqual({ 'f/size': size })
  })

  test('a selector of any text needs an otherwise only', () => {
    const built = flow('f')
      .from(orders)
      .routeBy(
        (order) => order.id,
        { vip: (vip) => vip.to(queue('vip')) },
        { otherwise: (rest) => rest.to(queue('rest')) },
      )
      .build()
    expectTypeOf(built).toEqualTypeOf<
      FlowDef<
        typeof orders,
        OneWay,
        never,
        typeof orders | SentTo<'queue', 'vip', Order> | SentTo<'queue', 'rest', Order>
      >
    >()
  })
})

test('a member with several values of the key goes to the branch of each', () => {
  type Change =
    | { readonly kind: 'created' | 'updated'; readonly order: Order }
    | { readonly kind: 'deleted'; readonly id: string }
  flow('f')
    .from(direct('changes').of<Change>())
    .route(
      'kind',
      { created: (created) => created.transform((change) => change.order) },
      {
        otherwise: (rest) =>
          rest.transform((change) => {
            expectTypeOf(change).toEqualTypeOf<Change>()
          }),
      },
    )
})

test('a key counts as a tag only when each member has it as a literal', () => {
  type Mixed =
    | { readonly kind: 'a'; readonly loose: string; readonly some?: 'x' }
    | { readonly kind: 'b'; readonly loose: 'b' }
  const mixed = flow('f').from(direct('mixed').of<Mixed>())
  expectTypeOf(mixed.route('kind', { a: (a) => a, b: (b) => b })).toEqualTypeOf<
    Flow<ChannelToken<'direct', 'mixed', Mixed>, Mixed, {}, never, ChannelToken<'direct', 'mixed', Mixed>>
  >()
  // @ts-expect-error one member has any text there
  mixed.route('loose', {})
  // @ts-expect-error one member may lack it
  mixed.route('some', {})
})
