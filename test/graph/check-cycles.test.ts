import { describe, expect, test } from 'vitest'
import { checkGraph } from '../../src/graph/check.ts'
import { circles } from '../../src/graph/check/strong-components.ts'
import type { ChannelSpec, FlowGraph } from '../../src/graph/graph.ts'
import { type LooseNode, appOf, line } from './write-graph.ts'

const from = (channel: string): LooseNode => ({ kind: 'inlet', channel })
const to = (channel: string): LooseNode => ({ kind: 'outlet', channel })
const work: LooseNode = { kind: 'handle', service: 'f' }

type Options = Omit<ChannelSpec, 'id'>
const direct: Options = { kind: 'direct' }
const queue: Options = { kind: 'queue' }

/** Flows a -> b -> c -> a by channels of these kinds; the nodes stand in the first one. */
function ring(kinds: readonly Options[], ...nodes: readonly LooseNode[]): FlowGraph[] {
  const names = ['a', 'b', 'c'].slice(0, kinds.length)
  const channels = kinds.map((kind, i) => ({ id: names[i]!, ...kind }))
  return names.map((name, i) =>
    line(name, channels, [from(name), ...(i === 0 ? nodes : [work]), to(names[(i + 1) % names.length]!)]),
  )
}

function cycles(flows: readonly FlowGraph[]): string[] {
  return checkGraph(appOf(...flows), new Set(['f']))
    .filter(({ code }) => code === 'ALLORA110')
    .map(({ severity, message }) => `${severity} ${message.replace(/.*go round by |[:,].*/g, '')}`)
}

describe('ALLORA110 through channels that run their consumer', () => {
  test.each([[[direct]], [[direct, direct]], [[direct, { kind: 'pubsub' }, direct]]] as const)(
    '%j without a way out never ends',
    (kinds) => {
      const way = ['a', 'b', 'c'].slice(0, kinds.length)
      expect(cycles(ring(kinds))).toEqual([`error ${[...way, 'a'].map((id) => `"${id}"`).join(' -> ')}`])
    },
  )

  test.each<[LooseNode]>([[{ kind: 'filter', service: 'f' }], [{ kind: 'split' }], [{ kind: 'aggregate', size: 2 }]])(
    'a %j is a way out',
    (node) => {
      expect(cycles(ring([direct, direct], node))).toEqual(['warning "a" -> "b" -> "a"'])
    },
  )

  test('a case of a route is a way out, and so is a failure', () => {
    const routed = (port: string): FlowGraph => {
      const flow = line(
        'a',
        [{ id: 'a', ...direct }],
        [from('a'), { kind: 'route', by: { key: 'k' }, cases: ['x'] }, to('a')],
      )
      return { ...flow, edges: [flow.edges[0]!, { from: 'n1', to: 'n2', port }] }
    }
    expect(cycles([routed('case:x')])).toEqual(['warning "a" -> "a"'])
    const failing = line(
      'a',
      [{ id: 'a', ...direct }],
      [from('a'), work, { kind: 'reply' }, { kind: 'errorOutlet', channel: 'a' }],
    )
    expect(
      cycles([{ ...failing, edges: [...failing.edges.slice(0, 2), { from: 'n1', to: 'n3', port: 'error' }] }]),
    ).toEqual(['warning "a" -> "a"'])
  })

  test('what a filter discards goes round only sometimes', () => {
    const flow = line(
      'a',
      [{ id: 'a', ...direct }],
      [from('a'), { kind: 'filter', service: 'f', discardTo: 'a' }, { kind: 'reply' }],
    )
    expect(cycles([flow])).toEqual(['warning "a" -> "a"'])
  })

  test('a tap, a recipient list, a through and a call go round too', () => {
    const channels = [{ id: 'a', ...direct }]
    expect(cycles([line('a', channels, [from('a'), { kind: 'tap', channel: 'a' }, { kind: 'reply' }])])).toEqual([
      'error "a" -> "a"',
    ])
    expect(cycles([line('a', channels, [from('a'), { kind: 'recipients', channels: ['b', 'a'] }])])).toEqual([
      'error "a" -> "a"',
    ])
    expect(
      cycles([line('a', channels, [from('a'), { kind: 'call', flow: 'a', channel: 'a' }, { kind: 'reply' }])]),
    ).toEqual(['error "a" -> "a"'])
    const through = line(
      'a',
      [...channels, { id: 'm', ...direct }],
      [from('a'), { kind: 'through', channel: 'm' }, to('a')],
    )
    expect(cycles([through])).toEqual(['error "a" -> "m" -> "a"'])
  })

  test("what is behind a through is its channel's, which may break the circle", () => {
    const channels: ChannelSpec[] = [
      { id: 'a', ...direct },
      { id: 'm', kind: 'queue', capacity: 'unbounded' },
    ]
    expect(cycles([line('a', channels, [from('a'), { kind: 'through', channel: 'm' }, to('a')])])).toEqual([])
  })

  test('a node that failures get to and all the others too is always reached', () => {
    const flow = line(
      'a',
      [{ id: 'a', ...direct }],
      [from('a'), work, work, to('a'), { kind: 'recover', service: 'f' }],
    )
    const edges = [...flow.edges.slice(0, 3), { from: 'n1', to: 'n4', port: 'error' }, { from: 'n4', to: 'n3' }]
    expect(cycles([{ ...flow, edges }])).toEqual(['error "a" -> "a"'])
  })

  test('the shortest endless way round is named, of a long one the beginning', () => {
    const names = Array.from({ length: 20 }, (_, i) => `c${i}`)
    const flows = names.map((name, i) => line(name, [{ id: name, ...direct }], [from(name), to(names[(i + 1) % 20]!)]))
    const [text] = checkGraph(appOf(...flows), new Set()).map(({ message }) => message)
    expect(text).toContain('-> ...,')
    const short = line('short', [], [from('c1'), { kind: 'filter', service: 'f' }, to('c0')])
    expect(cycles([...flows, short])[0]).toContain('error ')
  })
})

describe('ALLORA110 through channels that wait', () => {
  test('a delay keeps messages in a queue, so what is behind it is no recursion', () => {
    const later = { kind: 'delay', channel: 'later', duration: 5 } as const
    const flow = (overflow: 'wait' | 'reject'): FlowGraph =>
      line(
        'a',
        [
          { id: 'a', ...direct },
          { id: 'later', ...queue, overflow },
        ],
        [from('a'), later, to('a')],
      )
    expect(cycles([flow('wait')])).toEqual(['warning "a" -> "later" -> "a"'])
    expect(cycles([flow('reject')])).toEqual([])
  })

  test.each([
    [[queue]],
    [[queue, direct]],
    [[direct, { kind: 'rendezvous' }, queue]],
    [[{ kind: 'priority', capacity: 5 }, queue]],
  ] as const)('%j can wait for itself', (kinds) => {
    expect(cycles(ring(kinds))).toMatchObject([expect.stringContaining('warning "')])
  })

  test.each([
    [[{ kind: 'queue', capacity: 'unbounded' }]],
    [[{ kind: 'queue', overflow: 'reject' }, queue]],
    [[queue, direct, { kind: 'priority', overflow: 'dropOldest' }]],
  ] as const)('%j cannot', (kinds) => {
    expect(cycles(ring(kinds))).toEqual([])
  })

  test('a flow that calls itself waits for itself, whatever its channel', () => {
    const flow = line(
      'a',
      [{ id: 'a', kind: 'queue', capacity: 'unbounded' }],
      [from('a'), { kind: 'call', flow: 'a', channel: 'a' }, { kind: 'reply' }],
    )
    expect(cycles([flow])).toEqual(['warning "a" -> "a"'])
  })

  test('a circle of direct channels within a larger one of queues is told of both', () => {
    const flows = [
      ...ring([direct, direct]),
      line('x', [{ id: 'q', ...queue }], [from('q'), to('a')]),
      line('y', [], [from('a'), to('q')]),
    ]
    expect(cycles(flows)).toEqual(['error "a" -> "b" -> "a"', 'warning "a" -> "q" -> "a"'])
  })
})

describe('ALLORA121: a subscriber sends back to a channel whose senders wait for the handling', () => {
  const awaited: Options = { kind: 'pubsub', await: 'handled' }
  const filter: LooseNode = { kind: 'filter', service: 'f' }
  const circular = (flows: readonly FlowGraph[]): string[] =>
    checkGraph(appOf(...flows), new Set(['f']))
      .filter(({ code }) => code === 'ALLORA110' || code === 'ALLORA121')
      .map(({ code, severity, channelId }) => `${code} ${severity} ${channelId!}`)

  test('says who waits for whom, and what to do', () => {
    const found = checkGraph(appOf(...ring([awaited, direct], filter)), new Set(['f']))
    expect(found).toMatchInlineSnapshot(`
      [
        {
          "channelId": "a",
          "code": "ALLORA121",
          "fix": "Leave out the await of "a", put a queue into the circle, or break it.",
          "flowId": "b",
          "message": "Messages go round by "b" -> "a" -> "b", and each send to "a" waits until its message has been handled (await: "handled"), which waits for the one before.",
          "nodeId": "n2",
          "severity": "warning",
        },
      ]
    `)
  })

  test.each<[string, readonly FlowGraph[]]>([
    ['itself', ring([awaited], filter)],
    [
      'by a recipient list',
      [line('a', [{ id: 'a', ...awaited }], [from('a'), filter, { kind: 'recipients', channels: ['a'] }])],
    ],
    ['by direct channels', ring([direct, awaited, direct], filter)],
    ['by two such channels', ring([awaited, awaited], filter)],
  ])('%s: a warning, and no recursion besides', (_, flows) => {
    expect(circular(flows)).toEqual([expect.stringMatching(/^ALLORA121 warning [ab]$/)])
  })

  test('every message: an error', () => {
    expect(circular(ring([awaited, direct]))).toEqual(['ALLORA121 error a'])
  })

  test.each<[string, readonly FlowGraph[], string[]]>([
    ['a queue lets the sender go', ring([awaited, { kind: 'queue', overflow: 'reject' }], filter), []],
    ['a subscriber that nobody waits for is a recursion', ring([{ kind: 'pubsub' }], filter), ['ALLORA110 warning a']],
    [
      'so is a channel to all on the way, which lets its sender go',
      ring([awaited, { kind: 'pubsub' }], filter),
      ['ALLORA110 warning b'],
    ],
    [
      'and a tap, which waits for nobody',
      [line('a', [{ id: 'a', ...awaited }], [from('a'), filter, { kind: 'tap', channel: 'a' }, { kind: 'reply' }])],
      ['ALLORA110 warning a'],
    ],
  ])('%s', (_, flows, expected) => {
    expect(circular(flows)).toEqual(expected)
  })
})

test('channels in a row, and several ways to one, are no circle', () => {
  const channels = ['a', 'b', 'c'].map((id) => ({ id, ...direct }))
  expect(
    cycles([
      line('a', channels, [from('a'), { kind: 'tap', channel: 'c' }, to('b')]),
      line('b', channels, [from('b'), to('c')]),
    ]),
  ).toEqual([])
})

describe('circles', () => {
  const inGraph = (edges: Readonly<Record<string, string>>): string[] =>
    circles(Object.keys(edges), (node) => (edges[node] ?? '').split('')).map((group) => group.toSorted().join(''))

  test('are found, several of them, and single nodes only with an edge to themselves', () => {
    expect(inGraph({ a: 'b', b: 'ca', c: 'd', d: 'ef', e: 'd', f: 'f', g: 'a' }).toSorted()).toEqual(['ab', 'de', 'f'])
    expect(inGraph({ a: 'bc', b: 'd', c: 'd', d: '' })).toEqual([])
  })

  test('do not need recursion', () => {
    const long = 100_000
    expect(circles([0], (n) => [(n + 1) % long])[0]).toHaveLength(long)
  })
})
