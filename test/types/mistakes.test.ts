/**
 * Programs that must not compile, with the compiler's words. `mistakes.md` is their snapshot: read it aloud after each change,
 * every message must be understood by somebody who knows nothing of how the types work.
 */
import { expect, test } from 'vitest'
import { compileSnippets } from '../tooling/compile.ts'

const prelude = `
import { app, contract, direct, fileSink, flow, iterate, memoryClaimStore, message, priority, pubsub, queue, rendezvous, replace, runtime, service, sink, timer } from 'allora'
import { http } from 'allora/http'
import type { Branch, Channel, ChannelToken, ErrorMessage, Failure } from 'allora'
import * as E from 'fp-ts/lib/Either.js'
import * as z from 'zod'

interface Line { readonly sku: string; readonly qty: number }
interface Order { readonly id: string; readonly lines: readonly Line[]; readonly total: number }
interface Invoice { readonly orderId: string; readonly amount: number }
type Event = { kind: 'created'; order: Order } | { kind: 'cancelled'; orderId: string }
class Declined { readonly _tag = 'Declined' }
class Late { readonly _tag = 'Late' }

const orders = direct('orders').of<Order>()
const invoices = queue('invoices', { capacity: 10 }).of<Invoice>()
const events = direct('events').of<Event>()
const toInvoice = (order: Order): Invoice => ({ orderId: order.id, amount: order.total })
const billing = flow('billing').from(orders).handle(service('bill', toInvoice)).to(invoices).build()
const price = flow('price').from(direct('price').of<Order>()).handle((order) => order.total).build()
const audit = flow('audit').from(events).handle(contract<Event, string>()('audit')).build()
const recheck = flow('recheck').from(direct('recheck').of<Order>()).handle((order) => order).build()
const orderSchema = z.object({ id: z.string(), lines: z.array(z.object({ sku: z.string(), qty: z.number() })), total: z.number() })
const rt = runtime(app(billing, price))
export {}
`

const mistakes = {
  // Hops.
  'to a channel of another payload': `flow().from(orders).to(invoices)`,
  'to several channels, one of another payload': `flow().from(orders).toEach([orders, invoices])`,
  'tap into a channel of another payload': `flow().from(orders).tap(invoices)`,
  'through a channel of another payload': `flow().from(orders).through(invoices)`,
  'to a channel by its name': `flow().from(orders).to('invoices')`,
  'from a channel by its name': `flow().from('orders')`,
  'to a sink of another payload': `flow().from(orders).to(sink((invoice: Invoice) => invoice.amount))`,
  'to a file sink of another payload': `flow().from(orders).to(fileSink({ path: 'out.txt', format: (invoice: Invoice) => invoice.orderId }))`,
  'from a source into a channel of another payload': `flow('nightly').from(timer({ cron: '@daily' })).to(invoices)`,
  'from a source without an id': `flow().from(iterate([1, 2, 3])).to(queue('numbers'))`,
  'HTTP: a path without a slash': `http.inbound({ path: 'orders' })`,
  'HTTP: a method in small letters': `http.inbound({ path: '/orders', methods: ['POST', 'get'] })`,
  'HTTP: a parameter that the path does not have': `flow('show').from(http.inbound({ path: '/orders/:id' })).handle((_, { message }) => message.headers['http.param.ID'])`,
  'HTTP: a payload that no schema has looked at': `flow('take').from(http.inbound({ path: '/orders' })).handle((order: Order) => order.total)`,
  'HTTP: a schema of another payload': `flow('take').from(http.inbound({ path: '/orders', schema: orderSchema })).to(invoices)`,
  'a concurrency of a source': `flow('numbers').from(iterate([1, 2, 3]), { concurrency: 2 })`,
  'a step after the end': `flow().from(orders).to(orders).handle((order) => order)`,
  'onError after the end': `flow().from(orders).to(orders).onError(() => null)`,

  // Handlers.
  'a handler of another payload': `flow().from(invoices).handle(toInvoice)`,
  'a property the payload does not have': `flow().from(orders).transform((order) => order.amount)`,
  'a property of an untyped payload': `flow().from(direct('input')).handle((order) => order.id)`,
  'a property of what a route joins': `flow().from(events).route('kind', { created: (b) => b.transform((e) => e.order), cancelled: (b) => b }).transform((both) => both.total)`,
  'a header nobody set': `flow().from(orders).setHeader('tenant', () => 'a').handle((_, exchange) => exchange.message.headers.tennant)`,
  'a header that may be gone': `flow().from(orders).setHeader('tenant', () => 'a').through(queue('later')).handle((_, exchange) => exchange.message.headers.tenant.length)`,
  'a known header of another type': `flow().from(orders).setHeader('priority', () => 'high')`,
  'a known header of another type in a message': `message('text', { expiresAt: 'tomorrow' })`,
  'a service whose parameter has no type': `flow().from(orders).handle(service('bill', (order) => order.total))`,
  'a contract of another payload': `flow().from(invoices).handle(contract<Order, string>()('audit'))`,

  // Filter, split, aggregate.
  'a filter that gives a number': `flow().from(orders).filter((order) => order.total)`,
  'a filter that discards to a channel of another payload': `flow().from(orders).filter((order) => order.total > 1, { discardTo: invoices })`,
  'a filter that discards and fails': `flow().from(orders).filter((order) => order.total > 1, { discardTo: queue('small'), reject: 'error' })`,
  'a property that a guard took away': `flow().from(events).filter((event) => event.kind === 'created').handle((event) => event.orderId)`,
  'split of what has no parts': `flow().from(orders).split().to(queue('lines'))`,
  'split of text': `flow().from(direct('text').of<string>()).split().to(queue('letters'))`,
  'split of an untyped payload': `flow().from(direct('input')).split().to(queue('parts'))`,
  'a splitter that gives a number': `flow().from(orders).split((order) => order.total)`,
  'a part treated as the whole': `flow().from(orders).split((order) => order.lines).handle((line) => line.total)`,
  'a group treated as one of its members': `flow().from(orders).aggregate({ size: 3 }).handle((order) => order.total)`,
  'a group by a promise': `flow().from(orders).aggregate({ size: 3, correlateBy: async (order) => order.id })`,
  'a group that a promise completes': `flow().from(orders).aggregate({ when: async (group) => group.length > 2 })`,
  'a timeout with an unknown outcome': `flow().from(orders).aggregate({ timeout: 5, onTimeout: 'drop' })`,
  'a step option that is none': `flow().from(orders, { concurency: 3 })`,

  // Routes.
  'a route that forgets a case': `flow().from(events).route('kind', { created: (b) => b.to(queue('a')) })`,
  'a route with a case that does not exist': `flow().from(events).route('kind', { created: (b) => b.to(queue('a')), cancelled: (b) => b.to(queue('b')), paid: (b) => b.to(queue('c')) })`,
  'a route by a property that is no tag': `flow().from(events).route('order', {})`,
  'a route of a payload without a tag': `flow().from(orders).route('total', {})`,
  'a route by a boolean': `flow().from(direct('results').of<{ ok: true; order: Order } | { ok: false; late: Late }>()).route('ok', {})`,
  'a header that only one branch sets': `flow().from(events).route('kind', { created: (b) => b.setHeader('tenant', () => 'a'), cancelled: (b) => b }).handle((_, exchange) => exchange.message.headers.tenant.length)`,
  'a branch that takes another payload': `const bill = <H>(branch: Branch<Order, H>) => branch.handle(toInvoice); flow().from(events).routeBy(({ kind }) => kind, { created: bill, cancelled: (b) => b })`,
  'a branch that returns nothing': `flow().from(events).route('kind', { created: (b) => b.to(queue('a')), cancelled: (b) => { b.to(queue('b')) } })`,
  'a branch that builds': `flow().from(events).route('kind', { created: (b) => b.to(queue('a')), cancelled: (b) => b.to(queue('b')).build() })`,
  'a selector with a case that has no branch': `flow().from(orders).routeBy((order) => (order.total > 9 ? 'large' : 'small'), { large: (b) => b })`,
  'a branch the selector never takes': `flow().from(orders).routeBy((order) => (order.total > 9 ? 'large' : 'small'), { large: (b) => b, small: (b) => b, huge: (b) => b.to(queue('c')) })`,
  'a selector that may give any text, without otherwise': `flow().from(orders).routeBy((order) => order.id, { a: (b) => b }).to(queue('c'))`,
  'a selector that gives a number': `flow().from(orders).routeBy((order) => order.total, {})`,

  // Errors.
  'an error channel that is too narrow': `flow().from(orders).handle((order) => (order.total > 0 ? E.right(order) : E.left(new Late()))).errorsTo(queue('errors').of<ErrorMessage<Declined>>())`,
  'a failure that cannot come': `flow().from(orders).handle((order) => (order.total > 0 ? E.right(order) : E.left(new Late()))).onError((failure) => (failure.kind === 'failure' ? failure.error.sku : null))`,

  // Ends in several channels.
  'recipients, one of another payload': `flow().from(orders).recipients(() => ['invoices'], [invoices])`,
  'recipients that are not in the list': `flow().from(orders).recipients((order) => (order.total > 9 ? ['audit'] : ['log']), [queue('audit')])`,
  'recipients that are one id and no list': `flow().from(orders).recipients(() => 'audit', [queue('audit')])`,
  'an unknown way to fail of several ends': `flow().from(orders).toEach([queue('a'), queue('b')], { onFailure: 'ignore' })`,

  // Resequence, scatter-gather.
  'resequence without a timeout': `flow().from(orders).resequence({ onTimeout: 'emit' })`,
  'resequence that discards to a channel of another payload': `flow().from(orders).resequence({ timeout: 5, onTimeout: 'discard', discardTo: invoices })`,
  'scatterGather without a timeout': `flow().from(orders).scatterGather({ total: (b) => b.transform((order) => order.total) }, { onFailure: 'fail' })`,
  'scatterGather that does not say what a failure does': `flow().from(orders).scatterGather({ total: (b) => b.transform((order) => order.total) }, { timeout: 5 })`,
  'scatterGather with an unknown way to fail': `flow().from(orders).scatterGather({ total: (b) => b.transform((order) => order.total) }, { timeout: 5, onFailure: 'ignore' })`,
  'a reply of a branch that does not exist': `flow().from(orders).scatterGather({ total: (b) => b.transform((order) => order.total) }, { timeout: 5, onFailure: 'fail' }).transform((replies) => replies.price)`,
  'a reply that may be left out': `flow().from(orders).scatterGather({ total: (b) => b.transform((order) => order.total) }, { timeout: 5, onFailure: 'omit' }).transform(({ total }) => total.toFixed())`,
  'a branch of scatterGather that ends in a channel': `flow().from(orders).scatterGather({ copy: (b) => b.to(queue('copies')) }, { timeout: 5, onFailure: 'fail' })`,
  'a branch of scatterGather that returns nothing': `flow().from(orders).scatterGather({ total: (b) => { b.transform((order) => order.total) } }, { timeout: 5, onFailure: 'fail' })`,

  // Enrich, headers, claim checks, validation.
  'enrich of a payload that is no object': `flow().from(orders).transform((order) => order.total).enrich('tax', (total) => total / 5).to(queue('taxed'))`,
  'a property that enrich did not add': `flow().from(orders).enrich('tax', (order) => order.total / 5).transform((order) => order.vat)`,
  'enrich with something that is no function': `flow().from(orders).enrich('tax', 5)`,
  'removal of a header nobody set': `flow().from(orders).setHeader('tenant', () => 'a').removeHeaders(['tennant'])`,
  'a header that was removed': `flow().from(orders).setHeader('tenant', () => 'a').removeHeaders(['tenant']).handle((_, exchange) => exchange.message.headers.tenant)`,
  'claimCheckIn without a store': `flow().from(orders).claimCheckIn({})`,
  'claimCheckIn into something that is no store': `flow().from(orders).claimCheckIn({ store: new Map() })`,
  'claimCheckOut of what is no ticket': `flow().from(orders).claimCheckOut({ store: memoryClaimStore() }).to(queue('out'))`,
  'a payload that is still in the store': `flow().from(orders).claimCheckIn({ store: memoryClaimStore() }).transform((order) => order.total)`,
  'validate by something that is no schema': `flow().from(orders).validate((order: Order) => order.total > 0)`,
  'validate that sends what is invalid to a channel of another payload': `flow().from(orders).validate(orderSchema, { invalidTo: invoices })`,
  'a property the schema does not make': `flow().from(direct('in')).validate(orderSchema).transform((order) => order.amount)`,

  // Idempotent, delay, throttle, log.
  'idempotent without a key': `flow().from(orders).idempotent({ window: 1000 })`,
  'idempotent by a key that is no text': `flow().from(orders).idempotent({ key: (order) => order.lines })`,
  'idempotent by a promise': `flow().from(orders).idempotent({ key: async (order) => order.id })`,
  'idempotent that discards to a channel of another payload': `flow().from(orders).idempotent({ key: (order) => order.id, discardTo: invoices })`,
  'a delay that is text': `flow().from(orders).delay('5s')`,
  'a delay by a function that gives text': `flow().from(orders).delay((order) => order.id)`,
  'throttle without a time': `flow().from(orders).throttle({ rate: 5 })`,
  'throttle by a number': `flow().from(orders).throttle(5)`,
  'a log line that is no text': `flow().from(orders).log((order) => order.total)`,
  'a log level that does not exist': `flow().from(orders).log({ level: 'fatal' })`,

  // Loop, routing slip, dynamic route, barrier.
  'a loop without a bound': `flow().from(orders).loop((turn) => turn.transform((order) => order), { while: (order) => order.total > 9 })`,
  'a loop that ends with another payload': `flow().from(orders).loop((turn) => turn.transform((order) => order.total), { while: (order) => order.total > 9, max: 5 })`,
  'a loop whose body returns nothing': `flow().from(orders).loop((turn) => { turn.transform((order) => order) }, { while: (order) => order.total > 9, max: 5 })`,
  'a routing slip that names a flow it was not given': `flow().from(orders).routingSlip(() => ['price', 'stock'], [recheck], { max: 5 })`,
  'a routing slip through a flow with another payload': `flow().from(invoices).routingSlip(() => ['recheck'], [recheck], { max: 5 })`,
  'a routing slip through a flow with another reply': `flow().from(orders).routingSlip(() => ['price'], [price], { max: 5 })`,
  'a dynamic route without a bound': `flow().from(orders).dynamicRoute((order) => (order.total > 9 ? 'recheck' : undefined), [recheck], {})`,
  'a dynamic route to a flow it was not given': `flow().from(orders).dynamicRoute((order) => (order.total > 9 ? 'recheck' : 'price'), [recheck], { max: 5 })`,
  'a barrier without a trigger': `flow().from(orders).barrier({ timeout: 5 })`,
  'a barrier by a promise': `flow().from(orders).barrier({ timeout: 5, trigger: orders, correlateBy: async (order) => order.id })`,
  'a barrier with a trigger by its name': `flow().from(orders).barrier({ timeout: 5, trigger: 'paid' })`,

  // Resilience.
  'a retry without a number of attempts': `flow().from(orders).handle(toInvoice, { retry: { delay: 5 } })`,
  'a retry that asks about a failure that cannot come': `flow().from(orders).handle((order) => (order.total > 0 ? E.right(order) : E.left(new Late())), { retry: { attempts: 3, when: (failure: Failure<Declined>) => failure.kind === 'defect' } })`,
  'a retry whose question gives a number': `flow().from(orders).handle(toInvoice, { retry: { attempts: 3, when: () => 1 } })`,
  'a jitter that does not exist': `flow().from(orders).handle(toInvoice, { retry: { attempts: 3, jitter: 'half' } })`,
  'a policy that does not exist': `flow().from(orders).handle(toInvoice, { bulkhead: 3 })`,
  'a timeout per call by another name': `flow().from(orders).handle(toInvoice, { timeout: { call: 5 } })`,
  'a circuit breaker without a time': `flow().from(orders).handle(toInvoice, { circuitBreaker: { failures: 3 } })`,
  'a retry of a channel': `flow().from(orders).to(queue('copies'), { retry: { attempts: 3 } })`,
  'an order by a promise': `flow().from(orders, { concurrency: 2, orderBy: async (order) => order.id })`,
  'a contract in an option': `flow().from(orders).handle(toInvoice, { orderBy: contract<Order, string>()('key') })`,
  'a contract that combines a group': `flow().from(orders).aggregate({ size: 3, combine: contract<readonly Order[], number>()('sum') })`,
  'a contract that asks about a failure': `flow().from(orders).handle(toInvoice, { retry: { attempts: 3, when: contract<Failure<never>, boolean>()('worthIt') } })`,

  // Handled errors, otherwise.
  'a failure that onError took': `const handled = flow().from(direct('x').of<Order>()).handle((order) => (order.total > 0 ? E.right(order) : E.left(new Late()))).onError(() => null).build(); const reply = await runtime(app(handled)).request('x', { id: '1', lines: [], total: 0 }); const late: E.Left<Late> = reply`,
  'a failure that errorsTo took': `const handled = flow().from(direct('x').of<Order>()).handle((order) => (order.total > 0 ? E.right(order) : E.left(new Late()))).errorsTo(queue('late').of<ErrorMessage<Late>>()).build(); const reply = await runtime(app(handled)).request('x', { id: '1', lines: [], total: 0 }); const late: E.Left<Late> = reply`,
  'a property of a case that otherwise does not get': `flow().from(events).route('kind', { created: (b) => b.to(queue('a')) }, { otherwise: (b) => b.transform((event) => event.order) })`,

  // Control bus.
  'a flow in the place of its id': `rt.control.pause(billing)`,
  'a concurrency that is text': `rt.control.concurrency('billing', '3')`,

  // Functions that make flows of any payload.
  'a made flow with work of another payload': `const worker = <P>(input: ChannelToken<'direct', 'orders', P>, work: (payload: P) => Promise<void>) => flow().from(input).handle(work).build(); worker(orders, async (invoice: Invoice) => void invoice.amount)`,
  'a send of another payload to a made flow': `const worker = <const Id extends string, P>(id: Id, work: (payload: P) => Promise<void>) => flow(id).from(queue(id).of<P>()).handle(work).build(); runtime(app(worker('a', async (order: Order) => void order.total))).send('a', { orderId: '1', amount: 5 })`,
  'two made flows with one channel': `const worker = <P>(id: string, work: (payload: P) => Promise<void>) => flow(id).from(queue('q').of<P>()).handle(work).build(); app(worker('a', async (order: Order) => void order.total), worker('b', async (invoice: Invoice) => void invoice.amount))`,
  'a property that a payload of any type may not have': `const worker = <P>(input: ChannelToken<'direct', 'orders', P>) => flow().from(input).handle((order) => order.total)`,

  // Tokens.
  'a type argument on direct': `direct<Order>('orders')`,
  'a type argument on queue': `queue<string>('orders', { capacity: 5 })`,
  'a type argument on priority': `priority<Order>('orders')`,
  'a type argument on rendezvous': `rendezvous<Order>('orders')`,
  'a type argument on pubsub': `pubsub<Order>('orders')`,
  'an option of another kind of channel': `direct('orders', { capacity: 4 })`,
  'an overflow that does not exist': `queue('orders', { overflow: 'drop' })`,
  'of something that is no schema': `queue('orders').of({ type: 'object' })`,

  // Calls and apps.
  'call of a flow that replies nothing': `flow().from(orders).call(billing)`,
  'call of a flow with another payload': `flow().from(invoices).call(price)`,
  'a flow that is not built': `app(flow().from(orders).to(orders))`,
  'one channel with two payloads': `app(billing, flow('x').from(direct('orders').of<Invoice>()).build())`,
  'one channel of two kinds': `app(billing, flow('x').from(queue('orders').of<Order>()).build())`,
  'one contract with two signatures': `app(audit, flow('x').from(orders).handle(contract<Order, number>()('audit')).build())`,
  'a replacement of another type': `replace(app(billing), { bill: (order: Order) => order.total })`,
  'a replacement of nothing': `replace(app(billing), { bil: toInvoice })`,

  // The runtime.
  'a service that is missing': `runtime(app(billing, audit))`,
  'a service that is missing among options': `runtime(app(billing, audit), { history: true })`,
  'a service with a mistyped name': `runtime(app(billing, audit), { services: { audti: () => 'ok' } })`,
  'a service of another payload': `runtime(app(billing, audit), { services: { audit: (order: Order) => order.id } })`,
  'a service with another result': `runtime(app(billing, audit), { services: { audit: () => 1 } })`,
  'an interceptor of an unknown channel': `runtime(app(billing), { interceptors: { order: [] } })`,
  'a channel that does not exist': `rt.channel('order')`,
  'a send to a channel that does not exist': `rt.send('order', { id: '1', lines: [], total: 0 })`,
  'a send of another payload': `rt.send('orders', { id: '1' })`,
  'a send of a message with another payload': `rt.send('orders', message({ id: '1' }))`,
  'a request where nothing replies': `rt.request('orders', { id: '1', lines: [], total: 0 })`,
  'a request with another payload': `rt.request('price', { id: '1' })`,
  'a reply taken for something else': `const reply: E.Either<never, string> = await rt.request('price', { id: '1', lines: [], total: 0 })`,
  'receive from a direct channel': `rt.channel('orders').receive()`,
  'a channel of a narrower payload': `const wide: Channel<Order | Invoice> = rt.channel('orders')`,
  'a message that receive with a timeout may not give': `const { payload } = await rt.channel('invoices').receive({ timeout: 5 })`,
  'an event that does not exist': `rt.on('handeld', () => {})`,
} as const

const said = compileSnippets(mistakes, { prelude })
const entries = Object.entries(said)

test('no mistake compiles, and the compiler says what is wrong', async () => {
  const sections = entries.map(([name, messages]) => {
    const program = mistakes[name as keyof typeof mistakes]
    return `## ${name}\n\n\`\`\`ts\n${program}\n\`\`\`\n\n${messages.map((text) => `    ${text.replaceAll('\n', '\n    ')}\n`).join('')}`
  })
  await expect(`# What the compiler says\n\n${sections.join('\n')}`).toMatchFileSnapshot('mistakes.md')
})

test('there are enough of them to be a net', () => {
  expect(entries.length).toBeGreaterThanOrEqual(130)
})

/** What users wrote themselves, and what the field and this library call things. */
const FAMILIAR =
  /Order|Invoice|Event|Line|Late|order|string|number|[Pp]ayload|[Cc]hannel|Message|Method|header|Flow|Branch|Outcome|Handler|Schema|Options|Overflow|deadLetter|Store|Timeout|tenant|total|recheck|"continue"|"fail"|"info"|"full"/
/** What only those know who wrote the types. */
const INTERNAL =
  /\b(Joined|Override|HeadersAfter|Passed|SplitsBy|NotGiven|Registry|Unbound|Conflict|Carried|Adopt|Sent|Settled)\b/

test.each(entries)('%s: is said in words a user knows', (_, messages) => {
  expect(messages).not.toEqual([])
  for (const text of messages) {
    expect(text).not.toMatch(/'never'|Expected \d+|No overload matches|Consider adding 'undefined'/)
    expect(text).not.toMatch(INTERNAL)
    expect(text).toMatch(FAMILIAR)
  }
})
