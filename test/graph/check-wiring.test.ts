import { describe, expect, test } from 'vitest'
import { checkGraph } from '../../src/graph/check.ts'
import type { FlowGraph, GraphEdge } from '../../src/graph/graph.ts'
import { type LooseNode, appOf, found, line, queue } from './write-graph.ts'

const from = (channel: string): LooseNode => ({ kind: 'inlet', channel })
const work: LooseNode = { kind: 'handle', service: 'f' }
const reply: LooseNode = { kind: 'reply' }

/** A flow with exactly these edges, written `n0>n1` or `n0:port>n1`. */
function wired(nodes: readonly LooseNode[], ...edges: readonly string[]): FlowGraph {
  const parsed = edges.map((edge): GraphEdge => {
    const [, from = '', port, to = ''] = /^(\w+)(?::(.*))?>(\w+)$/.exec(edge) ?? []
    return port === undefined ? { from, to } : { from, to, port }
  })
  return { ...line('a', ['in', queue('errors')], nodes), edges: parsed }
}

/** What is found, without what is not about edges. */
const wrong = (flow: FlowGraph): string[] => found(flow).filter((it) => !it.startsWith('ALLORA102'))
const messages = (flow: FlowGraph): string[] =>
  checkGraph(appOf(flow), new Set(['f']))
    .filter(({ code }) => code !== 'ALLORA102')
    .map(({ message }) => message)

test('ALLORA105: a node that no edge leads to', () => {
  expect(wrong(wired([from('in'), work, reply], 'n0>n2', 'n1>n2'))).toEqual(['ALLORA105 error a/n1'])
})

describe('ALLORA106 open ends', () => {
  test('a flow without an inlet', () => {
    expect(wrong(wired([]))).toEqual(['ALLORA106 error a'])
  })

  test('a node that messages do not get out of', () => {
    expect(wrong(wired([from('in'), work], 'n0>n1'))).toEqual(['ALLORA106 error a/n1'])
    expect(wrong(wired([from('in')]))).toEqual(['ALLORA106 error a/n0'])
    expect(
      wrong(wired([from('in'), work, { kind: 'recover', service: 'f' }, reply], 'n0>n1', 'n1:error>n2', 'n1>n3')),
    ).toEqual(['ALLORA106 error a/n2'])
  })

  test('an error edge is no way out', () => {
    expect(
      wrong(wired([from('in'), work, { kind: 'errorOutlet', channel: 'errors' }], 'n0>n1', 'n1:error>n2')),
    ).toEqual(['ALLORA106 error a/n1'])
  })

  test.each<[LooseNode]>([
    [{ kind: 'outlet', channel: 'errors' }],
    [{ kind: 'recipients', channels: ['errors'] }],
    [reply],
  ])('a flow may end in %j', (end) => {
    expect(wrong(wired([from('in'), end], 'n0>n1'))).toEqual([])
  })
})

describe('ALLORA108 missing service', () => {
  test('every field that names a function is looked at', () => {
    const nodes: LooseNode[] = [
      { kind: 'inlet', channel: 'in', orderBy: 'x' },
      { kind: 'transform', service: 'x' },
      { kind: 'split', service: 'x' },
      { kind: 'aggregate', size: 2, correlateBy: 'x', when: 'x', combine: 'x' },
      { kind: 'route', by: { service: 'x' }, cases: ['a'] },
      reply,
    ]
    const flow = line('a', [{ id: 'in', kind: 'priority', compare: 'x' }], nodes)
    const edges = flow.edges.map((edge) => (edge.from === 'n4' ? { ...edge, port: 'case:a' } : edge))
    expect(found({ ...flow, edges })).toEqual(
      ['a/n0', 'a/n1', 'a/n2', 'a/n3', 'a/n3', 'a/n3', 'a/n4', 'in'].map((place) => `ALLORA108 error ${place}`),
    )
  })

  test('the fix names what was probably meant; a route by key names no function', () => {
    const flow = line('a', ['in'], [from('in'), { kind: 'handle', service: 'prize' }, reply])
    expect(checkGraph(appOf(flow), new Set(['price']))).toMatchObject([
      { code: 'ALLORA108', fix: expect.stringContaining('Did you mean "price"?') },
    ])
    expect(
      wrong(
        wired([from('in'), { kind: 'route', by: { key: 'service' }, cases: ['x'] }, reply], 'n0>n1', 'n1:case:x>n2'),
      ),
    ).toEqual([])
  })
})

describe('ALLORA112 ids', () => {
  test('flows and nodes have an id of their own', () => {
    const flow = line('a', ['in'], [from('in'), { ...reply, id: 'end' }])
    expect(found(flow, line('a', [queue('q')], [from('q'), reply]))).toEqual(['ALLORA112 error a'])
    expect(found({ ...flow, nodes: [...flow.nodes, { kind: 'reply', id: 'end' }] })).toContain('ALLORA112 error a/end')
  })

  test('ids are not empty', () => {
    expect(found(line('', ['in'], [from('in'), { ...reply, id: '' }]))).toEqual([
      'ALLORA112 error ',
      'ALLORA112 error /',
    ])
  })
})

describe('ALLORA113 edges', () => {
  const route: LooseNode = { kind: 'route', by: { key: 'kind' }, cases: ['x', 'y'], otherwise: true }
  const scope: LooseNode = { kind: 'errorOutlet', channel: 'errors' }

  test('lead to and from nodes that are there', () => {
    expect(messages(wired([from('in'), reply], 'n0>n1', 'n0:error>n7', 'm0>n1'))).toEqual([
      'Flow "a" has an edge from "n0" to "n7", but no node "n7".',
      'Flow "a" has an edge from "m0" to "n1", but no node "m0".',
      'The inlet "n0" of flow "a" cannot fail, but an error edge starts there.',
    ])
  })

  test('start at a port the node has', () => {
    expect(messages(wired([from('in'), work, reply], 'n0>n1', 'n1>n2', 'n1:case:x>n2'))).toEqual([
      'The handle "n1" of flow "a" has no port "case:x" for an edge to start at.',
    ])
    expect(messages(wired([from('in'), reply, reply], 'n0>n1', 'n1>n2'))).toEqual([
      'The reply "n1" of flow "a" has no normal way out for an edge to start at.',
    ])
    const routed = wired(
      [from('in'), route, reply],
      'n0>n1',
      'n1:case:x>n2',
      'n1:case:y>n2',
      'n1:otherwise>n2',
      'n1>n2',
      'n1:case:z>n2',
    )
    expect(checkGraph(appOf(routed), new Set()).filter(({ code }) => code === 'ALLORA113')).toMatchObject([
      {
        nodeId: 'n1',
        message: 'The route "n1" of flow "a" has no normal way out for an edge to start at.',
        fix: 'Use one of the ports "case:x", "case:y" and "otherwise".',
      },
      { nodeId: 'n1', message: 'The route "n1" of flow "a" has no port "case:z" for an edge to start at.' },
    ])
  })

  test('start at every port of a route', () => {
    expect(messages(wired([from('in'), route, reply], 'n0>n1', 'n1:case:x>n2'))).toEqual([
      'The route "n1" of flow "a" has no edge for its port "case:y".',
      'The route "n1" of flow "a" has no edge for its port "otherwise".',
    ])
  })

  test('start once at each port', () => {
    expect(messages(wired([from('in'), work, reply, reply], 'n0>n1', 'n1>n2', 'n1>n3'))).toEqual([
      'The handle "n1" of flow "a" has two edges at its normal way out.',
    ])
  })

  test('of failures lead from what can fail to an error scope, all others to what takes messages', () => {
    expect(messages(wired([from('in'), work, reply, scope], 'n0>n1', 'n1>n2', 'n1:error>n2'))).toEqual([
      'The reply "n2" of flow "a" does not take what the port "error" of "n1" (handle) gives.',
      'The errorOutlet "n3" of flow "a" never gets a failure: nothing before it can fail, or other error scopes take it all.',
    ])
    expect(wrong(wired([from('in'), scope], 'n0>n1'))).toEqual(['ALLORA113 error a/n0'])
    expect(wrong(wired([from('in'), work, reply], 'n0>n1', 'n1>n0', 'n0>n2'))).toContain('ALLORA113 error a/n1')
    expect(
      wrong(wired([from('in'), { kind: 'tap', channel: 'errors' }, reply, scope], 'n0>n1', 'n1>n2', 'n1:error>n3')),
    ).toEqual(['ALLORA113 error a/n1'])
  })
})

describe('ALLORA114 calls', () => {
  const calling = (flow: string, channel: string): FlowGraph =>
    line('caller', ['in'], [from('in'), { kind: 'call', flow, channel }, reply])
  const callee = line('price', ['ask'], [from('ask'), work, reply])
  const objection = (...flows: FlowGraph[]): string[] =>
    checkGraph(appOf(...flows), new Set(['f']))
      .filter(({ code }) => code === 'ALLORA114')
      .map(({ message, fix }) => `${message} ${fix}`)

  test('a flow that replies may be called', () => {
    expect(found(calling('price', 'ask'), callee)).toEqual([])
  })

  test('the flow has to be there', () => {
    expect(objection(calling('prize', 'ask'), callee)).toEqual([
      'The call "n1" of flow "caller" calls flow "prize", which the app does not have. Did you mean "price"? Correct the id, or add the flow to the app.',
    ])
  })

  test('and to read from that channel', () => {
    expect(objection(calling('price', 'in'), callee)[0]).toContain(
      'calls flow "price" by channel "in", but that flow reads from "ask".',
    )
    expect(found(calling('price', 'asq'), callee)).toEqual(['ALLORA114 error caller/n1'])
    expect(objection(calling('price', 'ask'), line('price', ['ask'], []))[0]).toContain(
      'but that flow reads from none.',
    )
  })

  test('and to reply', () => {
    const silent = line('price', ['ask', queue('log')], [from('ask'), { kind: 'outlet', channel: 'log' }])
    const logger = line(
      'logger',
      [],
      [from('log'), { kind: 'call', flow: 'other', channel: 'o' }, { kind: 'outlet', channel: 'ask' }],
    )
    const other = line('other', ['o'], [from('o'), reply])
    expect(objection(calling('price', 'ask'), silent, logger, other)[0]).toContain('which never replies.')
  })

  test('a reply may come from a flow behind it, or from outside the app', () => {
    const relay = line('price', ['ask', queue('next')], [from('ask'), { kind: 'outlet', channel: 'next' }])
    expect(objection(calling('price', 'ask'), relay)).toEqual([])
    expect(objection(calling('price', 'ask'), relay, line('next', [], [from('next'), work, reply]))).toEqual([])
  })
})

describe('ALLORA115 error scopes', () => {
  const recover: LooseNode = { kind: 'recover', service: 'f' }

  test('something before a scope has to fail', () => {
    expect(wrong(wired([from('in'), recover, work, reply], 'n0>n2', 'n1>n2', 'n2>n3'))).toEqual([
      'ALLORA115 error a/n1',
    ])
    expect(wrong(wired([from('in'), work, recover, reply], 'n0>n1', 'n1:error>n2', 'n1>n3', 'n2>n3'))).toEqual([])
  })

  test.each(['in', 'mid'])('failures do not go back to channel %s of the flow', (channel) => {
    const nodes: LooseNode[] = [
      from('in'),
      { kind: 'through', channel: 'mid' },
      work,
      reply,
      { kind: 'errorOutlet', channel },
    ]
    const flow = line('a', [queue('in'), queue('mid')], nodes.slice(0, 4))
    const scoped = {
      ...line('a', flow.channels, nodes),
      edges: [...flow.edges, { from: 'n2', to: 'n4', port: 'error' }],
    }
    expect(found(scoped).filter((it) => it.includes('error'))).toEqual(['ALLORA115 error a/n4'])
  })

  test('E5: a scope does not choose from what the one straight before it takes', () => {
    const choosing = { ...recover, when: 'f' }
    const scopes = (first: LooseNode, second: LooseNode, ...more: string[]) =>
      wrong(
        wired(
          [from('in'), work, first, second, reply],
          'n0>n1',
          'n1:error>n2',
          'n2:error>n3',
          'n1>n4',
          'n2>n4',
          ...more,
        ),
      )
    expect(scopes(recover, choosing, 'n3>n4')).toEqual(['ALLORA115 error a/n3'])
    expect(scopes(recover, { kind: 'errorOutlet', channel: 'out', when: 'f' })).toContain('ALLORA115 error a/n3')
    expect(scopes(choosing, choosing, 'n3>n4')).toEqual([])
    expect(scopes(choosing, recover, 'n3>n4')).toEqual([])
    // What a scope fails with itself may be taken by a scope for all.
    expect(scopes(recover, recover, 'n3>n4')).toEqual([])
  })
})

test('ALLORA118: edges do not lead in a circle', () => {
  expect(wrong(wired([from('in'), work, work, reply], 'n0>n1', 'n1>n2', 'n2>n1'))).toEqual([
    'ALLORA105 error a/n3',
    'ALLORA118 error a/n1',
  ])
  expect(
    wrong(
      wired(
        [from('in'), work, { kind: 'recover', service: 'f' }, reply],
        'n0>n1',
        'n1:error>n2',
        'n2:error>n2',
        'n2>n3',
        'n1>n3',
      ),
    ),
  ).toEqual(['ALLORA118 error a/n2'])
})

describe('ALLORA120 entries', () => {
  test('of recipients', () => {
    expect(found(line('a', ['in'], [from('in'), { kind: 'recipients', channels: [] }]))).toEqual([
      'ALLORA120 error a/n1',
    ])
    expect(
      found(line('a', ['in', queue('q')], [from('in'), { kind: 'recipients', channels: ['q', 'q', 'q'] }])),
    ).toEqual(['ALLORA120 warning a/n1'])
  })

  test('of routes', () => {
    expect(wrong(wired([from('in'), { kind: 'route', by: { key: 'k' }, cases: [] }], 'n0>n1'))).toEqual([
      'ALLORA120 error a/n1',
    ])
    expect(
      wrong(
        wired(
          [from('in'), { kind: 'route', by: { key: 'k' }, cases: [], otherwise: true }, reply],
          'n0>n1',
          'n1:otherwise>n2',
        ),
      ),
    ).toEqual([])
    expect(
      wrong(
        wired([from('in'), { kind: 'route', by: { key: 'k' }, cases: ['x', 'x'] }, reply], 'n0>n1', 'n1:case:x>n2'),
      ),
    ).toEqual(['ALLORA120 error a/n1'])
  })
})
