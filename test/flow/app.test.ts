import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { appFromGraph } from '../../src/app/app-from-graph.ts'
import { app, type App } from '../../src/app/app.ts'
import { replace } from '../../src/app/replace.ts'
import { check, toDot, toJson, toMermaid } from '../../src/app/views.ts'
import {
  DuplicateFlowError,
  DuplicateServiceError,
  InvalidStepError,
  UnknownFunctionError,
} from '../../src/errors/flow-errors.ts'
import { InvalidGraphError } from '../../src/errors/graph-errors.ts'
import { flow } from '../../src/flow/builder.ts'
import { direct, priority, pubsub, queue } from '../../src/flow/channel-token.ts'
import { contract, service } from '../../src/flow/service.ts'
import type { AppGraph } from '../../src/graph/graph.ts'
import { readApp } from '../../src/graph/read-graph.ts'
import { type Invoice, type Order, events, invoices, orders, toInvoice } from './samples.ts'

const billing = flow('billing').from(orders).handle(service('bill', toInvoice)).to(invoices).build()
const booking = flow('booking')
  .from(invoices)
  .transform((invoice) => invoice.amount)
  .handle(contract<number, void>()('book'))
  .build()

describe('app', () => {
  test('puts flows together: one graph, one table of functions, the contracts still open', () => {
    const both = app(billing, booking)
    expectTypeOf(both).toEqualTypeOf<App<typeof billing | typeof booking>>()
    expect(both).toEqual({
      version: 1,
      flows: [billing, booking],
      graph: { version: 1, flows: [billing.graph, booking.graph] },
      functions: { bill: toInvoice, 'booking/n1': expect.any(Function) },
      schemas: {},
      contracts: ['book'],
    })
    expect([both, ...Object.values(both)].every(Object.isFrozen)).toBe(true)
  })

  test('brings the flows along that are called, each once, however deep', () => {
    const price = flow('price')
      .from(direct('price').of<Order>())
      .handle((order) => order.total)
      .build()
    const offer = flow('offer').from(direct('offer').of<Order>()).call(price).build()
    const shop = flow('shop').from(orders).call(offer).to(queue('out')).build()
    expect(app(shop).flows.map(({ graph }) => graph.id)).toEqual(['shop', 'offer', 'price'])
    expect(app(price, shop, offer).flows).toEqual([price, shop, offer])
    expect(app(shop).functions).toEqual(price.functions)
  })

  test('needs different ids for different flows', () => {
    const again = flow('billing').from(events).to(queue('out')).build()
    expect(() => app(billing, again)).toThrow(DuplicateFlowError)
    expect(() => app(billing, again)).toThrowErrorMatchingInlineSnapshot(
      `[DuplicateFlowError: Two flows of this app have the id "billing". Give one of them another: flow('other-id').from(...).]`,
    )
  })

  test('has one function for a name', () => {
    const other = flow('other')
      .from(orders)
      .handle(service('bill', () => 1))
      .build()
    expect(() => app(billing, other)).toThrow(DuplicateServiceError)
    const same = flow('same').from(direct('again').of<Order>()).handle(service('bill', toInvoice)).build()
    expect(app(billing, same).functions).toEqual({ bill: toInvoice })
  })

  test('a contract of one flow is met by the service of another, before or after it', () => {
    const asking = flow('asking').from(direct('ask').of<Order>()).handle(contract<Order, Invoice>()('bill')).build()
    expect([app(asking, billing), app(billing, asking)].map(({ contracts }) => contracts)).toEqual([[], []])
  })
})

describe('the channels of an app', () => {
  const total = (order: Order): number => order.total

  test('have one payload type and kind: anything else does not compile', () => {
    const otherPayload = flow('x').from(direct('orders').of<Invoice>()).build()
    const otherKind = flow('x').from(queue('orders').of<Order>()).build()
    // @ts-expect-error "orders" carries Order
    expect(app(billing, otherPayload).flows).toHaveLength(2)
    // @ts-expect-error "orders" is direct
    expect(app(billing, otherKind).flows).toHaveLength(2)
  })

  test('that are only sent to carry the union of what is sent', () => {
    const a = flow('a').from(orders).tap(queue('log')).to(queue('out')).build()
    const b = flow('b').from(invoices).tap(queue('log')).to(queue('out')).build()
    expect(app(a, b).flows).toHaveLength(2)
    const reads = flow('reads').from(queue('log').of<Order | Invoice>()).build()
    expect(app(a, b, reads).flows).toHaveLength(3)
    const readsTooLittle = flow('reads').from(queue('log').of<Order>()).build()
    // @ts-expect-error Invoice is sent there too
    expect(app(a, b, readsTooLittle).flows).toHaveLength(3)
  })

  test('an untyped source fixes what others may send there', () => {
    const reads = flow('reads')
      .from(queue('totals'))
      .handle((n: number) => n)
      .build()
    expect(app(flow('sends').from(orders).transform(total).to(queue('totals')).build(), reads).flows).toHaveLength(2)
    const sendsText = flow('sends')
      .from(orders)
      .transform((order) => order.id)
      .to(queue('totals'))
      .build()
    // @ts-expect-error text is no number
    expect(app(sendsText, reads).flows).toHaveLength(2)
  })

  test('with computed ids conflict with none', () => {
    const shard = (n: number): string => `shard-${n}`
    const first = flow('a')
      .from(queue(shard(1)).of<Order>())
      .to(queue(`out-${shard(1)}` as const))
      .build()
    const second = flow('b')
      .from(queue(shard(2)).of<Invoice>())
      .to(queue(`out-${shard(2)}` as const))
      .build()
    expect(app(first, second, billing).flows).toHaveLength(3)
  })

  test('that carry never are channels like all others', () => {
    const nothing = flow('nothing').from(direct('nothing').of<never>()).to(queue('none')).build()
    expect(app(nothing).flows).toEqual([nothing])
  })
})

test('contracts of one name have one signature: anything else does not compile', () => {
  const one = flow('one').from(orders).handle(contract<Order, number>()('rate')).build()
  const same = flow('same').from(direct('b').of<Order>()).handle(contract<Order, number>()('rate')).build()
  const other = flow('other').from(direct('c').of<Invoice>()).handle(contract<Invoice, number>()('rate')).build()
  expect(app(one, same).contracts).toEqual(['rate'])
  // @ts-expect-error the function for both does not exist
  expect(app(one, other).contracts).toEqual(['rate'])
})

describe('check', () => {
  const unheard = flow('unheard').from(orders).to(pubsub('news')).build()
  const codes = (...args: Parameters<typeof check>): string[] => check(...args).map(({ code }) => code)

  test('looks at an app, a flow, or the data of either', () => {
    expect(codes(unheard)).toEqual(['ALLORA103'])
    expect(codes(app(unheard))).toEqual(['ALLORA103'])
    expect(codes(unheard.graph)).toEqual(['ALLORA103'])
    expect(codes(app(unheard).graph)).toEqual(['ALLORA103'])
    expect(check(app(billing, booking))).toEqual([])
  })

  test('takes contracts for bound and the functions of bare data for present, but misses none else', () => {
    expect(codes(app(booking).graph)).toEqual([])
    const ordered = flow('f')
      .from(orders)
      .to(priority('p', { compare: () => 0 }))
      .build()
    expect(codes(ordered.graph)).toEqual([])
    expect(codes({ ...app(ordered), functions: {} })).toEqual(['ALLORA108'])
  })

  test('finds one channel with two schemas', () => {
    const a = flow('a').from(queue('in').of(z.string())).build()
    const b = flow('b').from(queue('in').of(z.string())).to(queue('out')).build()
    expect(check(app(a, b))).toEqual([
      {
        code: 'ALLORA109',
        severity: 'error',
        flowId: 'b',
        channelId: 'in',
        message: 'Channel "in" has one schema in flow "a" and another in flow "b".',
        fix: 'Make its token once and use that everywhere.',
      },
    ])
    const schema = z.string()
    expect(
      codes(
        app(
          flow('a').from(queue('in').of(schema)).build(),
          flow('b').from(queue('in').of(schema)).to(queue('out')).build(),
        ),
      ),
    ).toEqual([])
  })
})

test('an app, a flow and their data are drawn and written alike', () => {
  const one = app(billing)
  for (const view of [toMermaid, toDot, toJson]) {
    expect(new Set([view(one), view(billing), view(billing.graph), view(one.graph)])).toHaveLength(1)
  }
  expect(toMermaid(billing)).toContain('flowchart')
  expect(toDot(billing)).toContain('digraph')
  expect(readApp(JSON.parse(toJson(one)))).toEqual(one.graph)
})

describe('replace', () => {
  const both = app(billing, booking)
  const free = (order: Order): Invoice => ({ orderId: order.id, amount: 0 })

  test('gives the same app with other functions, and leaves the given one as it is', () => {
    const stubbed = replace(both, { bill: free, 'booking/n1': () => 0 })
    expectTypeOf(stubbed).toEqualTypeOf<typeof both>()
    expect(stubbed).toEqual({ ...both, functions: { bill: free, 'booking/n1': expect.any(Function) } })
    expect(both.functions['bill']).toBe(toInvoice)
    expect(Object.isFrozen(stubbed) && Object.isFrozen(stubbed.functions)).toBe(true)
  })

  test('types a service by its name, and takes any function for a node', () => {
    // @ts-expect-error a bill is an invoice
    replace(both, { bill: (order: Order) => order.id })
    expect(() => {
      // @ts-expect-error there is no service of this name
      replace(both, { bil: free })
    }).toThrowErrorMatchingInlineSnapshot(
      `[UnknownFunctionError: The app has no function "bil" to replace. Did you mean "bill"? Its functions are "bill", "booking/n1".]`,
    )
    replace(both, { 'booking/n1': (invoice: Invoice) => invoice.amount })
  })

  test('knows what it cannot replace', () => {
    expect(() => replace(both, { 'booking/n9': free })).toThrow(UnknownFunctionError)
    expect(() => replace(both, { 'billing/book': free })).toThrowErrorMatchingInlineSnapshot(
      `[UnknownFunctionError: The app has no function "billing/book" to replace. Its functions are "bill", "booking/n1".]`,
    )
    expect(() => replace(both, { book: free } as never)).toThrowErrorMatchingInlineSnapshot(
      `[UnknownFunctionError: The app has no function "book" to replace. It is a contract: give it to runtime(app, { services }).]`,
    )
    expect(() => replace(both, { bill: 'free' as never })).toThrow(InvalidStepError)
  })
})

describe('an app from data', () => {
  const data = JSON.parse(toJson(app(billing, booking))) as AppGraph

  test('has the functions it names; those not given are contracts', () => {
    const made = appFromGraph(data, { bill: toInvoice, unused: toInvoice })
    expect(made.graph).toEqual(app(billing, booking).graph)
    expect(made.functions).toEqual({ bill: toInvoice })
    expect(made.contracts).toEqual(['booking/n1', 'book'])
    expect([made, ...made.flows, made.graph.flows[0]!.nodes].every(Object.isFrozen)).toBe(true)
  })

  test('takes a list of flows too', () => {
    expect(appFromGraph([billing.graph], { bill: toInvoice }).graph).toEqual(app(billing).graph)
  })

  test('refuses what is no graph', () => {
    expect(() => appFromGraph([{ id: 'x' } as never])).toThrow(InvalidGraphError)
  })
})
