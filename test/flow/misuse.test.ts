/** What untyped callers can get wrong: each is a named error with the flow, the node and the fix. */
import { describe, expect, test } from 'vitest'
import { AlloraError } from '../../src/errors/allora-error.ts'
import { flow } from '../../src/flow/builder.ts'
import { direct, priority, pubsub, queue, rendezvous } from '../../src/flow/channel-token.ts'
import type { AnyFlow } from '../../src/flow/flow-def.ts'
import type { Flow } from '../../src/flow/flow.ts'
import { contract, service } from '../../src/flow/service.ts'
import { invoices, orders, toInvoice } from './samples.ts'

/** The builder as untyped code sees it. */
type Untyped = {
  readonly [O in keyof Flow<never, unknown, {}, never, never> & string]: (...args: unknown[]) => Untyped
}
const start = flow('f').from(orders) as unknown as Untyped

const sentence = (misuse: () => unknown): string => {
  try {
    misuse()
  } catch (error) {
    if (!(error instanceof AlloraError)) throw error
    const { code, flowId, nodeId, channelId } = error
    return `${[code, flowId, nodeId, channelId].filter((part) => part !== undefined).join(' ')}: ${error.message}`
  }
  return 'nothing is wrong'
}

describe('a handler that is no function', () => {
  test('fails where it is given', () => {
    expect(sentence(() => start.handle(undefined))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": .handle(...) needs a function, such as (payload) => payload.id, but it is missing."`,
    )
    expect(sentence(() => start.transform('toInvoice'))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": .transform(...) needs a function, such as (payload) => payload.id, but it is the string "toInvoice"."`,
    )
    expect(sentence(() => start.split('lines'))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": .split(...) needs a function, such as (payload) => payload.id, but it is the string "lines"."`,
    )
    expect(sentence(() => start.routeBy(7, {}))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": .routeBy(...) needs a function, such as (payload) => payload.id, but it is the number 7."`,
    )
    expect(sentence(() => start.onError(null))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": .onError(...) needs a function, such as (payload) => payload.id, but it is null."`,
    )
    expect(sentence(() => start.aggregate({ combine: 'sum' }))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": the option combine must be a function, such as (payload) => payload.id, but it is the string "sum"."`,
    )
  })
})

describe('a channel that is none', () => {
  test('fails where it is given', () => {
    expect(sentence(() => flow('f').from('orders' as never))).toMatchInlineSnapshot(
      `"ALLORA503 f n0: Flow "f", node "n0": .from(...) needs a channel, such as queue('orders'), but it is the string "orders"."`,
    )
    expect(sentence(() => flow().from(undefined as never))).toMatchInlineSnapshot(
      `"ALLORA503 ? n0: Flow "?", node "n0": .from(...) needs a channel, such as queue('orders'), but it is missing."`,
    )
    expect(sentence(() => start.to('orders'))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": .to(...) needs a channel, such as queue('orders'), but it is the string "orders"."`,
    )
    expect(sentence(() => start.tap())).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": .tap(...) needs a channel, such as queue('orders'), but it is missing."`,
    )
    expect(sentence(() => start.toEach([]))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": .toEach(...) needs at least one channel, but it is an empty array."`,
    )
    expect(sentence(() => start.toEach(invoices))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": .toEach(...) needs an array of channels, such as [queue('orders')], but it is an object."`,
    )
    expect(sentence(() => start.toEach([invoices, 'b']))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": .toEach(...) needs a channel, such as queue('orders'), but it is the string "b"."`,
    )
    expect(sentence(() => start.errorsTo({ id: 'errors', kind: 'queue' }))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": .errorsTo(...) needs a channel, such as queue('orders'), but it is an object."`,
    )
    expect(sentence(() => start.filter(() => true, { discardTo: 'bin' }))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": the option discardTo must be a channel, such as queue('orders'), but it is the string "bin"."`,
    )
  })
})

describe('an option', () => {
  test('that the operator does not have', () => {
    expect(sentence(() => start.through(queue('q'), { concurency: 3 }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": through has no option "concurency". Did you mean "concurrency"? Its options are "id", "concurrency", "orderBy"."`,
    )
    expect(sentence(() => start.tap(queue('q'), { retry: 3 }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": tap has no option "retry". Its options are "id"."`,
    )
    expect(sentence(() => start.handle(toInvoice, { retry: { attemps: 3 } }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": retry has no option "attemps". Did you mean "attempts"? Its options are "attempts", "delay", "factor", "max", "jitter", "when"."`,
    )
  })

  test('that a kind of channel does not have', () => {
    expect(sentence(() => queue('x', { capcity: 3 } as never))).toMatchInlineSnapshot(
      `"ALLORA207 x: Channel "x": queue has no option "capcity". Did you mean "capacity"? Its options are "capacity", "overflow", "transport"."`,
    )
    expect(sentence(() => direct('x', { capacity: 3 } as never))).toMatchInlineSnapshot(
      `"ALLORA207 x: Channel "x": direct has no option "capacity". Its options are "dispatch", "transport"."`,
    )
    expect(sentence(() => pubsub('x', { kind: 'queue' } as never))).toMatchInlineSnapshot(
      `"ALLORA207 x: Channel "x": pubsub has no option "kind". Its options are "await", "minSubscribers", "transport"."`,
    )
    expect(sentence(() => rendezvous('x', { payload: 'text' } as never))).toMatchInlineSnapshot(
      `"ALLORA207 x: Channel "x": rendezvous has no option "payload". Its options are "transport"."`,
    )
    expect(sentence(() => priority('x', { capacity: 3, overflow: 'reject', compare: () => 0, transport: 't' }))).toBe(
      'nothing is wrong',
    )
  })

  test('that names a property or header which would be the prototype', () => {
    expect(sentence(() => start.setHeader('__proto__', () => 1))).toMatchInlineSnapshot(
      `"ALLORA502 f n1: Flow "f", node "n1": setHeader cannot add a header called "__proto__". Choose another name."`,
    )
    expect(sentence(() => start.enrich('__proto__', () => 1))).toMatchInlineSnapshot(
      `"ALLORA502 f n1: Flow "f", node "n1": enrich cannot add a property called "__proto__". Choose another name."`,
    )
  })

  test('of a value it cannot take', () => {
    expect(sentence(() => start.through(queue('q'), { concurrency: 0 }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": concurrency must be a whole number from 1, but it is the number 0. Correct it or leave it out."`,
    )
    expect(sentence(() => start.aggregate({ size: 2.5 }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": size must be a whole number from 1, but it is the number 2.5. Correct it or leave it out."`,
    )
    expect(sentence(() => start.aggregate({ timeout: -1 }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": timeout must be a number from 0, but it is the number -1. Correct it or leave it out."`,
    )
    expect(sentence(() => start.aggregate({ timeout: Infinity }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": timeout must be a number from 0, but it is the number Infinity. Correct it or leave it out."`,
    )
    expect(sentence(() => start.aggregate({ onTimeout: 'drop' }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": onTimeout must be "emit" or "discard" or "deadLetter", but it is the string "drop". Correct it or leave it out."`,
    )
    expect(sentence(() => start.handle(toInvoice, { retry: 3 }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": retry must be an object, but it is the number 3. Correct it or leave it out."`,
    )
    expect(sentence(() => start.handle(toInvoice, { retry: {} }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": retry.attempts must be a whole number from 1, but it is missing. Correct it."`,
    )
    expect(sentence(() => start.handle(toInvoice, { retry: { attempts: 3, when: 'always' } }))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f", node "n1": the option retry.when must be a function, such as (payload) => payload.id, but it is the string "always"."`,
    )
    expect(sentence(() => start.handle(toInvoice, { timeout: '1s' }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": timeout must be an object or a number, but it is the string "1s". Correct it or leave it out."`,
    )
    expect(sentence(() => start.handle(toInvoice, { timeout: -1 }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": timeout must be a number from 0, but it is the number -1. Correct it or leave it out."`,
    )
    expect(sentence(() => start.handle(toInvoice, { timeout: { overall: Infinity } }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": timeout.overall must be a number from 0, but it is the number Infinity. Correct it or leave it out."`,
    )
    expect(sentence(() => start.handle(toInvoice, { circuitBreaker: { failures: 0 } }))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": circuitBreaker.failures must be a whole number from 1, but it is the number 0. Correct it."`,
    )
    expect(sentence(() => start.setHeader('', () => 1))).toMatchInlineSnapshot(
      `"ALLORA207 f n1: Flow "f", node "n1": header must be text that is not empty, but it is the string "". Correct it."`,
    )
  })
})

describe('names', () => {
  test('that are empty', () => {
    expect(sentence(() => flow(''))).toMatchInlineSnapshot(
      `"ALLORA502: A flow's id must be a string that is not empty, but it is the string "". Leave it out to take that of its channel."`,
    )
    expect(sentence(() => start.handle(toInvoice, { id: '' }))).toMatchInlineSnapshot(
      `"ALLORA502 f: Flow "f": the id of handle must be a string that is not empty, but it is the string "". Leave it out to have it numbered."`,
    )
    expect(sentence(() => service('', toInvoice))).toMatchInlineSnapshot(
      `"ALLORA502: A service needs a name: a string that is not empty, but it got "". Write service('price', fn)."`,
    )
    expect(sentence(() => contract()('' as never))).toMatchInlineSnapshot(
      `"ALLORA502: A contract needs a name: a string that is not empty, but it got "". Write contract<In, Out>()('price')."`,
    )
  })

  test('that are there twice', () => {
    expect(sentence(() => start.handle(toInvoice, { id: 'bill' }).to(invoices, { id: 'bill' }))).toMatchInlineSnapshot(
      `"ALLORA504 f bill: Flow "f" has two nodes "bill": handle and to. Give one of them another { id }."`,
    )
    expect(sentence(() => start.handle(toInvoice).to(invoices, { id: 'n1' }))).toMatchInlineSnapshot(
      `"ALLORA504 f n1: Flow "f" has two nodes "n1": handle and to. A node without an { id } is numbered by its place, n0, n1 and so on. Give one of them another { id }."`,
    )
    expect(
      sentence(() => start.handle(service('bill', toInvoice)).handle(service('bill', () => 1))),
    ).toMatchInlineSnapshot(
      `"ALLORA506: The name "bill" stands for two different functions. Use one function for both, or give one of them another name."`,
    )
  })

  test('a function behind two wrappers of one name is one function', () => {
    expect(sentence(() => start.handle(service('bill', toInvoice)).handle(service('bill', toInvoice)))).toBe(
      'nothing is wrong',
    )
  })

  test('may be those that every object has', () => {
    const names = ['constructor', '__proto__', 'toString']
    const built = names
      .reduce((chain, name) => chain.handle(service(name, () => name)), start)
      .build() as unknown as AnyFlow
    expect(Object.keys(built.functions)).toEqual(names)
  })
})

describe('a branch', () => {
  test('that returns nothing, or something else, or is none', () => {
    const route =
      (branch: unknown): (() => unknown) =>
      () =>
        start.route('kind', { a: branch })
    expect(
      sentence(
        route((branch: Untyped) => {
          branch.to(invoices)
        }),
      ),
    ).toMatchInlineSnapshot(
      `"ALLORA505 f n1: Flow "f", node "n1": the branch "case:a" must be a function that returns the chain it was given, with more steps or without, but it returned nothing. Write (branch) => branch.to(channel)."`,
    )
    expect(sentence(route((branch: Untyped) => branch.to(invoices).build()))).toMatchInlineSnapshot(
      `"ALLORA505 f n1: Flow "f", node "n1": the branch "case:a" must be a function that returns the chain it was given, with more steps or without, but it returned something else. Write (branch) => branch.to(channel)."`,
    )
    expect(sentence(route(invoices))).toMatchInlineSnapshot(
      `"ALLORA505 f n1: Flow "f", node "n1": the branch "case:a" must be a function that returns the chain it was given, with more steps or without, but it is an object. Write (branch) => branch.to(channel)."`,
    )
    expect(sentence(route(undefined))).toMatchInlineSnapshot(
      `"ALLORA505 f n1: Flow "f", node "n1": the branch "case:a" must be a function that returns the chain it was given, with more steps or without, but it is missing. Write (branch) => branch.to(channel)."`,
    )
    expect(sentence(() => start.route('kind', {}, { otherwise: (): void => {} }))).toMatchInlineSnapshot(
      `"ALLORA505 f n1: Flow "f", node "n1": the branch "otherwise" must be a function that returns the chain it was given, with more steps or without, but it returned nothing. Write (branch) => branch.to(channel)."`,
    )
  })

  test('that returns a chain it was not given', () => {
    let other: Untyped | undefined
    expect(
      sentence(() =>
        start.route('kind', {
          a: (branch: Untyped) => (other = branch.to(invoices)),
          b: () => other,
        }),
      ),
    ).toMatchInlineSnapshot(
      `"ALLORA505 f n1: Flow "f", node "n1": the branch "case:b" must be a function that returns the chain it was given, with more steps or without, but it returned something else. Write (branch) => branch.to(channel)."`,
    )
  })

  test('cases that are none', () => {
    expect(sentence(() => start.route('kind', undefined))).toMatchInlineSnapshot(
      `"ALLORA505 f: Flow "f": a route needs its branches by case, such as { a: (branch) => branch }, but it is missing."`,
    )
  })
})

describe('the end of a flow', () => {
  test('lets nothing follow but errorsTo and build', () => {
    const ended = start.to(invoices)
    expect(sentence(() => ended.handle(toInvoice))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f" has ended with .to(...), node "n1", so .handle(...) cannot follow. Put it before."`,
    )
    expect(sentence(() => ended.onError(toInvoice))).toMatchInlineSnapshot(
      `"ALLORA503 f n1: Flow "f" has ended with .to(...), node "n1", so .onError(...) cannot follow. Put it before."`,
    )
    expect(sentence(() => ended.errorsTo(queue('errors')).build())).toBe('nothing is wrong')
  })
})

describe('call', () => {
  test('needs a finished flow that replies', () => {
    expect(sentence(() => start.call(flow('log').from(direct('log')).to(queue('out')).build()))).toMatchInlineSnapshot(
      `"ALLORA503 f: Flow "f" cannot call flow "log", which ends in a channel and replies nothing. Send to it with .to(channel)."`,
    )
    expect(sentence(() => start.call(flow('log').from(direct('log'))))).toMatchInlineSnapshot(
      `"ALLORA503 f: Flow "f": .call(...) needs a finished flow, which .build() gives, but it is an object."`,
    )
    expect(sentence(() => start.call('log'))).toMatchInlineSnapshot(
      `"ALLORA503 f: Flow "f": .call(...) needs a finished flow, which .build() gives, but it is the string "log"."`,
    )
  })
})

test('a contract called without a runtime says who has to bind it', () => {
  expect(sentence(() => contract<number, number>()('price')(1))).toMatchInlineSnapshot(
    `"ALLORA510: The service "price" is a contract without a function. Give it to runtime(app, { services: { 'price': ... } })."`,
  )
})
