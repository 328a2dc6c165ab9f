import fc, { type Arbitrary } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidGraphError } from '../../src/errors/graph-errors.ts'
import type { FlowGraph } from '../../src/graph/graph.ts'
import { readApp, readGraph } from '../../src/graph/read-graph.ts'
import { CHANNEL_FIELDS, NODE_SHAPES } from '../../src/graph/shape.ts'
import { arbitraryApp, arbitraryGraph } from '../arbitraries/graph.ts'
import { line } from './write-graph.ts'

const numRuns = process.env['CI'] ? 1000 : 200

const hello = line(
  'hello',
  ['input', 'output'],
  [
    { kind: 'inlet', channel: 'input' },
    { kind: 'handle', service: 'hello/n1' },
    { kind: 'outlet', channel: 'output' },
  ],
)

/** What was read, or the refusal; any other error is thrown on. */
function attempt<T>(read: () => T): T | InvalidGraphError {
  try {
    return read()
  } catch (error) {
    if (error instanceof InvalidGraphError) return error
    throw error
  }
}

function refusal(read: () => unknown): InvalidGraphError {
  const error = attempt(read)
  if (error instanceof InvalidGraphError) return error
  throw new Error('was accepted')
}

const pathsOf = (json: unknown): string[] => refusal(() => readGraph(json)).problems.map(({ path }) => path)

function isFrozenGraph(graph: FlowGraph): boolean {
  return [graph, graph.nodes, graph.edges, graph.channels, ...graph.nodes, ...graph.edges, ...graph.channels].every(
    Object.isFrozen,
  )
}

describe('valid graphs', () => {
  test('a graph comes back from JSON as it was, frozen', () => {
    fc.assert(
      fc.property(arbitraryGraph, (graph) => {
        const read = readGraph(JSON.parse(JSON.stringify(graph)))
        expect(read).toStrictEqual(graph)
        expect(isFrozenGraph(read)).toBe(true)
      }),
      { numRuns },
    )
  })

  test('an app comes back from JSON as it was', () => {
    fc.assert(
      fc.property(arbitraryApp, ({ app }) => {
        expect(readApp(JSON.parse(JSON.stringify(app)))).toStrictEqual(app)
      }),
      { numRuns: numRuns / 2 },
    )
  })

  test('the arbitrary graphs hold every kind of node and channel, with every field', () => {
    const seen = new Set<string>()
    for (const { app } of fc.sample(arbitraryApp, { numRuns: 1000, seed: 1 })) {
      for (const { nodes, channels } of app.flows) {
        for (const node of nodes) for (const field of Object.keys(node)) seen.add(`${node.kind}.${field}`)
        for (const channel of channels) for (const field of Object.keys(channel)) seen.add(`${channel.kind}.${field}`)
      }
    }
    const ofNodes = Object.entries(NODE_SHAPES).flatMap(([kind, { fields }]) =>
      Object.keys(fields).map((field) => `${kind}.${field}`),
    )
    const ofChannels = CHANNEL_FIELDS.kind.values.flatMap((kind) =>
      Object.entries(CHANNEL_FIELDS).flatMap(([field, { kinds = [kind] }]) =>
        kinds.includes(kind) ? [`${kind}.${field}`] : [],
      ),
    )
    expect([...ofNodes, ...ofChannels].filter((field) => !seen.has(field))).toEqual([])
  })

  test('what is read shares nothing with what was given, and fields that are undefined are left out', () => {
    const given = { ...hello, channels: [{ id: 'input', kind: 'direct', dispatch: undefined }] }
    const read = readGraph(given)
    expect(read.channels).toStrictEqual([{ id: 'input', kind: 'direct' }])
    expect(read.nodes).not.toBe(hello.nodes)
    expect(Object.isFrozen(given.channels)).toBe(false)
  })
})

describe('invalid graphs', () => {
  const json: Arbitrary<unknown> = fc.oneof(fc.jsonValue(), fc.anything())

  /** Every way down into data, to a value that can be replaced or removed. */
  function waysInto(value: unknown, way: readonly string[] = []): (readonly string[])[] {
    if (typeof value !== 'object' || value === null) return [way]
    return [way, ...Object.entries(value).flatMap(([key, part]) => waysInto(part, [...way, key]))]
  }

  function mutate(
    target: unknown,
    [key, ...rest]: readonly string[],
    change: { readonly remove: boolean; readonly value: unknown },
  ): unknown {
    if (key === undefined) return change.value
    const record = target as Record<string, unknown>
    if (rest.length > 0) mutate(record[key], rest, change)
    else if (!change.remove) record[key] = change.value
    else if (Array.isArray(record)) record.splice(Number(key), 1)
    else delete record[key]
    return target
  }

  test('any data is either refused by InvalidGraphError or read', () => {
    fc.assert(
      fc.property(json, (data) => {
        expect(refusal(() => readGraph(data)).problems.length).toBeGreaterThan(0)
        expect(refusal(() => readApp(data)).problems.length).toBeGreaterThan(0)
      }),
      { numRuns },
    )
  })

  test('a valid graph with a part removed or replaced is either refused by InvalidGraphError or a graph that reads the same again', () => {
    const change = fc.record({ at: fc.nat(), remove: fc.boolean(), value: json })
    fc.assert(
      fc.property(arbitraryGraph, change, (graph, { at, ...rest }) => {
        const data: unknown = structuredClone(graph)
        const ways = waysInto(data)
        const changed = mutate(data, ways[at % ways.length]!, rest)
        const read = attempt(() => readGraph(changed))
        const again = read instanceof InvalidGraphError ? read : readGraph(JSON.parse(JSON.stringify(read)))
        expect(again).toStrictEqual(read)
      }),
      { numRuns: numRuns * 3 },
    )
  })

  test('-0, which JSON cannot write, is read as 0', () => {
    const graph = {
      version: 1,
      id: 'f',
      channels: [{ id: 'a', kind: 'pubsub', minSubscribers: -0 }],
      nodes: [],
      edges: [],
    }
    expect(readGraph(graph).channels[0]?.minSubscribers).toBe(0)
  })

  test('all problems are told at once, each with its path and what came', () => {
    const error = refusal(() =>
      readGraph({
        version: 2,
        channels: [{ id: '', kind: 'queu', capacity: 'many', colour: 'red' }, 3],
        nodes: [
          { id: 'a', kind: 'inlet', chanel: 'input', concurrency: Infinity },
          { id: 'b', kind: 'filtr' },
          { id: 'c', kind: 'route', by: { fn: 'x' }, cases: ['x', 1], otherwise: 'yes' },
          { id: 'a', kind: 'join' },
        ],
        edges: [{ from: 'a', to: 'x', port: 5 }],
      }),
    )
    expect(error.code).toBe('ALLORA501')
    expect(error.message).toMatchInlineSnapshot(`
      "This is not the data of a graph. Mend what follows:
        version: expected 1, the version of the format, but it is the number 2.
        id: expected a string that is not empty, but it is missing.
        channels[0].id: expected a string that is not empty, but it is the string "".
        channels[0].kind: expected one of "direct", "queue", "priority", "rendezvous", "pubsub", but it is the string "queu". Did you mean "queue"?
        channels[0].capacity: expected a finite number or "unbounded", but it is the string "many".
        channels[0].colour: expected only "id", "kind", "capacity", "overflow", "dispatch", "await", "minSubscribers", "compare", "transport", "payload", but it is an unknown field.
        channels[1]: expected an object, but it is the number 3.
        nodes[0].channel: expected the id of a channel, but it is missing.
        nodes[0].concurrency: expected a finite number, but it is the number Infinity.
        nodes[0].chanel: expected only "kind", "id", "channel", "concurrency", "orderBy", but it is an unknown field. Did you mean "channel"?
        nodes[1].kind: expected one of "inlet", "source", "transform", "handle", "filter", "split", "aggregate", "resequence", "scatterGather", "gather", "route", "loop", "routingSlip", "dynamicRoute", "barrier", "join", "setHeader", "removeHeaders", "enrich", "validate", "log", "delay", "throttle", "idempotent", "claimCheckIn", "claimCheckOut", "tap", "through", "call", "recover", "errorOutlet", "outlet", "sink", "recipients", "recipientList", "reply", but it is the string "filtr". Did you mean "filter"?
        nodes[2].by: expected an object with a "key" or a "service", but it is one with neither.
        nodes[2].cases[1]: expected a string, but it is the number 1.
        nodes[2].otherwise: expected true or false, but it is the string "yes".
        edges[0].port: expected a string, but it is the number 5.
        nodes[3].id: expected an id of its own, but it is "a", the id of nodes[0].
        edges[0].to: expected the id of a node, but it is "x", which no node has."
    `)
  })

  test('of very many problems the sentence lists the first twenty', () => {
    const error = refusal(() => readGraph({ ...hello, nodes: Array.from({ length: 100_000 }, () => 0), edges: [] }))
    expect(error.problems).toHaveLength(100_000)
    expect(error.message.split('\n')).toHaveLength(22)
    expect(error.message).toContain('and 99980 more.')
  })

  test.each([
    ['null', null],
    ['an array', []],
    ['text', '{}'],
    ['nothing', undefined],
  ])('%s is no graph', (_, data) => {
    expect(refusal(() => readGraph(data)).problems).toMatchObject([{ path: '', expected: 'an object' }])
    expect(refusal(() => readApp(data)).message).toContain('the app: expected an object')
  })

  test('every missing part of a graph is named', () => {
    expect(pathsOf({})).toEqual(['version', 'id', 'channels', 'nodes', 'edges'])
    expect(refusal(() => readApp({})).problems.map(({ path }) => path)).toEqual(['version', 'flows'])
  })

  test('an unknown kind or field is refused with what was probably meant', () => {
    const problems = refusal(() =>
      readGraph({ ...hello, nodes: [{ id: 'a', kind: 'inlets', channel: 'x' }], edges: [], edgess: [] }),
    ).problems
    expect(problems.map(({ path, suggestion }) => ({ path, suggestion }))).toEqual([
      { path: 'nodes[0].kind', suggestion: 'inlet' },
      { path: 'edgess', suggestion: 'edges' },
    ])
  })

  test('ids are unique in their list, whatever else is wrong', () => {
    expect(
      pathsOf({
        ...hello,
        nodes: [...hello.nodes, { id: 'n1', kind: 'nope' }],
        channels: [...hello.channels, hello.channels[0]],
      }),
    ).toEqual(['nodes[3].kind', 'channels[2].id', 'nodes[3].id'])
    expect(refusal(() => readApp({ version: 1, flows: [hello, hello] })).problems).toMatchObject([
      { path: 'flows[1].id' },
    ])
  })

  test('edges lead from node to node', () => {
    const { problems } = refusal(() =>
      readGraph({
        ...hello,
        nodes: [...hello.nodes, { id: 'out-1', kind: 'reply' }],
        edges: [...hello.edges, { from: 'n0', to: 'out-7' }],
      }),
    )
    expect(problems).toEqual([
      { path: 'edges[2].to', expected: 'the id of a node', actual: '"out-7", which no node has', suggestion: 'out-1' },
    ])
  })

  test('an end of an edge that is no id is one problem, not two', () => {
    expect(pathsOf({ ...hello, edges: [{ from: '', to: 7 }] })).toEqual(['edges[0].from', 'edges[0].to'])
    expect(pathsOf({ ...hello, nodes: [{ ...hello.nodes[0], id: '' }], edges: [] })).toEqual(['nodes[0].id'])
  })

  test.each([[null], ['kind'], [{}]])('a route by %j goes by nothing', (by) => {
    const { problems } = refusal(() =>
      readGraph({ ...hello, nodes: [{ id: 'n', kind: 'route', by, cases: [] }], edges: [] }),
    )
    expect(problems).toMatchObject([{ path: 'nodes[0].by', expected: 'an object with a "key" or a "service"' }])
  })

  test('problems in an app say in which flow', () => {
    expect(
      refusal(() => readApp({ version: 1, flows: [hello, { ...hello, id: 'b', nodes: 1, edges: [] }] })).problems,
    ).toMatchObject([{ path: 'flows[1].nodes' }])
  })

  test('data that contains itself is refused', () => {
    const self: Record<string, unknown> = { ...hello }
    self['nodes'] = self
    self['self'] = self
    expect(pathsOf({ ...self, edges: [] })).toEqual(['nodes', 'self'])
  })

  test('a key __proto__ is an unknown field and changes nothing', () => {
    const data: unknown = JSON.parse(JSON.stringify(hello).replace('{', '{"__proto__":{"id":"stolen"},'))
    expect(pathsOf(data)).toEqual(['__proto__'])
    expect(pathsOf(Object.create(hello))).toEqual(['version', 'id', 'channels', 'nodes', 'edges'])
    expect(({} as { id?: string }).id).toBeUndefined()
  })

  test('a header or a property called __proto__ is refused', () => {
    const named = (node: object) =>
      refusal(() => readGraph({ ...hello, nodes: [{ id: 'n', service: 'f', ...node }], edges: [] })).problems
    for (const [kind, name] of [
      ['setHeader', 'header'],
      ['enrich', 'property'],
    ] as const)
      expect(named({ kind, [name]: '__proto__' })).toMatchObject([
        { path: `nodes[0].${name}`, expected: 'another name' },
      ])
  })

  test('data nested without end is refused without being followed', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(5000)}${']'.repeat(5000)}`)
    expect(pathsOf({ ...hello, nodes: deep, edges: [] })).toEqual(['nodes[0]'])
  })
})
