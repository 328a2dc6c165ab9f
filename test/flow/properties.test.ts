/** Whatever chain is written, its graph is sound: these hold for arbitrary chains. */
import fc, { type Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import { app } from '../../src/app/app.ts'
import { check } from '../../src/app/views.ts'
import { flow } from '../../src/flow/builder.ts'
import { direct, priority, pubsub, queue } from '../../src/flow/channel-token.ts'
import type { AnyFlow } from '../../src/flow/flow-def.ts'
import type { Flow } from '../../src/flow/flow.ts'
import { contract, service } from '../../src/flow/service.ts'
import type { FlowGraph, GraphNode } from '../../src/graph/graph.ts'
import { readGraph } from '../../src/graph/read-graph.ts'
import { functionNames } from '../../src/graph/references.ts'
import { NODE_SHAPES } from '../../src/graph/shape.ts'

const runs = { numRuns: process.env['CI'] === undefined ? 200 : 1000 }

/** The builder without its types: any operator after any other. */
type Chain = { readonly [O in Operator]: (...args: unknown[]) => Chain }
type Operator = keyof Flow<never, unknown, {}, never, never> & string
type Step = (chain: Chain) => Chain

const named = service('named', () => [])
const gateway = flow('gateway')
  .from(direct('gateway'))
  .handle((n: number) => n)
  .build()
const lambda = fc.constantFrom<unknown>(
  () => 1,
  () => 2,
  named,
  contract<unknown, never>()('bound later'),
)
const channel = fc.constantFrom(
  queue('a'),
  queue('b', { capacity: 3 }),
  pubsub('c'),
  priority('d', { compare: () => 0 }).of<never>(),
)
/** Any name but the one that is refused, see misuse.test.ts. */
const memberName = fc.string({ minLength: 1 }).filter((name) => name !== '__proto__')
const maybe = <T>(values: Record<string, Arbitrary<T>>): Arbitrary<object> => fc.record(values, { requiredKeys: [] })
const step = (operator: Operator, ...args: Arbitrary<unknown>[]): Arbitrary<Step> =>
  fc.tuple(...args).map((values) => (chain) => chain[operator](...values))

const aggregate = {
  size: fc.integer({ min: 1 }),
  timeout: fc.nat(),
  onTimeout: fc.constantFrom('emit', 'discard', 'deadLetter'),
  maxGroups: fc.integer({ min: 1 }),
  remember: fc.nat(),
  combine: lambda,
  when: lambda,
  correlateBy: lambda,
  discardTo: channel,
}

const { steps } = fc.letrec<{ steps: Step[]; step: Step; branch: Step }>((tie) => ({
  steps: fc.array(tie('step'), { maxLength: 6, depthIdentifier: 'steps' }),
  step: fc.oneof(
    { depthSize: 'small', depthIdentifier: 'steps' },
    step('transform', lambda),
    step('handle', lambda, maybe({})),
    step('filter', lambda, maybe({ discardTo: channel })),
    step('split', lambda),
    step('split'),
    step('aggregate', maybe<unknown>(aggregate)),
    step('setHeader', memberName, lambda),
    step('tap', channel),
    step('through', channel, maybe<unknown>({ concurrency: fc.integer({ min: 1 }), orderBy: lambda })),
    step('call', fc.constant(gateway), maybe({ timeout: fc.nat() })),
    step('onError', lambda),
    step('errorsTo', channel),
    fc
      .tuple(
        fc.uniqueArray(fc.string()),
        fc.array(tie('branch'), { minLength: 4, maxLength: 4 }),
        fc.option(tie('branch')),
      )
      .map(([names, branches, otherwise]): Step => (chain) => {
        const cases = Object.fromEntries(names.slice(0, 3).map((name, i) => [name, branches[i]]))
        return chain.route('kind', cases, { ...(otherwise !== null && { otherwise }) })
      }),
  ),
  branch: fc.tuple(tie('steps'), fc.option(channel)).map(([inner, end]): Step => (chain) => {
    const last = applied(chain, inner)
    return end === null || hasEnded(last) ? last : last.to(end)
  }),
}))

const hasEnded = (chain: Chain): boolean =>
  (chain as unknown as { readonly state: { readonly tails: readonly unknown[] } }).state.tails.length === 0
/** Steps after the end of a chain are left out: nothing can follow there. */
const applied = (chain: Chain, inner: readonly Step[]): Chain =>
  inner.reduce((at, next) => (hasEnded(at) ? at : next(at)), chain)
const built: Arbitrary<AnyFlow> = steps.map(
  (all) => applied(flow('f').from(direct('in')) as unknown as Chain, all).build() as unknown as AnyFlow,
)

const nodeOf = ({ nodes }: FlowGraph, id: string): GraphNode => nodes.find((node) => node.id === id)!
const isDeeplyFrozen = (value: unknown): boolean =>
  typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(isDeeplyFrozen))

test('a graph survives JSON, has the shape that readers ask for, and is frozen at every level', () => {
  fc.assert(
    fc.property(built, ({ graph }) => {
      expect(JSON.parse(JSON.stringify(graph))).toEqual(graph)
      expect(readGraph(JSON.parse(JSON.stringify(graph)))).toEqual(graph)
      expect(isDeeplyFrozen(graph)).toBe(true)
    }),
    runs,
  )
})

test('ids are unique, and edges lead from node to node in the order they were written', () => {
  fc.assert(
    fc.property(built, ({ graph }) => {
      const ids = graph.nodes.map(({ id }) => id)
      expect(ids).toEqual(ids.map((_, i) => `n${i}`))
      for (const { from, to } of graph.edges) expect(ids.indexOf(from)).toBeLessThan(ids.indexOf(to))
    }),
    runs,
  )
})

/** The ports that a node's edges must start at, in their order. */
const portsOf = (node: GraphNode): (string | undefined)[] => {
  if (node.kind === 'route')
    return [...node.cases.map((name) => `case:${name}`), ...(node.otherwise === true ? ['otherwise'] : [])]
  return NODE_SHAPES[node.kind].wayOut === 'end' ? [] : [undefined]
}

test('every way out of a node is taken exactly once, and none is invented', () => {
  fc.assert(
    fc.property(built, ({ graph }) => {
      for (const node of graph.nodes) {
        const out = graph.edges.filter(({ from, port }) => from === node.id && port !== 'error').map(({ port }) => port)
        expect(new Set(out)).toEqual(new Set(portsOf(node)))
        expect(out).toHaveLength(portsOf(node).length)
      }
    }),
    runs,
  )
})

test('E1: failures lead to a scope only, only from what can fail, and from each node to one scope at most', () => {
  fc.assert(
    fc.property(built, ({ graph }) => {
      const errors = graph.edges.filter(({ port }) => port === 'error')
      expect(new Set(errors.map(({ from }) => from)).size).toBe(errors.length)
      for (const { from, to } of errors) {
        expect(NODE_SHAPES[nodeOf(graph, from).kind].canFail).toBe(true)
        expect(['recover', 'errorOutlet']).toContain(nodeOf(graph, to).kind)
      }
    }),
    runs,
  )
})

test('all that a graph names is beside it: channels, functions or contracts, and flows called', () => {
  fc.assert(
    fc.property(built, (made) => {
      const { graph, functions, contracts, calls } = made
      const names = graph.nodes.flatMap(functionNames)
      expect(names.filter((name) => !Object.hasOwn(functions, name) && !contracts.includes(name))).toEqual([])
      expect(calls.every((call) => call === gateway)).toBe(true)
      const broken = check(app(made)).filter(({ code }) =>
        ['ALLORA101', 'ALLORA106', 'ALLORA108', 'ALLORA112', 'ALLORA113', 'ALLORA118'].includes(code),
      )
      expect(broken).toEqual([])
    }),
    runs,
  )
})

test('what is added to a chain never shows in another that began with it', () => {
  fc.assert(
    fc.property(steps, steps, (first, second) => {
      const start = applied(flow('f').from(direct('in')) as unknown as Chain, first)
      fc.pre(!hasEnded(start))
      const before = start.build()
      applied(start, second).build()
      expect(start.build()).toEqual(before)
    }),
    runs,
  )
})
