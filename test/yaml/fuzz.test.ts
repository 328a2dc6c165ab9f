/** Whatever a file holds, the answer is an app or diagnostics: never an exception, never a long wait, never a changed prototype. */
import fc, { type Arbitrary } from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Diagnostic, formatDiagnostic } from '../../src/graph/diagnostic.ts'
import { DOCUMENT_1, DOCUMENT_2 } from '../../src/yaml/document-shape.ts'
import { parseAllora } from '../../src/yaml/parse-allora.ts'
import { toSarif } from '../../src/yaml/reports.ts'
import { stepShape } from '../../src/yaml/operators.ts'
import { arbitraryApp } from '../arbitraries/graph.ts'
import { toYaml } from '../../src/yaml/to-yaml.ts'
import { places } from './marked.ts'

/** For each of the four kinds of input. */
const numRuns = process.env['CI'] ? 2500 : 300
/** Milliseconds: the tests of CI take longer than others. */
const LONG = 600_000

/** Reads a text as somebody would who then prints what is wrong; gives the diagnostics, and every promise that is not kept. */
function read(text: string): { readonly found: string; readonly broken: readonly string[] } {
  const parsed = parseAllora(text, { env: {}, readFile: () => 'version: 1' })
  const diagnostics = parsed._tag === 'Left' ? parsed.left : parsed.right.warnings
  JSON.parse(toSarif(diagnostics))
  const lines = text.split(/\r\n?|\n/)
  const broken = [
    ...diagnostics.flatMap((diagnostic) => misplaced(diagnostic, lines)),
    ...(parsed._tag === 'Left' && diagnostics.every(({ severity }) => severity !== 'error')
      ? ['refused without an error']
      : []),
    ...(Object.keys(Object.prototype).length > 0 || 'polluted' in {} ? ['the prototype of objects has changed'] : []),
  ]
  return { found: places(diagnostics).join(), broken }
}

function misplaced(diagnostic: Diagnostic, lines: readonly string[]): string[] {
  const { code, message, position } = diagnostic
  if (!formatDiagnostic(diagnostic).includes(code) || message.length > 2000) return [`cannot be printed: ${code}`]
  if (position === undefined) return []
  const { line, column } = position
  const fits = line > 0 && line <= lines.length && column > 0 && column <= lines[line - 1]!.length + 2
  return fits ? [] : [`${code} is at ${line}:${column}, which is not in the text`]
}

const promisesBroken = (text: string): readonly string[] => read(text).broken

const WORDS = [
  ...Object.keys(DOCUMENT_1.keys),
  ...Object.keys(DOCUMENT_2.keys),
  ...Object.keys(stepShape.operators),
  ...'id kind from to steps when ref-name cases otherwise adapter retry timeout methods type graph __proto__ constructor <<'.split(
    ' ',
  ),
]
const VALUES = [
  '1',
  '2',
  'queue',
  'direct',
  'orders',
  'null',
  '~',
  '""',
  '[]',
  '{}',
  '-1',
  '1.5',
  'true',
  '.inf',
  '*a',
  '&a x',
]
const SIGNS = [
  ': ',
  '- ',
  '\n',
  '\n  ',
  '\n    ',
  '\t',
  '[',
  ']',
  '{',
  '}',
  ', ',
  '"',
  "'",
  '#',
  '|',
  '>',
  '&a ',
  '*a',
  '!',
  '${',
  '}',
  '---\n',
]

const anyValue: Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(...VALUES, ...WORDS),
    fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.string({ maxLength: 5 })),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...WORDS), tie('value'), { maxKeys: 4 }),
  ),
})).value

describe('fuzz', () => {
  test(
    'random bytes',
    () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
          expect(promisesBroken(Buffer.from(bytes).toString('utf8'))).toEqual([])
        }),
        { numRuns },
      )
    },
    LONG,
  )

  test(
    'words and signs in any order',
    () => {
      const part = fc.constantFrom(...WORDS, ...VALUES, ...SIGNS, ...SIGNS)
      fc.assert(
        fc.property(
          fc.constantFrom('version: 1\n', 'version: 2\n', ''),
          fc.array(part, { maxLength: 40 }),
          (begin, parts) => {
            expect(promisesBroken(begin + parts.join(''))).toEqual([])
          },
        ),
        { numRuns },
      )
    },
    LONG,
  )

  test(
    'wrong types everywhere',
    () => {
      fc.assert(
        fc.property(
          fc.constantFrom(1, 2),
          fc.dictionary(fc.constantFrom(...WORDS), anyValue, { maxKeys: 5 }),
          (version, rest) => {
            expect(promisesBroken(JSON.stringify({ ...rest, version }))).toEqual([])
          },
        ),
        { numRuns },
      )
    },
    LONG,
  )

  test(
    'good files, cut off or with a part changed',
    () => {
      const text = arbitraryApp.map(({ app }) => toYaml(app))
      const change = fc.constantFrom<(text: string, at: number) => string>(
        (whole, at) => whole.slice(0, at),
        (whole, at) => whole.slice(0, at) + whole.slice(at + 3),
        (whole, at) => `${whole.slice(0, at)}\t${whole.slice(at)}`,
        (whole, at) => whole.slice(0, at) + whole.slice(at).replace(/: .*/, ': [x]'),
        (whole, at) => whole.slice(0, at) + whole.slice(at).replace(/^ +/m, ' '),
      )
      // One app is changed in five ways, since making it takes longer than reading it.
      const changes = fc.array(fc.tuple(fc.nat(), change), { minLength: 5, maxLength: 5 })
      fc.assert(
        fc.property(text, changes, (whole, each) => {
          expect(each.flatMap(([at, changed]) => promisesBroken(changed(whole, at % whole.length)))).toEqual([])
        }),
        { numRuns: numRuns / 5 },
      )
    },
    LONG,
  )
})

/** Items with long names of one key, alike in all but a few letters. */
const named = (key: string, count: number, first: number): string =>
  Array.from({ length: count }, (_, i) => `  - ${key}: ${'a'.repeat(60)}${String(i + first).padStart(4, '0')}\n`).join(
    '',
  )
const nested = (depth: number, open: string, close: string): string => open.repeat(depth) + close.repeat(depth)
const bomb = `version: 1\na: &a [x, x, x, x, x, x, x, x, x]\n${'b c d e f g h i'
  .split(' ')
  .map((name, i) => `${name}: &${name} [${`*${'abcdefgh'[i]}, `.repeat(9)}]`)
  .join('\n')}`

describe('hostile files', () => {
  const HOSTILE: Readonly<Record<string, readonly [text: string, code: string]>> = {
    'a line of 10 MB': [`version: 1\nchannels: "${'x'.repeat(10_000_000)}"`, 'ALLORA602'],
    'a million brackets': [`version: 1\nchannels: ${nested(500_000, '[', ']')}`, 'ALLORA602'],
    'brackets just within the length': [`version: ${nested(5000, '{a: ', '}')}`, 'ALLORA602'],
    'a thousand dashes': [`version: 1\nchannels:\n  ${'- '.repeat(1000)}x`, 'ALLORA602'],
    'a staircase of mappings': [Array.from({ length: 1000 }, (_, i) => `${' '.repeat(i)}a:`).join('\n'), 'ALLORA602'],
    'questions in questions': ['? '.repeat(1000), 'ALLORA602'],
    'an alias bomb': [bomb, 'ALLORA602'],
    'an alias of what it is in': ['version: 1\nchannels: &a [*a]', 'ALLORA603'],
    'a hundred thousand keys': [
      `version: 1\n${Array.from({ length: 100_000 }, (_, i) => `k${i}: 1`).join('\n')}`.slice(0, 1_000_000),
      'ALLORA602',
    ],
    'seven thousand unknown keys': [
      `version: 2\n${Array.from({ length: 7000 }, (_, i) => `k${i}: 1`).join('\n')}`,
      'ALLORA607',
    ],
    'thousands of broken lines': ['version: 1\n' + 'a b\n c: [\n'.repeat(5000), 'ALLORA603'],
    'ten thousand colons': ['version: 1\n' + 'a: b: c\n'.repeat(10_000), 'ALLORA602'],
    'ten thousand anchors': ['version: 1\na: ' + '&a '.repeat(10_000), 'ALLORA603'],
    'ten thousand documents': ['---\n'.repeat(10_000), 'ALLORA603'],
    'seven thousand equal keys': ['version: 1\n' + 'a: 1\n'.repeat(7000), 'ALLORA604'],
    'a list of ten thousand numbers': [`version: 1\nchannels: [${'1,'.repeat(10_000)}]`, 'ALLORA608'],
    'a key that is a mapping': ['version: 1\n? { a: b }\n: c', 'ALLORA608'],
    'references that never end': [`version: 2\nflows: "${'${a:'.repeat(100_000)}"`, 'ALLORA608'],
    'signs of references that never end': [`version: 2\nflows: '${'$${'.repeat(150_000)}'`, 'ALLORA608'],
    'a line of many findings': [
      `version: 1\nchannels: [${'{ x: y }, '.repeat(4000)}${' '.repeat(450_000)}]`,
      'ALLORA607',
    ],
    'brackets that nothing opened': [`version: 1\n${']'.repeat(45_000)}`, 'ALLORA603'],
    'a flow of ten thousand steps': [
      `version: 2\nchannels: [id: c]\nflows:\n- from: c\n  steps: [${'log, '.repeat(10_000)}]`,
      'ALLORA602',
    ],
    'a flow of ten thousand branches': [
      `version: 2\nchannels: [id: c]\nflows:\n- from: c\n  steps:\n  - route: k\n    cases:\n${Array.from({ length: 4000 }, (_, i) => `      k${i}: []\n`).join('')}`,
      'ALLORA602',
    ],
    'a graph of thousands of nodes': [
      `version: 2\nflows:\n- id: f\n  graph: { channels: [], edges: [], nodes: [${'{ id: n }, '.repeat(3000)}] }`,
      'ALLORA602',
    ],
    'thousands of names that are nearly right': [
      `version: 2\nchannels:\n${named('id', 2000, 0)}flows:\n- from: ${'a'.repeat(60)}0000\n  steps:\n${named('tap', 900, 5000)}`,
      'ALLORA101',
    ],
  }

  test.each(Object.entries(HOSTILE))('%s', (_, [text, code]) => {
    const before = process.cpuUsage()
    const { found, broken } = read(text)
    // A limit that is far off on any machine: what it would catch takes minutes.
    // Of the processor, in microseconds: what else the machine does is not counted.
    expect(process.cpuUsage(before).user).toBeLessThan(20_000_000)
    expect(found).toContain(code)
    expect(broken).toEqual([])
  })

  test.each([
    'version: 1\n__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }',
    'version: 2\ntransports: { __proto__: { type: x, polluted: true } }',
    'version: 2\nflows:\n  - id: x\n    graph: { __proto__: { polluted: true }, channels: [], nodes: [], edges: [] }',
  ])('prototypes stay as they are: %j', (text) => {
    expect(promisesBroken(text)).toEqual([])
  })

  test('the names of what all objects have are names like any other', () => {
    const parsed = parseAllora(`version: 2
channels: [{ id: __proto__, kind: queue }, { id: constructor, kind: queue }]
flows:
  - id: __proto__
    from: __proto__
    steps:
      - route: toString
        cases:
          __proto__: [{ handle: valueOf }]
          constructor: [to: constructor]
`)
    expect(parsed).toMatchObject({
      right: { graph: { flows: [{ nodes: [{}, { cases: ['__proto__', 'constructor'] }, {}, {}, {}, {}] }] } },
    })
  })

  test('includes in a circle, of itself, and without end', () => {
    const files: Record<string, string> = {
      '/w/a.yml': 'version: 2\ninclude: b.yml',
      '/w/b.yml': 'version: 2\ninclude: [./a.yml]',
      '/w/self.yml': 'version: 2\ninclude: self.yml',
    }
    const readFile = (path: string): string => files[path] ?? `version: 2\ninclude: x${path.slice(3)}`
    const readFiles = (file: string): readonly string[] => {
      const parsed = parseAllora({ file }, { cwd: '/w', env: {}, readFile })
      return parsed._tag === 'Left' ? parsed.left.map(({ code, message }) => `${code} ${message}`) : []
    }
    expect(readFiles('a.yml')).toEqual(['ALLORA612 The includes go in a circle: a.yml includes b.yml includes a.yml.'])
    expect(readFiles('self.yml')).toEqual(['ALLORA612 The includes go in a circle: self.yml includes self.yml.'])
    expect(readFiles('c.yml')).toEqual(['ALLORA602 The file leads to more than 100 others.'])
  })

  test('files that are each within the limits are together not', () => {
    const include = Array.from({ length: 20 }, (_, i) => `f${i}.yml`).join(', ')
    let read = 0
    const readFile = (path: string): string => {
      if (path.endsWith('a.yml')) return `version: 2\ninclude: [${include}]`
      read++
      return `version: 2\nchannels:\n${Array.from({ length: 5500 }, (_, i) => `- id: ${path}${i}\n`).join('')}`
    }
    const parsed = parseAllora({ file: 'a.yml' }, { cwd: '/w', env: {}, readFile })
    const messages = parsed._tag === 'Left' ? parsed.left.map(({ code, message }) => `${code} ${message}`) : []
    expect(messages[0]).toBe('ALLORA602 The files together have more than 200,000 keys, values and signs.')
    expect({ read, told: messages.length }).toEqual({ read: 5, told: 1 })
  })
})
