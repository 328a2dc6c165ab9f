import fc from 'fast-check'
import { expect, test } from 'vitest'
import { checkGraph } from '../../src/graph/check.ts'
import { DIAGNOSTIC_CODES } from '../../src/graph/diagnostic-codes.ts'
import { formatDiagnostic } from '../../src/graph/diagnostic.ts'
import type { FlowGraph, GraphEdge, GraphNode } from '../../src/graph/graph.ts'
import { arbitraryApp } from '../arbitraries/graph.ts'
import { appOf, line, queue } from './write-graph.ts'

const numRuns = process.env['CI'] ? 1000 : 200

test('apps that are valid have no errors', () => {
  fc.assert(
    fc.property(arbitraryApp, ({ app, functions }) => {
      expect(checkGraph(app, functions).filter(({ severity }) => severity === 'error')).toEqual([])
    }),
    { numRuns },
  )
})

test('checking any combination of nodes and edges gives sentences, never an exception', () => {
  const flow = (nodes: readonly GraphNode[], edges: readonly GraphEdge[]): FlowGraph => ({
    version: 1,
    id: 'a',
    channels: [],
    nodes,
    edges,
  })
  const id = fc.constantFrom('n0', 'n1', 'n2', 'n3')
  const edge = fc.record(
    { from: id, to: id, port: fc.constantFrom('error', 'otherwise', 'case:') },
    { requiredKeys: ['from', 'to'], noNullPrototype: true },
  )
  fc.assert(
    fc.property(arbitraryApp, fc.array(edge), ({ app }, edges) => {
      const torn = app.flows.map(({ nodes }) => flow(nodes.slice(1).toReversed(), edges))
      for (const { code, message, fix } of checkGraph(appOf(...app.flows, ...torn), new Set())) {
        expect(Object.keys(DIAGNOSTIC_CODES)).toContain(code)
        expect(message).toMatch(/^[A-Z].*\.$/)
        expect(fix).toMatch(/^[A-Z].*[.]$/)
      }
    }),
    { numRuns },
  )
})

test('every code explains itself in sentences', () => {
  for (const { title, explanation } of Object.values(DIAGNOSTIC_CODES)) {
    expect(title).toMatch(/^[A-Z][^.]+$/)
    expect(explanation).toMatch(/^[A-Z].*\.$/)
  }
})

test('a diagnostic reads as a block: code and title, place, sentence, fix', () => {
  const [diagnostic] = checkGraph(
    appOf(line('a', [queue('in')], [{ kind: 'inlet', channel: 'inn' }, { kind: 'reply' }])),
    new Set(),
  )
  expect(formatDiagnostic(diagnostic!)).toMatchInlineSnapshot(`
    "error ALLORA101 Unknown channel
      The inlet "n0" of flow "a" names channel "inn", which no flow declares.
      Fix: Did you mean "in"? Correct the name, or declare the channel."
  `)
  const position = { line: 3, column: 5 }
  expect(formatDiagnostic({ ...diagnostic!, position }).split('\n')[0]).toBe(
    'error ALLORA101 Unknown channel (line 3:5)',
  )
  expect(formatDiagnostic({ ...diagnostic!, position: { file: 'app.yaml', ...position } }).split('\n')[0]).toBe(
    'error ALLORA101 Unknown channel (app.yaml:3:5)',
  )
})

test('names that hold anything stay on one line, shortened', () => {
  const name = `a\n"${'x'.repeat(1000)}`
  const [diagnostic] = checkGraph(
    appOf(line('a', [], [{ kind: 'inlet', channel: name }, { kind: 'reply' }])),
    new Set(),
  )
  expect(formatDiagnostic(diagnostic!).split('\n')).toHaveLength(3)
  expect(diagnostic?.message).toContain('channel "a\\n\\"xxx')
  expect(diagnostic?.message.length).toBeLessThan(200)
  expect(diagnostic?.channelId).toBe(name)
})

test('the work grows with the size of the app', () => {
  let reads = 0
  const counted = <T extends object>(node: T): T =>
    new Proxy(node, { get: (target, property) => (reads++, Reflect.get(target, property)) })
  const chain = (size: number): FlowGraph[] =>
    Array.from({ length: size }, (_, i) => {
      const graph = line(
        `f${i}`,
        [queue(`c${i}`), queue(`c${i + 1}`)],
        [
          { kind: 'inlet', channel: `c${i}` },
          { kind: 'split' },
          ...Array.from({ length: 10 }, () => ({ kind: 'handle', service: 'f' }) as const),
          { kind: 'aggregate' },
          { kind: 'outlet', channel: `c${i + 1}` },
        ],
      )
      return { ...graph, nodes: graph.nodes.map(counted), channels: graph.channels.map(counted) }
    })
  const readsOf = (size: number): number => {
    const app = appOf(...chain(size))
    reads = 0
    expect(checkGraph(app, new Set(['f']))).toEqual([])
    return reads
  }
  // Linear is 10 times, quadratic 100.
  expect(readsOf(2_000)).toBeLessThan(11 * readsOf(200))
})
