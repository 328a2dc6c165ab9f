/** Steps that change content: removeHeaders, enrich, validate, log (T9, T16). */
import { type ErrorMessage, type KeyStore, app, direct, flow, message, queue } from 'allora'
import { left, right } from 'fp-ts/lib/Either.js'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'
import { drained, forbidUnhandledRejections, started } from '../rig.ts'

interface Order {
  readonly id: string
  readonly kilos: number
}

forbidUnhandledRejections()

const orders = direct('orders').of<Order>()

describe('T9: removeHeaders', () => {
  test('T9: takes the named headers away, from the message and from the type', async () => {
    const chain = flow('f')
      .from(orders)
      .setHeader('tenant', () => 'a')
      .setHeader('secret', () => 's3')
      .removeHeaders(['secret', 'priority'])
    chain.handle((_, { message: { headers } }) => {
      expectTypeOf(headers.tenant).toEqualTypeOf<string>()
      // @ts-expect-error taken away
      return headers.secret
    })
    const { rt } = await started(app(chain.to(queue('out')).build()))
    await rt.send('orders', message({ id: 'A', kilos: 1 }, { priority: 3 }))
    const { headers } = (await rt.channel('out').receive()) ?? { headers: {} }
    expect(Object.keys(headers).sort()).toEqual(['causationId', 'tenant'])
  })

  test('T9: a message without them goes on as the very same', async () => {
    const { rt } = await started(
      app(flow('f').from(queue('in').of<number>()).removeHeaders(['priority']).to(queue('out')).build()),
    )
    await rt.send('in', 1)
    await rt.idle()
    expect(rt.channel('out').tryReceive()?.id).toBe('m1')
  })
})

describe('T9: enrich', () => {
  test('T9: adds a computed or a requested value to a copy of the payload', async () => {
    const chain = flow('f')
      .from(orders)
      .enrich('price', async ({ kilos }) => kilos * 2)
      .enrich('kilos', ({ kilos }) => `${kilos} kg`)
    chain.transform((order) => expectTypeOf(order).toExtend<{ id: string; price: number; kilos: string }>())
    const { rt } = await started(app(chain.build()))
    const order = { id: 'A', kilos: 3 }
    expect(await rt.request('orders', order)).toEqual(right({ id: 'A', kilos: '3 kg', price: 6 }))
    expect(order).toEqual({ id: 'A', kilos: 3 })
  })

  test('T9: a value with headers sets these, too', async () => {
    const priced = flow()
      .from(direct('in').of<{ readonly sku: string }>())
      .enrich('price', () => message(3, { currency: 'CHF' }))
      .handle(({ price }, { message: { headers } }) => `${price} ${headers.currency}`)
      .build()
    const { rt } = await started(app(priced))
    expect(await rt.request('in', { sku: 'tea' })).toEqual(right('3 CHF'))
  })

  test('T9: its typed failures are failures of the step', async () => {
    const known = flow('f')
      .from(orders)
      .enrich('price', ({ kilos }) => (kilos > 9 ? left('too heavy' as const) : right(kilos)))
    const { rt } = await started(app(known.build()))
    expect(await rt.request('orders', { id: 'A', kilos: 10 })).toEqual(left('too heavy'))
  })

  test('T9: a payload that can have no property does not compile, and fails from untyped code', async () => {
    const chain = flow('f').from(direct('n').of<number>())
    // @ts-expect-error a number is no object
    chain.enrich('price', () => 1).build()
    const objects = flow('f').from(direct('n').of<{ readonly x: number }>())
    const { rt } = await started(app(objects.enrich('price', () => 1).build()))
    await expect(rt.request('n', 5 as never)).rejects.toThrow(
      'The property "price" cannot be added to the payload, which is the number 5. Make an object of it with transform first.',
    )
  })
})

describe('T16: validate', () => {
  const schema = z.object({ id: z.string(), kilos: z.coerce.number().positive() })
  const raw = direct('raw').of<unknown>()

  test('T16: goes on with what the schema makes of the payload', async () => {
    const chain = flow('f').from(raw).validate(schema)
    chain.transform((order) => expectTypeOf(order).toEqualTypeOf<{ id: string; kilos: number }>())
    const { rt } = await started(app(chain.build()))
    expect(await rt.request('raw', { id: 'A', kilos: '3' })).toEqual(right({ id: 'A', kilos: 3 }))
  })

  test('T16: also when it differs in the sign of zero alone', async () => {
    const absolute = z.number().transform(Math.abs)
    const { rt } = await started(app(flow('f').from(direct('raw').of<number>()).validate(absolute).build()))
    expect(await rt.request('raw', -0)).toEqual(right(0))
  })

  test('T16: what does not fit is a dead letter with the reason invalid, with its issues', async () => {
    const { rt } = await started(app(flow('f').from(raw).validate(schema).build()))
    await expect(rt.send('raw', { id: 'A', kilos: -1 })).rejects.toThrow('The payload does not fit the schema: kilos:')
    const [letter] = rt.deadLetters.list()
    expect(letter).toMatchObject({ reason: 'invalid', nodeId: 'n1', message: { payload: { kilos: -1 } } })
    expect(letter?.error.cause).toMatchObject({ code: 'ALLORA314', issues: [{ path: ['kilos'] }] })
  })

  test('T16: with invalidTo it goes there, and nobody is told of a failure', async () => {
    const invalid = queue('invalid').of<unknown>()
    const { rt } = await started(
      app(flow('f').from(raw).validate(schema, { invalidTo: invalid }).to(queue('out')).build()),
    )
    await rt.send('raw', { id: 1 })
    expect(drained(rt.channel('invalid'))).toEqual([{ id: 1 }])
    expect(rt.deadLetters.size).toBe(0)
  })

  test('T16: onError and errorsTo take it like any failure', async () => {
    const broken = queue('broken').of<ErrorMessage<never>>()
    const { rt } = await started(app(flow('f').from(raw).validate(schema).to(queue('out')).errorsTo(broken).build()))
    await expect(rt.send('raw', null)).rejects.toThrow('error channel "broken"')
    expect(rt.channel('broken').tryReceive()?.payload.failure).toMatchObject({
      kind: 'defect',
      cause: { code: 'ALLORA314' },
    })
  })
})

test('E1: what a flow behind invalidTo or discardTo has parked is one dead letter, and the sender hears of that flow', async () => {
  const refused = direct('refused').of<number>()
  const input = direct('in').of<number>()
  const refusing = [
    flow('f').from(input).validate(z.number().negative(), { invalidTo: refused }).build(),
    flow('f')
      .from(input)
      .idempotent({ key: () => 1, store: KNOWN, discardTo: refused })
      .build(),
    flow('f')
      .from(input)
      .filter(() => false, { discardTo: refused })
      .build(),
  ]
  const broken = flow('broken')
    .from(refused)
    .handle(() => Promise.reject(new Error('no')))
    .build()
  for (const first of refusing) {
    const { rt } = await started(app(first, broken))
    await expect(rt.send('in', 1)).rejects.toThrow('Flow "broken" failed at node "n1" (handle): Error: no.')
    expect(rt.deadLetters.list().map(({ flowId }) => flowId)).toEqual(['broken'])
  }
})

/** Has every key. */
const KNOWN: KeyStore = { reserve: () => false, commit() {}, release() {} }

describe('log', () => {
  test('writes a line a message, by its level, and the message goes on', async () => {
    const lines: string[] = []
    const note = (level: string) => (line: string) => void lines.push(`${level} ${line}`)
    const logger = { debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') }
    const logged = flow('f')
      .from(orders)
      .log()
      .log(({ id }) => `order ${id}`, { level: 'warn' })
      .log({ level: 'debug', id: 'seen' })
      .build()
    const { rt } = await started(app(logged), { logger })
    expect(await rt.request('orders', { id: 'A', kilos: 1 })).toEqual(right({ id: 'A', kilos: 1 }))
    expect(lines).toEqual(['info f/n1 m1', 'warn order A', 'debug f/seen m1'])
  })
})
