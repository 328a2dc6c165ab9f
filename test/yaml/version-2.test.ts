/** What version 2 adds to the flows: values of the environment, other files, transports, and things that are no functions. */
import { type QueueChannel, type Transport, direct, flow, iterate, queue, sink } from 'allora'
import { describe, expect, test } from 'vitest'
import { memory } from '../../src/memory/memory.ts'
import { bindFile } from '../../src/yaml/bind-file.ts'
import { type ParseOptions, parseAllora } from '../../src/yaml/parse-allora.ts'
import { toYaml } from '../../src/yaml/to-yaml.ts'
import type { AlloraFile } from '../../src/yaml/allora-file.ts'
import { drained, started } from '../runtime/rig.ts'
import { found, places } from './marked.ts'

function read(input: string | { readonly file: string }, options: ParseOptions = {}): AlloraFile {
  const parsed = parseAllora(input, { env: {}, ...options })
  if (parsed._tag === 'Left') throw new Error(parsed.left.map((each) => each.message).join('\n'))
  return parsed.right
}

test('a flow may begin with a node that is called as the next one would be', () => {
  const file = read(
    'version: 2\nchannels: [{ id: in, kind: queue }]\nflows:\n  - { id: f, from: { channel: in, id: n1 }, steps: [] }',
  )
  expect(file.graph.flows[0]?.nodes.map(({ id }) => id)).toEqual(['n1', 'n2'])
})

test('what is wrong with a channel is told once, however many flows name it', () => {
  const flows = ['a', 'b', 'c'].map((id) => `  - { id: ${id}, from: t, steps: [{ transform: f }] }`).join('\n')
  const text = `version: 2\nchannels:\n  - { id: t, kind: pubsub, compare: f }\nflows:\n${flows}`
  expect(places(found(text)).filter((each) => each.startsWith('error'))).toEqual(['error ALLORA117 3:5'])
})

describe('references', () => {
  const id = (text: string, env: Record<string, string> = {}): unknown =>
    read(`version: 2\nchannels:\n  - id: ${text}`, { env }).graph.channels?.[0]?.id

  test('a value of the environment, or its default', () => {
    expect(id('${NAME}', { NAME: 'orders' })).toBe('orders')
    expect(id('${NAME:orders}')).toBe('orders')
    expect(id('"in.${TENANT:acme}.${KIND:x}"', { TENANT: 'big' })).toBe('in.big.x')
    expect(id('"${EMPTY:}x"')).toBe('x')
  })
  test('is a text where it stands in quotes', () => {
    const text = 'version: 2\nchannels:\n  - { id: a, kind: queue, capacity: "${N:5}" }'
    expect(places(found(text))).toEqual(['error ALLORA608 3:37'])
  })
  test('without quotes it is what it would be if it stood there', () => {
    const text = 'version: 2\nchannels:\n  - id: a\n    kind: queue\n    capacity: ${N:7}'
    expect(read(text).graph.channels).toEqual([{ id: 'a', kind: 'queue', capacity: 7 }])
    expect(read(text, { env: { N: '9' } }).graph.channels).toEqual([{ id: 'a', kind: 'queue', capacity: 9 }])
    expect(read(text, { env: { N: 'unbounded' } }).graph.channels?.[0]?.capacity).toBe('unbounded')
  })
  test('two dollar signs stand for the text itself', () => {
    expect(id('"$${NAME}"', { NAME: 'x' })).toBe('${NAME}')
    expect(found('version: 2\nchannels: [{ id: "$${NAME" }]').map(({ code }) => code)).toEqual(['ALLORA102'])
    expect(id('"costs $5"')).toBe('costs $5')
  })
  test('version 1 knows none: Allora reads the text as it is', () => {
    expect(read('version: 1\nchannels: [{ id: "${NAME}" }]').graph.channels?.[0]?.id).toBe('${NAME}')
  })
  test('prototypes are no environment', () => {
    expect(places(found('version: 2\nchannels:\n  - id: ${constructor}'))).toEqual(['error ALLORA611 3:9'])
  })
})

describe('include', () => {
  const files: Readonly<Record<string, string>> = {
    '/app/allora.yml':
      'version: 2\ninclude: [parts/channels.yml, parts/old.yml]\nflows:\n  - { from: orders, steps: [to: shipped] }',
    '/app/parts/channels.yml': 'version: 2\ninclude: shared.yml\nchannels: [{ id: orders, kind: queue }]',
    '/app/parts/shared.yml': 'version: 2\nchannels: [{ id: shipped, kind: queue }]',
    '/app/parts/old.yml': 'version: 1\nservice-activators: [{ ref-name: bill, from: shipped, to: orders }]',
    '/app/twice.yml': 'version: 2\ninclude: [parts/channels.yml, parts/shared.yml, ./parts/shared.yml]',
    '/app/wrong.yml': 'version: 2\ninclude: [broken.yml, missing.yml]',
    '/app/broken.yml': 'version: 2\nchanels: []',
  }
  const options = {
    cwd: '/app',
    readFile: (path: string): string => {
      if (files[path] === undefined) throw Object.assign(new Error(path), { code: 'ENOENT' })
      return files[path]
    },
  }

  test('files of both versions come together, paths taken from the file that names them', () => {
    const file = read({ file: 'allora.yml' }, options)
    expect(file.graph.flows.map(({ id }) => id)).toEqual(['service:auto.1', 'orders'])
    expect(file.files).toEqual(['allora.yml', 'parts/channels.yml', 'parts/shared.yml', 'parts/old.yml'])
  })
  test('a file that is named twice counts once', () => {
    expect(read({ file: 'twice.yml' }, options).graph.channels?.map(({ id }) => id)).toEqual(['orders', 'shipped'])
  })
  test('problems are told with the file they are in', () => {
    const parsed = parseAllora({ file: 'wrong.yml' }, options)
    const told = parsed._tag === 'Left' ? parsed.left : []
    expect(told.map(({ code, position }) => `${code} ${position?.file}:${position?.line}`)).toEqual([
      'ALLORA607 broken.yml:2',
      'ALLORA601 wrong.yml:2',
    ])
  })
  test('a text may be known by a path, which its includes are taken from', () => {
    const parsed = parseAllora({ file: 'x/y.yml', text: 'version: 2\ninclude: ../parts/shared.yml' }, options)
    expect(parsed).toMatchObject({ right: { files: ['x/y.yml', 'parts/shared.yml'] } })
  })
})

describe('binding', () => {
  const text = `version: 2
transports:
  jobs: { type: mine, file: jobs.db }
channels:
  - { id: out, kind: queue, transport: jobs }
  - { id: bad, kind: queue }
flows:
  - id: read
    from: { adapter: lines }
    steps:
      - validate: short
        invalidTo: bad
      - claimCheckIn: { store: vault }
      - claimCheckOut: { store: vault }
      - idempotent: { key: self, store: seen }
      - filter: { when: '!body.contains("x")' }
      - to: { adapter: printer }
`
  const schema = {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value: unknown) => (String(value).length < 3 ? { value } : { issues: [{ message: 'too long' }] }),
    },
  }
  const vault = new Map<string, unknown>()
  const store = {
    put: (claim: string, payload: unknown) => void vault.set(claim, payload),
    get: (claim: string) => ({ payload: vault.get(claim) }),
    remove: () => undefined,
  }
  const seen = { reserve: () => true, commit: () => undefined, release: () => undefined }

  test('schemas, stores, sources and sinks stand for the functions that give them', async () => {
    const printed: unknown[] = []
    const made: unknown[] = []
    const bound = bindFile(read(text), {
      services: {
        lines: iterate(['a', 'long', 'ax']),
        short: schema,
        vault: store,
        seen,
        self: (payload: string) => payload,
        printer: sink((line: string) => void printed.push(line)),
      },
      transportTypes: {
        mine: (options) => {
          made.push(options)
          return memory()
        },
      },
    })
    if (bound._tag === 'Left') throw new Error(bound.left[0].message)
    const { rt } = await started(bound.right.app, { transports: bound.right.transports })
    await rt.idle()
    expect(printed).toEqual(['a'])
    expect(drained(rt.channel('bad') as QueueChannel<unknown>)).toEqual(['long'])
    expect(made).toEqual([{ file: 'jobs.db' }])
  })

  test('everything that is missing is told at once', () => {
    const bound = bindFile(read(text), { services: { lines: 7, shrot: schema } })
    const told = bound._tag === 'Left' ? bound.left.map(({ message }) => message) : []
    expect(told).toEqual([
      'The transport "jobs" is of the type "mine", which nothing was given for.',
      'The service "lines" is neither a function nor a schema, source, sink or store.',
      'There is no service "short".',
      'There is no service "vault".',
      'There is no service "self".',
      'There is no service "seen".',
      'There is no service "printer".',
    ])
  })

  test('a transport that is given goes before its description', () => {
    const given: Transport = memory()
    const file = read(
      'version: 2\ntransports: { jobs: { type: unknown } }\nchannels: [{ id: a, kind: queue, transport: jobs }]',
    )
    expect(bindFile(file, { transports: { jobs: given } })).toMatchObject({ right: { transports: { jobs: given } } })
  })

  test('a transport that nobody describes or gives is told, before anything starts', () => {
    const file = read('version: 2\nchannels:\n  - { id: a, kind: queue, transport: job }')
    expect(bindFile(file, { transports: { jobs: memory() } })).toMatchObject({
      left: [
        {
          code: 'ALLORA613',
          message: 'Channel "a" is bound to the transport "job", and there is none of this name.',
          fix: expect.stringContaining('Did you mean "jobs"?'),
          position: { line: 3 },
        },
      ],
    })
    expect(bindFile(file, { transports: { job: memory() } })).toMatchObject({ _tag: 'Right' })
  })
})

describe('toYaml', () => {
  test('a file is written as it came, with its comments', () => {
    const text = '# The orders of the shop.\nversion: 2\nchannels:\n  - { id: a, kind: queue } # all of them\n'
    const file = read(text)
    const bound = bindFile(file)
    expect(toYaml(file)).toBe(text)
    expect(toYaml(file.graph)).toBe(text)
    expect(toYaml(bound._tag === 'Right' ? bound.right.app : file)).toBe(text)
  })

  test('an app that has changed keeps what is the same as it was, comments included', () => {
    const text = `# The shop.
version: 2

channels:
  # Everything comes in here.
  - id: a # and waits
    kind: queue
    capacity: \${NOT_SET_ANYWHERE:5}
  - { id: b, kind: queue }

flows:
  # The first one.
  - id: one
    from: a # all of it
    steps:
      - handle: f
      - to: b
  - id: two
    from: b
`
    const file = read(text)
    const [one, two] = file.graph.flows
    const changed = { ...file.graph, flows: [one!, { ...two!, id: 'three' }] }
    expect(toYaml(changed, { like: file })).toBe(text.replace('id: two', 'id: three'))
    const less = { ...file.graph, flows: [one!] }
    expect(toYaml(less, { like: file })).toBe(text.replace('  - id: two\n    from: b\n', ''))
    expect(read(toYaml(changed, { like: read('version: 1') })).graph).toEqual(changed)
  })

  test('a flow that says something else of a channel than the others says it itself', () => {
    const app = {
      version: 1,
      flows: [
        flow('one').from(direct('in')).to(queue('out')).build().graph,
        flow('two')
          .from(queue('out', { capacity: 5 }))
          .build().graph,
      ],
    } as const
    const text = toYaml(app)
    expect(read(text).graph).toEqual(app)
    expect(text).not.toContain('graph:')
  })

  test('several error channels, in branches and behind them, are steps', () => {
    const { graph } = flow('f')
      .from(direct('in').of<{ readonly kind: 'a' | 'b' }>())
      .route('kind', { a: (a) => a, b: (b) => b.handle(() => 1, { id: 'one' }).errorsTo(queue('first')) })
      .errorsTo(queue('second'))
      .handle(() => 2, { id: 'two' })
      .errorsTo(queue('third'))
      .build()
    expect(toYaml(graph)).not.toContain('graph:')
    expect(read(toYaml(graph)).graph.flows).toEqual([graph])
  })

  test('a text that looks like a reference stays a text', () => {
    const graph = flow('${HOME}').from(direct('${')).to(queue('a$${b}')).build().graph
    expect(read(toYaml(graph)).graph.flows).toEqual([graph])
  })

  test('a graph that no steps make is written as a graph', () => {
    const graph = flow('f').from(direct('in')).to(queue('out')).build().graph
    const odd = { ...graph, nodes: [graph.nodes[1]!, graph.nodes[0]!] }
    expect(toYaml(odd)).toContain('    graph:\n')
    expect(read(toYaml(odd)).graph.flows).toEqual([odd])
  })
})

describe('sources and sinks that need no code', () => {
  const bound = (text: string, services: Readonly<Record<string, unknown>> = {}) => {
    const made = bindFile(read(text), { services })
    if (made._tag === 'Left') throw new Error(made.left[0].message)
    return made.right.app
  }
  const text =
    'version: 2\nchannels: [{ id: out, kind: queue }]\nflows:\n  - id: f\n    from: { iterate: [1, { a: 2 }] }\n    steps: [to: out]'

  test('run', async () => {
    const { rt } = await started(bound(text))
    await rt.idle()
    expect(drained(rt.channel('out') as QueueChannel<unknown>)).toEqual([1, { a: 2 }])
  })

  test('give way to a service of their name', async () => {
    const { rt } = await started(bound(text, { 'f/n0': iterate(['stub']) }))
    await rt.idle()
    expect(drained(rt.channel('out') as QueueChannel<unknown>)).toEqual(['stub'])
  })
})
