import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { toDot } from '../../src/graph/dot.ts'
import { toMermaid } from '../../src/graph/mermaid.ts'
import type { AppGraph } from '../../src/graph/graph.ts'
import { arbitraryApp } from '../arbitraries/graph.ts'
import { sampleApp } from './sample-app.ts'
import { appOf, line, queue } from './write-graph.ts'

const numRuns = process.env['CI'] ? 1000 : 200

/** Lines as they may be, so that no name can be more than text; both drawings parse with the real tools when they match. */
const mermaidText = /"(?:[\p{L}\p{N} _.,:/()+-]|#\d+;|<br\/>)+"/u.source
const MERMAID = new RegExp(
  [
    'flowchart LR',
    ' {2}classDef \\w+ [#\\w:, -]+',
    ` +[cf]\\w+[[({]{1,2}[/\\\\]?${mermaidText}[/\\\\]?[\\])}]{1,2}:::\\w+`,
    ` {2}subgraph f\\d+\\[${mermaidText}\\]`,
    ' {2}end',
    ` {2}[cf]\\w+ (?:<?-->|<?-\\.->)(?:\\|${mermaidText}\\|)? [cf]\\w+`,
  ]
    .map((form) => `^${form}$`)
    .join('|'),
  'u',
)
const dotText = /"(?:[^"\\\p{Cc}\p{Cs}]|\\["\\n])*"/u.source
const dotAttributes = `\\w+=(?:${dotText}|\\w+)`
const DOT = new RegExp(
  [
    'digraph \\{',
    ' {2}rankdir=LR',
    ` +(?:node|edge|[cf]\\w+)(?: -> [cf]\\w+)?(?: \\[${dotAttributes}(?:, ${dotAttributes})*\\])?`,
    ' {2}subgraph cluster_f\\d+ \\{',
    ` {4}(?:label=${dotText}|style=rounded)`,
    ' *\\}',
  ]
    .map((form) => `^${form}$`)
    .join('|'),
  'u',
)

const linesOf = (text: string): string[] => text.trimEnd().split('\n')
const channel = (id: string): AppGraph => appOf(line('f', [queue(id)], []))

describe.each([
  ['Mermaid', toMermaid, MERMAID],
  ['DOT', toDot, DOT],
] as const)('%s', (_, draw, grammar) => {
  test('draws every kind of node and channel', () => {
    expect(draw(sampleApp)).toMatchSnapshot()
  })

  test('keeps its syntax whatever ids and names hold', () => {
    fc.assert(
      fc.property(arbitraryApp, ({ app }) => {
        expect(linesOf(draw(app)).filter((text) => !grammar.test(text))).toEqual([])
      }),
      { numRuns },
    )
  })

  test('draws an app without flows', () => {
    expect(linesOf(draw(appOf())).every((text) => grammar.test(text))).toBe(true)
  })

  test('draws what is wrong too: channels nobody declares, no edges to nowhere', () => {
    const wrong = line(
      'f',
      [],
      [{ kind: 'inlet', channel: 'lost' }, { kind: 'reply' }],
      [
        { from: 'n0', to: 'n9', port: 'error' },
        { from: 'n0', to: 'n9' },
      ],
    )
    const text = draw(appOf(wrong))
    expect(text).toContain('unknown channel')
    expect(text.match(/->/g)).toHaveLength(2)
  })
})

test('one dotted line stands for all the failures an error scope takes', () => {
  expect(linesOf(toMermaid(sampleApp)).filter((text) => text.includes('error'))).toEqual([
    '    f0n24(("errors to")):::failure',
    '  f0n6 -.->|"errors of 5 nodes"| f0n7',
    '  f0n23 -.->|"errors of 13 nodes"| f0n24',
  ])
  const single = line(
    'f',
    [queue('in')],
    [
      { kind: 'inlet', channel: 'in' },
      { kind: 'handle', service: 's' },
      { kind: 'reply' },
      { kind: 'recover', service: 'r' },
    ],
    [{ from: 'n1', to: 'n3', port: 'error' }],
  )
  expect(toMermaid(appOf(single))).toContain('f0n1 -.->|"error"| f0n3')
})

test('Mermaid: signs with a meaning become entities or are parted', () => {
  const texts = ['"]; x --> y', 'a\nb', '#quot;', '<b>', '`x`', '\ud800', 'C:\\new', '$$x$$', 'fa:fa-car', ''].map(
    (id) => /c0\[\("(.*)<br\/>queue"/.exec(toMermaid(channel(id)))?.[1],
  )
  expect(texts).toEqual([
    '#34;#93;#59; x --#62; y',
    'a#10;b',
    '#35;quot#59;',
    '#60;b#62;',
    '#96;x#96;',
    '#65533;',
    'C:#92;#8288;new',
    '#36;#8288;#36;#8288;x#36;#8288;#36;#8288;',
    'fa:#8288;fa-car',
    '',
  ])
  expect(toMermaid(appOf(line('', [], [])))).toContain('subgraph f0["#160;"]')
})

test('DOT: quotes and backslashes are escaped, entities are not read, what it cannot hold is replaced', () => {
  const texts = ['a"b', 'a\\', 'a\r\nb', '&lt;', '\u0000', '\ud800'].map(
    (id) => /c0 \[label="(.*)\\nqueue"/.exec(toDot(channel(id)))?.[1],
  )
  expect(texts).toEqual(['a\\"b', 'a\\\\', 'a b', '&amp;lt;', '\ufffd', '\ufffd'])
})

test('a case without a name and a lambda are told by what they have', () => {
  const flow = line(
    'f',
    [queue('in')],
    [{ kind: 'inlet', channel: 'in' }, { kind: 'route', by: { service: 'f/n1' }, cases: [''] }, { kind: 'reply' }],
  )
  const text = toMermaid(appOf({ ...flow, edges: [flow.edges[0]!, { from: 'n1', to: 'n2', port: 'case:' }] }))
  expect(text).toContain('f0n1{"route<br/>n1"}')
  expect(text).toContain('f0n1 -->|"case:"| f0n2')
})
