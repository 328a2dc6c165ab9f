/** An app that came from files is written as they were: words, comments and order stay wherever nothing has changed. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { direct, flow, queue, service } from '../../src/index.ts'
import type { AppGraph, GraphNode } from '../../src/graph/graph.ts'
import { type AlloraFile, parseAllora, toYaml, toYamlFiles } from '../../src/yaml/index.ts'
import { arbitraryApp } from '../arbitraries/graph.ts'

// Each app is large, and is written and read several times.
const numRuns = process.env['CI'] ? 250 : 50
const LONG = 600_000

function read(text: string, files: Readonly<Record<string, string>> = {}): AlloraFile {
  const parsed = parseAllora({ file: '/w/allora.yml', text }, { cwd: '/w', env: {}, readFile: (path) => files[path]! })
  if (parsed._tag === 'Left') throw new Error(`${parsed.left[0].message} ${parsed.left[0].fix}\n${text}`)
  return parsed.right
}

const outdented = (text: string): string => text.replace(/^ {2}/gm, '').trimStart()

/** The app with other nodes: as somebody has it who changed the data. */
const changed = ({ graph }: AlloraFile, change: (node: GraphNode) => GraphNode): AppGraph => ({
  ...graph,
  flows: graph.flows.map((each) => ({ ...each, nodes: each.nodes.map(change) })),
})
const renamed =
  (from: string, to: string) =>
  (node: GraphNode): GraphNode =>
    'service' in node && node.service === from ? { ...node, service: to } : node

const extra = flow('extra')
  .from(queue('extras').of<string>())
  .handle(service('more', (text: string) => text))
  .to(direct('rest').of<string>())
  .build().graph

const VERSION_1 = outdented(`
  # Orders of all shops
  version: 1 # the format of Allora
  channels:
    # where they come in
    - id: orders # direct
    - { id: parcels, kind: queue } # and where they go
  filters:
    # only what was paid
    - from: orders
      when: exists(header("paid")) # set by the shop
  service-activators:
    # packs
    - id: pack
      ref-name: packer # of team B
      from: orders
      to: parcels
    # bills
    - { ref-name: biller, from: orders, to: parcels }
`)

describe('version 1', () => {
  test.each([
    VERSION_1,
    'version: 1 # one kind\nfilters:\n  # each\n  - { from: a, when: b } # c\n',
    'version: 1\n# one\nfilter:\n  # alone\n  id: x\n  from: a # from\n  when: b\n',
    'version: 1\nchannel: # alone\n  # its id\n  id: x\n',
  ])('a document that has not changed is written as it was', (text) => {
    const file = read(text)
    expect(toYaml(file)).toBe(text)
    expect(toYaml(structuredClone(file.graph), { like: file })).toBe(text)
  })

  test('a component that has changed keeps its comments and the version', () => {
    const file = read(VERSION_1)
    expect(toYaml(changed(file, renamed('packer', 'robot')), { like: file })).toBe(VERSION_1.replace('packer', 'robot'))
  })

  test('a component that has gone is left out', () => {
    const file = read(VERSION_1)
    const flows = file.graph.flows.filter(({ id }) => id !== 'pack')
    const text = toYaml({ ...file.graph, flows }, { like: file })
    expect(text).not.toContain('packer')
    expect(commentsOf(text)).toEqual(commentsOf(VERSION_1).filter((comment) => comment !== '# of team B'))
  })

  test('what version 1 cannot say makes a file of version 2, with all comments', () => {
    const file = read(VERSION_1)
    const after = { ...file.graph, flows: [...file.graph.flows, extra] }
    const text = toYaml(after, { like: file })
    expect(read(text).graph).toEqual(after)
    expect(commentsOf(text)).toEqual(commentsOf(VERSION_1))
    // Several consumers of a direct channel share it in version 2.
    expect(text).toContain('- id: orders # direct\n    kind: pubsub\n    await: handled')
  })
})

const VERSION_2 = outdented(`
  version: 2
  channels:
    - { id: orders, kind: queue } # all of them
    # small
    - id: parcels
      kind: queue
      capacity: 5
  flows:
    # the shop
    - id: shop
      from: orders
      steps:
        # first
        - handle: check # quickly
          timeout: 50 # enough
        # then
        - handle: pack
        # by size
        - route: size
          cases:
            # parcels
            small: [ { to: parcels } ] # at once
            large:
              # by hand
              - handle: weigh
              - to: parcels
    - from: parcels # no id
`)

describe('version 2', () => {
  test.each([
    ['a step', (file: AlloraFile) => changed(file, renamed('pack', 'wrap')), ['pack', 'wrap']],
    ['a step in a branch', (file: AlloraFile) => changed(file, renamed('weigh', 'guess')), ['weigh', 'guess']],
    [
      'an option',
      (file: AlloraFile) =>
        changed(file, (node) => (node.kind === 'handle' && node.timeout ? { ...node, timeout: 70 } : node)),
      ['timeout: 50', 'timeout: 70'],
    ],
    [
      'a channel',
      ({ graph }: AlloraFile) => ({
        ...graph,
        flows: graph.flows.map((each) => ({
          ...each,
          channels: each.channels.map((spec) => (spec.id === 'parcels' ? { ...spec, capacity: 6 } : spec)),
        })),
      }),
      ['capacity: 5', 'capacity: 6'],
    ],
  ] as const)('%s that has changed leaves all else as it was', (_, change, [from, to]) => {
    const file = read(VERSION_2)
    expect(toYaml(change(file), { like: file })).toBe(VERSION_2.replace(from, to))
  })

  test('a step that is another one has the comment of the one before it', () => {
    const file = read(VERSION_2)
    const other = changed(file, (node) =>
      'service' in node && node.service === 'pack' ? ({ ...node, kind: 'transform' } as GraphNode) : node,
    )
    expect(toYaml(other, { like: file })).toBe(VERSION_2.replace('- handle: pack', '- transform: pack'))
  })
})

describe('several files', () => {
  const MAIN =
    '# all\nversion: 2\ninclude: [shop.yml, old.yml] # two\nchannels:\n  - id: orders # in\n  - id: parcels\n    kind: queue\n'
  const SHOP =
    '# the shop\nversion: 2\nflows:\n  - id: shop # main\n    from: orders\n    steps:\n      # packs\n      - handle: pack\n      - to: parcels # out\n'
  const OLD =
    '# as it was\nversion: 1\nservice-activators:\n  - { id: bill, ref-name: biller, from: parcels, to: bills } # all\nchannels:\n  - id: bills\n'
  const FILES = { '/w/shop.yml': SHOP, '/w/old.yml': OLD }

  test('what has not changed is written file by file, and by its first file', () => {
    const file = read(MAIN, FILES)
    const texts = [MAIN, SHOP, OLD]
    expect(toYaml(file)).toBe(MAIN)
    for (const files of [toYamlFiles(file), toYamlFiles(structuredClone(file.graph), { like: file })]) {
      expect(files).toEqual(['allora.yml', 'shop.yml', 'old.yml'].map((name, i) => ({ file: name, text: texts[i] })))
    }
  })

  test('a change is written where it belongs, and new flows in the first file', () => {
    const file = read(MAIN, FILES)
    const step = toYamlFiles(changed(file, renamed('pack', 'wrap')), { like: file })
    expect(step.map(({ text }) => text)).toEqual([MAIN, SHOP.replace('handle: pack', 'handle: wrap'), OLD])
    const more = { ...file.graph, flows: [...file.graph.flows, extra] }
    const [main, ...others] = toYamlFiles(more, { like: file })
    expect(others.map(({ text }) => text)).toEqual([SHOP, OLD])
    expect(main.text).toContain('# all\nversion: 2\ninclude: [ shop.yml, old.yml ] # two\n')
    expect(main.text).toContain('  - id: extra\n')
    expect(toYaml(more, { like: file })).toBe(main.text)
  })

  test('one text alone includes nothing that no longer fits', () => {
    const file = read(MAIN, FILES)
    const after = changed(file, renamed('pack', 'wrap'))
    const text = toYaml(after, { like: file })
    expect(text).not.toContain('include')
    expect(read(text).graph.flows.toSorted(byId)).toEqual(after.flows.toSorted(byId))
  })
})

test('an id that looks like a reference is known again', () => {
  const text =
    'version: 2\nchannels: [ { id: orders } ]\nflows: # one\n  - id: "$${ORDERS}" # as it is\n    from: orders\n    steps: [ { handle: pack } ]\n'
  const file = read(text)
  expect(file.graph.flows.map(({ id }) => id)).toEqual(['${ORDERS}'])
  expect(toYaml(structuredClone(file.graph), { like: file })).toBe(text)
})

const byId = (a: { readonly id: string }, b: { readonly id: string }): number => a.id.localeCompare(b.id)
const commentsOf = (text: string): readonly string[] =>
  [...text.matchAll(/(?:^|\s)(# .*)$/gm)].map(([, comment]) => comment!)

test(
  'whatever the app is, what has not changed keeps its words, and a new flow costs no comment',
  () => {
    fc.assert(
      fc.property(arbitraryApp, fc.nat(), ({ app }, pick) => {
        const lines = toYaml(app).trimEnd().split('\n')
        const text = lines.map((line, i) => `${/^ */.exec(line)![0]}# c${i}\n${line}\n`).join('')
        const file = read(text)
        expect(file.graph).toEqual(app)
        expect(toYaml(structuredClone(app), { like: file })).toBe(text)

        const more = { ...app, flows: [...app.flows, { ...extra, id: `extra${pick}` }] }
        const longer = toYaml(more, { like: file })
        expect(read(longer).graph).toEqual(more)
        expect(lines.filter((_, i) => !longer.includes(`# c${i}\n`))).toEqual([])
      }),
      { numRuns },
    )
  },
  LONG,
)
