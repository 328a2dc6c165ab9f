/** Every error of Allora's format has a diagnostic here, at the place where it is. ▸ marks the place. */
import { describe, expect, test } from 'vitest'
import { found, places, unmarked } from './marked.ts'

type Row = readonly [condition: string, text: string, expected: string, warning?: 'warning']

const service = 'ref-name: s, from: a, to: b'
const inbound = 'host: h, port: 1, path: /p, methods: [GET], request-channel: a'
const channels = 'channels: [{ id: a, kind: queue }, { id: b, kind: queue }]'
const v1 = (rest: string): string => `version: 1\n${channels}\n${rest}`

/** A key with text that is missing, no text, or empty. */
const textRows = (list: string, key: string, entry: (part: string) => string): Row[] => [
  [`${list}: ${key} is missing`, v1(`${list}:\n  - { ▸${entry('').replace(/^, /, '')} }`), 'ALLORA606'],
  [`${list}: ${key} is no text`, v1(`${list}:\n  - { ${entry(`, ${key}: ▸7`).replace(/^, /, '')} }`), 'ALLORA608'],
  [`${list}: ${key} is empty`, v1(`${list}:\n  - { ${entry(`, ${key}: ▸""`).replace(/^, /, '')} }`), 'ALLORA608'],
]

/** A list that is none, that is empty, or that holds something else than mappings. */
const listRows = (list: string): Row[] => [
  [`${list} is null`, `version: 1\n${list}:▸`, 'ALLORA608'],
  [`${list} is a mapping`, `version: 1\n${list}:\n  ▸id: x`, 'ALLORA608'],
  [`${list} is a text`, `version: 1\n${list}: ▸x`, 'ALLORA608'],
  [`${list} is empty`, `version: 1\n${list}: ▸[]`, 'ALLORA608'],
  [`${list} holds a text`, `version: 1\n${list}: [▸x]`, 'ALLORA608'],
]

const single = (kind: string): Row[] => [
  [`${kind} is null`, `version: 1\n${kind}:▸`, 'ALLORA608'],
  [`${kind} is a list`, `version: 1\n${kind}: ▸[]`, 'ALLORA608'],
]

const repeated = (list: string, entry: string): Row[] => [
  [`${list}: an id twice`, v1(`${list}:\n  - { id: x, ${entry} }\n  - { id: ▸x, ${entry} }`), 'ALLORA609'],
  [`${list}: an empty id`, v1(`${list}:\n  - { id: ▸"", ${entry} }`), 'ALLORA608'],
]

const CONDITIONS: readonly (readonly [section: string, rows: readonly Row[]])[] = [
  [
    '2.1 files',
    [
      ['no YAML', 'version: ▸[', 'ALLORA603'],
      ['an unknown key', 'version: 1\n▸chanels: []', 'ALLORA607', 'warning'],
    ],
  ],
  [
    '2.2 the document',
    [
      ['no version', '▸channels: []', 'ALLORA605'],
      ['version is a text', 'version: ▸"1"', 'ALLORA605'],
      ['version is a float', 'version: ▸1.5', 'ALLORA605'],
      ['version is null', 'version:▸', 'ALLORA605'],
      ['version is another', 'version: ▸7', 'ALLORA605'],
      ['an empty file', '▸', 'ALLORA605'],
      ['no mapping', '▸- version: 1', 'ALLORA605'],
      ['channels is null', 'version: 1\nchannels:▸', 'ALLORA608'],
      ['channels is a mapping', 'version: 1\nchannels:\n  ▸id: x', 'ALLORA608'],
      ...['filters', 'service-activators', 'http-inbound-adapters', 'http-outbound-adapters', 'aggregators'].flatMap(
        listRows,
      ),
    ],
  ],
  [
    '2.3 channels',
    [
      ['an entry that is a text', 'version: 1\nchannels: [▸x]', 'ALLORA608'],
      ['kind is no text', 'version: 1\nchannels: [{ kind: ▸7 }]', 'ALLORA608'],
      ['kind is not known', 'version: 1\nchannels: [{ kind: ▸in_memory }]', 'ALLORA608'],
      ['id is empty', 'version: 1\nchannels: [{ id: ▸"" }]', 'ALLORA608'],
      ['id twice', 'version: 1\nchannels: [{ id: x }, { id: ▸x }]', 'ALLORA609'],
      ['id that was counted before', 'version: 1\nchannels: [{ kind: queue }, { id: ▸"channel:auto.1" }]', 'ALLORA609'],
      ['id is no text', 'version: 1\nchannels: [{ id: ▸7 }]', 'ALLORA614', 'warning'],
      ...single('channel'),
      ['single: an unknown key of the document', 'version: 1\nchannel: { id: x }\n▸other: 1', 'ALLORA607'],
      ['single: an unknown key', 'version: 1\nchannel: { id: x, ▸knd: queue }', 'ALLORA607'],
    ],
  ],
  [
    '2.4 filters',
    [
      ...textRows('filters', 'from', (part) => `when: x${part}`),
      ...textRows('filters', 'when', (part) => `from: a${part}`),
      ['to is empty', v1('filters: [{ from: a, when: x, to: ▸"" }]'), 'ALLORA608'],
      ['to is no text', v1('filters: [{ from: a, when: x, to: ▸7 }]'), 'ALLORA614', 'warning'],
      ['id is no text', v1('filters: [{ id: ▸7, from: a, when: x }]'), 'ALLORA614', 'warning'],
      ['when is blank', v1('filters: [{ from: a, when: "▸ " }]'), 'ALLORA610'],
      ['when ends in an operator', v1('filters: [{ from: a, when: exists(header("x")) &&▸ }]'), 'ALLORA610'],
      ['from is not declared', v1('filters: [{ from: ▸aa, when: x }]'), 'ALLORA101'],
      ['to is not declared', v1('filters: [{ from: a, when: x, to: ▸bb }]'), 'ALLORA101'],
      ...repeated('filters', 'from: a, when: x'),
      ...single('filter'),
    ],
  ],
  [
    '2.5 service activators',
    [
      ...textRows('service-activators', 'ref-name', (part) => `from: a, to: b${part}`),
      ...textRows('service-activators', 'from', (part) => `ref-name: s, to: b${part}`),
      ...textRows('service-activators', 'to', (part) => `ref-name: s, from: a${part}`),
      ['from is not declared', v1('service-activators: [{ ref-name: s, from: ▸aa, to: b }]'), 'ALLORA101'],
      ['id is no text', v1(`service-activators: [{ id: ▸true, ${service} }]`), 'ALLORA614', 'warning'],
      ...repeated('service-activators', service),
      ...single('service-activator'),
    ],
  ],
  [
    '2.6 HTTP inbound adapters',
    [
      ...textRows(
        'http-inbound-adapters',
        'host',
        (part) => `port: 1, path: /p, methods: [GET], request-channel: a${part}`,
      ),
      ...textRows(
        'http-inbound-adapters',
        'path',
        (part) => `host: h, port: 1, methods: [GET], request-channel: a${part}`,
      ),
      ...textRows(
        'http-inbound-adapters',
        'request-channel',
        (part) => `host: h, port: 1, path: /p, methods: [GET]${part}`,
      ),
      [
        'port is missing',
        v1('http-inbound-adapters: [{ ▸host: h, path: /p, methods: [GET], request-channel: a }]'),
        'ALLORA606',
      ],
      ['port is a text', v1(`http-inbound-adapters: [{ ${inbound.replace('1', '▸"1"')} }]`), 'ALLORA608'],
      ['port is 0', v1(`http-inbound-adapters: [{ ${inbound.replace('1', '▸0')} }]`), 'ALLORA608'],
      ['port is too large', v1(`http-inbound-adapters: [{ ${inbound.replace('1', '▸65536')} }]`), 'ALLORA608'],
      ['path without a slash', v1(`http-inbound-adapters: [{ ${inbound.replace('/p', '▸p')} }]`), 'ALLORA608'],
      [
        'methods is missing',
        v1('http-inbound-adapters: [{ ▸host: h, port: 1, path: /p, request-channel: a }]'),
        'ALLORA606',
      ],
      ['methods is no list', v1(`http-inbound-adapters: [{ ${inbound.replace('[GET]', '▸GET')} }]`), 'ALLORA608'],
      ['methods is empty', v1(`http-inbound-adapters: [{ ${inbound.replace('[GET]', '▸[]')} }]`), 'ALLORA608'],
      ['a method is no text', v1(`http-inbound-adapters: [{ ${inbound.replace('GET', '▸7')} }]`), 'ALLORA608'],
      ['a method is not known', v1(`http-inbound-adapters: [{ ${inbound.replace('GET', '▸get')} }]`), 'ALLORA608'],
      ['reply-channel is empty', v1(`http-inbound-adapters: [{ ${inbound}, reply-channel: ▸"" }]`), 'ALLORA608'],
      [
        'reply-channel is no text',
        v1(`http-inbound-adapters: [{ ${inbound}, reply-channel: ▸7 }]`),
        'ALLORA614',
        'warning',
      ],
      [
        'request-channel is not declared',
        v1(`http-inbound-adapters: [{ ${inbound.replace('channel: a', 'channel: ▸aa')} }]`),
        'ALLORA101',
      ],
      ['reply-channel is not declared', v1(`http-inbound-adapters: [{ ${inbound}, reply-channel: ▸bb }]`), 'ALLORA101'],
      ...repeated('http-inbound-adapters', inbound),
      ...single('http-inbound-adapter'),
    ],
  ],
  [
    '2.7 HTTP outbound adapters',
    [
      ...textRows('http-outbound-adapters', 'url', (part) => `method: POST${part}`),
      ['url is no URL', v1('http-outbound-adapters: [{ url: ▸there }]'), 'ALLORA608'],
      ['url has another scheme', v1('http-outbound-adapters: [{ url: ▸"ftp://x.org" }]'), 'ALLORA608'],
      ['method cannot be sent', v1('http-outbound-adapters: [{ url: "http://x.org", method: ▸TRACE }]'), 'ALLORA608'],
      ['method is no word', v1('http-outbound-adapters: [{ url: "http://x.org", method: ▸"a b" }]'), 'ALLORA608'],
      [
        'use-out-msg is no flag',
        v1('http-outbound-adapters: [{ url: "http://x.org", use-out-msg: ▸maybe }]'),
        'ALLORA608',
      ],
      ['from is not declared', v1('http-outbound-adapters: [{ url: "http://x.org", from: ▸aa }]'), 'ALLORA101'],
      [
        'a key of older versions',
        v1('http-outbound-adapters: [{ url: "http://x.org", ▸host: x }]'),
        'ALLORA607',
        'warning',
      ],
      ...repeated('http-outbound-adapters', 'url: "http://x.org"'),
      ...single('http-outbound-adapter'),
    ],
  ],
  [
    '2.8 aggregators',
    [
      ...textRows('aggregators', 'correlation_header', (part) => `completion: c${part}`),
      ...textRows('aggregators', 'completion', (part) => `correlation_header: h${part}`),
      ['strategy is empty', v1('aggregators: [{ correlation_header: h, completion: c, strategy: ▸"" }]'), 'ALLORA608'],
      ['store is no text', v1('aggregators: [{ correlation_header: h, completion: c, store: ▸7 }]'), 'ALLORA608'],
      [
        'no channel leads to it',
        v1('aggregators:\n  - ▸{ correlation_header: h, completion: c }'),
        'ALLORA614',
        'warning',
      ],
      ...repeated('aggregators', 'correlation_header: h, completion: c, from: a, to: b'),
      ...single('aggregator'),
    ],
  ],
]

describe.each(CONDITIONS)('%s', (_, rows) => {
  test.for(rows)('%s', ([, marked, code, severity = 'error']) => {
    const { text, place } = unmarked(marked)
    expect(places(found(text))).toContain(`${severity} ${code} ${place}`)
  })
})

test('an error stops the file, a warning does not', () => {
  const isStopped = (text: string): boolean => found(unmarked(text).text).some(({ severity }) => severity === 'error')
  const rows = CONDITIONS.flatMap(([, each]) => each)
  const wrong = rows.filter(([, text, , severity]) => isStopped(text) !== (severity === undefined))
  expect(wrong).toEqual([])
})
