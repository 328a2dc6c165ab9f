/** The JSON Schemas for editors accept what the compiler accepts, and are those in the package. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { toSarif, toJsonReport } from '../../src/yaml/reports.ts'
import { alloraSchema } from '../../src/yaml/json-schema.ts'
import { toYaml } from '../../src/yaml/to-yaml.ts'
import { arbitraryApp } from '../arbitraries/graph.ts'
import { root } from '../tooling/virtual-program.ts'
import { found } from './marked.ts'

const validator = (version: 1 | 2, names = {}): ((data: unknown) => boolean) =>
  new Ajv2020({ strict: true, allowUnionTypes: true }).compile(alloraSchema(version, names))
const accepts = { 1: validator(1), 2: validator(2) }

test.each([1, 2] as const)('schema/allora-%i.json is fresh: npm run schema', (version) => {
  const published: unknown = JSON.parse(readFileSync(join(root, `schema/allora-${version}.json`), 'utf8'))
  expect(published).toEqual(alloraSchema(version))
})

test('every app that is written is valid', () => {
  fc.assert(
    fc.property(arbitraryApp, ({ app }) => {
      expect(accepts[2](parse(toYaml(app)))).toBe(true)
    }),
    { numRuns: process.env['CI'] ? 200 : 40 },
  )
}, 300_000)

test.each([
  [1, 'channels: [{ id: a }, { kind: queue }]', true],
  [1, 'filters: [{ from: a, when: x }]', true],
  [1, 'filters: []', false],
  [1, 'filters: [{ from: a }]', false],
  [1, 'filters: [{ from: a, when: x, unknown: 1 }]', false],
  [1, 'flows: []', false],
  [1, 'http-inbound-adapters: [{ host: h, port: 0, path: /p, methods: [GET], request-channel: a }]', false],
  [1, 'http-inbound-adapters: [{ host: h, port: 1, path: p, methods: [GET], request-channel: a }]', false],
  [1, 'http-inbound-adapters: [{ host: h, port: 1, path: /p, methods: [get], request-channel: a }]', false],
  [1, 'http-inbound-adapters: [{ host: h, port: 1, path: /p, methods: [GET], request-channel: a }]', true],
  [2, 'flows: [{ from: a, steps: [split, { handle: x, timeout: 5 }, { aggregate: }, { to: b }] }]', true],
  [2, 'flows: [{ from: a, steps: [handle] }]', false],
  [2, 'flows: [{ from: a, steps: [{ handel: x }] }]', false],
  [2, 'flows: [{ from: a, steps: [{ handle: x, discardTo: b }] }]', false],
  [2, 'flows: [{ from: a, steps: [{ route: kind, cases: { x: [{ handle: y }] } }] }]', true],
  [2, 'flows: [{ from: a, steps: [{ route: kind, cases: { x: [{ handle: 7 }] } }] }]', false],
  [2, 'channels: [{ id: a, kind: queue, capacity: "${CAPACITY:5}" }]', true],
  [2, 'channels: [{ id: a, kind: queue, capacity: many }]', false],
  [2, 'transports: { jobs: { type: sqlite, file: x.db } }', true],
  [2, 'transports: { jobs: { file: x.db } }', false],
] as const)('version %i, %s: %s', (version, text, valid) => {
  expect(accepts[version](parse(`version: ${version}\n${text}`))).toBe(valid)
})

test("the user's own names are offered, and others are allowed", () => {
  const names = { services: ['hello'], channels: new Set(['input']), flows: ['f'], transports: ['jobs'] }
  expect(JSON.stringify(alloraSchema(2, names)['$defs'])).toContain('"enum":["hello"]')
  expect(validator(2, names)(parse('version: 2\nflows: [{ from: other, steps: [{ handle: mine }] }]'))).toBe(true)
})

describe('reports', () => {
  const diagnostics = found('version: 1\nchannels: [{ kind: queu }]\nfilters: []')

  test('as JSON', () => {
    expect(JSON.parse(toJsonReport(diagnostics))).toEqual({ diagnostics })
  })

  test('as SARIF', () => {
    const { runs, version } = JSON.parse(
      toSarif([{ ...diagnostics[0]!, position: { ...diagnostics[0]!.position!, file: 'a b.yml' } }]),
    ) as {
      version: string
      runs: { tool: { driver: { rules: object[] } }; results: object[] }[]
    }
    expect(version).toBe('2.1.0')
    expect(runs[0]!.tool.driver.rules).toMatchObject([
      { id: 'ALLORA608', shortDescription: { text: 'Value of the wrong kind' } },
    ])
    expect(runs[0]!.results).toEqual([
      {
        ruleId: 'ALLORA608',
        level: 'error',
        message: { text: '"kind" must be one of direct, queue, but it is the text "queu". Did you mean "queue"?' },
        locations: [
          {
            physicalLocation: {
              artifactLocation: { uri: 'a%20b.yml' },
              region: { startLine: 2, startColumn: 20, endLine: 2, endColumn: 24 },
            },
            logicalLocations: [{ fullyQualifiedName: 'channels[0].kind' }],
          },
        ],
      },
    ])
  })
})
