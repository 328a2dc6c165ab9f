/**
 * What flows and apps cost the type checker, in instantiations: a budget in exact numbers. A change that moves them is seen here;
 * run with `-u` when it is worth it, and keep both linear.
 */
import { expect, test } from 'vitest'
import { instantiations } from '../tooling/type-cost.ts'

const imports = `
import * as TE from 'fp-ts/lib/TaskEither.js'
import { app } from '../src/app/app.ts'
import { flow } from '../src/flow/builder.ts'
import { direct, queue } from '../src/flow/channel-token.ts'
import { service } from '../src/flow/service.ts'
import { message } from '../src/message/message.ts'
import { runtime } from '../src/runtime/runtime.ts'
`

/** Twenty steps with every operator; each takes and gives an `Item`. */
const OPERATORS: readonly ((i: number) => string)[] = [
  () => `.transform((item) => ({ id: item.id, n: item.n + 1 }))`,
  () => `.handle(async (item): Promise<Item> => item)`,
  (i) => `.handle((item): TE.TaskEither<E${i}, Item> => TE.right(item))`,
  (i) => `.setHeader('h${i}', (item) => item.n)`,
  () => `.filter((item) => item.n > 0)`,
  (i) => `.tap(queue('tap-${i}'))`,
  (i) => `.onError((failure): Item => ({ id: failure.kind, n: ${i} }))`,
  (i) => `.handle(service('service-${i}', (item: Item) => item))`,
  () => `.split((item) => [item])`,
  () => `.aggregate({ combine: (items) => items[0]! })`,
  (i) => `.through(queue('through-${i}').of<Item>())`,
  () =>
    `.routeBy((item) => (item.n > 9 ? 'large' : 'small'), { large: (b) => b.transform((item) => item), small: (b) => b })`,
  (i) => `.transform((item) => message(item, { d${i}: item.n }))`,
  () => `.call(gateway)`,
  (i) => `.errorsTo(queue('errors-${i}'))`,
  () => `.transform((item, exchange) => ({ id: exchange.message.id, n: item.n }))`,
  () => `.filter((item): item is Item => item.n > 1)`,
  () => `.transform((item) => [item])`,
  () => `.split()`,
  () => `.handle((item): Item | Promise<Item> => item)`,
]

/** Ten steps of a flow whose payloads are all made on the way and have no names. */
const UNNAMED: readonly ((i: number) => string)[] = [
  (i) => `.handle(async (x) => ({ id: x.id, a${i}: 1 as number }))`,
  (i) =>
    `.handle((x): TE.TaskEither<E${i}, { readonly id: string; readonly n: number }> => TE.right({ id: x.id, n: ${i} }))`,
  (i) => `.filter((x) => x.n > ${i})`,
  (i) => `.setHeader('h${i}', () => ${i})`,
  (i) => `.transform((x, exchange) => ({ id: x.id, h: exchange.message.headers.h${i - 1} }))`,
  () => `.transform((x) => [x])`,
  () => `.split()`,
  (i) => `.aggregate({ size: ${i} })`,
  () => `.transform((xs) => xs[0]!)`,
  (i) => `.tap(queue('tap-${i}'))`,
]

function unnamedFlowOf(steps: number): string {
  const numbers = Array.from({ length: steps }, (_, i) => i)
  return `${imports}
${numbers
  .filter((i) => i % 10 === 1)
  .map((i) => `class E${i} { readonly _tag = 'E${i}' as const }`)
  .join('\n')}
export const built = flow('long').from(direct('in').of<{ readonly id: string }>())
${numbers.map((i) => UNNAMED[i % 10]!(i)).join('\n')}
.to(queue('out')).build()
export const unused = [app, runtime, message, service, TE.right]`
}

/** The same flow without the steps that set headers. */
const withoutHeaders: readonly ((i: number) => string)[] = OPERATORS.map((step) =>
  /setHeader|message/.test(step(0)) ? OPERATORS[0]! : step,
)

function flowOf(steps: number, operators = OPERATORS): string {
  const numbers = Array.from({ length: steps }, (_, i) => i)
  return `${imports}
interface Item { readonly id: string; readonly n: number }
${numbers
  .filter((i) => i % 20 === 2)
  .map((i) => `class E${i} { readonly _tag = 'E${i}' as const }`)
  .join('\n')}
const gateway = flow('gateway').from(direct('gateway').of<Item>()).handle((item) => item).build()
export const built = flow('long').from(direct('in').of<Item>())
${numbers.map((i) => operators[i % 20]!(i)).join('\n')}
.to(queue('out')).build()
export const unused = [app, runtime, message, service, TE.right, gateway]`
}

/** As many channels as flows, each flow reading from one and sending to the next; a tenth of them used at run time. */
function appOf(channels: number): string {
  const numbers = Array.from({ length: channels }, (_, i) => i)
  const next = (i: number): number => (i + 1) % channels
  return `${imports}
${numbers.map((i) => `interface P${i} { readonly id: string; readonly v${i}: number }\nconst c${i} = ${i % 2 === 0 ? 'direct' : 'queue'}('c${i}').of<P${i}>()`).join('\n')}
${numbers.map((i) => `const f${i} = flow('f${i}').from(c${i}).handle((p): P${next(i)} => ({ id: p.id, v${next(i)}: p.v${i} })).to(c${next(i)}).build()`).join('\n')}
export const rt = runtime(app(${numbers.map((i) => `f${i}`).join(', ')}))
${numbers
  .filter((i) => i % 10 === 0)
  .map((i) => `export const s${i} = rt.send('c${i}', { id: '', v${i}: 1 })\nexport const h${i} = rt.channel('c${i}')`)
  .join('\n')}
export const unused = [message, service, TE.right]`
}

const STEPS = [10, 50, 100, 400] as const
const costOf = (source: (steps: number) => string): Record<string, number> =>
  Object.fromEntries(STEPS.map((steps) => [`${steps} steps`, instantiations(source(steps))]))
const eachOf = (cost: Record<string, number>, steps: number): number => cost[`${steps} steps`]! / steps

test('a step costs about 120 instantiations, and an eighth more behind 400 of them', { timeout: 60_000 }, () => {
  const cost = costOf((steps) => flowOf(steps, withoutHeaders))
  expect(cost).toMatchInlineSnapshot(`
    {
      "10 steps": 2328,
      "100 steps": 12269,
      "400 steps": 54539,
      "50 steps": 6934,
    }
  `)
  expect(eachOf(cost, 400)).toBeLessThan(1.13 * eachOf(cost, 100))
})

test(
  'one that makes a payload without a name costs about 120, and a sixth more behind 400 of them',
  { timeout: 60_000 },
  () => {
    const cost = costOf(unnamedFlowOf)
    expect(cost).toMatchInlineSnapshot(`
      {
        "10 steps": 2208,
        "100 steps": 12873,
        "400 steps": 60123,
        "50 steps": 6748,
      }
    `)
    expect(eachOf(cost, 100)).toBeLessThan(130)
    expect(eachOf(cost, 400)).toBeLessThan(1.2 * eachOf(cost, 100))
  },
)

// Every header is a type that goes along with the flow. Here there are 40 of them in the end, each perhaps gone after 20 hops.
test(
  'one in a flow of many headers costs about 160, and half as much again behind 40 headers',
  { timeout: 60_000 },
  () => {
    const cost = costOf(flowOf)
    expect(cost).toMatchInlineSnapshot(`
      {
        "10 steps": 2390,
        "100 steps": 16129,
        "400 steps": 101614,
        "50 steps": 7962,
      }
    `)
    expect(eachOf(cost, 400)).toBeLessThan(1.6 * eachOf(cost, 100))
  },
)

test('a channel with its flow costs about 310 instantiations, however large the app', { timeout: 60_000 }, () => {
  const cost = Object.fromEntries(
    [100, 500].map((channels) => [`${channels} channels`, instantiations(appOf(channels))]),
  )
  expect(cost).toMatchInlineSnapshot(`
    {
      "100 channels": 31249,
      "500 channels": 153329,
    }
  `)
  expect(cost['500 channels']! / 500).toBeLessThan(1.1 * (cost['100 channels']! / 100))
})
