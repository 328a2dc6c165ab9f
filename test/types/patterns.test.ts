/** What the compiler knows behind the operators of more than one step: replies by branch, failures that were handled, ends that refuse a payload. */
import { app, contract, direct, flow, queue, runtime, service, sink } from 'allora'
import type { ErrorMessage, Flow, FlowDef, OneWay } from 'allora'
import * as E from 'fp-ts/lib/Either.js'
import { describe, expectTypeOf, test } from 'vitest'
import { Declined, OutOfStock, type Order, events, invoices, orders, toInvoice } from '../flow/samples.ts'

type Orders = typeof orders
const checked = flow('checked')
  .from(orders)
  .handle((order) => (order.total > 0 ? E.right(order) : E.left(new Declined())))

describe('errors handled leave E', () => {
  test('by onError', () => {
    const handled = checked.onError(() => null).build()
    expectTypeOf(handled).toEqualTypeOf<FlowDef<Orders, Order | null, never, Orders>>()
  })

  test('by errorsTo, before the end and behind it', () => {
    const late = queue('late').of<ErrorMessage<Declined>>()
    const before = checked.errorsTo(late).build()
    const behind = checked.to(queue('kept')).errorsTo(late).build()
    expectTypeOf(before).toExtend<FlowDef<Orders, Order, never, unknown>>()
    expectTypeOf(behind).toExtend<FlowDef<Orders, OneWay, never, unknown>>()
  })

  test('and those of later steps stay', () => {
    const again = checked
      .onError(() => null)
      .handle((order) => (order === null ? E.left(new OutOfStock()) : E.right(order)))
      .build()
    expectTypeOf(again).toEqualTypeOf<FlowDef<Orders, Order, OutOfStock, Orders>>()
  })
})

describe('sinks', () => {
  test('take the payload of the flow, or a wider one', () => {
    const narrow = flow()
      .from(orders)
      .to(sink((order: Order) => order.id))
      .build()
    const wide = flow()
      .from(orders)
      .to(sink((order: Pick<Order, 'id'>) => order.id))
      .build()
    expectTypeOf(narrow).toEqualTypeOf<FlowDef<Orders, OneWay, never, Orders>>()
    expectTypeOf(wide).toEqualTypeOf<FlowDef<Orders, OneWay, never, Orders>>()
  })

  test('refuse another payload', () => {
    expectTypeOf(() => {
      const store = sink((order: Order) => order.id)
      // @ts-expect-error an invoice is no order
      return flow().from(invoices).to(store)
    }).toBeFunction()
  })

  test('add their typed failures', () => {
    const failing = flow()
      .from(orders)
      .to(sink((order: Order) => (order.total > 0 ? E.right(null) : E.left(new Declined()))))
      .build()
    expectTypeOf(failing).toEqualTypeOf<FlowDef<Orders, OneWay, Declined, Orders>>()
  })
})

describe('scatter-gather', () => {
  test('goes on with the replies by the names of the branches', () => {
    const both = flow()
      .from(orders)
      .scatterGather(
        {
          total: (branch) => branch.transform((order) => order.total),
          id: (branch) => branch.handle(async ({ id }) => id),
        },
        { timeout: 5, onFailure: 'fail' },
      )
    expectTypeOf(both).toEqualTypeOf<Flow<Orders, { readonly total: number; readonly id: string }, {}, never, Orders>>()
  })

  test('may lack those that failed, and has no failures then, when they are left out', () => {
    const some = flow()
      .from(orders)
      .scatterGather(
        {
          total: (branch) =>
            branch.handle((order) => (order.total > 0 ? E.right(order.total) : E.left(new Declined()))),
        },
        { timeout: 5, onFailure: 'omit' },
      )
    expectTypeOf(some).toEqualTypeOf<Flow<Orders, { readonly total?: number }, {}, never, Orders>>()
  })
})

test('a route with an otherwise joins its branch too', () => {
  const joined = flow()
    .from(events)
    .route(
      'kind',
      { created: (branch) => branch.transform(({ order }) => order.total) },
      {
        otherwise: (branch) => branch.transform((event) => event.kind),
      },
    )
    .build()
  expectTypeOf(joined).toExtend<FlowDef<typeof events, number | 'cancelled' | 'paid', never, unknown>>()
})

describe('headers where branches meet', () => {
  test('may be missing, if not every branch that goes on sets them', () => {
    const some = flow()
      .from(events)
      .setHeader('tenant', () => 'a')
      .route('kind', {
        created: (branch) => branch.setHeader('total', ({ order }) => order.total).setHeader('by', () => 'order'),
        cancelled: (branch) => branch.setHeader('by', () => 1),
        paid: (branch) => branch.to(queue('paid')),
      })
    expectTypeOf(some.build()).toExtend<FlowDef<typeof events, unknown, never, unknown>>()
    some.handle((_, { message: { headers } }) => {
      expectTypeOf(headers.tenant).toEqualTypeOf<string>()
      expectTypeOf(headers.total).toEqualTypeOf<number | undefined>()
      expectTypeOf(headers.by).toEqualTypeOf<string | number>()
    })
    expectTypeOf(() => {
      // @ts-expect-error no branch sets it
      some.handle((_, { message: { headers } }) => headers.amount)
    }).toBeFunction()
  })

  test('the same by a function, with an otherwise, and where a branch takes them away', () => {
    flow()
      .from(orders)
      .setHeader('tenant', () => 'a')
      .routeBy(
        ({ id }) => id,
        { a: (branch) => branch.setHeader('first', () => true).removeHeaders(['tenant']) },
        { otherwise: (branch) => branch },
      )
      .handle((_, { message: { headers } }) => {
        expectTypeOf(headers).toExtend<{ readonly first?: boolean; readonly tenant?: string }>()
        expectTypeOf(headers.first).toEqualTypeOf<boolean | undefined>()
        expectTypeOf(headers.tenant).toEqualTypeOf<string | undefined>()
      })
  })

  test('as every branch leaves them, they stay one type', () => {
    const same = flow()
      .from(orders)
      .setHeader('tenant', () => 'a')
      .routeBy(
        () => 'a' as const,
        { a: (branch) => branch.setHeader('n', () => 1) },
        { otherwise: (b) => b.setHeader('n', () => 2) },
      )
    expectTypeOf(same).toEqualTypeOf<
      Flow<Orders, Order, { readonly tenant: string } & { readonly n: number }, never, Orders>
    >()
  })
})

test('headers behind a loop may be missing, if its body takes them away', () => {
  const tagged = flow()
    .from(orders)
    .setHeader('tenant', () => 'a')
    .setHeader('turn', () => 1)
  const bound = { while: () => true, max: 3 }
  const same = tagged.loop((turn) => turn.setHeader('turn', () => 2).setHeader('total', ({ total }) => total), bound)
  expectTypeOf(same).toEqualTypeOf<typeof tagged>()
  const ended = tagged.loop((turn) => turn.to(queue('ended')), bound)
  ended.handle((_, { message }) => expectTypeOf(message.headers.tenant).toEqualTypeOf<string>())
  const less = tagged.loop((turn) => turn.removeHeaders(['tenant']).setHeader('turn', () => 'second'), bound)
  less.handle((_, { message: { headers } }) => {
    expectTypeOf(headers.tenant).toEqualTypeOf<string | undefined>()
    expectTypeOf(headers.turn).toEqualTypeOf<number | string>()
  })
  const waited = tagged.loop((turn) => turn.through(queue('waiting')), bound)
  waited.handle((_, { message }) => expectTypeOf(message.headers.tenant).toEqualTypeOf<string | undefined>())
})

test('a route of branches that always fail can be asked, and gives only their failures', () => {
  const failing = flow()
    .from(orders)
    .routeBy(() => 'a' as const, { a: (branch) => branch.handle(() => E.left(new Declined())) })
    .build()
  expectTypeOf(failing).toEqualTypeOf<FlowDef<Orders, never, Declined, Orders>>()
})

describe('functions in options', () => {
  test('may be services', () => {
    const ordered = flow()
      .from(orders)
      .handle(toInvoice, { orderBy: service('key', (order: Order) => order.id) })
    expectTypeOf(ordered.build()).toExtend<FlowDef<Orders, unknown, never, unknown>>()
  })

  test('are no contracts, which the runtime would not ask for', () => {
    expectTypeOf(() => {
      const key = contract<Order, string>()('key')
      const from = flow().from(orders)
      // @ts-expect-error the sentence is in mistakes.md
      from.handle(toInvoice, { orderBy: key })
      // @ts-expect-error the same for those of an aggregate
      from.aggregate({ size: 2, correlateBy: key })
      // @ts-expect-error and of an inlet
      flow().from(orders, { orderBy: key })
    }).toBeFunction()
  })

  test('a contract in their place is asked for where it is the function of a step', () => {
    expectTypeOf(() => {
      const priced = app(flow().from(direct('x').of<Order>()).handle(contract<Order, number>()('price')).build())
      return runtime(priced, { services: { price: (order) => order.total } })
    }).toBeFunction()
  })
})
