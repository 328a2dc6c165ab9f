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

function flowOf(steps: number): string {
  const numbers = Array.from({ length: steps }, (_, i) => i)
  return `${imports}
interface Item { readonly id: string; readonly n: number }
${numbers
  .filter((i) => i % 20 === 2)
  .map((i) => `class E${i} { readonly _tag = 'E${i}' as const }`)
  .join('\n')}
const gateway = flow('gateway').from(direct('gateway').of<Item>()).handle((item) => item).build()
export const built = flow('long').from(direct('in').of<Item>())
${numbers.map((i) => OPERATORS[i % 20]!(i)).join('\n')}
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

test(
  'a step that makes types of its own costs about 300 instantiations, however long the flow',
  { timeout: 60_000 },
  () => {
    const cost = Object.fromEntries(
      [10, 50, 100, 400].map((steps) => [`${steps} steps`, instantiations(flowOf(steps))]),
    )
    expect(cost).toMatchInlineSnapshot(`
      {
        "10 steps": 3139,
        "100 steps": 45047,
        "400 steps": 131642,
        "50 steps": 36599,
      }
    `)
    expect(cost['400 steps']! / 400).toBeLessThan(1.1 * (cost['100 steps']! / 100))
  },
)

test('a channel with its flow costs about 360 instantiations, however large the app', { timeout: 60_000 }, () => {
  const cost = Object.fromEntries(
    [100, 500].map((channels) => [`${channels} channels`, instantiations(appOf(channels))]),
  )
  expect(cost).toMatchInlineSnapshot(`
    {
      "100 channels": 41569,
      "500 channels": 204689,
    }
  `)
  expect(cost['500 channels']! / 500).toBeLessThan(1.1 * (cost['100 channels']! / 100))
})
