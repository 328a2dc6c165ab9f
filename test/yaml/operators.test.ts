/** A flow in code and the same flow in YAML are the same graph: for every operator of the builder. */
import { describe, expect, test } from 'vitest'
import {
  type Flow,
  type Source,
  contract,
  direct,
  fileSink,
  files,
  flow,
  iterate,
  priority,
  pubsub,
  queue,
  rendezvous,
  timer,
} from '../../src/index.ts'
import type { AnyFlow } from '../../src/flow/flow-def.ts'
import { operatorOf } from '../../src/flow/describe-node.ts'
import type { NodeKind } from '../../src/graph/graph.ts'
import { NODE_SHAPES } from '../../src/graph/shape.ts'
import { assemble } from '../../src/app/app.ts'
import { IMPLICIT, stepShape } from '../../src/yaml/operators.ts'
import { toYaml } from '../../src/yaml/to-yaml.ts'
import { parseAllora } from '../../src/yaml/parse-allora.ts'
import { indented } from './indented.ts'

/** A function by its name, whatever it takes and gives: the types of a step are not what is tested here. */
const named = (name: string): never => contract<never, never>()(name) as never
const orders = queue('orders')
/** A chain without its types. */
type Loose = { readonly [K in keyof Flow<never, never, never, never, never>]: (...args: readonly unknown[]) => Loose }
const begun = (): Loose => flow('f').from(orders) as unknown as Loose
const graphOfCode = (chain: Loose): unknown => (chain.build() as unknown as AnyFlow).graph
// The builder makes a function of a schema, a store, a source or a sink, named by its node. A file gives it that name.
const store = { put: () => undefined, get: () => undefined, remove: () => undefined }
const keys = { reserve: () => true, commit: () => undefined, release: () => undefined }
const schema = { '~standard': { version: 1, vendor: 'test', validate: (value: unknown) => ({ value }) } } as const
const sink = { label: 'to nowhere', write: () => undefined }
const asked: AnyFlow = flow('asked').from(direct('asked')).build()

interface Same {
  readonly code: () => Loose
  /** The steps, and what else the flow has. */
  readonly yaml: string
}

const resilience = `
  retry: { attempts: 3, delay: 10, factor: 2, max: 100, jitter: full, when: again }
  timeout: { attempt: 5, overall: 50 }
  circuitBreaker: { failures: 3, window: 5, resetAfter: 1000 }
  concurrency: 4
  orderBy: key`
const resilient = {
  retry: { attempts: 3, delay: 10, factor: 2, max: 100, jitter: 'full', when: named('again') },
  timeout: { attempt: 5, overall: 50 },
  circuitBreaker: { failures: 3, window: 5, resetAfter: 1000 },
  concurrency: 4,
  orderBy: named('key'),
}

const SAME: Readonly<Record<string, readonly Same[]>> = {
  transform: [
    { code: () => begun().transform(named('a')), yaml: '- transform: a' },
    {
      code: () => begun().transform(named('a'), { id: 'x', ...resilient }),
      yaml: `- transform: a\n  id: x${resilience}`,
    },
  ],
  handle: [
    { code: () => begun().handle(named('a'), resilient), yaml: `- handle: a${resilience}` },
    { code: () => begun().handle(named('a'), { timeout: 5 }), yaml: '- { handle: a, timeout: 5 }' },
  ],
  filter: [
    { code: () => begun().filter(named('a'), { discardTo: queue('rest') }), yaml: '- filter: a\n  discardTo: rest' },
    { code: () => begun().filter(named('a'), { reject: 'error' }), yaml: '- filter: a\n  reject: error' },
    { code: () => begun().filter(named('when: exists(header("a"))')), yaml: `- filter: { when: exists(header("a")) }` },
  ],
  split: [
    { code: () => begun().split().aggregate(), yaml: '- split\n- aggregate' },
    {
      code: () => begun().split(named('parts'), { id: 's' }).aggregate(),
      yaml: '- split: parts\n  id: s\n- aggregate:',
    },
    { code: () => begun().split({ id: 's' }).aggregate({}), yaml: '- split:\n  id: s\n- aggregate: {}' },
  ],
  aggregate: [
    {
      code: () =>
        begun().aggregate({
          id: 'a',
          correlateBy: named('key'),
          size: 3,
          when: named('full'),
          timeout: 5,
          onTimeout: 'deadLetter',
          combine: named('sum'),
          maxGroups: 7,
          remember: 0,
          discardTo: queue('late'),
        }),
      yaml: '- aggregate: { id: a, correlateBy: key, size: 3, when: full, timeout: 5, onTimeout: deadLetter, combine: sum, maxGroups: 7, remember: 0, discardTo: late }',
    },
  ],
  resequence: [
    {
      code: () =>
        begun().resequence({
          correlateBy: named('key'),
          timeout: 5,
          onTimeout: 'emit',
          maxGap: 2,
          discardTo: queue('late'),
        }),
      yaml: '- resequence:\n    correlateBy: key\n    timeout: 5\n    onTimeout: emit\n    maxGap: 2\n    discardTo: late',
    },
  ],
  scatterGather: [
    {
      code: () =>
        begun().scatterGather(
          { a: (b: Loose) => b.transform(named('a')).onError(named('sorry')), b: (b: Loose) => b },
          { id: 's', timeout: 5, onFailure: 'omit' },
        ),
      yaml: '- scatterGather:\n    a:\n      - transform: a\n      - onError: sorry\n    b: []\n  id: s\n  timeout: 5\n  onFailure: omit',
    },
  ],
  route: [
    {
      code: () =>
        begun()
          .route(
            'kind',
            {
              goods: (b: Loose) => b.transform(named('pack')).errorsTo(queue('broken')),
              gift: (b: Loose) => b.to(queue('gifts')),
              none: (b: Loose) => b,
            },
            { id: 'r', otherwise: (b: Loose) => b.handle(named('other')) },
          )
          .to(queue('out')),
      yaml: `- route: kind
  id: r
  cases:
    goods:
      - transform: pack
      - errorsTo: broken
    gift:
      - to: gifts
    none: []
  otherwise:
    - handle: other
- to: out`,
    },
  ],
  routeBy: [
    {
      code: () =>
        begun().routeBy(
          named('size'),
          { big: (b: Loose) => b.to(queue('big')), small: (b: Loose) => b.to(queue('small')) },
          resilient,
        ),
      yaml: `- routeBy: size${resilience}\n  cases: { big: [{ to: big }], small: [to: small] }`,
    },
  ],
  loop: [
    {
      code: () =>
        begun().loop((b: Loose) => b.transform(named('half')).transform(named('half')), {
          while: named('big'),
          max: 9,
        }),
      yaml: '- loop:\n    - transform: half\n    - transform: half\n  while: big\n  max: 9',
    },
  ],
  routingSlip: [
    {
      code: () => begun().routingSlip(named('slip'), [asked], { max: 3, timeout: 7, id: 's' }),
      yaml: '- routingSlip: slip\n  channels: [asked]\n  max: 3\n  timeout: 7\n  id: s',
    },
  ],
  dynamicRoute: [
    {
      code: () => begun().dynamicRoute(named('next'), [asked], { max: 3 }),
      yaml: '- dynamicRoute: next\n  channels:\n    - asked\n  max: 3',
    },
  ],
  barrier: [
    {
      code: () => begun().barrier({ correlateBy: named('key'), timeout: 5, trigger: direct('paid') }),
      yaml: '- barrier: { correlateBy: key, timeout: 5, trigger: paid }',
    },
  ],
  setHeader: [
    { code: () => begun().setHeader('tenant', named('tenantOf')), yaml: '- setHeader: tenant\n  service: tenantOf' },
  ],
  removeHeaders: [{ code: () => begun().removeHeaders(['a', 'b']), yaml: '- removeHeaders: [a, b]' }],
  enrich: [{ code: () => begun().enrich('price', named('priceOf')), yaml: '- enrich: price\n  service: priceOf' }],
  validate: [
    {
      code: () => begun().validate(schema, { invalidTo: queue('broken') }),
      yaml: '- validate: f/n1\n  invalidTo: broken',
    },
  ],
  log: [
    { code: () => begun().log(), yaml: '- log' },
    { code: () => begun().log({ level: 'warn', id: 'l' }), yaml: '- log:\n  level: warn\n  id: l' },
    { code: () => begun().log(named('line'), { level: 'debug' }), yaml: '- log: line\n  level: debug' },
  ],
  delay: [
    { code: () => begun().delay(500), yaml: '- delay: 500' },
    {
      code: () => begun().delay(named('howLong'), { id: 'd', concurrency: 2, orderBy: named('key') }),
      yaml: '- delay: howLong\n  id: d\n  concurrency: 2\n  orderBy: key',
    },
  ],
  throttle: [{ code: () => begun().throttle({ rate: 10, per: 1000 }), yaml: '- throttle: { rate: 10, per: 1000 }' }],
  idempotent: [
    {
      code: () => begun().idempotent({ key: named('key'), window: 9, discardTo: queue('late') }),
      yaml: '- idempotent: { key: key, window: 9, discardTo: late }',
    },
    {
      code: () => begun().idempotent({ key: named('key'), store: keys }),
      yaml: '- idempotent: { key: key, store: f/n1.store }',
    },
  ],
  claimCheckIn: [
    { code: () => begun().claimCheckIn({ store, id: 'in' }), yaml: '- claimCheckIn: { store: f/in.store, id: in }' },
  ],
  claimCheckOut: [{ code: () => begun().claimCheckOut({ store }), yaml: '- claimCheckOut: { store: f/n1.store }' }],
  tap: [{ code: () => begun().tap(pubsub('seen'), { id: 't' }), yaml: '- tap: seen\n  id: t' }],
  through: [
    {
      code: () => begun().through(queue('later'), { concurrency: 2, orderBy: named('key') }),
      yaml: '- through: later\n  concurrency: 2\n  orderBy: key',
    },
  ],
  call: [{ code: () => begun().call(asked, resilient), yaml: `- call: asked${resilience}` }],
  onError: [
    {
      code: () => begun().handle(named('a')).onError(named('sorry'), { id: 'e' }),
      yaml: '- handle: a\n- onError: sorry\n  id: e',
    },
  ],
  errorsTo: [
    {
      code: () => begun().handle(named('a')).to(queue('out')).errorsTo(queue('broken')),
      yaml: '- handle: a\n- to: out\n- errorsTo: broken',
    },
  ],
  to: [
    { code: () => begun().to(queue('out'), { id: 'end' }), yaml: '- to: out\n  id: end' },
    { code: () => begun().to(priority('urgent')), yaml: '- to: urgent' },
    { code: () => begun().to(rendezvous('handed')), yaml: '- to: handed' },
    { code: () => begun().to(sink, resilient), yaml: `- to: { adapter: f/n1, label: to nowhere }${resilience}` },
  ],
  toEach: [
    {
      code: () => begun().toEach([queue('out'), queue('late')], { onFailure: 'continue' }),
      yaml: '- toEach: [out, late]\n  onFailure: continue',
    },
  ],
  recipients: [
    {
      code: () => begun().recipients(named('who'), [queue('out'), queue('late')]),
      yaml: '- recipients: who\n  channels: [out, late]',
    },
  ],
}

const CHANNELS = `
  - { id: orders, kind: queue }
  - { id: asked }
  - { id: paid, kind: direct }
  - { id: seen, kind: pubsub }
  - { id: urgent, kind: priority }
  - { id: handed, kind: rendezvous }
${['rest', 'late', 'out', 'gifts', 'broken', 'big', 'small', 'later'].map((id) => `  - { id: ${id}, kind: queue }`).join('\n')}`

function graphOf(steps: string): unknown {
  const parsed = parseAllora(`version: 2
channels:${CHANNELS}
flows:
  - id: f
    from: orders
    steps:
${indented(steps, 6)}
  - { id: asked, from: asked }
`)
  if (parsed._tag === 'Left')
    throw new Error(parsed.left.map(({ message, frame }) => `${message}\n${frame}`).join('\n'))
  return parsed.right.graph.flows[0]
}

describe.each(Object.entries(SAME))('%s', (_, cases) => {
  test.each(cases)('$yaml', ({ code, yaml }) => {
    expect(graphOf(yaml)).toEqual(graphOfCode(code()))
  })
})

describe('from', () => {
  const channels = 'channels: [{ id: a, kind: queue, capacity: 5 }]'
  const read = (from: string): unknown => {
    const parsed = parseAllora(`version: 2\n${channels}\nflows: [{ id: f, from: ${from} }]`)
    if (parsed._tag === 'Left') throw new Error(parsed.left[0].message)
    return parsed.right.graph.flows[0]
  }
  const a = queue('a', { capacity: 5 })

  test('a channel', () => expect(read('a')).toEqual(flow('f').from(a).build().graph))
  test('a channel with options', () => {
    expect(read('{ channel: a, id: in, concurrency: 3, orderBy: key }')).toEqual(
      flow('f')
        .from(a, { id: 'in', concurrency: 3, orderBy: named('key') })
        .build().graph,
    )
  })
  test('a source', () => {
    const source: Source<number> = { label: 'the moon', open: () => undefined as never }
    expect(read('{ adapter: f/in, label: the moon, id: in, maxInFlight: 2 }')).toEqual(
      flow('f').from(source, { id: 'in', maxInFlight: 2 }).build().graph,
    )
  })
  test.each([
    ['{ timer: { every: 1000 } }', flow('f').from(timer({ every: 1000 }))],
    [
      '{ timer: { every: 1000, initialDelay: 0 }, id: tick, maxInFlight: 2 }',
      flow('f').from(timer({ every: 1000, initialDelay: 0 }), { id: 'tick', maxInFlight: 2 }),
    ],
    [
      '{ timer: { cron: "0 8 * * *", timeZone: Europe/Berlin } }',
      flow('f').from(timer({ cron: '0 8 * * *', timeZone: 'Europe/Berlin' })),
    ],
    [
      '{ files: { dir: in, pattern: "*.csv", every: 500, as: bytes, done: mark } }',
      flow('f').from(files({ dir: 'in' })),
    ],
    ['{ iterate: [1, { a: [null] }] }', flow('f').from(iterate([1]))],
  ])('a source that needs no code: %s', (from, begun) => {
    const graph = begun.build().graph
    const parsed = parseAllora(`version: 2\nflows: [{ id: f, from: ${from} }]`)
    if (parsed._tag === 'Left') throw new Error(parsed.left[0].message)
    const file = parsed.right
    expect(file.graph.flows).toEqual([graph])
    const again = parseAllora(toYaml({ ...file.graph, flows: [{ ...graph }] }, { like: file }))
    expect(again).toMatchObject({ right: { graph: file.graph, builtIns: file.builtIns } })
  })

  test('a sink that needs no code', () => {
    const parsed = parseAllora(
      `version: 2\n${channels}\nflows: [{ id: f, from: a, steps: [{ to: { fileSink: { path: out.jsonl } }, id: end, timeout: 5 }] }]`,
    )
    const { graph } = flow('f')
      .from(a)
      .to(fileSink({ path: 'out.jsonl' }), { id: 'end', timeout: 5 })
      .build()
    expect(parsed).toMatchObject({ right: { graph: { flows: [graph] }, builtIns: { 'f/end': { kind: 'fileSink' } } } })
  })

  test('no id: the flow has that of its channel', () => {
    const parsed = parseAllora(`version: 2\n${channels}\nflows: [{ from: a }]`)
    expect(parsed).toMatchObject({ _tag: 'Right', right: { graph: { flows: [flow().from(a).build().graph] } } })
  })
})

test('every kind of node can be written, and every operator is compared above', () => {
  const operators = (Object.keys(NODE_SHAPES) as NodeKind[]).filter((kind) => !IMPLICIT.has(kind)).map(operatorOf)
  expect(new Set(Object.keys(stepShape.operators))).toEqual(new Set([...operators, 'routeBy']))
  expect(new Set(Object.keys(SAME))).toEqual(new Set(Object.keys(stepShape.operators)))
})

test('every field of every operator can be written', () => {
  // These are the operator's own value, or made of it.
  const computed = [
    'by',
    'branches',
    'duration',
    'service',
    'channel',
    'flow',
    'header',
    'headers',
    'property',
    'channels',
  ]
  const forgotten = (Object.keys(NODE_SHAPES) as NodeKind[])
    .filter((kind) => !IMPLICIT.has(kind))
    .flatMap((kind) => {
      const shapes = Object.values(stepShape.operators).filter(({ keys: known }) =>
        Object.hasOwn(known, operatorOf(kind)),
      )
      const fields = Object.keys(NODE_SHAPES[kind].fields).filter((field) => !computed.includes(field))
      return fields
        .filter((field) => !JSON.stringify(shapes).includes(`"${field}":`))
        .map((field) => `${kind}.${field}`)
    })
  expect(forgotten).toEqual([])
})

test('the apps are the same too, called flows included', () => {
  const yaml = `version: 2\nchannels: [{ id: orders, kind: queue }, { id: asked }]\nflows:\n  - { from: orders, id: f, steps: [{ call: asked }] }\n  - { from: asked }`
  const parsed = parseAllora(yaml)
  expect(parsed).toMatchObject({
    right: { graph: assemble([begun().call(asked).build() as unknown as AnyFlow]).graph },
  })
})
