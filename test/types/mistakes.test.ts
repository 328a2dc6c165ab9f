/**
 * Programs that must not compile, with the compiler's words. `mistakes.md` is their snapshot: read it aloud after each change,
 * every message must be understood by somebody who knows nothing of how the types work.
 */
import { expect, test } from 'vitest'
import { compileSnippets } from '../tooling/compile.ts'

const prelude = `
import { app, contract, direct, fileSink, flow, iterate, message, priority, pubsub, queue, rendezvous, replace, runtime, service, sink, timer } from 'allora'
import type { Channel, ErrorMessage } from 'allora'
import * as E from 'fp-ts/lib/Either.js'

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
  'a timeout with an unknown outcome': `flow().from(orders).aggregate({ timeout: 5, onTimeout: 'drop' })`,
  'a step option that is none': `flow().from(orders, { concurency: 3 })`,

  // Routes.
  'a route that forgets a case': `flow().from(events).route('kind', { created: (b) => b.to(queue('a')) })`,
  'a route with a case that does not exist': `flow().from(events).route('kind', { created: (b) => b.to(queue('a')), cancelled: (b) => b.to(queue('b')), paid: (b) => b.to(queue('c')) })`,
  'a route by a property that is no tag': `flow().from(events).route('order', {})`,
  'a route of a payload without a tag': `flow().from(orders).route('total', {})`,
  'a branch that returns nothing': `flow().from(events).route('kind', { created: (b) => b.to(queue('a')), cancelled: (b) => { b.to(queue('b')) } })`,
  'a branch that builds': `flow().from(events).route('kind', { created: (b) => b.to(queue('a')), cancelled: (b) => b.to(queue('b')).build() })`,
  'a selector with a case that has no branch': `flow().from(orders).routeBy((order) => (order.total > 9 ? 'large' : 'small'), { large: (b) => b })`,
  'a branch the selector never takes': `flow().from(orders).routeBy((order) => (order.total > 9 ? 'large' : 'small'), { large: (b) => b, small: (b) => b, huge: (b) => b.to(queue('c')) })`,
  'a selector that gives a number': `flow().from(orders).routeBy((order) => order.total, {})`,

  // Errors.
  'an error channel that is too narrow': `flow().from(orders).handle((order) => (order.total > 0 ? E.right(order) : E.left(new Late()))).errorsTo(queue('errors').of<ErrorMessage<Declined>>())`,
  'a failure that cannot come': `flow().from(orders).handle((order) => (order.total > 0 ? E.right(order) : E.left(new Late()))).onError((failure) => (failure.kind === 'failure' ? failure.error.sku : null))`,

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
  expect(entries.length).toBeGreaterThanOrEqual(40)
})

/** What users wrote themselves, and what the field and this library call things. */
const FAMILIAR =
  /Order|Invoice|Event|Line|Late|order|string|number|[Pp]ayload|[Cc]hannel|Message|header|Flow|Branch|Outcome|Handler|Schema|Options|Overflow|deadLetter/
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
