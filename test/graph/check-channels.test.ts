import { describe, expect, test } from 'vitest'
import { checkGraph } from '../../src/graph/check.ts'
import { type LooseNode, appOf, found, line, queue } from './write-graph.ts'

const from = (channel: string): LooseNode => ({ kind: 'inlet', channel })
const to = (channel: string): LooseNode => ({ kind: 'outlet', channel })
const work: LooseNode = { kind: 'handle', service: 'f' }

test('an app like any other gives nothing', () => {
  expect(
    found(
      line('a', ['in', queue('out')], [from('in'), work, to('out')]),
      line('b', [queue('out')], [from('out'), work, { kind: 'reply' }]),
    ),
  ).toEqual([])
  expect(found()).toEqual([])
})

describe('ALLORA101 unknown channel', () => {
  test('every field that names a channel is looked at', () => {
    const flow = line(
      'a',
      ['in'],
      [
        from('inn'),
        { kind: 'filter', service: 'f', discardTo: 'x1' },
        { kind: 'tap', channel: 'x2' },
        { kind: 'through', channel: 'x3' },
        { kind: 'recipients', channels: ['x4', 'in', 'x5'] },
      ],
    )
    expect(found(flow).filter((it) => it.startsWith('ALLORA101'))).toEqual(
      ['a/n0', 'a/n1', 'a/n2', 'a/n3', 'a/n4', 'a/n4'].map((place) => `ALLORA101 error ${place}`),
    )
  })

  test('the fix names what was probably meant', () => {
    const [first] = checkGraph(
      appOf(line('a', ['input', queue('invoices')], [from('input'), to('invocies')])),
      new Set(),
    )
    expect(first).toEqual({
      code: 'ALLORA101',
      severity: 'error',
      flowId: 'a',
      nodeId: 'n1',
      channelId: 'invocies',
      message: 'The outlet "n1" of flow "a" names channel "invocies", which no flow declares.',
      fix: 'Did you mean "invoices"? Correct the name, or declare the channel.',
    })
  })

  test('a channel may be declared by another flow', () => {
    expect(
      found(
        line('a', ['in'], [from('in'), to('out')]),
        line('b', [queue('out')], [from('out'), work, { kind: 'reply' }]),
      ),
    ).toEqual([])
  })
})

test('ALLORA102 unused channel: declared, and named by no node of any flow', () => {
  expect(found(line('a', ['in', 'spare'], [from('in'), { kind: 'reply' }]))).toEqual(['ALLORA102 warning spare'])
  expect(
    found(line('a', ['in', 'b'], [from('in'), { kind: 'reply' }]), line('b', [], [from('b'), { kind: 'reply' }])),
  ).toEqual([])
})

describe('ALLORA103 nobody consumes', () => {
  test.each(['direct', 'pubsub'] as const)('a %s channel that is written to needs a consumer', (kind) => {
    const writer = line('a', ['in', { id: 'out', kind }], [from('in'), to('out')])
    expect(found(writer)).toEqual(['ALLORA103 warning out'])
    expect(found(writer, line('b', [], [from('out'), { kind: 'reply' }]))).toEqual([])
  })

  test.each(['queue', 'priority', 'rendezvous'] as const)('a %s channel waits for the program to receive', (kind) => {
    expect(found(line('a', ['in', { id: 'out', kind }], [from('in'), to('out')]))).toEqual([])
  })

  test('a channel that is only read is fed by the program', () => {
    expect(found(line('a', ['in'], [from('in'), { kind: 'reply' }]))).toEqual([])
  })
})

describe('ALLORA104 shared direct channel', () => {
  const readers = ['a', 'b'].map((id) => line(id, [], [from('in'), { kind: 'reply' }]))

  test('two consumers need a dispatch', () => {
    expect(found(line('c', ['in', 'c'], [from('c'), to('in')]), ...readers)).toEqual(['ALLORA104 error in'])
    expect(
      found(line('c', [{ id: 'in', kind: 'direct', dispatch: 'failover' }, 'c'], [from('c'), to('in')]), ...readers),
    ).toEqual([])
  })

  test('a through consumes too, also in the same flow', () => {
    expect(
      found(
        line(
          'a',
          ['in', 'mid'],
          [from('in'), { kind: 'through', channel: 'mid' }, { kind: 'through', channel: 'mid' }, { kind: 'reply' }],
        ),
      ),
    ).toContain('ALLORA104 error mid')
  })

  test.each(['queue', 'priority', 'rendezvous', 'pubsub'] as const)(
    'consumers of a %s channel compete or each get a copy',
    (kind) => {
      expect(found(line('c', [{ id: 'in', kind }, 'c'], [from('c'), to('in')]), ...readers)).toEqual([])
    },
  )
})

describe('ALLORA109 contradicted channel', () => {
  const declaring = (id: string, options: object): ReturnType<typeof line> =>
    line(id, [{ id: 'jobs', kind: 'queue', ...options }, id], [from(id), to('jobs')])

  test.each([
    ['kind', { kind: 'priority' }, {}],
    ['capacity', { capacity: 1 }, { capacity: 2 }],
    ['overflow', { overflow: 'wait' }, { overflow: 'reject' }],
    ['transport', { transport: 'x' }, { transport: 'y' }],
    ['payload', { payload: 'Order' }, { payload: 'Invoice' }],
  ])('the %s differs', (option, one, other) => {
    const diagnostics = checkGraph(appOf(declaring('a', one), declaring('b', other)), new Set())
    expect(diagnostics.map(({ code, severity, channelId, flowId }) => [code, severity, channelId, flowId])).toEqual([
      ['ALLORA109', 'error', 'jobs', 'b'],
    ])
    expect(diagnostics[0]?.message).toContain(`has the ${option} `)
  })

  test('the same twice, or an option that only one flow states, contradicts nothing', () => {
    expect(
      found(declaring('a', { capacity: 2, payload: 'Order' }), declaring('b', { capacity: 2 }), declaring('c', {})),
    ).toEqual([])
  })

  test('a channel has its options from all that flows say', () => {
    const unbounded = found(declaring('a', {}), declaring('b', { capacity: 'unbounded' }))
    expect(unbounded).toEqual(['ALLORA111 warning jobs'])
  })
})

test('ALLORA111 unbounded channel', () => {
  expect(
    found(line('a', [{ id: 'in', kind: 'queue', capacity: 'unbounded' }], [from('in'), { kind: 'reply' }])),
  ).toEqual(['ALLORA111 warning in'])
  expect(found(line('a', [{ id: 'in', kind: 'queue', capacity: 1_000_000 }], [from('in'), { kind: 'reply' }]))).toEqual(
    [],
  )
})

describe('ALLORA116 option out of range', () => {
  test.each([0, -1, 1.5, NaN, Infinity])('capacity %d', (capacity) => {
    expect(found(line('a', [{ id: 'in', kind: 'queue', capacity }], [from('in'), { kind: 'reply' }]))).toEqual([
      'ALLORA116 error in',
    ])
  })

  test('a capacity of 0 is a rendezvous', () => {
    const [diagnostic] = checkGraph(
      appOf(line('a', [{ id: 'in', kind: 'queue', capacity: 0 }], [from('in'), { kind: 'reply' }])),
      new Set(),
    )
    expect(diagnostic?.message).toBe(
      'The queue channel "in" has the capacity 0, but it must be a whole number from 1 or "unbounded".',
    )
    expect(diagnostic?.fix).toBe('A channel that holds nothing is a rendezvous channel.')
  })

  test.each<[string, LooseNode]>([
    ['concurrency 0', { kind: 'inlet', channel: 'in', concurrency: 0 }],
    ['size 0', { kind: 'aggregate', size: 0 }],
    ['timeout -1', { kind: 'aggregate', timeout: -1 }],
    ['timeout NaN', { kind: 'aggregate', timeout: NaN }],
    ['timeout Infinity', { kind: 'aggregate', timeout: Infinity }],
    ['maxGroups 0.5', { kind: 'aggregate', size: 2, maxGroups: 0.5 }],
    ['remember -1', { kind: 'aggregate', size: 2, remember: -1 }],
  ])('%s', (option, node) => {
    const nodes: LooseNode[] = node.kind === 'inlet' ? [node, { kind: 'reply' }] : [from('in'), node, { kind: 'reply' }]
    const diagnostics = checkGraph(appOf(line('a', ['in'], nodes)), new Set())
    expect(diagnostics.map(({ code, severity }) => `${code} ${severity}`)).toEqual(['ALLORA116 error'])
    expect(diagnostics[0]?.message).toContain(`has the ${option}, but it must be a `)
  })

  test('the ends of the ranges are allowed', () => {
    const nodes: LooseNode[] = [
      { kind: 'inlet', channel: 'in', concurrency: 1 },
      { kind: 'aggregate', size: 1, timeout: 0, maxGroups: 1, remember: 0 },
      { kind: 'reply' },
    ]
    expect(found(line('a', [{ id: 'in', kind: 'queue', capacity: 1 }], nodes))).toEqual([])
    expect(found(line('a', [{ id: 'in', kind: 'pubsub', minSubscribers: 0 }], nodes))).toEqual([])
  })
})

test.each([
  [{ kind: 'direct', capacity: 5 }],
  [{ kind: 'rendezvous', overflow: 'wait' }],
  [{ kind: 'queue', dispatch: 'failover' }],
  [{ kind: 'queue', await: 'handled' }],
  [{ kind: 'direct', minSubscribers: 1 }],
  [{ kind: 'queue', compare: 'f' }],
] as const)('ALLORA117 option of another kind: %j', (options) => {
  expect(found(line('a', [{ id: 'in', ...options }], [from('in'), { kind: 'reply' }]))).toEqual(['ALLORA117 error in'])
})

describe('ALLORA119 contradicting options', () => {
  test('a filter rejects to a channel or by an error', () => {
    const filter = { kind: 'filter', service: 'f', reject: 'error', discardTo: 'no' } as const
    expect(found(line('a', ['in', queue('no')], [from('in'), filter, { kind: 'reply' }]))).toEqual([
      'ALLORA119 error a/n1',
    ])
  })

  test('onTimeout needs a timeout', () => {
    const aggregate = { kind: 'aggregate', size: 2, onTimeout: 'discard' } as const
    expect(found(line('a', ['in'], [from('in'), aggregate, { kind: 'reply' }]))).toEqual(['ALLORA119 warning a/n1'])
    expect(found(line('a', ['in'], [from('in'), { ...aggregate, timeout: 5 }, { kind: 'reply' }]))).toEqual([])
  })

  test('an overflow needs a bound', () => {
    const channel = { id: 'in', kind: 'queue', capacity: 'unbounded', overflow: 'reject' } as const
    expect(found(line('a', [channel], [from('in'), { kind: 'reply' }]))).toEqual([
      'ALLORA111 warning in',
      'ALLORA119 warning in',
    ])
  })
})
