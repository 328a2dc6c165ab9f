/** Functions that make and take flows of any payload: they compile, and where they are called the types are those of the call. */
import { app, contract, direct, flow, iterate, queue, runtime, service } from 'allora'
import type {
  AnyChannel,
  Branch,
  ChannelAccepting,
  ChannelToken,
  Flow,
  FlowDef,
  Handler,
  Message,
  Needs,
  OneWay,
  OpenFlow,
  Provides,
  QueueChannel,
  SentTo,
  Source,
  ValueOf,
} from 'allora'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { Declined, type Invoice, type Order, type OrderEvent, events, invoices, orders } from '../flow/samples.ts'

type Token<Id extends string, P> = ChannelToken<'queue', Id, P>

function worker<P, const Id extends string>(id: Id, work: (payload: P) => Promise<void>) {
  return flow(id).from(queue(id).of<P>()).handle(work).build()
}

describe('a flow factory', () => {
  test('works, and its channel carries what the call says', async () => {
    const done: unknown[] = []
    const both = app(
      worker('lengths', async (text: string) => void done.push(text.length)),
      worker('halves', async (n: number) => void done.push(n / 2)),
    )
    await using rt = await runtime(both).start()
    await rt.send('lengths', 'tea')
    await rt.send('halves', 10)
    await rt.idle()
    expect(new Set(done)).toEqual(new Set([3, 5]))
    expectTypeOf(rt.channel('lengths')).toEqualTypeOf<QueueChannel<string>>()
    expectTypeOf(rt.channel('halves')).toEqualTypeOf<QueueChannel<number>>()
    expectTypeOf(() => {
      // @ts-expect-error the channel carries text
      void rt.send('lengths', 5)
      // @ts-expect-error no flow of this id was made
      void rt.send('thirds', 5)
    }).toBeFunction()
  })

  test('may have the payload alone as its parameter', () => {
    const fixed = <P>(id: string, work: (payload: P) => Promise<void>) =>
      flow(id).from(queue('q').of<P>()).handle(work).build()
    expectTypeOf(fixed('a', async (_: Order) => {})).toEqualTypeOf<
      FlowDef<Token<'q', Order>, void, never, Token<'q', Order>>
    >()
  })

  test('or one that must have some properties', () => {
    const keyed = <P extends { readonly id: string }>(work: (payload: P) => number) =>
      flow()
        .from(queue('q').of<P>(), { orderBy: ({ id }) => id })
        .idempotent({ key: ({ id }) => id })
        .filter(({ id }) => id !== '')
        .setHeader('done', work)
        .enrich('key', ({ id }, { message }) => id.length + message.headers.done)
        .transform(({ id, key }) => [id, key] as const)
        .build()
    expectTypeOf(keyed((order: Order) => order.total)).toEqualTypeOf<
      FlowDef<Token<'q', Order>, readonly [string, number], never, Token<'q', Order>>
    >()
    expectTypeOf(() => {
      // @ts-expect-error an invoice has no id
      keyed((invoice: Invoice) => invoice.amount)
    }).toBeFunction()
  })

  test('may be given the token', () => {
    const lists = <P>(input: Token<'q', P>) =>
      flow()
        .from(input)
        .handle((payload) => [payload])
        .to(queue('lists'))
        .build()
    expectTypeOf(lists(queue('q').of<Order>())).toEqualTypeOf<
      FlowDef<Token<'q', Order>, OneWay, never, Token<'q', Order> | SentTo<'queue', 'lists', Order[]>>
    >()
  })

  test('or two tokens of any id', () => {
    const relay = <P, const From extends string, const To extends string>(from: Token<From, P>, to: Token<To, P>) =>
      flow(`${from.id}-${to.id}`).from(from).to(to).build()
    const made = relay(queue('a').of<Order>(), queue('b').of<Order>())
    expectTypeOf(made).toEqualTypeOf<FlowDef<Token<'a', Order>, OneWay, never, Token<'a', Order> | Token<'b', Order>>>()
    expect(made.graph.id).toBe('a-b')
    expectTypeOf(() => {
      // @ts-expect-error the two carry different payloads
      relay(queue('a').of<Order>(), invoices)
    }).toBeFunction()
  })

  test('knows what a handler of any result gives', () => {
    const made = <A, B>(work: (payload: A) => B, to: Token<'out', ValueOf<NoInfer<B>>>) =>
      flow().from(queue('in').of<A>()).handle(work).to(to).build()
    expectTypeOf(made((order: Order) => order.total, queue('out').of<number>())).toExtend<
      FlowDef<Token<'in', Order>, OneWay, never, unknown>
    >()
    expectTypeOf(made(async (order: Order) => order.total, queue('out').of<number>())).toExtend<
      FlowDef<Token<'in', Order>, OneWay, never, unknown>
    >()
    expectTypeOf(() => {
      // @ts-expect-error the handler gives a number
      made((order: Order) => order.total, queue('out').of<string>())
    }).toBeFunction()
  })

  test('keeps the typed failures of the call', () => {
    const tried = <P, E, A>(work: (payload: P) => TaskEither<E, A>) =>
      flow()
        .from(queue('tried').of<P>())
        .handle(work, { retry: { attempts: 3, when: ({ kind }) => kind === 'failure' } })
        .to(queue('done'))
        .errorsTo(queue('failed'))
        .build()
    expectTypeOf(() => {
      const rt = runtime(app(tried((order: Order) => (order.total > 0 ? TE.right(1) : TE.left(new Declined())))))
      const failed = rt.channel('failed').tryReceive()?.payload.failure
      if (failed?.kind === 'failure') expectTypeOf(failed.error).toEqualTypeOf<Declined>()
      expectTypeOf(rt.channel('done')).toEqualTypeOf<QueueChannel<number>>()
    }).toBeFunction()
  })

  test('may begin with a source', () => {
    const drained = <P, const Id extends string>(id: Id, source: Source<P>, end: ChannelAccepting<P>) =>
      flow(id).from(source).to(end).build()
    expectTypeOf(drained('in', iterate([1, 2]), queue('numbers').of<number>())).toExtend<
      FlowDef<AnyChannel, OneWay, never, unknown>
    >()
    expectTypeOf(() => {
      // @ts-expect-error an order is no number
      drained('in', iterate([1, 2]), orders)
    }).toBeFunction()
  })

  test('may split, gather, wait in channels, go round and recover', () => {
    const long = <P, Q>(cut: (payload: P) => readonly Q[], count: (part: Q) => number) =>
      flow()
        .from(direct('long').of<P>())
        .loop((turn) => turn.tap(queue('seen')), { while: () => false, max: 2 })
        .through(queue('waiting').of<P>())
        .split(cut)
        .scatterGather(
          { part: (branch) => branch, n: (branch) => branch.handle(count) },
          { timeout: 5, onFailure: 'fail' },
        )
        .aggregate()
        .onError(() => [])
        .build()
    expectTypeOf(
      long(
        (order: Order) => order.lines,
        (line) => line.qty,
      ),
    ).toExtend<
      FlowDef<
        ChannelToken<'direct', 'long', Order>,
        readonly { readonly part: Order['lines'][number]; readonly n: number }[],
        never,
        unknown
      >
    >()
  })

  test('may route by members that it knows and payloads that it does not', () => {
    type Either<A, B> = { readonly kind: 'a'; readonly value: A } | { readonly kind: 'b'; readonly value: B }
    const folded = <A, B, C>(a: (value: A) => C, b: (value: B) => C) =>
      flow()
        .from(direct('either').of<Either<A, B>>())
        .route('kind', {
          a: (branch) => branch.transform(({ value }) => ({ folded: a(value) })),
          b: (branch) => branch.transform(({ value }) => ({ folded: b(value) })),
        })
        .transform(({ folded: value }) => [value])
        .build()
    expectTypeOf(
      folded(
        (text: string) => text.length,
        (n: number) => n,
      ),
    ).toExtend<FlowDef<ChannelToken<'direct', 'either', Either<string, number>>, number[], never, unknown>>()
  })

  test('may route by a function, with a branch that ends', () => {
    const sifted = <P>(good: (payload: P) => boolean) =>
      flow()
        .from(direct('all').of<P>())
        .routeBy((payload) => (good(payload) ? 'good' : 'bad'), {
          good: (branch) => branch,
          bad: (branch) => branch.to(queue('bad')),
        })
        .transform((payload) => [payload])
        .build()
    expectTypeOf(sifted((order: Order) => order.total > 0)).toExtend<
      FlowDef<ChannelToken<'direct', 'all', Order>, Order[], never, unknown>
    >()
  })
})

describe('steps for any flow', () => {
  const later = <Src extends AnyChannel, P, H, E, R>(chain: Flow<Src, P, H, E, R>) =>
    chain.tap(queue('audit')).throttle({ rate: 5, per: 1_000 }).through(queue('later'))

  test('are put behind what it has, and others behind them', () => {
    const known = later(
      flow()
        .from(orders)
        .setHeader('tenant', () => 'a'),
    ).handle((order, { message }) => {
      expectTypeOf(order).toEqualTypeOf<Order>()
      expectTypeOf(message.headers.tenant).toEqualTypeOf<string | undefined>()
      return order.total
    })
    expectTypeOf(known.build()).toEqualTypeOf<
      FlowDef<typeof orders, number, never, typeof orders | SentTo<'queue', 'audit', Order> | Token<'later', Order>>
    >()
    const kinds = known.build().graph.nodes.map(({ kind }) => kind)
    expect(kinds).toEqual(['inlet', 'setHeader', 'tap', 'throttle', 'through', 'handle', 'reply'])
  })
})

describe('a branch for several routes', () => {
  const bill = <P extends { readonly kind: string }, H>(branch: Branch<P, H>) =>
    branch.setHeader('billed', ({ kind }) => kind).transform(({ kind }) => kind.length)

  test('keeps the headers that there are, and adds its own', () => {
    const joined = flow()
      .from(events)
      .setHeader('tenant', () => 'a')
      .route('kind', { created: bill, cancelled: bill, paid: (branch) => bill(branch).handle((n) => [n]) })
      .handle((lengths, { message: { headers } }) => {
        expectTypeOf(lengths).toEqualTypeOf<number | number[]>()
        expectTypeOf(headers.tenant).toEqualTypeOf<string>()
        expectTypeOf(headers.billed).toEqualTypeOf<string>()
        return lengths
      })
    expectTypeOf(joined.build()).toExtend<FlowDef<typeof events, number | number[], never, unknown>>()
  })

  test('is one of any router', () => {
    const asked = flow()
      .from(events)
      .routeBy(({ kind }) => kind, { created: bill }, { otherwise: bill })
      .build()
    expectTypeOf(asked).toExtend<FlowDef<typeof events, number, never, unknown>>()
    const gathered = flow().from(events).scatterGather({ bill }, { timeout: 5, onFailure: 'fail' }).build()
    expectTypeOf(gathered).toExtend<FlowDef<typeof events, { readonly bill: number }, never, unknown>>()
  })

  test('is refused where it is given what it does not take', () => {
    expectTypeOf(() => {
      const paid = <H>(branch: Branch<Extract<OrderEvent, { kind: 'paid' }>, H>) => branch.transform((e) => e.amount)
      return flow()
        .from(events)
        .route('kind', {
          created: (b) => b,
          // @ts-expect-error what was cancelled has no amount
          cancelled: paid,
          paid,
        })
    }).toBeFunction()
  })
})

describe('a service factory', () => {
  test('gives a service of the payload that the flow has', () => {
    const priced = <P extends { readonly total: number }>() => service('priced', ({ total }: P) => total)
    expectTypeOf(flow().from(orders).handle(priced()).build()).toEqualTypeOf<
      FlowDef<typeof orders, number, never, typeof orders | Provides<'priced', (order: Order) => number>>
    >()
    expectTypeOf(() => {
      // @ts-expect-error an invoice has no total
      flow().from(invoices).handle(priced())
    }).toBeFunction()
  })

  test('and a flow factory takes services and contracts', () => {
    const asked = <P, Q, N>(handler: Handler<P, {}, Q, N>) =>
      flow().from(direct('asked').of<P>()).handle(handler).build()
    expectTypeOf(asked(contract<Order, number>()('price'))).toEqualTypeOf<
      FlowDef<
        ChannelToken<'direct', 'asked', Order>,
        number,
        never,
        ChannelToken<'direct', 'asked', Order> | Needs<'price', Order, number>
      >
    >()
    expectTypeOf(() => {
      // @ts-expect-error the runtime is asked for the contract
      runtime(app(asked(contract<Order, number>()('price'))))
    }).toBeFunction()
  })
})

describe('a token without a payload', () => {
  test('takes that of the first step, also in a generic function', () => {
    const first = <P>(work: (payload: P) => number) =>
      flow()
        .from(direct('first'))
        .handle((payload: P) => work(payload))
        .build()
    expectTypeOf(first((order: Order) => order.total)).toExtend<
      FlowDef<ChannelToken<'direct', 'first', Order>, number, never, unknown>
    >()
  })

  test('is what of<unknown>() and of<any>() make: no any gets into a flow', () => {
    const open = flow().from(direct('open').of<unknown>())
    expectTypeOf(open).toEqualTypeOf<OpenFlow<ChannelToken<'direct', 'open', unknown>>>()
    expectTypeOf(open.handle((order: Order) => order.total).build()).toExtend<
      FlowDef<ChannelToken<'direct', 'open', Order>, number, never, unknown>
    >()
    const loose = flow().from(queue('loose').of<any>())
    loose.handle((payload) => expectTypeOf(payload).toEqualTypeOf<unknown>())
    loose.setHeader('kind', (payload) => expectTypeOf(payload).toEqualTypeOf<unknown>())
    expectTypeOf(loose.handle((order: Order) => order.total).build()).toExtend<
      FlowDef<Token<'loose', Order>, number, never, unknown>
    >()
    expectTypeOf(() => {
      const ended = flow().from(orders).to(queue('loose').of<any>()).build()
      expectTypeOf(runtime(app(ended)).channel('loose').receive()).toEqualTypeOf<Promise<Message<Order>>>()
      // @ts-expect-error of what is unknown, nothing is a number
      loose.to(queue('numbers').of<number>())
    }).toBeFunction()
  })
})
