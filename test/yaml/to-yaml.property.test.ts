/** What is written can be read again, whatever the app is. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AppGraph, FlowGraph, GraphNode } from '../../src/graph/graph.ts'
import { IMPLICIT } from '../../src/yaml/operators.ts'
import { parseAllora } from '../../src/yaml/parse-allora.ts'
import { toYaml } from '../../src/yaml/to-yaml.ts'
import { arbitraryApp } from '../arbitraries/graph.ts'

const numRuns = process.env['CI'] ? 500 : 100
/** Milliseconds: each app is written and read twice. */
const LONG = 600_000

function readBack(app: AppGraph): unknown {
  const text = toYaml(app)
  const parsed = parseAllora(text, { env: {} })
  if (parsed._tag === 'Left') throw new Error(`${parsed.left[0].message}\n${text}`)
  return parsed.right.graph
}

test(
  'parseAllora(toYaml(graph)) is the same graph, for every valid graph',
  () => {
    fc.assert(
      fc.property(arbitraryApp, ({ app }) => {
        expect(readBack(app)).toEqual(app)
      }),
      { numRuns },
    )
  },
  LONG,
)

/** A delay has a time or a function, never both or neither. */
function asBuilt(node: GraphNode): GraphNode {
  if (node.kind !== 'delay') return node
  const { duration = 0, service, ...rest } = node
  return service === undefined ? { ...rest, duration } : { ...rest, service }
}

/**
 * The same flow as the builder numbers it: nobody can name the nodes that no operator makes by itself. Their number passes over the ids
 * before it, and a node behind it that has this id gets another one.
 */
function numbered(flow: FlowGraph): FlowGraph {
  const given = new Set(flow.nodes.map(({ id }) => id))
  const used = new Set<string>()
  const names = new Map<string, string>()
  for (const [i, { id, kind }] of flow.nodes.entries()) {
    const isNumbered = !['inlet', 'source'].includes(kind) && IMPLICIT.has(kind)
    let name = isNumbered ? `n${i}` : id
    for (let number = i; isNumbered && used.has(name); number++) name = `n${number}`
    while (!isNumbered && (used.has(name) || (name !== id && given.has(name)))) name += '*'
    used.add(name)
    names.set(id, name)
  }
  return {
    ...flow,
    nodes: flow.nodes.map((node) => asBuilt({ ...node, id: names.get(node.id)! })),
    edges: flow.edges.map((edge) => ({ ...edge, from: names.get(edge.from)!, to: names.get(edge.to)! })),
  }
}

test(
  'what the builder could have made is written as steps, and reads the same',
  () => {
    fc.assert(
      fc.property(arbitraryApp, ({ app }) => {
        const built = { ...app, flows: app.flows.map(numbered) }
        expect(readBack(built)).toEqual(built)
        expect(toYaml(built)).not.toContain('    graph:\n')
      }),
      { numRuns },
    )
  },
  LONG,
)
