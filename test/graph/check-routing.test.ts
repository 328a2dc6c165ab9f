import { describe, expect, test } from 'vitest'
import type { FlowGraph, GraphEdge } from '../../src/graph/graph.ts'
import { type LooseNode, found, line } from './write-graph.ts'

const from = (channel: string): LooseNode => ({ kind: 'inlet', channel })
const work: LooseNode = { kind: 'handle', service: 'f' }
const reply: LooseNode = { kind: 'reply' }
const wired = (nodes: readonly LooseNode[], ...edges: readonly GraphEdge[]): string[] =>
  found({ ...line('a', ['in'], nodes), edges })
const edge = (from: string, to: string, port?: string): GraphEdge => ({ from, to, ...(port !== undefined && { port }) })

describe('ALLORA118 circles', () => {
  const loop: LooseNode = { kind: 'loop', while: 'f', max: 3 }
  const body = [edge('n0', 'n1'), edge('n1', 'n2', 'body'), edge('n2', 'n1'), edge('n1', 'n3')]

  test('a body leads back to its loop', () => {
    expect(wired([from('in'), loop, work, reply], ...body)).toEqual([])
    expect(wired([from('in'), loop, work, reply], edge('n0', 'n1'), edge('n1', 'n3'))).toEqual([
      'ALLORA105 error a/n2',
      'ALLORA106 error a/n2',
      'ALLORA113 error a/n1',
    ])
  })

  test('what is behind a loop must not lead back to it', () => {
    const nodes = [
      from('in'),
      loop,
      work,
      { kind: 'route', by: { service: 'f' }, cases: ['x', 'y'] } as LooseNode,
      reply,
    ]
    expect(wired(nodes, ...body, edge('n3', 'n1', 'case:x'), edge('n3', 'n4', 'case:y'))).toEqual([
      'ALLORA118 error a/n1',
    ])
  })
})

test('ALLORA113, ALLORA120: a scatter-gather has branches, each with a name and an edge of its own', () => {
  const asking = (...branches: string[]): LooseNode => ({
    kind: 'scatterGather',
    branches,
    timeout: 1,
    onFailure: 'fail',
  })
  const end: LooseNode = { kind: 'gather' }
  const around = [edge('n0', 'n1'), edge('n1', 'n3'), edge('n1', 'n2', 'branch:x')]
  expect(wired([from('in'), asking('x'), end, reply], ...around)).toEqual([])
  expect(wired([from('in'), asking('x', 'y'), end, reply], ...around)).toEqual(['ALLORA113 error a/n1'])
  expect(wired([from('in'), asking('x', 'x'), end, reply], ...around)).toEqual(['ALLORA120 error a/n1'])
  expect(wired([from('in'), asking(), reply], edge('n0', 'n1'), edge('n1', 'n2'))).toEqual(['ALLORA120 error a/n1'])
})

describe.each(['routingSlip', 'dynamicRoute'] as const)('ALLORA114: %s', (kind) => {
  const asking = (...channels: string[]): FlowGraph =>
    line('a', ['in', ...channels], [from('in'), { kind, service: 'f', channels, max: 3 }, reply])
  const calls = (...flows: FlowGraph[]): string[] => found(...flows).filter((text) => text.startsWith('ALLORA114'))

  test('every channel it names is one where a flow replies', () => {
    expect(found(asking('price'), line('price', ['price'], [from('price'), reply]))).toEqual([])
    expect(calls(asking('price', 'none'), line('price', ['price'], [from('price'), reply]))).toEqual([
      'ALLORA114 error a/n1',
    ])
    expect(calls(asking('end'), line('end', ['end'], [from('end'), { kind: 'filter', service: 'f' }]))).toEqual([
      'ALLORA114 error a/n1',
    ])
  })
})

test('ALLORA107: a resequencer takes parts out of their split, so a filter before it may leave the group open', () => {
  const split: LooseNode = { kind: 'split' }
  const filter: LooseNode = { kind: 'filter', service: 'f' }
  const resequence: LooseNode = { kind: 'resequence', timeout: 1, onTimeout: 'emit' }
  expect(found(line('a', ['in'], [from('in'), split, resequence, { kind: 'aggregate' }, reply]))).toEqual([
    'ALLORA122 warning a/n3',
  ])
  expect(found(line('a', ['in'], [from('in'), split, filter, resequence, { kind: 'aggregate' }, reply]))).toEqual([
    'ALLORA107 warning a/n4',
  ])
})

test('ALLORA120: a computed recipient list names channels, each once', () => {
  const list = (...channels: string[]): FlowGraph =>
    line('a', ['in', { id: 'q', kind: 'queue' }], [from('in'), { kind: 'recipientList', service: 'f', channels }])
  expect(found(list()).filter((text) => text.startsWith('ALLORA120'))).toEqual(['ALLORA120 error a/n1'])
  expect(found(list('q', 'q'))).toEqual(['ALLORA120 warning a/n1'])
})

test('ALLORA110: a trigger goes no further than its barrier, so it closes no circle', () => {
  const barrier: LooseNode = { kind: 'barrier', timeout: 1, trigger: 'done' }
  const work: FlowGraph = line('work', ['work'], [from('work'), { kind: 'outlet', channel: 'done' }])
  expect(found(line('a', ['in', 'done'], [from('in'), barrier, { kind: 'outlet', channel: 'work' }]), work)).toEqual([])
})
