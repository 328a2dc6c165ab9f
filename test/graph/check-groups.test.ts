import { describe, expect, test } from 'vitest'
import { checkGraph } from '../../src/graph/check.ts'
import type { FlowGraph } from '../../src/graph/graph.ts'
import { type LooseNode, appOf, line, queue } from './write-graph.ts'

const from = (channel: string): LooseNode => ({ kind: 'inlet', channel })
const to = (channel: string): LooseNode => ({ kind: 'outlet', channel })
const work: LooseNode = { kind: 'handle', service: 'f' }
const filter: LooseNode = { kind: 'filter', service: 'f' }
const split: LooseNode = { kind: 'split' }
const aggregate: LooseNode = { kind: 'aggregate' }
const reply: LooseNode = { kind: 'reply' }
const through = (channel: string): LooseNode => ({ kind: 'through', channel })

/** A flow from channel `in` through these nodes to a reply. */
const chain = (...nodes: LooseNode[]): FlowGraph =>
  line('a', [queue('in'), queue('mid'), queue('out')], [from('in'), ...nodes, reply])

/** What ALLORA107 says: the severity and the node. */
const groups = (...flows: readonly FlowGraph[]): string[] => found('ALLORA107', flows)

function found(wanted: string, flows: readonly FlowGraph[]): string[] {
  return checkGraph(appOf(...flows), new Set(['f']))
    .filter(({ code }) => code === wanted)
    .map(({ severity, flowId, nodeId }) => `${severity} ${flowId}/${nodeId}`)
}

describe('T6: an aggregator without a rule for completing', () => {
  test('never completes when no split comes before it', () => {
    expect(groups(chain(work, aggregate))).toEqual(['error a/n2'])
    expect(groups(chain({ kind: 'aggregate', correlateBy: 'f', onTimeout: 'emit' }))).toEqual(['error a/n1'])
  })

  test.each<[LooseNode]>([
    [{ kind: 'aggregate', size: 3 }],
    [{ kind: 'aggregate', when: 'f' }],
    [{ kind: 'aggregate', timeout: 0 }],
  ])('but does with %j', (node) => {
    expect(groups(chain(node))).toEqual([])
  })

  test('completes when the split before it in its flow ends, also with filters between', () => {
    expect(groups(chain(split, work, aggregate))).toEqual([])
    expect(groups(chain(split, filter, { kind: 'filter', service: 'f', discardTo: 'out' }, aggregate))).toEqual([])
  })

  test('completes by the size of a split behind a channel', () => {
    expect(groups(chain(split, through('mid'), aggregate))).toEqual([])
    const splitting = line('s', [queue('parts')], [from('s'), split, to('parts')])
    expect(
      groups(
        splitting,
        line('w', [queue('done')], [from('parts'), work, to('done')]),
        line('g', [], [from('done'), aggregate, reply]),
      ),
    ).toEqual([])
    expect(
      groups(
        line('s', [], [from('s'), split, { kind: 'recipients', channels: ['p', 'q'] }]),
        line('g', [], [from('q'), aggregate, reply]),
      ),
    ).toEqual([])
    expect(
      groups(
        line('s', [], [from('s'), split, { kind: 'call', flow: 'g', channel: 'q' }, reply]),
        line('g', [], [from('q'), aggregate, reply]),
      ),
    ).toEqual([])
  })

  test('may wait for ever when a filter takes parts away before a channel or behind it', () => {
    expect(groups(chain(split, filter, through('mid'), aggregate))).toEqual(['warning a/n4'])
    expect(groups(chain(split, through('mid'), work, filter, aggregate))).toEqual(['warning a/n5'])
    const discarding: LooseNode = { kind: 'filter', service: 'f', discardTo: 'no' }
    expect(
      groups(line('s', [], [from('s'), split, discarding, to('yes')]), line('g', [], [from('no'), aggregate, reply])),
    ).toEqual(['warning g/n1'])
  })

  test('is not warned about when another way brings all parts', () => {
    expect(
      groups(chain(split, filter, through('mid'), aggregate), line('b', [], [from('b'), split, to('mid')])),
    ).toEqual([])
  })

  test('needs a split of its own: an aggregator uses one up', () => {
    expect(groups(chain(split, aggregate, aggregate))).toEqual(['error a/n3'])
    expect(groups(chain(split, split, aggregate, work, aggregate))).toEqual([])
    expect(groups(chain(split, split, { kind: 'aggregate', size: 2 }, aggregate, aggregate))).toEqual(['error a/n5'])
  })

  test('a filter behind an inner split takes nothing from the outer one', () => {
    expect(groups(chain(split, split, filter, aggregate, through('mid'), aggregate))).toEqual([])
    expect(groups(chain(split, filter, split, aggregate, aggregate))).toEqual(['warning a/n5'])
  })

  test('is given the benefit of the doubt behind very many splits', () => {
    const splits = Array.from({ length: 9 }, () => split)
    expect(groups(chain(...splits, ...Array.from({ length: 12 }, () => aggregate)))).toEqual([])
  })

  test('behind a route waits for the number of parts', () => {
    const nodes: LooseNode[] = [
      from('in'),
      split,
      { kind: 'route', by: { key: 'k' }, cases: ['x', 'y'] },
      { kind: 'join' },
      aggregate,
      reply,
    ]
    const routed = (between: LooseNode): FlowGraph => {
      const flow = line('a', [], [...nodes, between])
      const edges = flow.edges.filter(({ from, to }) => from !== 'n2' && to !== 'n6')
      return {
        ...flow,
        edges: [
          ...edges,
          { from: 'n2', to: 'n3', port: 'case:x' },
          { from: 'n2', to: 'n6', port: 'case:y' },
          { from: 'n6', to: 'n3' },
        ],
      }
    }
    expect(groups(routed(work))).toEqual([])
    // Parts that take the case without the filter all arrive, so some groups complete: no warning.
    expect(groups(routed(filter))).toEqual([])
    const filtered = routed(filter)
    expect(groups({ ...filtered, edges: filtered.edges.filter(({ port }) => port !== 'case:x') })).toEqual([
      'warning a/n4',
    ])
  })

  test.each<[string, LooseNode[], string[]]>([
    ['behind a channel', [split, through('mid'), aggregate], ['warning a/n3']],
    ['behind a delay', [split, { kind: 'delay', duration: 1, channel: 'mid' }, aggregate], ['warning a/n3']],
    [
      'of an outer split, whose parts came by one',
      [split, through('mid'), split, aggregate, aggregate],
      ['warning a/n5'],
    ],
    ['in the flow of its split', [split, work, aggregate], []],
    ['of an inner split behind a channel', [through('mid'), split, aggregate], []],
    ['with a timeout', [split, through('mid'), { kind: 'aggregate', timeout: 1 }], []],
    ['with a size', [split, through('mid'), { kind: 'aggregate', size: 2 }], []],
  ])(
    '%s it depends on the number of parts, and is warned about unless it has a rule: ALLORA122',
    (_, nodes, warnings) => {
      expect(found('ALLORA122', [chain(...nodes)])).toEqual(warnings)
    },
  )

  test('in circles of channels is looked at once', () => {
    expect(
      groups(
        line('a', [], [from('in'), split, { kind: 'tap', channel: 'in' }, filter, to('in')]),
        line('b', [], [from('in'), aggregate, to('in')]),
      ),
    ).toEqual([])
  })
})
