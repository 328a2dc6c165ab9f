import * as E from 'fp-ts/lib/Either.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { flow } from '../../src/flow/builder.ts'
import { type SentTo, queue } from '../../src/flow/channel-token.ts'
import type { Flow, SealedFlow } from '../../src/flow/flow.ts'
import type { Exchange } from '../../src/message/exchange.ts'
import type { ErrorMessage, Failure } from '../../src/message/failure.ts'
import { Declined, type Invoice, OutOfStock, edgesOf, events, nodesOf, orders, toInvoice } from './samples.ts'

type Orders = typeof orders
const start = flow('f').from(orders)
const declined = (): E.Either<Declined, Invoice> => E.left(new Declined())
const outOfStock = (): E.Either<OutOfStock, Invoice> => E.left(new OutOfStock())
const errorEdges = (built: Parameters<typeof edgesOf>[0]): string[] =>
  edgesOf(built).filter((edge) => edge.includes('error'))

describe('E1: onError', () => {
  test('takes the failures of all steps before it out of the type and goes on with its value', () => {
    const mended = start
      .setHeader('tenant', () => 'a')
      .handle(declined)
      .handle(outOfStock)
      .onError((failure, exchange) => {
        expectTypeOf(failure).toEqualTypeOf<Failure<Declined | OutOfStock>>()
        expectTypeOf(exchange).toEqualTypeOf<Exchange<unknown, { readonly tenant?: string }>>()
        return 'mended'
      })
    expectTypeOf(mended).toEqualTypeOf<Flow<Orders, Invoice | string, { readonly tenant?: string }, never, Orders>>()
  })

  test('may fail itself', () => {
    expectTypeOf(start.handle(declined).onError(outOfStock)).toEqualTypeOf<
      Flow<Orders, Invoice, {}, OutOfStock, Orders>
    >()
  })

  test('leads, as the chain does, to what follows it', () => {
    const built = start
      .handle(toInvoice)
      .transform((invoice) => invoice.amount)
      .onError(() => 0, { id: 'mend' })
      .tap(queue('log'))
      .build()
    expect(built.graph.nodes[3]).toEqual({ id: 'mend', kind: 'recover', service: 'f/mend' })
    expect(edgesOf(built)).toEqual([
      'n0 -> n1',
      'n1 -> n2',
      'n1 error-> mend',
      'n2 error-> mend',
      'n2 -> n4',
      'mend -> n4',
      'n4 -> n5',
    ])
  })

  test('leads to the reply when nothing follows it', () => {
    expect(
      edgesOf(
        start
          .handle(toInvoice)
          .onError(() => null)
          .build(),
      ),
    ).toEqual(['n0 -> n1', 'n1 error-> n2', 'n1 -> n3', 'n2 -> n3'])
  })

  test('is itself in the scope of the next one', () => {
    expect(
      errorEdges(
        start
          .handle(toInvoice)
          .onError(() => null)
          .onError(() => 1)
          .build(),
      ),
    ).toEqual(['n1 error-> n2', 'n2 error-> n3'])
  })
})

describe('E1: errorsTo', () => {
  test('sends the failures of all steps before it to a channel of a type wide enough', () => {
    const guarded = start.handle(declined).errorsTo(queue('errors'))
    expectTypeOf(guarded).toEqualTypeOf<
      Flow<Orders, Invoice, {}, never, Orders | SentTo<'queue', 'errors', ErrorMessage<Declined>>>
    >()
    start.handle(declined).errorsTo(queue('errors').of<ErrorMessage<Declined | OutOfStock>>())
    // @ts-expect-error the channel does not take Declined
    start.handle(declined).errorsTo(queue('errors').of<ErrorMessage<OutOfStock>>())
  })

  test('is no step of the chain', () => {
    const built = start
      .handle(toInvoice)
      .errorsTo(queue('errors'), { id: 'failed' })
      .transform((invoice) => invoice.amount)
      .to(queue('out'))
      .build()
    expect(built.graph.nodes[2]).toEqual({ id: 'failed', kind: 'errorOutlet', channel: 'errors' })
    expect(edgesOf(built)).toEqual(['n0 -> n1', 'n1 error-> failed', 'n1 -> n3', 'n3 -> n4'])
  })

  test('after to it takes the failures of the sends too', () => {
    const sealed = start.handle(declined).to(queue('out')).errorsTo(queue('errors'))
    expectTypeOf(sealed).toEqualTypeOf<
      SealedFlow<
        Orders,
        never,
        Orders | SentTo<'queue', 'out', Invoice> | SentTo<'queue', 'errors', ErrorMessage<Declined>>
      >
    >()
    expect(edgesOf(sealed.build())).toEqual(['n0 -> n1', 'n1 -> n2', 'n1 error-> n3', 'n2 error-> n3'])
  })
})

test('E1: every node that can fail leads to the next scope, taps, joins and the inlet do not', () => {
  const gateway = flow('gateway').from(queue('ask').of<string>()).build()
  const built = start
    .setHeader('a', () => 1)
    .filter(() => true)
    .tap(queue('log'))
    .through(queue('hop'))
    .split((order) => order.lines)
    .transform((line) => line.sku)
    .aggregate()
    .handle((skus) => skus.join())
    .call(gateway)
    .routeBy(() => 'a', { a: (branch) => branch }, { otherwise: (branch) => branch })
    .toEach([queue('out')])
    .errorsTo(queue('errors'))
    .build()
  expect(errorEdges(built)).toEqual([1, 2, 4, 5, 6, 7, 8, 9, 10, 12].map((n) => `n${n} error-> n13`))
  expect(nodesOf(built)[11]).toBe('n11 join')
})

describe('E1: scopes and branches', () => {
  test('the scope of a branch comes first, that of the chain after the join takes the rest', () => {
    const built = flow('f')
      .from(events)
      .route('kind', {
        created: (branch) => branch.handle(() => 'created').onError(() => 'mended'),
        cancelled: (branch) => branch.handle(() => 'cancelled'),
        paid: (branch) => branch.to(queue('paid')),
      })
      .handle((text) => text)
      .errorsTo(queue('errors'))
      .build()
    expect(nodesOf(built)).toEqual([
      'n0 inlet',
      'n1 route',
      'n2 handle',
      'n3 recover',
      'n4 handle',
      'n5 outlet',
      'n6 join',
      'n7 handle',
      'n8 errorOutlet',
      'n9 reply',
    ])
    expect(errorEdges(built)).toEqual([
      'n2 error-> n3',
      'n1 error-> n8',
      'n3 error-> n8',
      'n4 error-> n8',
      'n5 error-> n8',
      'n7 error-> n8',
    ])
    expect(edgesOf(built)).toEqual(expect.arrayContaining(['n2 -> n6', 'n3 -> n6', 'n4 -> n6', 'n6 -> n7', 'n7 -> n9']))
  })

  test('a scope before a route has nothing to do with its branches', () => {
    const built = flow('f')
      .from(events)
      .filter(() => true)
      .errorsTo(queue('errors'))
      .route('kind', { created: (b) => b, cancelled: (b) => b, paid: (b) => b })
      .build()
    expect(errorEdges(built)).toEqual(['n1 error-> n2'])
  })

  test('the errors of branches and selectors join those of the chain', () => {
    const joined = flow('f')
      .from(events)
      .route('kind', {
        created: (b) => b.handle(declined),
        cancelled: (b) => b.handle(outOfStock).onError(() => null),
        paid: (b) => b,
      })
    expectTypeOf<
      typeof joined extends Flow<typeof events, infer _P, {}, infer Failures, typeof events> ? Failures : never
    >().toEqualTypeOf<Declined>()
  })
})
